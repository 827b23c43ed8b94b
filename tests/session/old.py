"""A server of the transport of 2024-11-05: what it says goes over its stream, whatever a POST is answered with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from mcpwatch.session.answers import Answerer
from mcpwatch.session.target import Target
from tests.servers.http.raw import Request, Wire, serving
from tests.session.linked import Linked, linked
from tests.session.web import INITIALIZED, SSE, Web, body, event, status


class Old(Web):
    """`opening` is what its stream begins with; it goes on with what is pushed, until `ends`, in the way of `end`."""

    def __init__(self, replies: dict[str, Any] | None = None, endpoint: str = "/messages?session=1") -> None:
        super().__init__(replies or {})
        self.opening = [event(endpoint.encode(), "event: endpoint")]
        self.ends = anyio.Event()
        self.end = "ends"
        self._outgoing = asyncio.Queue[bytes]()

    def push(self, message: dict[str, Any]) -> None:
        self._outgoing.put_nowait(event({"jsonrpc": "2.0", **message}))

    async def answer(self, wire: Wire, request: Request) -> None:
        asked = body(request)
        match asked.get("method"):
            case "server/discover":
                self.push({"id": asked["id"], "error": {"code": -32601, "message": "Method not found"}})
            case "initialize":
                self.push({"id": asked["id"], "result": INITIALIZED})
            case "x/echo":
                self.push({"id": asked["id"], "result": asked["params"]})
            case _:
                pass
        if request.verb == "GET" and "GET" not in self.replies:
            self.seen.append(("GET", request))
            await self._stream(wire)
            return
        self.replies.setdefault(asked.get("method", "answer"), [status("202 Accepted")])
        await super().answer(wire, request)

    async def _stream(self, wire: Wire) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        for one in self.opening:
            await wire.chunk(one)

        async def pump() -> None:
            while True:
                await wire.chunk(await self._outgoing.get())

        pumping = asyncio.ensure_future(pump())
        try:
            await self.ends.wait()
        finally:
            pumping.cancel()
        if self.end == "breaks":
            wire.reset()
        else:
            await wire.last_chunk()


@asynccontextmanager
async def old(
    replies: dict[str, Any] | None = None, *answerers: Answerer, connect: bool = True, **options: Any
) -> AsyncGenerator[tuple[Old, Linked]]:
    """Such a server, and a client that is connected to it."""
    server = Old(replies, **options)
    async with serving(server.answer) as raw:
        target = Target("web", raw.url, url=raw.url, transport="sse", headers={"x-own": "1"})
        async with linked(target, *answerers, connect=connect, era="legacy") as link:
            yield server, link
