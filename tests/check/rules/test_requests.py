"""Ids, answers and cancellation: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import DONE, Case, Told, hit, miss


def legacy() -> Told:
    return Told().legacy()


def cancelled(reason: str = "never mind") -> Told:
    return legacy().calls().tells("notifications/cancelled", {"requestId": 1, "reason": reason}, dir="c2s")


def posted(told: Told, xid: int, **more: Any) -> Told:
    headers = (("content-type", "application/json"), ("accept", "application/json, text/event-stream"))
    more = {"mcp-method": "tools/call", "mcp-name": "work", "mcp-protocol-version": "2026-07-28"} | more
    return told.http("request", xid, verb="POST", url="u", headers=(*headers, *more.items()))


def stream(told: Told, xid: int = 5) -> Told:
    told = posted(told.modern(), xid)
    told.calls(xid=xid)
    return told.http("response", xid, status=200, headers=(("content-type", "text/event-stream"),))


CASES = [
    hit("null-id", "a question", lambda: legacy().asks("ping", id=None, dir="s2c").answers({}, id=None, dir="c2s")),
    miss("null-id", "a text", lambda: legacy().asks("ping", id="", dir="s2c").answers({}, id="", dir="c2s")),
    hit("id-type", "a fraction", lambda: legacy().asks("ping", id=1.5, dir="s2c")),
    hit("id-type", "a boolean", lambda: legacy().asks("ping", id=True, dir="s2c")),
    miss("id-type", "an integer", lambda: legacy().asks("ping", id=1, dir="s2c")),
    hit("reused-id", "of a session's earlier request", lambda: legacy().calls().done().calls().done()),
    hit("reused-id", "while the first is open", lambda: Told().modern().calls().calls()),
    miss("reused-id", "the same number from the other side", lambda: legacy().calls().asks("ping", id=1, dir="s2c")),
    miss("reused-id", "without sessions, after the answer", lambda: Told().modern().calls().done().calls().done()),
    miss("reused-id", "1 and the text 1", lambda: legacy().calls().done().calls(id="1").done(id="1")),
    hit("response-without-request", "an id that nobody used", lambda: legacy().answers({}, id=4711)),
    hit("response-without-request", "an error", lambda: legacy().refuses(id="who")),
    miss("response-without-request", "where the beginning is missing", lambda: Told(opened=False).answers({}, id=4711)),
    hit("response-id-type", "a text for a number", lambda: legacy().calls().done(id="1")),
    miss("response-id-type", "as it was asked", lambda: legacy().calls(id="1").done(id="1")),
    hit(
        "error-without-id",
        "while one request is open",
        lambda: legacy().calls().refuses(-32700, "Parse error", id=None),
    ),
    miss("error-without-id", "with it", lambda: legacy().calls().refuses(-32700, "Parse error")),
    hit("duplicate-response", "two results", lambda: legacy().calls().done().done()),
    hit("duplicate-response", "an error after the result", lambda: legacy().calls().done().refuses()),
    miss("duplicate-response", "one for each", lambda: legacy().calls().calls(id=2).done(id=2).done()),
    hit("late-response", "after it was cancelled", lambda: cancelled().done()),
    hit("late-response", "after it timed out", lambda: cancelled("timed out").done()),
    miss("late-response", "another one's", lambda: cancelled().calls(id=2).done(id=2)),
    hit("never-answered", "until the end", lambda: legacy().calls().closed()),
    hit("never-answered", "until the client lost patience", lambda: cancelled("no answer within 60 s").closed()),
    hit(
        "never-answered",
        "by the client, which went on",
        lambda: legacy().asks("ping", id="q", dir="s2c").calls().done().closed(),
    ),
    hit("never-answered", "by a stream that ended", lambda: stream(Told("http")).http("end", 5).closed()),
    miss("never-answered", "given up by the client", lambda: cancelled().closed()),
    miss(
        "never-answered",
        "a question to a client that leaves",
        lambda: legacy().asks("ping", id="q", dir="s2c").closed(),
    ),
    miss(
        "never-answered",
        "a probe that was followed by the handshake",
        lambda: Told().asks("server/discover", {"_meta": {}}, id="p").legacy().closed(),
    ),
    miss(
        "never-answered", "what a note says was unreadable", lambda: legacy().calls().note("unreadable", id=1).closed()
    ),
    miss(
        "never-answered",
        "a stream that the client left",
        lambda: stream(Told("http")).http("error", 5, error="cancelled by us").closed(),
    ),
    miss(
        "never-answered",
        "answered on its stream",
        lambda: stream(Told("http")).answers({**DONE, "resultType": "complete"}, xid=5).http("end", 5).closed(),
    ),
    miss(
        "never-answered",
        "a subscription",
        lambda: (
            Told()
            .modern()
            .asks(
                "subscriptions/listen",
                {
                    "_meta": {
                        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                        "io.modelcontextprotocol/clientCapabilities": {},
                    }
                },
            )
            .closed()
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


def test_what_was_never_answered_is_found_at_the_request() -> None:
    told = legacy().calls().tells("notifications/x").closed()
    (finding,) = told.findings()
    assert (finding.seq, finding.t) == (5, 5.0)
    assert "tools/call (#1)" in finding.message


def test_a_request_that_http_refused_may_be_sent_again() -> None:
    told = Told("http")
    for xid, status in ((1, 401), (2, 200)):
        posted(told, xid).asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}, id=0, xid=xid)
        told.http("response", xid, status=status, headers=(("content-type", "application/json"),))
    assert told.ids() == []
