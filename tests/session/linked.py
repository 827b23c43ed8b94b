"""A client of a real server, and everything that its hub published: for the tests that need the whole session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened
from mcpwatch.hub import Hub
from mcpwatch.session.answers import Answerer, Answers
from mcpwatch.session.client import Client
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target


class Linked:
    """The client and its events, in order."""

    def __init__(self, client: Client, events: list[Event], grown: asyncio.Event) -> None:
        self.client = client
        self.events = events
        self._grown = grown

    def frames(self, dir: str, method: str | None = None) -> list[Frame]:
        return [
            event
            for event in self.events
            if isinstance(event, Frame) and event.dir == dir and method in (None, event.method)
        ]

    def notes(self, what: str) -> list[Note]:
        return [event for event in self.events if isinstance(event, Note) and event.what == what]

    def http(self, phase: str) -> list[Http]:
        return [event for event in self.events if isinstance(event, Http) and event.phase == phase]

    def opened(self) -> list[str]:
        return [event.transport for event in self.events if isinstance(event, Opened)]

    def closed(self) -> list[Closed]:
        return [event for event in self.events if isinstance(event, Closed)]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until the events are such that `condition` holds."""
        while not condition():
            self._grown.clear()
            await self._grown.wait()


@asynccontextmanager
async def linked(target: Target, *answerers: Answerer, connect: bool = True, **options: Any) -> AsyncGenerator[Linked]:
    """Connect to `target`, and end the link with the block; everything has 20 seconds."""
    hub, events, grown = Hub(), list[Event](), asyncio.Event()
    loop = asyncio.get_running_loop()
    hub.attach(events.append)

    def wake() -> None:
        loop.call_soon_threadsafe(grown.set)

    hub.on_wake(wake)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            client = Client(
                target,
                link="alpha",
                hub=hub,
                answers=Answers(answerers),
                options=ClientOptions(**options),
                tasks=tasks,
            )
            try:
                if connect:
                    await client.connect()
                yield Linked(client, events, grown)
            finally:
                with anyio.CancelScope(shield=True):
                    await client.aclose()
                tasks.cancel_scope.cancel()
