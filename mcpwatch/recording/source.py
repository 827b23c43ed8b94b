"""The bytes of a recording, whatever it is kept in: a plain file, a compressed one, a pipe.

This module owns reading from any position, many times and from many threads, and cutting into blocks of whole lines.
It knows no line's meaning. Positions are those in the plain text: a compressed recording is unpacked as a stream, and
once to a temporary file where somebody wants to jump about in it.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

from mcpwatch.errors import RecordingError
from mcpwatch.recording import files, packed


class Source:
    """The bytes of one recording. Raises RecordingError where there is no such file, and for whatever fails later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.truncated = False
        """A compressed stream breaks off; known once it was read that far."""
        descriptor = files.open_to_read(path)
        try:
            if files.is_pipe(descriptor):
                with open(descriptor, "rb") as pipe:
                    descriptor = _spooled(iter(lambda: pipe.read(packed.CHUNK), b""))
            self.packing: packed.Packing | None = packed.packing_of(files.read_at(descriptor, 4, 0))
        except OSError as error:
            raise files.failed("read", path, error) from error
        self._descriptors = [descriptor]
        self.close = weakref.finalize(self, _close_all, self._descriptors)
        """Lets go of the file."""

    def unpack(self) -> None:
        """Make positions cheap to go to: a compressed recording is unpacked once."""
        self._plain()

    def size(self) -> int:
        """Bytes of the plain text at present."""
        return os.fstat(self._plain()).st_size

    def at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""
        plain = self._plain()
        try:
            return files.read_at(plain, size, offset)
        except OSError as error:
            raise files.failed("read", self.path, error) from error

    def line(self, offset: int, likely: int) -> bytes:
        """The line that begins at `offset`, without its end; about `likely` bytes."""
        plain = self._plain()
        try:
            return files.read_line(plain, offset, likely)
        except OSError as error:
            raise files.failed("read", self.path, error) from error

    def blocks(self, offset: int) -> Iterator[bytes]:
        """Whole lines from `offset` on, many at a time, each block with its last line end; the last one may lack it."""
        pieces: list[bytes] = []
        for chunk in self.chunks(offset):
            end = chunk.rfind(b"\n") + 1
            if not end:
                pieces.append(chunk)
                continue
            pieces.append(chunk[:end])
            yield b"".join(pieces)
            pieces = [chunk[end:]] if end < len(chunk) else []
        if pieces:
            yield b"".join(pieces)

    def chunks(self, offset: int) -> Iterator[bytes]:
        """The bytes from `offset` on, as they come; up to where a compressed stream is cut."""
        if self._plain_if_there() is not None:
            while chunk := self.at(offset, packed.CHUNK):
                yield chunk
                offset += len(chunk)
            return
        assert self.packing is not None
        try:
            for piece in packed.unpacked(_read(self._descriptors[0], 0), self.packing):
                if offset < len(piece):
                    yield piece[offset:]
                offset = max(0, offset - len(piece))
        except EOFError:
            self.truncated = True
        except ValueError as error:
            raise RecordingError(f"{self.path} cannot be unpacked to its end: {error}") from None
        except OSError as error:
            raise files.failed("read", self.path, error) from error

    def _plain_if_there(self) -> int | None:
        if not self._descriptors:
            raise RecordingError(f"{self.path} is closed")
        return self._descriptors[-1] if not self.packing or len(self._descriptors) > 1 else None

    def _plain(self) -> int:
        plain = self._plain_if_there()
        if plain is None:
            try:
                plain = _spooled(self.chunks(0))
            except OSError as error:
                raise files.failed("unpack", self.path, error) from error
            self._descriptors.append(plain)
        return plain


def _read(descriptor: int, offset: int) -> Iterator[bytes]:
    while chunk := files.read_at(descriptor, packed.CHUNK, offset):
        yield chunk
        offset += len(chunk)


def _spooled(chunks: Iterable[bytes]) -> int:
    """A descriptor of a temporary file that holds `chunks` and goes with the descriptor."""
    import tempfile  # with half of the standard library behind it, for what is rarely needed

    with tempfile.TemporaryFile() as spool:
        for chunk in chunks:
            spool.write(chunk)
        spool.flush()
        return os.dup(spool.fileno())


def _close_all(descriptors: list[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())
