"""Headers against bodies: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import CLIENT, SAYS, SERVER, Case, Told, hit, miss

MIRRORED = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "work",
}
REGION = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}


def posted(told: Told, xid: int = 5, **more: str | None) -> Told:
    headers = MIRRORED | {name.replace("_", "-"): value for name, value in more.items()}
    sent = tuple((name, value) for name, value in headers.items() if value is not None)
    return told.http("request", xid, verb="POST", url="u", headers=sent)


def called(name: str = "work", **more: Any) -> Told:
    return posted(Told("http").modern(), **more).calls(name, xid=5)


def annotated(arguments: Any, **more: Any) -> Told:
    told = Told("http").modern().lists({"name": "work", "inputSchema": REGION})
    return posted(told, **more).calls(xid=5, arguments=arguments)


def session(issued: str | None = "s1", **more: str | None) -> Told:
    """A handshake over HTTP, and a call with the headers of a session."""
    told = posted(Told("http"), 1, mcp_protocol_version=None, mcp_method=None, mcp_name=None)
    told.asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": CLIENT}, id=0, xid=1)
    headers = (("content-type", "application/json"), *((("mcp-session-id", issued),) if issued is not None else ()))
    told.http("response", 1, status=200, headers=headers)
    result = {"protocolVersion": "2025-11-25", "capabilities": SERVER, "serverInfo": {"name": "s", "version": "1"}}
    told.answers(result, id=0, xid=1).http("end", 1)
    plain: dict[str, str | None] = {
        "mcp_method": None,
        "mcp_name": None,
        "mcp_protocol_version": "2025-11-25",
        "mcp_session_id": issued,
    }
    posted(told, 2, **plain).tells("notifications/initialized", dir="c2s", xid=2)
    return posted(told, 3, **{**plain, **more}).calls(xid=3)


def issued_without_sessions() -> Told:
    told = called().http(
        "response", 5, status=200, headers=(("content-type", "application/json"), ("mcp-session-id", "s"))
    )
    return told


CASES = [
    hit("header-missing", "Mcp-Method", lambda: called(mcp_method=None)),
    hit("header-missing", "Mcp-Name", lambda: called(mcp_name=None)),
    hit("header-missing", "the version, without sessions", lambda: called(mcp_protocol_version=None)),
    hit("header-missing", "the version, in a session", lambda: session(mcp_protocol_version=None)),
    miss("header-missing", "all are there", called),
    miss("header-missing", "over stdio there are none", lambda: Told().modern().calls()),
    hit("header-mismatch", "another method", lambda: called(mcp_method="tools/list")),
    hit("header-mismatch", "another tool", lambda: called(mcp_name="play")),
    hit("header-mismatch", "another version", lambda: called(mcp_protocol_version="2025-11-25")),
    hit("header-mismatch", "than was negotiated", lambda: session(mcp_protocol_version="2025-06-18")),
    hit("header-mismatch", "an argument's header is missing", lambda: annotated({"region": "eu"})),
    hit("header-mismatch", "an argument's header differs", lambda: annotated({"region": "eu"}, mcp_param_region="us")),
    hit("header-mismatch", "a header without the argument", lambda: annotated({}, mcp_param_region="us")),
    miss("header-mismatch", "a name in base64", lambda: called("café", mcp_name="=?base64?Y2Fmw6k=?=")),
    miss("header-mismatch", "an argument's header", lambda: annotated({"region": "eu"}, mcp_param_region="eu")),
    miss("header-mismatch", "redacted", lambda: called(mcp_name="[redacted]")),
    hit("accept-header", "JSON alone", lambda: called(accept="application/json")),
    hit("accept-header", "nothing", lambda: called(accept=None)),
    miss("accept-header", "anything", lambda: called(accept="*/*")),
    hit("session-missing", "the id is left out", lambda: session(mcp_session_id=None)),
    hit("session-missing", "another id", lambda: session(mcp_session_id="s2")),
    hit("session-missing", "one where there are none", lambda: called(mcp_session_id="s")),
    miss("session-missing", "the id that was issued", session),
    miss("session-missing", "none was issued", lambda: session(None)),
    hit("session-id", "issued where there are none", issued_without_sessions),
    hit("session-id", "with a space in it", lambda: session("s 1")),
    miss("session-id", "visible ASCII", lambda: session("a-Z_0~")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


def test_a_probe_has_its_headers_too() -> None:
    told = posted(Told("http"), mcp_method=None, mcp_name=None)
    told.asks("server/discover", {"_meta": SAYS}, id=0, xid=5)
    assert told.ids() == ["header-missing"]
