"""Bodies of responses as a session reads them: never more of one in memory than it has a use for.

The `Tap` below has published and delivered every message before this module sees the chunk, so that a body is read here
only for what the transport itself has to know: where a stream may be resumed, and whether an error was an answer.
Whatever a server sends, an event without end, a small body that unpacks to a large one, is bounded here and not by the
HTTP library, which unpacks each chunk as a whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
from anyio.lowlevel import checkpoint

from mcpwatch.session.transport import Room
from mcpwatch.wire import body
from mcpwatch.wire.encoding import Undecodable, decoder
from mcpwatch.wire.sse import SseParser

__all__ = ["Streamed", "TooLarge", "drain", "pieces", "read_body", "read_events"]

LOOKED_AT = 2**20
"""Bytes of a body that is looked into; a longer one is no refusal."""


class TooLarge(Exception):
    """More came in one message than anybody keeps."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a stream said of itself until it ended, however it ended: its last event id, its last `retry` in
    milliseconds, and whether there was anything at all.
    """

    last_id: str | None
    retry: int | None
    anything: bool


async def drain(response: httpx2.Response) -> None:
    """Read a body to its end for the tap alone. Raises `TooLarge` where there seems to be none."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        _check(size)


async def pieces(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it was before it was compressed, in bounded pieces. Raises `httpx2.DecodingError`."""
    coding = response.headers.get("content-encoding", "")
    decode = decoder(coding)
    async for chunk in response.aiter_raw():
        if decode is None:
            yield chunk
            continue
        try:
            for piece in decode(chunk):
                yield piece
                await checkpoint()  # a chunk may be a thousand pieces
        except Undecodable as error:
            raise httpx2.DecodingError(error.why(coding)) from error


async def read_body(response: httpx2.Response) -> bytes | None:
    """A body to its end; None for one that is longer than `LOOKED_AT`. Raises `TooLarge`, `httpx2.DecodingError`."""
    kept, size = bytearray(), 0
    async for piece in pieces(response):
        size += len(piece)
        if size <= LOOKED_AT:
            kept += piece
        _check(size)
    return bytes(kept) if size <= LOOKED_AT else None


async def read_events(response: httpx2.Response, room: Room | None = None) -> Streamed:
    """Read a stream to its end. After each piece `room` may take its time: the server is held back meanwhile. Raises
    `TooLarge` for an event that does not end.
    """
    parser, last, retry, anything, pending = SseParser(), None, None, False, 0
    try:
        async for piece in pieces(response):
            events = parser.feed(piece)
            pending = 0 if events else pending + len(piece)
            _check(pending)
            for event in events:
                anything = True
                last = event.id or last
                retry = retry if event.retry is None else event.retry
            if room is not None:
                await room()
    except (httpx2.HTTPError, OSError):
        pass  # the tap has recorded how it broke; whether that matters is for the caller
    return Streamed(last, retry, anything)


def _check(size: int) -> None:
    if size > body.KEPT:
        raise TooLarge(f"a message of more than {body.KEPT >> 20} MiB: the rest is not read")
