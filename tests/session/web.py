"""MCP servers on loopback whose every answer a test may replace, byte for byte.

A key is what a request asks: a JSON-RPC method, `answer` for an answer of ours, or the verb of a request without a
body. Its reply is one for all times, or a list with one for each time (the last for all that follow).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import anyio
import anyio.lowlevel

from mcpwatch.session.answers import Answerer
from mcpwatch.session.target import Target
from tests.servers.http.raw import Request, Server, Wire, serving, whole
from tests.session.linked import Linked, linked

Reply: TypeAlias = Callable[[Wire, Request], Awaitable[None]]
SSE, JSON = "text/event-stream", "application/json"
INITIALIZED = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "raw", "version": "1"}}
DISCOVERED = {"supportedVersions": ["2026-07-28"], "capabilities": {}, "serverInfo": {"name": "raw", "version": "1"}}


def body(request: Request) -> dict[str, Any]:
    return json.loads(request.body) if request.body else {}


def message(request: Request, result: Any = None, **member: Any) -> bytes:
    """The answer to a request."""
    said = member or {"result": {} if result is None else result}
    return json.dumps({"jsonrpc": "2.0", "id": body(request).get("id"), **said}).encode()


def says(result: Any = None, *headers: str, status: str = "200 OK", **member: Any) -> Reply:
    """An answer as JSON; `error={…}` in place of a result."""

    async def reply(wire: Wire, request: Request) -> None:
        await whole(status, JSON, message(request, result, **member), *headers)(wire, request)

    return reply


def event(data: bytes | dict[str, Any], *fields: str) -> bytes:
    """One event of a stream."""
    line = data if isinstance(data, bytes) else json.dumps(data).encode()
    return b"".join(field.encode() + b"\n" for field in fields) + b"data: " + line + b"\n\n"


def streams(*events: bytes, answer: Any = None, end: str = "ends", then: anyio.Event | None = None) -> Reply:
    """A stream of these events, then the answer if there is one; it ends, breaks, or stays open until `then`."""

    async def reply(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        for one in events:
            await wire.chunk(one)
        if answer is not None:
            await wire.chunk(event(message(request, answer)))
        if then is not None:
            await then.wait()
        if end == "breaks":
            wire.reset()
        elif end == "stays":
            await wire.gone()
        else:
            await wire.last_chunk()

    return reply


def status(line: str, *headers: str) -> Reply:
    return whole(line, "text/plain", b"", *headers)


def open_until_left(first: dict[str, Any], left: anyio.Event) -> Reply:
    """A stream that goes on until the client leaves it, which only what is written to it can tell."""

    async def reply(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(event(first))
        with contextlib.suppress(OSError):
            while True:
                await wire.chunk(b": still here\n\n")
                await anyio.lowlevel.checkpoint()
        left.set()

    return reply


async def breaks(wire: Wire, request: Request) -> None:
    wire.reset()


async def hangs(wire: Wire, request: Request) -> None:
    await wire.gone()


class Web:
    """What a server was asked, in order, and what it says."""

    def __init__(self, replies: dict[str, Any]) -> None:
        self.replies: dict[str, list[Reply]] = {
            key: cast("list[Reply]", reply) if isinstance(reply, list) else [reply] for key, reply in replies.items()
        }
        self.seen: list[tuple[str, Request]] = []
        self.raw = Server("", die=lambda: None)
        self._grown = anyio.Event()

    @property
    def url(self) -> str:
        return self.raw.url

    def asked(self, key: str) -> list[Request]:
        return [request for name, request in self.seen if name == key]

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.seen]

    async def until(self, key: str, times: int = 1) -> Request:
        """Wait until it has been asked this so many times."""
        while len(self.asked(key)) < times:
            self._grown = anyio.Event()
            await self._grown.wait()
        return self.asked(key)[times - 1]

    async def answer(self, wire: Wire, request: Request) -> None:
        asked = body(request)
        key = asked.get("method", "answer") if asked else request.verb
        self.seen.append((key, request))
        self._grown.set()
        replies = self.replies.get(key) or [self._otherwise(key, asked)]
        await (replies.pop(0) if len(replies) > 1 else replies[0])(wire, request)

    @staticmethod
    def _otherwise(key: str, asked: dict[str, Any]) -> Reply:
        """What a plain server of the handshake era says."""
        match key:
            case "initialize":
                return says(INITIALIZED, "mcp-session-id: s-1")
            case "server/discover":
                return says(error={"code": -32601, "message": "Method not found"})
            case "GET":
                return status("405 Method Not Allowed")
            case "DELETE":
                return status("200 OK")
            case _:
                return says() if "id" in asked and "method" in asked else status("202 Accepted")


@asynccontextmanager
async def served(replies: dict[str, Any] | None = None) -> AsyncGenerator[Web]:
    web = Web(replies or {})
    async with serving(web.answer) as server:
        web.raw = server
        yield web


@asynccontextmanager
async def talking(
    replies: dict[str, Any] | None = None,
    *answerers: Answerer,
    era: str = "legacy",
    transport: str = "http",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> AsyncGenerator[tuple[Web, Linked]]:
    """A client that is connected to such a server."""
    async with served(replies) as web:
        target = Target("web", web.url, url=web.url, transport=transport, headers=headers or {})
        async with linked(target, *answerers, era=era, **options) as link:
            yield web, link


@asynccontextmanager
async def modern(
    replies: dict[str, Any] | None = None, *answerers: Answerer, **options: Any
) -> AsyncGenerator[tuple[Web, Linked]]:
    async with talking(
        {"server/discover": says(DISCOVERED), **(replies or {})}, *answerers, era="auto", **options
    ) as both:
        yield both
