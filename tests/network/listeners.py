"""Everything of mcpwatch's that listens, each on a port of its own: the HTTP proxy, a mock at a URL, the address that a
browser comes back to after a login, and the bundled demo.

A `Port` says where it is and what a request looks like that is served there, and counts what came through.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.http import HttpMock
from mcpwatch.check.mock.story import story_of
from mcpwatch.check.recorded import read_recorded
from mcpwatch.session.auth.callback import listening
from tests.conftest import CHECKOUT
from tests.servers.http.raw import serving, whole
from tests.wire.proxy.web import between

__all__ = ["LISTENERS", "Port", "answer"]

GOLDEN: Final = CHECKOUT / "tests" / "golden" / "v1-session.mcpw.jsonl"
HELLO: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    b'"clientInfo":{"name":"x","version":"1"}}}'
)
_POST: Final = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"


@dataclass
class Port:
    """`request` gives the whole of a request that is served, for a Host (None: none) and more headers."""

    host: str
    port: int
    first: str
    body: bytes = b""
    reached: Callable[[], int] = lambda: 0
    """How many requests got to whatever stands behind it."""

    def request(self, host: str | None, more: str = "") -> bytes:
        name = "" if host is None else f"Host: {host.replace('PORT', str(self.port))}\r\n"
        length = f"{_POST}Content-Length: {len(self.body)}\r\n" if self.body else ""
        return f"{self.first}\r\n{name}{more}{length}Connection: close\r\n\r\n".encode() + self.body


async def answer(port: Port, request: bytes) -> tuple[int, bytes]:
    """What a request on a connection of its own is answered with: the status and all of it; 0 where it was closed."""
    reader, writer = await asyncio.open_connection(port.host, port.port)
    try:
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        return status, head + (await reader.read() if status >= 400 else b"")
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, b""
    finally:
        writer.close()


@asynccontextmanager
async def _proxy() -> AsyncGenerator[Port]:
    async with serving(whole("200 OK", "application/json", b"{}")) as server, between(server.url) as proxy:
        host, _, port = proxy.host.rpartition(":")
        yield Port(host, int(port), "POST /mcp HTTP/1.1", HELLO, lambda: len(server.requests))


@asynccontextmanager
async def _mock() -> AsyncGenerator[Port]:
    recorded = read_recorded(GOLDEN, allow_incomplete=True)
    with recorded.recording:
        story = story_of(recorded.link())
        with HttpMock(story, lambda: Mock(story, pace="none")) as mock:
            host, _, port = mock.url.split("/")[2].rpartition(":")
            yield Port(host, int(port), "POST /mcp HTTP/1.1", HELLO, lambda: len(mock.mocks))


@asynccontextmanager
async def _callback() -> AsyncGenerator[Port]:
    async with listening(0) as callback:
        host, _, port = callback.address.split("/")[2].rpartition(":")
        brought = 0

        class Counted(Port):
            def request(self, host: str | None, more: str = "") -> bytes:
                # Each is as good as the one that is waited for: only who asks can make a difference.
                self.first = f"GET /callback?code=c&state={callback.expect()} HTTP/1.1"
                return super().request(host, more)

        yield Counted(host, int(port), "", reached=lambda: brought)


@asynccontextmanager
async def _demo() -> AsyncGenerator[Port]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mcpwatch.demo", "--http", "0"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(CHECKOUT))},
    )
    assert child.stderr is not None
    try:
        url = (await child.stderr.readuntil(b"/mcp")).decode().split()[-1]
        host, _, port = url.split("/")[2].rpartition(":")
        yield Port(host, int(port), "POST /mcp HTTP/1.1", HELLO)
    finally:
        child.kill()
        await child.wait()


LISTENERS: Final[Mapping[str, Callable[[], AbstractAsyncContextManager[Port]]]] = {
    "proxy": _proxy,
    "mock": _mock,
    "login": _callback,
    "demo": _demo,
}
