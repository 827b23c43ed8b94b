"""The standing GET stream: what comes on it, when it is opened again, and when it is given up."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.session import standing
from mcpwatch.session.answers import Answer, Question
from tests.servers.http.raw import whole
from tests.session.web import INITIALIZED, breaks, event, hangs, says, status, streams, talking

pytestmark = pytest.mark.anyio

LOG: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
CHANGED: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
ROOTS: dict[str, Any] = {"jsonrpc": "2.0", "id": "q", "method": "roots/list"}
NOW = b"retry: 0\n\n"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "RECONNECT_AFTER", 0.0)


async def yes(question: Question) -> Answer:
    return Answer("test", result={"roots": []})


async def test_what_belongs_to_no_request_comes_on_the_standing_stream() -> None:
    capable = {**INITIALIZED, "capabilities": {"tools": {"listChanged": True}}}
    replies = {
        "initialize": says(capable, "mcp-session-id: s-1"),
        "tools/list": [says({"tools": []}), says({"tools": [{"name": "new"}]})],
        "GET": streams(event(ROOTS), event(CHANGED), end="stays"),
    }
    async with talking(replies, yes) as (web, link):
        await link.client.catalogue.fetch("tools")
        await web.until("answer")
        assert web.keys.index("notifications/initialized") < web.keys.index("GET")
        get = await web.until("GET")
        assert get.headers["accept"] == "application/json, text/event-stream"
        assert get.headers["mcp-session-id"] == "s-1"


async def test_a_list_change_on_the_standing_stream_lists_again() -> None:
    listed = anyio.Event()
    replies = {
        "tools/list": [says({"tools": []}), says({"tools": [{"name": "new"}]})],
        "GET": streams(b": open\n\n", event(CHANGED), end="stays"),
    }

    async def late(wire: Any, request: Any) -> None:
        await listed.wait()
        await streams(event(CHANGED), end="stays")(wire, request)

    async with talking({**replies, "GET": late}) as (web, link):
        await link.client.catalogue.fetch("tools")
        listed.set()
        await web.until("tools/list", 2)
        await link.until(lambda: link.client.catalogue.rows["tools"])
        assert [frame.by for frame in link.frames("c2s", "tools/list")] == ["mcpwatch", "mcpwatch"]


async def test_the_standing_stream_is_opened_again_where_it_was_left() -> None:
    replies = {"GET": [streams(NOW, event(LOG, "id: g-1"), end="breaks"), streams(event(LOG)), hangs]}
    async with talking(replies) as (web, link):
        await web.until("GET", 3)
        assert [request.headers.get("last-event-id") for request in web.asked("GET")] == [None, "g-1", "g-1"]
        assert (await link.client.request("x/y")).result == {}


@pytest.mark.parametrize("line", ["405 Method Not Allowed", "404 Not Found", "501 Not Implemented"])
async def test_a_server_without_a_standing_stream_is_asked_once_and_nothing_is_wrong(line: str) -> None:
    async with talking({"GET": status(line)}) as (web, link):
        await link.until(lambda: [event for event in link.http("response") if event.status == int(line[:3])])
        assert (await link.client.request("x/y")).result == {}
        assert len(web.asked("GET")) == 1
    assert link.notes("stream-given-up") == []


async def test_a_standing_stream_that_is_refused_is_given_up_at_once_and_says_why() -> None:
    async with talking({"GET": status("500 Internal Server Error")}) as (web, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert (await link.client.request("x/y")).result == {}
        assert len(web.asked("GET")) == 1
    assert [note.data for note in link.notes("stream-given-up")] == [
        {"attempts": 1, "reason": "HTTP 500 Internal Server Error"}
    ]


async def test_a_standing_stream_that_only_ever_ends_is_given_up_and_says_so() -> None:
    async with talking({"GET": streams()}) as (web, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert (await link.client.request("x/y")).result == {}
        assert len(web.asked("GET")) == standing.MAX_RECONNECTS + 1
        assert link.client.closed is None
    assert [note.data for note in link.notes("stream-given-up")] == [
        {"attempts": standing.MAX_RECONNECTS + 1, "reason": "it ended without a word"}
    ]


async def test_a_standing_stream_that_always_breaks_is_given_up_though_the_server_is_there() -> None:
    async with talking({"GET": [streams(event(LOG), end="breaks"), breaks]}) as (_, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert (await link.client.request("x/y")).result == {}
        assert link.client.closed is None
    (note,) = link.notes("stream-given-up")
    assert note.data["attempts"] == standing.MAX_RECONNECTS + 1
    assert note.data["reason"]


async def test_a_stream_that_was_there_and_is_refused_later_is_given_up_if_the_session_lives() -> None:
    refused = whole("503 Service Unavailable", "text/plain", b"")
    async with talking({"GET": [streams(event(LOG)), refused]}) as (_, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert link.client.closed is None
        assert [frame.by for frame in link.frames("c2s", "ping")] == ["mcpwatch"]
    (note,) = link.notes("stream-given-up")
    assert note.data == {"attempts": 1, "reason": "HTTP 503 Service Unavailable"}


async def test_a_stream_that_is_over_because_the_link_was_ended_is_not_called_given_up() -> None:
    async with talking({"GET": streams(end="stays")}) as (web, link):
        await web.until("GET")
    assert link.notes("stream-given-up") == []
