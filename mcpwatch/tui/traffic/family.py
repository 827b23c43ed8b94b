"""Who belongs to whom: for every row the row that it belongs to, so that an exchange can be shown as a tree.

A response belongs to its request, progress, logs and a cancellation to the call they are about, a question to the call
during which it was asked, a later round to the first, a note to what it speaks of, a step of HTTP to what it carried.
The model knows most of that, exchange by exchange; this module keeps it by rows, in a few bytes each. `find` may take
long and runs in a thread; what it found is taken up by `take`, on the loop, between two looks of the list.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from mcpwatch.errors import RecordingError
from mcpwatch.events import Note
from mcpwatch.model import Exchange, Timeline
from mcpwatch.recording import Index
from mcpwatch.recording.scan import Read, event_at
from mcpwatch.tui.traffic.steps import Steps

__all__ = ["Family"]

_LATE = 64
"""Exchanges that ended last: something may still come that belongs to them."""


@dataclass(slots=True)
class _Seen:
    """How much of an exchange was looked at."""

    exchange: Exchange
    progress: int = 0
    logs: int = 0
    asked: int = 0
    rounds: int = 1
    cancelled: bool = False
    again: int = 0


class Family:
    """The rows of one index, as far as they were taken. `inside` counts all that belongs to a row, however deep."""

    def __init__(self, index: Index, timeline: Timeline, read: Read, *, every_step: bool = False) -> None:
        self._index, self._timeline, self._read = index, timeline, read
        self._steps = Steps(index, read, every=every_step)
        self._parents = array("I")
        self._first = array("I")
        self._last = array("I")
        self._next = array("I")
        self._inside = array("I")
        self._open: list[_Seen] = []
        self._known = 0
        self._ahead: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._parents)

    # Rows are kept as row + 1, and 0 is none.

    def root(self, row: int) -> int:
        """The row that this one belongs to in the end: itself where it belongs to none."""
        while row < len(self._parents) and (parent := self._parents[row]):
            row = parent - 1
        return row

    def depth(self, row: int) -> int:
        """How many rows this one belongs to, one inside the other."""
        found = 0
        while parent := self._parents[row]:
            row, found = parent - 1, found + 1
        return found

    def inside(self, root: int) -> int:
        """How many rows belong to this one."""
        return self._inside[root] if root < len(self._inside) else 0

    def members(self, root: int) -> Iterator[int]:
        """The rows that belong to a root, in order."""
        at = self._first[root] if root < len(self._first) else 0
        while at:
            yield at - 1
            at = self._next[at - 1]

    def reach(self) -> int:
        """Up to which row the model knows what belongs where."""
        return self._index.row_from(self._timeline.seq + 1)

    def find(self, stop: int) -> list[tuple[int, int]]:
        """Which row belongs to which other, for those from `len` up to `stop`; `stop` is at most `reach`."""
        start, row_of = len(self._parents), self._row
        pairs = self._ahead
        self._ahead = []
        for row, seq in enumerate(self._index.responses(start, stop), start):
            if seq and (asked := row_of(seq)) is not None:
                pairs.append((row, asked))
        for row in range(start, stop):
            if self._index.kind(row) == "note" and (about := self._about(row)) is not None:
                pairs.append((row, about))
        for child, parent in self._of_exchanges():
            one, other = row_of(child), row_of(parent)
            if one is not None and other is not None:
                pairs.append((one, other))
        self._ahead = [pair for pair in pairs if pair[0] >= stop]
        found = [pair for pair in pairs if start <= pair[0] < stop and pair[1] < pair[0]]
        # The head of an HTTP request belongs to the message behind it, which may come with the next rows only.
        return sorted([*found, *self._steps.find(start, stop)])

    def take(self, pairs: list[tuple[int, int]], stop: int) -> set[int]:
        """Take up what was found for the rows up to `stop`; the roots that something came to."""
        more = bytes(4 * max(stop - len(self._parents), 0))
        for each in (self._parents, self._first, self._last, self._next, self._inside):
            each.frombytes(more)
        touched: set[int] = set()
        for child, parent in pairs:
            if self._parents[child]:
                continue
            self._parents[child] = parent + 1
            root = self.root(parent)
            last = self._last[root]
            if last:
                self._next[last - 1] = child + 1
            else:
                self._first[root] = child + 1
            self._last[root] = child + 1
            self._inside[root] += 1
            touched.add(root)
        return touched

    def _of_exchanges(self) -> Iterator[tuple[int, int]]:
        """Pairs of numbers: what has come to exchanges since the last time."""
        exchanges = self._timeline.exchanges
        total = len(exchanges)
        self._open += [_Seen(exchange) for exchange in exchanges[self._known : total]]
        self._known = total
        still: list[_Seen] = []
        late = len(self._open) - _LATE
        for number, seen in enumerate(self._open):
            running = seen.exchange.running or (seen.exchange.state == "input_required" and not seen.exchange.stopped)
            yield from _news(seen)
            if running or number >= late:
                still.append(seen)
        self._open = still

    def _about(self, row: int) -> int | None:
        try:
            event, _ = event_at(self._index, self._read, row)
        except RecordingError:
            return None
        return self._row(event.re) if isinstance(event, Note) and event.re is not None else None

    def _row(self, seq: int) -> int | None:
        try:
            return self._index.row(seq)
        except KeyError:
            return None


def _news(seen: _Seen) -> Iterator[tuple[int, int]]:
    exchange = seen.exchange
    seq = exchange.seq
    if (progress := exchange.progress_seqs) is not None and len(progress) > seen.progress:
        new = list(progress.since(seen.progress))
        seen.progress += len(new)
        yield from ((one, seq) for one in new)
    if (logs := exchange.log_seqs) is not None and len(logs) > seen.logs:
        new = list(logs.since(seen.logs))
        seen.logs += len(new)
        yield from ((one, seq) for one in new)
    if exchange.asked is not None and len(exchange.asked) > seen.asked:
        asked = exchange.asked[seen.asked :]
        seen.asked += len(asked)
        yield from ((question.seq, seq) for question in asked if question.key is None)
    if exchange.conversation is not None and len(exchange.conversation) > seen.rounds:
        rounds = exchange.conversation[seen.rounds :]
        seen.rounds += len(rounds)
        yield from ((one.seq, seq) for one in rounds)
    if len(exchange.sent_again) > seen.again:
        again = exchange.sent_again[seen.again :]
        seen.again += len(again)
        yield from ((one, seq) for one in again)
    if exchange.cancellation is not None and not seen.cancelled:
        seen.cancelled = True
        yield exchange.cancellation.seq, seq
