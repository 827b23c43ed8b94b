"""How HTTP answers: hits and no hits."""

from __future__ import annotations

import pytest

from tests.check.rules.test_headers import called, posted
from tests.check.rules.told import Case, Told, hit, miss


def answered(content_type: str | None, status: int = 200) -> Told:
    headers = () if content_type is None else (("Content-Type", content_type),)
    return called().http("response", 5, status=status, headers=headers)


def notified(status: int) -> Told:
    told = posted(Told("http").legacy(), mcp_method=None, mcp_name=None, mcp_protocol_version="2025-11-25")
    told.tells("notifications/roots/list_changed", dir="c2s", xid=5)
    return told.http("response", 5, status=status)


def standing(content_type: str, status: int = 200) -> Told:
    told = Told("http").legacy().http("request", 5, verb="GET", url="u", headers=(("accept", "text/event-stream"),))
    return told.http("response", 5, status=status, headers=(("content-type", content_type),))


CASES = [
    hit("content-type", "HTML for a request", lambda: answered("text/html")),
    hit("content-type", "none for a request", lambda: answered(None)),
    hit("content-type", "JSON for a GET", lambda: standing("application/json")),
    hit("content-type", "a request as text", lambda: called(content_type="text/plain")),
    miss("content-type", "JSON with its charset", lambda: answered("application/json; charset=utf-8")),
    miss("content-type", "a stream", lambda: answered("text/event-stream")),
    miss("content-type", "an error page", lambda: answered("text/html", 500)),
    miss("content-type", "a GET that is refused", lambda: standing("text/plain", 405)),
    hit("accepted-status", "200", lambda: notified(200)),
    miss("accepted-status", "202", lambda: notified(202)),
    miss("accepted-status", "a refusal", lambda: notified(400)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
