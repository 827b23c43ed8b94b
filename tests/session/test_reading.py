"""Bodies are read to their end, and never more of one than anybody has a use for."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest

from mcpwatch.session.reading import LOOKED_AT, TooLarge, drain, read_body, read_events
from mcpwatch.wire import body, encoding

pytestmark = pytest.mark.anyio


class Endless(httpx2.AsyncByteStream):
    """The same piece for ever; `taken` says how often it was asked for."""

    def __init__(self, piece: bytes) -> None:
        self.piece, self.taken = piece, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 1
            yield self.piece


@pytest.fixture(autouse=True)
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "KEPT", 4 * 2**20)
    monkeypatch.setattr(encoding, "MOST_UNPACKED", 8 * 2**20)


@pytest.mark.parametrize("read", [drain, read_body, read_events])
async def test_what_does_not_end_is_given_up(read: Callable[[httpx2.Response], Awaitable[object]]) -> None:
    endless = Endless(b"x" * 65_536)
    with pytest.raises(TooLarge, match="a message of more than 4 MiB: the rest is not read"):
        await read(httpx2.Response(200, stream=endless))
    assert endless.taken < 70


async def test_a_body_that_is_no_refusal_is_read_and_not_held() -> None:
    assert await read_body(_raw(b"x" * LOOKED_AT, {})) == b"x" * LOOKED_AT
    assert await read_body(_raw(b"x" * (LOOKED_AT + 1), {})) is None


async def test_a_compressed_body_is_read_as_it_was() -> None:
    headers = {"content-encoding": "gzip"}
    assert await read_body(_raw(gzip.compress(b"{}"), headers)) == b"{}"
    with pytest.raises(httpx2.DecodingError, match="not gzip: "):
        await read_body(_raw(b"{}", headers))


async def test_a_stream_that_unpacks_to_a_thousandfold_is_given_up_like_one_that_breaks() -> None:
    packed = gzip.compress((b": " + b"x" * 9_997 + b"\n\n") * 2_000)
    streamed = await read_events(_raw(packed, {"content-encoding": "gzip"}))
    assert streamed.last_id is None


def _raw(data: bytes, headers: dict[str, str]) -> httpx2.Response:
    async def once() -> AsyncIterator[bytes]:
        yield data

    class Stream(httpx2.AsyncByteStream):
        def __aiter__(self) -> AsyncIterator[bytes]:
            return once()

    return httpx2.Response(200, headers=headers, stream=Stream())
