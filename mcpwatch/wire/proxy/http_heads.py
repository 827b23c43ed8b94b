"""What changes in the head of a message that passes from one HTTP connection to another, and nothing else does.

Owns which headers belong to one connection only (RFC 9110, 7.6.1), the Host, and an address of the server's that has to
lead to us. Names keep their spelling, values their bytes, all of them their order. `Connection: close` and `keep-alive`
are handed on, with `Keep-Alive`: each connection of a client has one to the server of its own, which ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from mcpwatch.errors import UsageError

__all__ = ["Back", "Headers", "Server", "chunk", "going_back", "head", "last_chunk", "passed", "server_at", "tokens"]

Headers: TypeAlias = list[tuple[bytes, bytes]]
_OF_ONE_CONNECTION = frozenset(
    {
        b"connection",
        b"http2-settings",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)
_HANDED_ON = frozenset({b"close", b"keep-alive"})
_PORTS = {"http": 80, "https": 443}


class Server(NamedTuple):
    """Where requests go."""

    scheme: str
    host: str
    port: int
    netloc: str
    """Host and port as the URL has them: what the Host header says."""
    path: str
    """The path that was asked for, with its query."""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    def has(self, url: str) -> str | None:
        """What follows the origin in `url`, if that is this server's; None for any other, and for what is relative."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return None
        if (parts.scheme, parts.hostname, port) != (self.scheme, self.host, self.port) or "@" in parts.netloc:
            return None
        return url[url.index(parts.netloc) + len(parts.netloc) :]


def server_at(url: str) -> Server:
    """The server that a URL names. Raises `UsageError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
        (parts.hostname or "").encode("idna")  # as a name is looked up: `a..b` cannot be
    except ValueError:
        parts, port = urlsplit(""), None
    if port is None or not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"{url!r} names no URL that can be opened.", hint="Write http://HOST:PORT/mcp.")
    if "@" in parts.netloc:
        hint = "The client sends its own Authorization, and it is passed on."
        raise UsageError("A name and password in the URL are not sent by a proxy.", hint=hint)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Server(parts.scheme, parts.hostname, port, parts.netloc, path)


class Back(NamedTuple):
    """The head of an answer as it goes on."""

    headers: Headers
    chunked: bool
    """Its body goes on in chunks."""
    last: bool
    """The connections end with it."""


def going_back(headers: Headers, *, bodiless: bool, old_server: bool, old_client: bool, changes: bool) -> Back:
    """An answer's headers, and how its body ends for a client that may be of HTTP/1.0 (`old_client`).

    `bodiless` is an answer that has no body whatever its headers say. `changes`: its length is not known beforehand,
    because something in it will be replaced.
    """
    chunked = b"chunked" in tokens(headers, b"transfer-encoding")
    measured = any(name.lower() == b"content-length" for name, _ in headers)
    if changes and measured and not chunked:
        headers = [*headers, (b"Transfer-Encoding", b"chunked")]
        chunked = True
    going = passed(headers, chunked=chunked)
    if chunked and old_client:
        going = [one for one in going if one[0].lower() != b"transfer-encoding"]
    delimited = bodiless or (measured and not chunked) or (chunked and not old_client)
    kept = b"keep-alive" in tokens(headers, b"connection") or not old_server
    last = b"close" in tokens(going, b"connection") or not delimited or not kept
    if last and b"close" not in tokens(going, b"connection"):
        going = [one for one in going if one[0].lower() != b"connection"] + [(b"Connection", b"close")]
    return Back(going, chunked and not old_client and not bodiless, last)


def passed(headers: Iterable[tuple[bytes, bytes]], *, chunked: bool) -> Headers:
    """The headers that go on. `chunked`: so is the body, whatever the other side of us has made of it."""
    headers = list(headers)
    named = tokens(headers, b"connection")
    found: Headers = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"connection":
            kept = [token for token in _split(value) if token.lower() in _HANDED_ON]
            if kept:
                found.append((name, b", ".join(kept)))
        elif lower == b"transfer-encoding" and chunked:
            found.append((name, b"chunked"))
        elif lower == b"content-length" and chunked:
            continue  # it would contradict the chunks, which count (RFC 9112, 6.3)
        elif lower not in _OF_ONE_CONNECTION and (lower not in named or lower in _HANDED_ON):
            found.append((name, value))
    return found


def tokens(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> set[bytes]:
    """The words of a list header, in lower case."""
    return {token.lower() for one, value in headers if one.lower() == name for token in _split(value)}


def _split(value: bytes) -> list[bytes]:
    return [token for part in value.split(b",") if (token := part.strip())]


def head(first: bytes, headers: Headers) -> bytes:
    """A message's first line and its headers, to its body."""
    return b"".join((first, b"\r\n", *(b"%s: %s\r\n" % one for one in headers), b"\r\n"))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def last_chunk(trailers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"0\r\n" + b"".join(b"%s: %s\r\n" % one for one in trailers) + b"\r\n"
