"""Compressed recordings: told by their first bytes, read as a stream, written from a plain file that is complete.

This module owns gzip and zstd; what the bytes say is left to the others. A recording is never compressed while it is
written: what a crash leaves behind would be hard to read. A file whose compressed stream is cut gives everything up to
the cut.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from mcpwatch.errors import RecordingError
from mcpwatch.recording import files

Packing: TypeAlias = Literal["gzip", "zstd"]

SUFFIXES: dict[str, Packing] = {".gz": "gzip", ".zst": "zstd"}
CHUNK = 1 << 16
_AT_MOST = 1 << 20
"""Bytes that come out at a time, whatever a hostile file would unpack to."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def packing_of(start: bytes) -> Packing | None:
    """How a file that begins with `start` is compressed; None for a plain one."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if start.startswith(b"\x28\xb5\x2f\xfd") else None


def unpacked(chunks: Iterable[bytes], packing: Packing) -> Iterator[bytes]:
    """What is in a compressed stream, piece by piece.

    Raises EOFError after the last piece where the stream is cut, and ValueError where it is damaged.
    """
    unpacker: _Unpacker | None = None
    for chunk in chunks:
        while chunk:
            unpacker = unpacker or _unpacker(packing)
            try:
                piece = unpacker.decompress(chunk, _AT_MOST)
                while piece:
                    yield piece
                    piece = b"" if unpacker.eof else unpacker.decompress(_left_over(unpacker), _AT_MOST)
            except _damages() as error:
                raise ValueError(f"the {packing} data are damaged: {error}") from None
            # One stream may follow another, as `cat a.gz b.gz` leaves them.
            chunk = unpacker.unused_data if unpacker.eof else b""
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        raise EOFError


def _left_over(unpacker: _Unpacker) -> bytes:
    """Input that zlib hands back when its output is full; zstd keeps it."""
    return getattr(unpacker, "unconsumed_tail", b"")


def pack(plain: Path, final: Path, packing: Packing, *, force: bool) -> None:
    """Compress the complete file `plain` to `final` (0600, there at once or not at all), and remove `plain`.

    Raises RecordingError; `plain` stays then.
    """
    part = final.with_name(final.name + ".part")
    try:
        target = files.create(part, force=True)
        try:
            with open(plain, "rb") as source:
                for piece in packed(iter(lambda: source.read(_AT_MOST), b""), packing):
                    files.write_whole(target, piece)
            if not force:
                # Reserves the name, which may have been taken since the start.
                os.close(files.create(final, force=False))
            files.refuse_existing(final, force=True)
            os.replace(part, final)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(target)
        with suppress(OSError):  # Windows keeps a file that is still open for reading
            plain.unlink()
    except OSError as error:
        raise _kept(files.failed("compress to", final, error), plain) from error
    except RecordingError as error:
        raise _kept(error, plain) from error


def _kept(error: RecordingError, plain: Path) -> RecordingError:
    return RecordingError(f"{error}; the recording is complete in {plain}", hint=error.hint)


def packed(chunks: Iterable[bytes], packing: Packing) -> Iterator[bytes]:
    """The same bytes compressed, piece by piece."""
    if packing == "gzip":
        gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
        for chunk in chunks:
            yield gzip.compress(chunk)
        yield gzip.flush()
    else:
        zstd = _zstd()
        # Without a checksum a flipped bit would be read as what was said.
        compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.checksum_flag: 1})
        for chunk in chunks:
            yield compressor.compress(chunk)
        yield compressor.flush()


def _unpacker(packing: Packing) -> _Unpacker:
    return zlib.decompressobj(31) if packing == "gzip" else _zstd().ZstdDecompressor()


def _damages() -> tuple[type[Exception], ...]:
    loaded = sys.modules.get(_ZSTD)
    return (zlib.error,) if loaded is None else (zlib.error, loaded.ZstdError)


if sys.version_info >= (3, 14):
    _ZSTD = "compression.zstd"

    def _zstd():
        from compression import zstd

        return zstd

else:
    _ZSTD = "backports.zstd"

    def _zstd():
        from backports import zstd

        return zstd
