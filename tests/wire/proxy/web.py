"""The HTTP proxy on a loop of the test's own, what it published, and a client that speaks raw bytes to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from time import perf_counter
from typing import Any, TypeVar

import anyio

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened
from mcpwatch.hub import Hub
from mcpwatch.wire.address import listener
from mcpwatch.wire.proxy.http import HttpProxy, url_at
from mcpwatch.wire.proxy.http_heads import server_at
from mcpwatch.wire.proxy.http_links import Links
from mcpwatch.wire.proxy.http_told import Teller

EventT = TypeVar("EventT", bound=Event)
WITHIN = 150.0
"""Seconds that anything may take; nothing here does unless it hangs."""


class Between:
    """A proxy, and the events that it published, in order."""

    def __init__(self, proxy: HttpProxy, url: str) -> None:
        self.proxy = proxy
        self.url = url
        self.events: list[Event] = []
        self.refused: list[str] = []
        self.failed: list[Exception] = []
        self._changed = asyncio.Event()

    @property
    def host(self) -> str:
        return self.url.split("/")[2]

    def take(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, there: Callable[[], bool]) -> None:
        """Wait for something that an event brings."""
        async with asyncio.timeout(WITHIN):
            while not there():
                self._changed.clear()
                await self._changed.wait()

    def all(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.events if isinstance(event, kind)]

    def frames(self, dir: str, link: str | None = None) -> list[Frame]:
        return [e for e in self.all(Frame) if e.dir == dir and link in (None, e.link)]

    def http(self, phase: str) -> list[Http]:
        return [e for e in self.all(Http) if e.phase == phase]

    def notes(self, what: str) -> list[Note]:
        return [e for e in self.all(Note) if e.what == what]

    def links(self) -> list[str]:
        return [e.link for e in self.all(Opened)]

    def shape(self) -> list[str]:
        """What happened, in a word each."""
        words: list[str] = []
        for event in self.events:
            if isinstance(event, Frame):
                words.append(f"{event.dir} {event.type}")
            elif isinstance(event, Http):
                words.append(event.phase)
            elif isinstance(event, Opened | Closed):
                words.append(type(event).__name__.lower())
            elif isinstance(event, Note):
                words.append(f"note {event.what}")
        return words

    async def ended(self, count: int = 1) -> None:
        """Wait until so many exchanges have ended, however they did."""
        await self.until(lambda: len(self.http("end")) + len(self.http("error")) >= count)


@contextlib.asynccontextmanager
async def between(url: str, **options: Any) -> AsyncGenerator[Between]:
    """A proxy in front of `url`, until the block ends; then every exchange and every link has come to an end."""
    server = server_at(url)
    hub = Hub()
    taken = listener("127.0.0.1", 0)
    found: list[Between] = []
    links = Links("web", url, hub.publish, perf_counter)
    teller = Teller(links, hub.publish, server.origin, lambda error: found[0].failed.append(error))
    trouble: list[str] = []
    proxy = HttpProxy(
        taken, server, teller, refused=lambda why: found[0].refused.append(why), trouble=trouble.append, **options
    )
    found.append(Between(proxy, url_at(taken, server)))
    hub.attach(found[0].take)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(proxy.serve)
        try:
            with anyio.fail_after(WITHIN):
                yield found[0]
        finally:
            await asyncio.sleep(0)
            proxy.stop()
    assert (found[0].failed, trouble) == ([], [])
    requests = {event.xid for event in found[0].http("request")}
    ends = [event.xid for phase in ("end", "error") for event in found[0].http(phase)]
    assert sorted(ends) == sorted(requests), "an exchange has one end"
    assert sorted(e.link for e in found[0].all(Closed)) == sorted(found[0].links())


class RawClient:
    """One connection, on which exactly these bytes go."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def read(self, count: int) -> bytes:
        return await self.reader.readexactly(count)

    async def rest(self) -> bytes:
        """All that comes until the other side closes; raises `ConnectionResetError` where it resets."""
        return await self.reader.read()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def raw_client(between: Between) -> AsyncGenerator[RawClient]:
    host, port = between.host.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


def posting(between: Between, body: bytes, *headers: str, path: str = "/mcp") -> bytes:
    """A POST with a length, as bytes."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {between.host}", "Content-Type: application/json", *headers]
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body


def getting(between: Between, *headers: str, path: str = "/mcp") -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", f"Host: {between.host}", *headers, "", "")).encode()
