"""Opening the connection to the server: straight to it, or through the proxy that the environment names for it.

Owns the way there, as `curl` and every HTTP library go it: `HTTPS_PROXY` is asked for a tunnel, `HTTP_PROXY` is given
whole addresses in place of paths (`Way.absolute`, which is for `http_passage` to do).
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import unquote, urlsplit

from mcpwatch.errors import UsageError
from mcpwatch.wire.proxy.http_heads import Headers, Server, head

__all__ = ["Way", "open_server", "way_to"]

_LONGEST_HEAD = 2**16


class Way(NamedTuple):
    """How a server is reached. `via` is the other proxy's `(host, port)`, `asks` what it wants to be told."""

    via: tuple[str, int] | None = None
    asks: tuple[tuple[bytes, bytes], ...] = ()
    absolute: bool = False
    tls: ssl.SSLContext | None = None


def way_to(server: Server, proxy: str | None) -> Way:
    """The way through `proxy`, a URL, or straight. Raises `UsageError` for a proxy of a kind that is not known."""
    tls = None
    if server.scheme == "https":
        tls = ssl.create_default_context()
        tls.set_alpn_protocols(["http/1.1"])
    if proxy is None:
        return Way(tls=tls)
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        hint = "An http:// proxy works; NO_PROXY names hosts that need none."
        raise UsageError("The proxy that the environment names for this address cannot be used.", hint=hint)
    asks: Headers = []
    if parts.username is not None:
        given = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        asks.append((b"Proxy-Authorization", b"Basic " + b64encode(given.encode())))
    return Way((parts.hostname, parts.port or 80), tuple(asks), server.scheme == "http", tls)


async def open_server(server: Server, way: Way, make: Callable[[], asyncio.Protocol]) -> None:
    """Open it; the protocol that `make` gives is connected then. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    if way.via is None:
        await loop.create_connection(
            make,
            server.host,
            server.port,
            ssl=way.tls,
            server_hostname=server.host if way.tls is not None else None,
            happy_eyeballs_delay=0.25,
        )
        return
    if way.absolute:
        await loop.create_connection(make, *way.via)
        return
    assert way.tls is not None
    to = f"[{server.host}]" if ":" in server.host else server.host
    authority = f"{to}:{server.port}".encode()
    asks = head(b"CONNECT %s HTTP/1.1" % authority, [(b"Host", authority), *way.asks])
    transport, tunnel = await loop.create_connection(lambda: _Tunnel(asks), *way.via)
    try:
        await tunnel.made
        protocol = make()
        secured = await loop.start_tls(transport, protocol, way.tls, server_hostname=server.host)
        if secured is None:
            raise ConnectionResetError("the proxy closed the tunnel")
    except BaseException:
        transport.abort()
        raise
    protocol.connection_made(secured)


class _Tunnel(asyncio.Protocol):
    """Asks for a tunnel, and waits until it is there."""

    def __init__(self, asks: bytes) -> None:
        self._asks = asks
        self._answer = b""
        self.made: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._asks)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self.made.done():
            return
        if b"\r\n\r\n" in self._answer:
            first = self._answer.partition(b"\r\n")[0]
            words = first.split(None, 2)
            if len(words) > 1 and words[1].startswith(b"2"):
                self.made.set_result(None)
            else:
                self._refuse(f"the proxy answered {first.decode('latin-1')!r}")
        elif len(self._answer) > _LONGEST_HEAD:
            self._refuse("the proxy answered with something else")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.made.done():
            self._refuse("the proxy closed the connection" if exc is None else str(exc))

    def _refuse(self, why: str) -> None:
        self.made.set_exception(OSError(why))
