"""Where some of a recording's events stand, so that any other is found by reading on from the nearest before it.

For who reads back one event now and then: 16 bytes for every 64 KiB of the file, so that a session may go on for ever.
Whoever goes through the events by row needs an `Index`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable

__all__ = ["APART", "Marks"]

APART = 1 << 16
"""Bytes from a mark to the next, at least: an event begins less than that behind the mark before it."""
_HEAD = 64
"""Bytes in which a line says its number."""


class Marks:
    """The marks of a growing recording whose lines begin with their numbers, as the writer's do."""

    def __init__(self) -> None:
        self.next = 0
        """The offset from which on the next event to begin is marked."""
        self._seqs = array("Q")
        self._offsets = array("Q")
        self._last: tuple[int, bytes] = (-1, b"")

    def add(self, seq: int, offset: int) -> None:
        """Take up an event. One that begins before `next` need not be told."""
        if offset >= self.next:
            self._offsets.append(offset)
            self._seqs.append(seq)  # last, since its length is what counts: readers may be other threads
            self.next = offset + APART

    def find(self, seq: int, read: Callable[[int, int], bytes]) -> int:
        """The offset of an event; `read(size, offset)` reads the file. Raises KeyError, OSError."""
        at = bisect_right(self._seqs, seq) - 1
        if at < 0:
            raise KeyError(seq)
        offset = self._offsets[at]
        known, piece = self._last
        if known != offset:
            piece = read(APART + _HEAD, offset)
            if len(piece) == APART + _HEAD:  # it stays as it is: whoever asks for one asks for the next
                self._last = offset, piece
        head = b'{"seq":%d,' % seq
        if piece.startswith(head):
            return offset
        found = piece.find(b"\n" + head)
        if found < 0:
            raise KeyError(seq)
        return offset + found + 1
