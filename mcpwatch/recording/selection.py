"""What any of several filters wants, and events by their numbers: one pass over a file for all of them.

A view of some events needs others that it does not show: the request that a response answers, the link that it came
on. This module finds them as cheaply as one filter finds its own; which they are is the asker's to know.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from mcpwatch.events import Event
from mcpwatch.recording.filter import Sieve
from mcpwatch.recording.parse import LARGEST_SEQ

__all__ = ["Selection"]

_SEQ = b'{"seq":'


class Selection:
    """Several filters, and the events with the numbers `seqs`. It follows one pass over one file, from its start."""

    def __init__(self, filters: Sequence[Sieve], seqs: Iterable[int] = ()) -> None:
        self._filters = tuple(filters)
        self._one = False
        """Whether one filter alone wants something in the block that is being read."""
        # Some come from `re`, where a file can say whatever it likes.
        self._seqs = array("Q", sorted({seq for seq in seqs if 0 < seq <= LARGEST_SEQ}))
        self._here: tuple[Sieve, ...] = self._filters
        """The filters that want something in the block that is being read."""
        self._some = bool(self._seqs)

    def add(self, filter: Sieve) -> None:
        """Another filter, for what comes after the event that was just given out."""
        if filter not in self._filters:
            self._filters = (*self._filters, filter)
            self._here = (*self._here, filter)
            self._one = False

    def precheck(self, lines: bytes) -> bool:
        """False where no line of this block can be wanted. Its lines, and no others, may be asked about next."""
        self._here = tuple(one for one in self._filters if one.precheck(lines))
        self._some = bool(self._seqs) and self._has(_seq(lines), _seq(lines[lines.rfind(b"\n", 0, -1) + 1 :]))
        self._one = len(self._here) == 1 and not self._some
        return bool(self._here) or self._some

    def decide(self, line: bytes) -> bool | None:
        """Whether the event of a line is wanted, or None where it must be parsed to know."""
        if self._one:
            return self._here[0].decide(line)
        unsure = False
        for one in self._here:
            wanted = one.decide(line)
            if wanted:
                return True
            unsure = unsure or wanted is None
        if self._some:
            seq = _seq(line)
            if seq is None:
                return None
            if self._has(seq, seq):
                return True
        return None if unsure else False

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        """Whether the event is wanted, by one of the filters or by its number."""
        return any(one.accepts(event, line) for one in self._here) or self._has(event.seq, event.seq)

    def _has(self, first: int | None, last: int | None) -> bool:
        """Whether one of the numbers is between these two; an unknown one is no bound."""
        at = 0 if first is None else bisect_left(self._seqs, first)
        return at < len(self._seqs) and (last is None or self._seqs[at] <= last)


def _seq(line: bytes) -> int | None:
    """The number of the event that a line, or several, begin with; None where the line is not as we write it."""
    if not line.startswith(_SEQ):
        return None
    digits = line[len(_SEQ) : line.find(b",", 0, 32)]
    return int(digits) if digits.isdigit() else None
