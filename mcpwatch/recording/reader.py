"""A recording becomes events again, by the same door as live traffic.

This module owns the order of lines: a header, events whose numbers grow, a footer. It leaves a line's meaning to
`parse.py`, and where bytes come from to `source.py`. The file is streamed and never loaded: its size does not matter.

What can happen to a file without anyone being wrong is tolerated and said: no footer (`complete`), a cut last line
(`cut`), kinds of a newer version (`unknown`). Anything else is a RecordingError with the line number; a recording that
cannot be read is never an empty one.

Numbers may have gaps, since `grep` is a fair tool to make a smaller recording with; they may not go back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, NamedTuple, Self

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event
from mcpwatch.recording import packed
from mcpwatch.recording.filter import Sieve
from mcpwatch.recording.header import cut_at_once, read_header, read_started
from mcpwatch.recording.index import Index
from mcpwatch.recording.parse import as_object, decode
from mcpwatch.recording.source import Source

_LONGEST_HEADER = 1 << 20
_LONGEST_FOOTER = 1 << 16
_AT_ONCE = 512
"""Events that are indexed between two looks of whoever watches it grow."""


class _End(NamedTuple):
    footer: Mapping[str, Any] | None
    cut: bool


class Recording:
    """A recording to read, from `Recording.open`. Iterations do not disturb each other. Close it, or use `with`."""

    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.unknown = 0
        """Lines of kinds that this version does not know, as many as the last iteration over all events met."""
        self._source = source
        self._streamed_end: _End | None = None
        self._index = Index()
        self._indexing = RLock()
        line, self._start = self._first_line()
        self.header: Mapping[str, Any] = read_header(line, self.path)
        """Line 1 as it stands."""
        self.started: datetime = read_started(self.header, self.path)
        """What every `t` counts from, aware."""
        self._indexed = self._start

    @classmethod
    def open(cls, path: Path | str) -> Recording:
        """Open a plain, gzip or zstd recording, told by its content. A pipe is copied to a temporary file first.

        Raises RecordingError where there is no such file, or it is empty, no recording, or of a newer version.
        """
        return cls(Source(Path(path)))

    def close(self) -> None:
        """Let go of the file. Nothing can be read afterwards."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def compressed(self) -> bool:
        """Whether it is kept compressed, so that nobody writes it any more."""
        return bool(self._source.packing)

    @property
    def footer(self) -> Mapping[str, Any] | None:
        """The last line, or None. Looks at the end of the file; a compressed one is read to the end once."""
        return self._ending().footer

    @property
    def complete(self) -> bool:
        """Whether there is a footer: without one the writer is alive still, or it was killed."""
        return self.footer is not None

    @property
    def cut(self) -> bool:
        """Whether the last line (or the compressed stream) breaks off."""
        return self._ending().cut

    def events(self, start: int = 0, filter: Sieve | None = None) -> Iterator[Event]:
        """The events with `seq` from `start` on, in order, those that `filter` accepts.

        Raises RecordingError, also in mid-iteration. With a filter, lines that cannot be wanted are not looked at.
        """
        for _, event in self._read(start, filter):
            yield event

    def lines(self, filter: Sieve | None = None) -> Iterator[bytes]:
        """The lines of the accepted events as they stand in the file, without their end.

        With a filter as little as can be is parsed. Raises RecordingError like `events`.
        """
        if filter is None:
            for line, _ in self._read(0, None):
                yield line
            return
        decide = filter.decide
        for offset, line in self._walk(self._start, filter):
            wanted = decide(line)
            if wanted is None:
                event = self._decoded(line, offset)
                wanted = event is not None and filter.accepts(event, line)
            if wanted:
                yield line

    def entries(self, filter: Sieve) -> Iterator[tuple[bytes, Event]]:
        """The events that `filter` accepts, each with its line as it stands in the file. Raises like `events`."""
        return self._read(0, filter)

    def read(self, seq: int) -> Event:
        """One event. The file is indexed as far as needed. Raises RecordingError if there is no such event."""
        index = self._index_to(seq)
        try:
            row = index.row(seq)
        except KeyError:
            raise RecordingError(f"there is no event {seq} in {self.path}") from None
        return self.at(row)

    def at(self, row: int) -> Event:
        """The event of a row that is indexed already; never waits for indexing. Raises RecordingError, IndexError."""
        index = self._index
        offset = index.offsets[row]
        event = self._decoded(self._source.line(offset, index.likely_size(row)), offset)
        if event is None:
            raise self._corrupt(offset, "the file was changed while it was read")
        return event

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the plain text from `offset`, from any thread. Raises RecordingError."""
        return self._source.at(offset, size)

    @property
    def index(self) -> Index:
        """Where everything stands, up to the present end of the file. Raises RecordingError like `events`."""
        return self._index_to(None)

    @property
    def known(self) -> Index:
        """The index as far as it has got, without reading on."""
        return self._index

    def indexed(self) -> Iterator[Index]:
        """The index while it grows, up to the present end of the file: given out again every few hundred events.

        One that is asked for later goes on with what has come since. Raises RecordingError like `events`.
        """
        yield self._index
        with self._indexing:
            for number, _ in enumerate(self._take()):
                if not number % _AT_ONCE:
                    yield self._index
        yield self._index

    def _read(self, start: int, filter: Sieve | None) -> Iterator[tuple[bytes, Event]]:
        begin = self._offset_of(start)
        if begin is None:
            return
        last = unknown = 0
        footer = False
        for offset, line in self._walk(begin, filter):
            if footer:
                raise self._corrupt(offset, "something follows the footer")
            if filter is not None and filter.decide(line) is False:
                continue
            event = self._decoded(line, offset)
            if event is None:
                footer = as_object(line)["kind"] == "footer"
                unknown += not footer
                continue
            if event.seq <= last:
                raise self._corrupt(offset, f"event {event.seq} comes after event {last}")
            last = event.seq
            if filter is None or filter.accepts(event, line):
                yield line, event
        self.unknown = unknown

    def _decoded(self, line: bytes, offset: int) -> Event | None:
        try:
            event = decode(line)
            if event is None and as_object(line)["kind"] == "header":
                raise ValueError("a second header")
        except ValueError as error:
            raise self._corrupt(offset, str(error)) from None
        return event

    def _corrupt(self, offset: int, reason: str) -> RecordingError:
        """The error for the line at `offset`. Lines are counted now: nobody else needs their numbers."""
        number = 1
        for chunk in self._source.chunks(0):
            number += chunk.count(b"\n", 0, offset)
            offset -= len(chunk)
            if offset <= 0:
                break
        return RecordingError(
            f"{self.path} is damaged in line {number}: {reason}",
            hint=f"what comes before can be had: head -n {number - 1} {self.path}",
        )

    def _walk(self, offset: int, filter: Sieve | None = None) -> Iterator[tuple[int, bytes]]:
        """Every whole line from `offset` on, with where it begins; not all of those that `filter` rejects."""
        block = b""
        from_start = offset == self._start
        for block in self._source.blocks(offset):
            if filter is not None and not filter.precheck(block):
                offset += len(block)
                continue
            lines = block.split(b"\n")
            if not lines[-1] or not _is_whole(lines[-1]):
                lines.pop()
            for line in lines:
                yield offset, line
                offset += len(line) + 1
        if self._source.packing and from_start:
            self._streamed_end = _ending(block, self._source.truncated)

    def _first_line(self) -> tuple[bytes, int]:
        """Line 1 without its end, and where line 2 begins."""
        start = b""
        for chunk in self._source.chunks(0):
            start += chunk
            if b"\n" in chunk or len(start) > _LONGEST_HEADER:
                break
        if not start and self._source.truncated:
            raise cut_at_once(self.path)
        line, end, _ = start.partition(b"\n")
        return line, len(line) + len(end)

    def _ending(self) -> _End:
        if self._source.packing:
            if self._streamed_end is None:
                last = deque(self._source.blocks(self._start), maxlen=1)
                self._streamed_end = _ending(last[0] if last else b"", self._source.truncated)
            return self._streamed_end
        # Backwards to the end of the last line but one; a last line can be long, though no footer is.
        end = self._source.size()
        start = max(end - 1, self._start)
        while start > self._start:
            step = min(packed.CHUNK, start - self._start)
            found = self._source.at(start - step, step).rfind(b"\n")
            start -= step
            if found >= 0:
                start += found + 1
                break
        if end - start > _LONGEST_FOOTER and self._source.at(end - 1, 1) == b"\n":
            return _End(None, False)
        return _ending(self._source.at(start, max(end - start, 0)), False)

    def _offset_of(self, seq: int) -> int | None:
        """Where the first event stands whose number is at least `seq`; None where there is none."""
        if seq <= 1:
            return self._start
        index = self._index_to(seq)
        row = index.row_from(seq)
        return index.offsets[row] if row < len(index) else None

    def _index_to(self, seq: int | None) -> Index:
        index = self._index
        if seq is not None and index.last >= seq:
            return index
        with self._indexing:
            for _ in self._take():
                if seq is not None and index.last >= seq:
                    break
        return index

    def _take(self) -> Iterator[None]:
        """Take line after line into the index, up to the present end of the file."""
        self._source.unpack()
        for offset, line in self._walk(self._indexed):
            try:
                if line:
                    self._index.add_line(line, offset)
            except ValueError as error:
                raise self._corrupt(offset, str(error)) from None
            # Before the line's end, which a last line may yet get; so the next walk begins with an empty line.
            self._indexed = offset + len(line)
            yield


def _ending(block: bytes, truncated: bool) -> _End:
    """What the last lines of a recording say about its end."""
    terminated = block.endswith(b"\n")
    line = (block[:-1] if terminated else block).rpartition(b"\n")[2]
    if not line:
        return _End(None, truncated)
    if not terminated and not _is_whole(line):
        return _End(None, True)
    if len(line) <= _LONGEST_FOOTER:
        with suppress(ValueError):
            members = as_object(line)
            if members.get("kind") == "footer":
                return _End(members, truncated)
    return _End(None, truncated)


def _is_whole(line: bytes) -> bool:
    """Whether a line without an end lacks nothing but that."""
    try:
        decode(line)
    except ValueError:
        return False
    return True
