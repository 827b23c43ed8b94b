"""The `endpoint` event of the older HTTP+SSE transport, which tells a client where to post: through us as well.

Sans-IO. A stream is handed on byte for byte and at once; only the address on a `data` line after `event: endpoint` is
held until its line is complete, and replaced where it is absolute and leads to the server that we stand in front of. A
relative one leads to us by itself. In a compressed stream nothing can be replaced: one that may hold the event goes on
unpacked.
"""

from __future__ import annotations

from collections.abc import Callable

from mcpwatch.wire.encoding import Decode, decoder
from mcpwatch.wire.http_exchange import header
from mcpwatch.wire.proxy.http_heads import Headers

__all__ = ["EndpointFilter", "filter_for"]

_NEWER = (b"mcp-session-id", b"mcp-protocol-version")
"""What only a client of the newer transport says of itself."""

_LONGEST = 2**16
"""Bytes of an address; what is longer is none, and passes."""
_ENOUGH = 64
"""Bytes of a line that are looked at to tell what it is."""


def filter_for(asked: Headers, answered: Headers, changed: Callable[[str], str | None]) -> EndpointFilter | None:
    """What an event stream has to pass, by the headers of its request and its response; None where it goes as it is."""
    coding = header(answered, b"content-encoding").strip()
    if not coding:
        return EndpointFilter(changed)
    if "," in coding or any(header(asked, name) for name in _NEWER):
        return None
    decode = decoder(coding)
    return None if decode is None else EndpointFilter(changed, decode)


class EndpointFilter:
    """`changed` is given the address and returns the one to say instead, or None to leave it. With `decode` the stream
    comes compressed and goes on plainly; `feed` then raises `Undecodable`."""

    def __init__(self, changed: Callable[[str], str | None], decode: Decode | None = None) -> None:
        self._changed = changed
        self._decode = decode
        self.said: tuple[str, str] | None = None
        """The address as the server said it, and as the client heard it."""
        self.over = False
        """The event has passed: nothing will be changed any more."""
        self._line = b""  # of the line that has not ended, as far as it is needed
        self._held = False  # it is kept back as a whole
        self._named = False  # the event so far is the one
        self._after_cr = False
        self._first = True

    @property
    def unpacks(self) -> bool:
        return self._decode is not None

    def feed(self, chunk: bytes) -> bytes:
        """What goes on of `chunk`, with what was held before."""
        if self._decode is not None:
            chunk = b"".join(self._decode(chunk))
        if self.over:
            return chunk
        out = bytearray()
        at = 0
        if self._after_cr and chunk.startswith(b"\n"):
            out += b"\n"
            at = 1
        self._after_cr = False
        while at < len(chunk) and not self.over:
            end = _line_end(chunk, at)
            piece = chunk[at:end]
            if end < 0:
                piece = chunk[at:]
            self._take(piece, out)
            if end < 0:
                return bytes(out)
            eol = b"\r\n" if chunk.startswith(b"\r\n", end) else chunk[end : end + 1]
            self._ended(out)
            out += eol
            at = end + len(eol)
            self._after_cr = eol == b"\r" and at == len(chunk)
        return bytes(out + chunk[at:])

    def close(self) -> bytes:
        """What is held when the stream ends inside the line."""
        held = self._line if self._held else b""
        self._line, self._held, self.over = b"", False, True
        return held

    def _take(self, piece: bytes, out: bytearray) -> None:
        """More of a line."""
        if self._held:
            self._line += piece
        elif self._named and b"data:".startswith((self._line + piece)[:5]):
            self._held = True
            self._line += piece
        else:
            self._line += piece[: max(0, _ENOUGH - len(self._line))]
            out += piece
        if self._held and not b"data:".startswith(self._line[:5]):
            out += self._line
            self._held, self._line = False, self._line[:_ENOUGH]
        elif len(self._line) > _LONGEST:
            out += self.close()

    def _ended(self, out: bytearray) -> None:
        """The line is complete."""
        line, self._line = self._line, b""
        held, self._held = self._held, False
        if self._first:
            self._first = False
            line = line if held else line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            self._named = False
        elif not held:
            field, _, value = line.partition(b":")
            if field == b"event":
                self._named = value.removeprefix(b" ") == b"endpoint"
        elif line.startswith(b"data:"):
            blank = line[5:6] if line[5:6] == b" " else b""
            said = line[5 + len(blank) :].decode("utf-8", "replace")
            heard = self._changed(said)
            if heard is not None:
                self.said = said, heard
                line = b"data:" + blank + heard.encode()
            self.over = True
            out += line
        else:
            out += line


def _line_end(chunk: bytes, at: int) -> int:
    """Where the next line ends, -1 if it does not here."""
    ends = [end for end in (chunk.find(b"\n", at), chunk.find(b"\r", at)) if end >= 0]
    return min(ends, default=-1)
