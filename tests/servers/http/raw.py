"""A small HTTP/1.1 server that answers with exactly the bytes that a test gives it, and breaks off where it is told to.

Owns listening, reading requests and closing every socket at the end. What to answer is a `Reply` per request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    verb: str
    path: str
    headers: dict[str, str]
    body: bytes


class Wire:
    """The way back to the client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.sent = bytearray()
        """All that was written, by the server's own account."""

    async def send(self, data: bytes) -> None:
        self.sent += data
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: str, *headers: str) -> None:
        await self.send("\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode())

    async def chunk(self, data: bytes) -> None:
        """One chunk of a chunked body; the client's HTTP library hands on each by itself, however TCP cuts."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def last_chunk(self) -> None:
        await self.send(b"0\r\n\r\n")

    def close(self) -> None:
        """FIN: an orderly end of the connection, in the middle of a body as well."""
        self._writer.close()

    def reset(self) -> None:
        """RST, at once."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has closed the connection, in whichever way."""
        with contextlib.suppress(OSError):
            while await self._reader.read(65536):
                pass


Reply = Callable[[Wire, Request], Awaitable[None]]


@dataclass
class Server:
    """`die` ends it at once, as a process that is killed: every connection breaks, and none is accepted any more."""

    url: str
    die: Callable[[], None]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    """How many were accepted so far, also those on which nothing was asked."""


@contextlib.asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[Server]:
    """Serve on a free port; the n-th request gets the n-th reply, and the last reply is for all that follow."""
    waiting = list(replies)
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
    dead = False

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await _read(reader)) is not None:
            server.requests.append(request)
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            await reply(Wire(reader, writer), request)
            if writer.is_closing():
                return

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if dead:  # it was accepted just before
            writer.transport.abort()
            return
        server.connections += 1
        connections[asyncio.ensure_future(converse(reader, writer))] = writer

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)

    def die() -> None:
        nonlocal dead
        dead = True
        listener.close()
        for task, writer in connections.items():
            task.cancel()
            writer.transport.abort()

    server = Server(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/mcp", die)
    try:
        yield server
    finally:
        # What was accepted needs a few turns of the loop until it can be closed, and again until it is.
        for accepting in listener.sockets:  # none once it is dead
            asyncio.get_running_loop().remove_reader(accepting.fileno())
        await _turns()
        die()
        await _turns()
        outcomes = await asyncio.gather(*connections, return_exceptions=True)
        for outcome in outcomes:  # a client that goes is no failure of the server; anything else is one of the test
            if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                raise outcome


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, OSError):
        return None
    first, *lines = head.rstrip().split("\r\n")
    verb, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(verb, path, headers, body)


def whole(status: str, content_type: str, body: bytes, *headers: str) -> Reply:
    """A complete response with a length."""

    async def reply(wire: Wire, _request: Request) -> None:
        length = f"content-length: {len(body)}"
        await wire.head(status, f"content-type: {content_type}", length, *headers)
        await wire.send(body)

    return reply


def chunked(content_type: str, *chunks: bytes, headers: tuple[str, ...] = ()) -> Reply:
    """A complete 200 in chunks, cut exactly here."""

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {content_type}", "transfer-encoding: chunked", *headers)
        for chunk in chunks:
            await wire.chunk(chunk)
        await wire.last_chunk()

    return reply
