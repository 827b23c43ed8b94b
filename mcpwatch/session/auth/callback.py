"""Where a browser comes back to after a login: one path on loopback, for as long as it takes.

Only who knows the `state` that we sent is heard; anybody else (another tab, a page that tries ports) is told so and
changes nothing. What is answered holds nothing of what was asked.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from mcpwatch.wire.address import listener, netloc, refusal

__all__ = ["Callback", "listening"]

PATH = "/callback"
LONGEST = 2**16
WITHIN = 10.0
"""Seconds that a request has to be complete."""
_PAGE = """<!doctype html><meta charset="utf-8"><title>mcpwatch</title>
<body style="font: 16px sans-serif; margin: 3em"><p>{said}</p>"""
_BACK = "That is all: mcpwatch goes on where you started it. You can close this page."
_STRANGER = "This is not the login that mcpwatch waits for."


class Callback:
    """The address, and what comes there."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._state: str | None = None
        self._came: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()

    def expect(self) -> str:
        """A new `state`, which alone is heard from now on."""
        self._state = secrets.token_urlsafe(32)
        return self._state

    async def came(self) -> Mapping[str, str]:
        """What the browser brought: `code`, or `error`, with whatever stands beside it."""
        return await self._came

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                head = await reader.readuntil(b"\r\n\r\n")
                status, said = self._take(head)
                body = _PAGE.format(said=said).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
                    "cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n"
                    "content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
                    "connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def _take(self, head: bytes) -> tuple[str, str]:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        hosts, origins = ([value for name, value in headers if name == wanted] for wanted in ("host", "origin"))
        # A page whose name was made to lead here names itself; a browser that comes back from a login has no origin.
        if refusal(", ".join(hosts), ", ".join(origins) if origins else None, ()) is not None:
            return "403 Forbidden", _STRANGER
        verb, _, rest = first.partition(" ")
        path, _, query = rest.partition(" ")[0].partition("?")
        if verb != "GET" or path != PATH:
            return "404 Not Found", _STRANGER
        brought = dict(parse_qsl(query, keep_blank_values=True))
        state = brought.get("state", "")
        if self._state is None or not secrets.compare_digest(state.encode(), self._state.encode()):
            return "400 Bad Request", f"{_STRANGER} (Its state is another.)"
        if "code" not in brought and "error" not in brought:
            return "400 Bad Request", f"{_STRANGER} (It brings no code.)"
        self._state = None
        if not self._came.done():
            self._came.set_result(brought)
        if "code" in brought:
            return "200 OK", _BACK
        return "200 OK", "The login was refused. mcpwatch says more where you started it."


@asynccontextmanager
async def listening(port: int) -> AsyncGenerator[Callback]:
    """Listen on loopback. Raises `UsageError` where the port cannot be had."""
    taken = listener("127.0.0.1", port)
    callback = Callback(f"http://{netloc(*taken.getsockname()[:2])}{PATH}")
    serving = await asyncio.start_server(callback.serve, sock=taken, limit=LONGEST)
    try:
        yield callback
    finally:
        serving.close()
