"""Compressed bodies: the copy is in clear, the original is untouched."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import httpx2
import pytest
from backports import zstd

from mcpwatch.wire.encoding import PIECE, Undecodable, decoder
from tests.servers.http.raw import Request, Wire, chunked, serving, whole
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE, Seen, post, tapped

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


def raw_deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzipped),
    ("deflate", zlib.compress),
    ("deflate", raw_deflated),
    ("zstd", zstd.compress),
    ("gzip, zstd", lambda data: zstd.compress(gzip.compress(data))),
]


@pytest.mark.parametrize(("coding", "pack"), CODINGS)
async def test_a_compressed_body_is_copied_in_clear_and_passed_on_as_it_is(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    seen = Seen()
    packed = pack(PONG)
    pieces = [packed[i : i + 3] for i in range(0, len(packed), 3)]
    replies = chunked(JSON, *pieces, headers=(f"content-encoding: {coding}",))
    async with serving(replies) as server, tapped(seen) as client:
        response = await post(client, server.url)
        async with client.stream("POST", server.url, content=PING, headers={"content-type": JSON}) as stream:
            untouched = b"".join([chunk async for chunk in stream.aiter_raw()])
    assert response.content == PONG
    assert untouched == packed
    assert [frame.data for frame in seen.frames()] == [PONG, PONG]
    assert [event.size for event in seen.http("end")] == [len(packed), len(packed)]


async def test_each_event_of_a_compressed_stream_is_published_when_it_was_flushed() -> None:
    seen = Seen()
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "content-encoding: gzip", "transfer-encoding: chunked")
        await wire.chunk(packer.compress(b"data: " + LOG + b"\n\n") + packer.flush(zlib.Z_SYNC_FLUSH))
        await seen.arrived.wait()
        await wire.chunk(packer.compress(b"data: " + PONG + b"\n\n") + packer.flush())
        await wire.last_chunk()

    async with serving(reply) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [frame.data for frame in seen.frames()] == [LOG, PONG]


async def test_a_body_that_is_not_compressed_as_it_says_is_shown_as_it_is() -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG, "content-encoding: gzip")) as server, tapped(seen) as client:
        with pytest.raises(httpx2.DecodingError):
            await post(client, server.url)
    assert seen.http("body")[0].text == PONG.decode()
    assert (seen.http("error")[0].error or "").startswith("not gzip: ")


def decoded(coding: str, *chunks: bytes) -> bytes:
    decode = decoder(coding)
    assert decode is not None
    return b"".join(piece for chunk in chunks for piece in decode(chunk))


def test_members_and_frames_in_a_row_are_one_body() -> None:
    assert decoded("gzip", gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0") == b"one two"
    assert decoded("zstd", zstd.compress(b"one ") + zstd.compress(b"two")) == b"one two"


@pytest.mark.parametrize(("coding", "pack"), CODINGS)
def test_a_small_bomb_comes_out_in_bounded_pieces(coding: str, pack: Callable[[bytes], bytes]) -> None:
    decode = decoder(coding)
    assert decode is not None
    sizes = [len(piece) for piece in decode(pack(bytes(5 * PIECE + 1)))]
    assert sum(sizes) == 5 * PIECE + 1
    assert max(sizes) <= PIECE


@pytest.mark.parametrize("coding", ["", "identity", "compress", "x-unknown"])
def test_a_coding_that_the_client_does_not_know_passes_as_it_is(coding: str) -> None:
    assert decoder(coding) is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_bytes_that_are_not_what_they_say_are_undecodable(coding: str) -> None:
    with pytest.raises(Undecodable):
        decoded(coding, b"(\xb5/\xfe this is none of it, and long enough to tell")


def test_more_codings_than_the_client_takes_are_not_tried() -> None:
    with pytest.raises(Undecodable, match="more than 5"):
        decoded(", ".join(["gzip"] * 6), gzip.compress(b"x"))


def test_brotli_is_known_where_it_is_installed() -> None:
    brotli = pytest.importorskip("brotli")
    assert decoded("br", brotli.compress(b"x" * 3 * PIECE)) == b"x" * 3 * PIECE
