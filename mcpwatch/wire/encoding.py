"""Content codings: a copy of a compressed body, made readable.

Owns the way from a body's bytes as HTTP carried them (gzip, deflate, br, zstd, or several one after the other) to the
bytes that were meant, chunk by chunk and in bounded pieces, so that a small bomb never becomes one large string. Leaves
to others how much of it is kept. The HTTP client decodes for itself, from the original bytes; this is only what we look
at, and it knows the same codings as that client: others pass as they are, as they do there.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, TypeAlias

__all__ = ["Bomb", "Decode", "Undecodable", "decoder"]

Decode: TypeAlias = Callable[[bytes], Iterator[bytes]]
"""One chunk in; the pieces it decodes to out, none larger than `PIECE`. Keeps its state from chunk to chunk."""

PIECE = 2**20
MOST_UNPACKED = 512 * 2**20
MOST_FOLD = 200
"""Bytes, and the factor, beyond which both are taken for a bomb. Text shrinks to a tenth, or to a fiftieth if it says
the same again and again."""
MOST_CODINGS = 5
"""As many as the HTTP client accepts; more is a mistake or an attack."""


class Undecodable(Exception):
    """The bytes are not what their content-encoding says; `str` is the decoder's reason."""

    def why(self, coding: str) -> str:
        """What is wrong with a body of this content-encoding."""
        return f"not {coding}: {self}"


class Bomb(Undecodable):
    """They are, and nobody has room for what they unpack to."""

    def why(self, coding: str) -> str:
        return f"{coding}: {self}"


def decoder(content_encoding: str) -> Decode | None:
    """What undoes a content-encoding header's codings, or None where there is nothing to undo.

    The function it returns raises `Undecodable`, at once or after some pieces.
    """
    codings = [coding for part in content_encoding.split(",") if (coding := part.strip().lower()) in _CODINGS]
    if len(codings) > MOST_CODINGS:
        return _refuse
    steps: list[Decode] = []
    for coding in reversed(codings):
        step = _CODINGS[coding]()
        if step is not None:
            steps.append(step)
    if not steps:
        return None
    return _bounded(steps[0] if len(steps) == 1 else lambda chunk: _through(steps, chunk))


def _bounded(decode: Decode) -> Decode:
    """`decode` until it turns out that what comes is a bomb: more than `MOST_UNPACKED`, of next to nothing."""
    taken = given = 0

    def bounded(chunk: bytes) -> Iterator[bytes]:
        nonlocal taken, given
        taken += len(chunk)
        for piece in decode(chunk):
            given += len(piece)
            if given > MOST_UNPACKED and given > taken * MOST_FOLD:
                raise Bomb(f"it unpacks to more than {MOST_FOLD} times its size")
            yield piece

    return bounded


def _refuse(_chunk: bytes) -> Iterator[bytes]:
    raise Undecodable(f"more than {MOST_CODINGS} codings")


def _through(steps: Iterable[Decode], chunk: bytes) -> Iterator[bytes]:
    pieces: Iterator[bytes] = iter((chunk,))
    for step in steps:
        pieces = _each(step, pieces)
    yield from pieces


def _each(step: Decode, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from step(piece)


def _gzip() -> Decode:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decode(chunk: bytes) -> Iterator[bytes]:
        nonlocal inflate
        while chunk:
            yield from _inflated(inflate, chunk)
            if not inflate.eof:
                return
            # A gzip body may be several members in a row; what follows and is none (padding) is not ours to judge.
            chunk = inflate.unused_data
            if not chunk.startswith(b"\x1f"):
                return
            inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)

    return decode


def _deflate() -> Decode:
    inflate = zlib.decompressobj()
    first = True

    def decode(chunk: bytes) -> Iterator[bytes]:
        nonlocal inflate, first
        if first and chunk:
            first = False
            # By the book it has a zlib header; many servers send it without.
            if chunk[0] & 0x0F != 8 or (len(chunk) > 1 and int.from_bytes(chunk[:2], "big") % 31):
                inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        yield from _inflated(inflate, chunk)

    return decode


def _inflated(inflate: Any, chunk: bytes) -> Iterator[bytes]:
    try:
        piece = inflate.decompress(chunk, PIECE)
        while piece:
            yield piece
            piece = inflate.decompress(inflate.unconsumed_tail, PIECE)
    except zlib.error as error:
        raise Undecodable(str(error)) from error


def _br() -> Decode | None:
    try:
        brotli: Any = import_module("brotli")
    except ImportError:
        return None  # then the HTTP client does not know it either, and never asked for it
    state = brotli.Decompressor()

    def decode(chunk: bytes) -> Iterator[bytes]:
        try:
            piece = state.process(chunk, output_buffer_limit=PIECE // 2)
            while piece:
                yield piece
                piece = state.process(b"", output_buffer_limit=PIECE // 2)
        except brotli.error as error:
            raise Undecodable(str(error) or "not brotli") from error

    return decode


def _zstd() -> Decode:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    state = zstd.ZstdDecompressor()

    def decode(chunk: bytes) -> Iterator[bytes]:
        nonlocal state
        try:
            while chunk:
                if state.eof:
                    state = zstd.ZstdDecompressor()
                piece = state.decompress(chunk, PIECE)
                while piece:
                    yield piece
                    if state.eof or state.needs_input:
                        break
                    piece = state.decompress(b"", PIECE)
                chunk = state.unused_data if state.eof else b""
        except zstd.ZstdError as error:
            raise Undecodable(str(error)) from error

    return decode


_CODINGS: dict[str, Callable[[], Decode | None]] = {"gzip": _gzip, "deflate": _deflate, "br": _br, "zstd": _zstd}
