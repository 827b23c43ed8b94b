"""Streamable HTTP: answers as event streams, and streams that break and are resumed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.session import standing
from mcpwatch.session.answers import Answer, Question
from tests.session.web import (
    event,
    status,
    streams,
    talking,
)

pytestmark = pytest.mark.anyio

LOG: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
ROOTS: dict[str, Any] = {"jsonrpc": "2.0", "id": "q", "method": "roots/list"}
NOW = b"retry: 0\n\n"


def answer(id: int = 2, result: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "result": {"ok": 1} if result is None else result}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "RECONNECT_AFTER", 0.0)


async def yes(question: Question) -> Answer:
    return Answer("test", result={"roots": []})


async def test_an_answer_comes_on_a_stream_after_what_else_there_is_to_say() -> None:
    async with talking({"x/y": streams(event(LOG), b": ping\n\n", answer={"ok": 1})}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.result == {"ok": 1}
        assert [frame.method for frame in link.frames("s2c")][1:] == ["notifications/message", "x/y"]


async def test_an_answer_counts_when_it_is_there_and_not_when_its_stream_ends() -> None:
    async with talking({"x/y": streams(answer={"ok": 1}, end="stays")}) as (_, link):
        assert (await link.client.request("x/y")).result == {"ok": 1}


async def test_a_question_on_a_stream_is_answered_with_a_post() -> None:
    asked = anyio.Event()
    async with talking({"x/y": streams(event(ROOTS), answer={"ok": 1}, then=asked)}, yes) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/y")
            await web.until("answer")
            asked.set()
        (request,) = web.asked("answer")
        assert request.body == b'{"jsonrpc":"2.0","id":"q","result":{"roots":[]}}'
        assert request.headers["mcp-session-id"] == "s-1"
        assert link.frames("c2s", "roots/list")[0].by == "answer"


@pytest.mark.parametrize("end", ["ends", "breaks"])
async def test_a_stream_that_ends_without_an_answer_is_resumed_by_its_last_event(end: str) -> None:
    replies: dict[str, Any] = {
        "x/y": streams(NOW, event(LOG, "id: e-1"), event(LOG, "id: e-2"), end=end),
        "GET": [status("405 No"), streams(event(LOG, "id: e-3"), end=end), streams(event(answer()))],
    }
    async with talking(replies) as (web, link):
        await web.until("GET")
        assert (await link.client.request("x/y")).result == {"ok": 1}
        assert [request.headers.get("last-event-id") for request in web.asked("GET")] == [None, "e-2", "e-3"]
        assert len(link.frames("s2c", "notifications/message")) == 3


async def test_a_stream_without_event_ids_cannot_be_resumed_and_ends_its_request() -> None:
    async with talking({"x/y": streams(event(LOG)), "GET": status("405 No")}) as (web, link):
        await web.until("GET")
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -32000, "message": "the response stream ended without an answer"}
        assert len(web.asked("GET")) == 1


@pytest.mark.parametrize("resumed", [status("404 Not Found"), streams()])
async def test_a_stream_that_cannot_be_resumed_ends_its_request_after_some_attempts(resumed: Any) -> None:
    replies = {"x/y": streams(NOW, event(LOG, "id: e-1")), "GET": [status("405 No"), resumed]}
    async with talking(replies) as (web, link):
        await web.until("GET")
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert "could not be resumed" in reply.error["message"]
        assert len(web.asked("GET")) == 1 + standing.MAX_RECONNECTS + 1
        assert link.client.closed is None


async def test_the_pause_before_a_stream_is_resumed_is_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    replies = {
        "x/y": streams(b"retry: 1500\n\n", event(LOG, "id: e-1")),
        "GET": [
            status("405 No"),
            streams(event(LOG, "id: e-2")),
            streams(b"retry: 999999999\n\n", event(LOG, "id: e-3")),
            streams(event(answer())),
        ],
    }
    async with talking(replies) as (web, link):
        await web.until("GET")
        monkeypatch.setattr(standing.anyio, "sleep", pause)
        assert (await link.client.request("x/y")).result == {"ok": 1}
    assert paused == [1.5, 1.5, standing.MOST_PAUSE]
