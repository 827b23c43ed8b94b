"""Which rows of an index are wanted, reading as little of the file as can be; and the beginning of any long line.

This module owns the way from a row back to bytes where many rows are asked for, or a line may be too long to be read:
in a list that is filtered while somebody types, nothing may take long. It knows no thread and no screen: it is asked
for a piece at a time, and says how far it got. Everything here may run in any thread beside the one that writes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Protocol

from pydantic_core import from_json, to_json

from mcpwatch.events import Event
from mcpwatch.recording.index import Entry, Index
from mcpwatch.recording.parse import decode

__all__ = ["LARGE", "Read", "Scan", "Wanted", "event_at", "head_of", "line_at", "partial_event", "soon"]

LARGE = 1 << 16
"""Bytes of a line above which only its beginning is read, where a list of lines is made."""
_ROWS = 16_384
_SPAN = 1 << 20
_GAP = 1 << 14
"""Bytes between two rows that are read rather than left out."""

_A_MOMENT = 0.03

Read = Callable[[int, int], bytes]
"""From an offset and a size to the bytes that stand there; fewer at the end of the file."""


class Wanted(Protocol):
    """What a scan asks: a `Query`, or anything else that can be asked the same."""

    @property
    def timed(self) -> bool: ...
    @property
    def searches(self) -> bool: ...
    def glance(self, entry: Entry) -> bool | None: ...
    def timely(self, t: float) -> bool: ...
    def precheck(self, lines: bytes) -> bool: ...
    def decide(self, line: bytes) -> bool | None: ...
    def accepts(self, event: Event, line: bytes | None = None) -> bool: ...


class Scan:
    """One question to the rows of one index, from the first row to the last, as it grows."""

    def __init__(self, index: Index, read: Read, wanted: Wanted) -> None:
        self._index = index
        self._read = read
        self._wanted = wanted
        self._known: dict[tuple[int, int, int], bool | None] = {}

    def rows(self, start: int, stop: int, enough: Callable[[], bool]) -> tuple[array[int], int]:
        """The wanted rows from `start` on, and the row to go on from: `stop`, or less once `enough` says so.

        Raises RecordingError where the file cannot be read; a line that is damaged is not wanted.
        """
        found = array("I")
        while start < stop:
            end = min(start + _ROWS, stop)
            timely = self._wanted.timely if self._wanted.timed else None
            likely, unsure = self._index.glance(self._wanted.glance, timely, start, end, self._known)
            if not unsure:
                found.extend(likely)
            else:
                for row, wanted in self._decided(likely, unsure, enough):
                    if wanted is None:
                        return found, row
                    if wanted:
                        found.append(row)
            start = end
            if enough():
                break
        return found, start

    def back(self, start: int, stop: int, enough: Callable[[], bool]) -> tuple[int | None, int]:
        """The last wanted row before `start`, but not before `stop`; and how far back was looked."""
        while start > stop:
            begin = max(start - _ROWS, stop)
            while start > begin:
                # Small steps, so that what is found near is found soon.
                least = max(start - 512, begin)
                rows, _ = self.rows(least, start, lambda: False)
                if rows:
                    return rows[-1], least
                start = least
                if enough():
                    return None, start
        return None, start

    def _decided(
        self, likely: array[int], unsure: set[int], enough: Callable[[], bool]
    ) -> Iterator[tuple[int, bool | None]]:
        """Each of the rows, and whether it is wanted; a row with None where there was enough before it."""
        offsets = self._index.offsets
        at = 0
        while at < len(likely):
            row = likely[at]
            if row not in unsure:
                yield row, True
                at += 1
                continue
            if enough():
                yield row, None
                return
            begin = offsets[row]
            last = at
            while (
                last + 1 < len(likely)
                and likely[last + 1] + 1 < len(offsets)
                and offsets[likely[last + 1]] - offsets[likely[last]] < _GAP
                and offsets[likely[last + 1] + 1] - begin <= _SPAN
            ):
                last += 1
            if last == at:
                yield row, self._one(row)
                at += 1
                continue
            block = self._read(begin, offsets[likely[last] + 1] - begin)
            if not self._wanted.precheck(block):
                for row in likely[at : last + 1]:
                    yield row, row not in unsure
            else:
                for row in likely[at : last + 1]:
                    if row in unsure:
                        line = block[offsets[row] - begin : offsets[row + 1] - begin].partition(b"\n")[0]
                        yield row, self._accepts(line, whole=True)
                    else:
                        yield row, True
            at = last + 1

    def _one(self, row: int) -> bool:
        line, whole = head_of(self._index, self._read, row, _SPAN)
        if whole:
            return self._wanted.precheck(line) and self._accepts(line, whole=True)
        # Of a line of many megabytes the envelope and the beginning have to do, but for a text, which may be anywhere.
        if not self._wanted.searches:
            return self._accepts(line, whole=False)
        event = partial_event(line)
        return event is not None and self._wanted.accepts(event, line_at(self._index, self._read, row))

    def _accepts(self, line: bytes, *, whole: bool) -> bool:
        wanted = self._wanted.decide(line) if whole else None
        if wanted is None:
            try:
                event = decode(line) if whole else partial_event(line)
            except ValueError:
                return False
            wanted = event is not None and self._wanted.accepts(event, line)
        return wanted


def soon(seconds: float = _A_MOMENT) -> Callable[[], bool]:
    """What says that it is enough once so much time has passed since now."""
    end = monotonic() + seconds
    return lambda: monotonic() > end


def head_of(index: Index, read: Read, row: int, limit: int) -> tuple[bytes, bool]:
    """The line of a row without its end, but at most `limit` bytes of it, and whether that is all of it."""
    offset = index.offsets[row]
    size = index.offsets[row + 1] - offset if row + 1 < len(index) else limit + 1
    data = read(offset, min(size, limit + 1))
    line, end, _ = data.partition(b"\n")
    return line[:limit], bool(end) or (len(data) < min(size, limit + 1)) or len(line) <= limit


def line_at(index: Index, read: Read, row: int) -> bytes:
    """The whole line of a row without its end, however long it is."""
    offset, pieces = index.offsets[row], list[bytes]()
    while piece := read(offset, _SPAN):
        line, end, _ = piece.partition(b"\n")
        pieces.append(line)
        if end:
            break
        offset += len(piece)
    return b"".join(pieces)


def partial_event(head: bytes) -> Event | None:
    """What the beginning of a line says: the event with as much of its content as is there. None where it says
    nothing.
    """
    try:
        members = from_json(head, allow_partial="trailing-strings", cache_strings="none")
        if members.get("enc") == "base64" and isinstance(members.get("raw"), str):
            members["raw"] = members["raw"][: len(members["raw"]) // 4 * 4]
        if members.get("kind") == "frame" and "msg" not in members and "raw" not in members:
            members["msg"] = None
        return decode(to_json(members, inf_nan_mode="null"))
    except (ValueError, AttributeError, TypeError):
        return None


def event_at(index: Index, read: Read, row: int, limit: int = LARGE) -> tuple[Event | None, bool]:
    """The event of a row from at most `limit` bytes of its line, and whether that was all. Raises RecordingError."""
    line, whole = head_of(index, read, row, limit)
    if not whole:
        return partial_event(line), False
    try:
        return decode(line), True
    except ValueError:
        return None, True
