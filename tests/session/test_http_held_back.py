"""Slow handlers and a server at a URL that floods: it is held back, the loop is not, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from mcpwatch import Session, watch
from mcpwatch.events import Event, Frame, Note
from mcpwatch.session import handlers
from mcpwatch.session.dispatch import Reply
from tests.servers.http.raw import Request, Wire, serving
from tests.session.conftest import Clock
from tests.session.old import Old
from tests.session.web import SSE, Web, event, message, says, served

pytestmark = pytest.mark.anyio

MOST = 100
FLOOD = 20_000
"""Of a kilobyte each: far more than the sockets between the two take by themselves."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_WAITING", MOST)


def log(number: int) -> dict[str, Any]:
    params = {"level": "info", "data": {"number": number, "filler": "x" * 1000}}
    return {"jsonrpc": "2.0", "method": "notifications/message", "params": params}


class Flood:
    """A stream of so many logs, and how far it came."""

    def __init__(self) -> None:
        self.begin = anyio.Event()
        self.over = anyio.Event()

    async def answers(self, wire: Wire, request: Request) -> None:
        """On the stream of a POST, with the answer at its end."""
        await self._pour(wire)
        await wire.chunk(event(message(request)))
        await wire.last_chunk()

    async def stands(self, wire: Wire, request: Request) -> None:
        """On the standing stream."""
        await self.begin.wait()
        await self._pour(wire)
        await wire.gone()

    async def _pour(self, wire: Wire) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        for number in range(FLOOD):
            await wire.chunk(event(log(number)))
        self.over.set()


class Slow:
    """A handler that lets nothing through before `go`."""

    def __init__(self, session: Session) -> None:
        self.go = anyio.Event()
        self.got: list[int] = []
        self.held = anyio.Event()
        self.notes: list[Note] = []
        session.on("notifications/message", self.handle)
        session.hub.attach(self._see)

    async def handle(self, frame: Frame) -> None:
        await self.go.wait()
        self.got.append(frame.params["data"]["number"])

    def _see(self, event: Event) -> None:
        if isinstance(event, Note) and event.what == "held-back":
            self.notes.append(event)
            self.held.set()


@asynccontextmanager
async def watched(web: Web, transport: str = "http") -> AsyncGenerator[tuple[Session, Slow]]:
    with anyio.fail_after(60):
        async with watch(web.url, transport=transport, era="legacy") as session:
            yield session, Slow(session)


async def is_held_back(session: Session, slow: Slow, flood: Flood) -> None:
    """It is, while everything else goes on; then let it go."""
    await slow.held.wait()
    assert await session.request("x/other") == {"ok": 1}
    assert not flood.over.is_set(), "the server could send all of it"
    assert session.hub.seq < MOST + 500
    assert slow.got == []
    (note,) = slow.notes
    assert note.data["waiting"] >= MOST
    slow.go.set()


async def test_the_stream_of_a_call_is_held_back_and_loses_nothing() -> None:
    flood = Flood()
    async with served({"x/flood": flood.answers, "x/other": says({"ok": 1})}) as web:
        async with watched(web) as (session, slow), anyio.create_task_group() as tasks:
            tasks.start_soon(session.request, "x/flood")
            await is_held_back(session, slow, flood)
            await flood.over.wait()
    assert slow.got == list(range(FLOOD))


async def test_the_standing_stream_is_held_back_and_loses_nothing() -> None:
    flood = Flood()
    async with served({"GET": flood.stands, "x/other": says({"ok": 1})}) as web:
        async with watched(web) as (session, slow):
            await web.until("GET")
            flood.begin.set()
            await is_held_back(session, slow, flood)
            await flood.over.wait()
            while len(slow.got) < FLOOD:
                await anyio.lowlevel.checkpoint()
    assert slow.got == list(range(FLOOD))


async def test_a_request_whose_answer_is_held_back_does_not_time_out(clock: Clock) -> None:
    flood = Flood()
    async with served({"x/flood": flood.answers}) as web:
        async with watched(web) as (session, slow):
            replies: list[Reply] = []

            async def ask() -> None:
                replies.append(await session.client().request("x/flood", within=5))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                await slow.held.wait()
                await clock.pass_(10)
                slow.go.set()
            assert replies[0].error is None


async def test_a_handler_that_asks_the_server_itself_is_not_waited_for_in_a_circle() -> None:
    """On the one stream of the older transport the answer stands behind what the handler has not had yet."""
    server = Old()
    async with serving(server.answer) as raw:
        with anyio.fail_after(60):
            async with watch(raw.url, transport="sse", era="legacy") as session:
                slow, replies = Slow(session), list[Any]()

                async def asks(frame: Frame) -> None:
                    if not replies:
                        replies.append(None)
                        await slow.held.wait()
                        replies.append(await session.request("x/echo", {"a": 1}))

                slow.go.set()
                session.off(slow.handle)
                session.on("notifications/message", asks)
                session.on("notifications/message", slow.handle)
                for number in range(10 * MOST):
                    server.push(log(number))
                while len(slow.got) < 10 * MOST:
                    await anyio.lowlevel.checkpoint()
    assert replies[1]["a"] == 1
    assert slow.got == list(range(10 * MOST))
