"""An HTTP client with the tap in it, and what the tap said: for the tests of everything that `http` is made of."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2

from mcpwatch.events import Event, Frame, Http
from mcpwatch.wire.http import Tap

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
PONG = b'{"jsonrpc":"2.0","id":1,"result":{}}'
LOG = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"caf\u00e9"}}'.encode()
SSE = "text/event-stream"
JSON = "application/json"


class Seen:
    """What the tap published, and what it delivered."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.delivered: list[Frame] = []
        self.arrived = anyio.Event()
        """A frame was delivered; replace it to wait for another."""

    def publish(self, event: Event, *, at: float | None = None) -> Event:
        self.events.append(event)
        return event

    def deliver(self, frame: Frame) -> None:
        assert self.events[-1] is frame, "delivered before it was published"
        self.delivered.append(frame)
        self.arrived.set()

    def frames(self, dir: str = "s2c") -> list[Frame]:
        return [event for event in self.events if isinstance(event, Frame) and event.dir == dir]

    def http(self, phase: str) -> list[Http]:
        return [event for event in self.events if isinstance(event, Http) and event.phase == phase]

    def shape(self) -> list[str]:
        return [
            f"{e.dir} {e.type}" if isinstance(e, Frame) else e.phase for e in self.events if isinstance(e, Frame | Http)
        ]


@asynccontextmanager
async def tapped(seen: Seen, **options: Any) -> AsyncGenerator[httpx2.AsyncClient]:
    tap = Tap(httpx2.AsyncHTTPTransport(), link="web", publish=seen.publish, deliver=seen.deliver, **options)
    with anyio.fail_after(20):
        async with httpx2.AsyncClient(transport=tap) as client:
            yield client


async def post(client: httpx2.AsyncClient, url: str, body: bytes = PING) -> httpx2.Response:
    return await client.post(url, content=body, headers={"content-type": JSON})
