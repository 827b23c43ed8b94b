"""A list in which what repeats stands on one line: progress, changes of lists and of resources, one after the other.

A line has the last of its rows, and says how many there are; unfolded each has a line of its own again. Only screens
fold: a recording, and what is written of it, always has every message. Which rows repeat the one before is the index's
to say; here is only where the lines begin, in four bytes each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from mcpwatch.tui.traffic.shown import Flat, Node, insert

__all__ = ["Folded"]


class Folded(Flat):
    """Every wanted row, in runs. `add` takes which of its rows go on with the run before (see `Index.repeats`)."""

    def __init__(self) -> None:
        super().__init__()
        self._heads = array("I")
        """The first row of each line."""
        self._joins: set[int] = set()
        """Rows that repeat the one before and stand on a line of their own all the same."""
        self._lines = 0

    def __len__(self) -> int:
        return self._lines

    def node(self, line: int) -> Node:
        if not 0 <= line < self._lines:
            raise IndexError(line)
        start, stop = self._span(line)
        if stop - start > 1:
            return Node(self._rows[stop - 1], open=False, inside=stop - start)
        return Node(self._rows[start], open=True if self._is_of_a_run(line) else None)

    def line(self, row: int) -> int:
        return max(0, min(bisect_right(self._heads, row) - 1, self._lines - 1))

    def has(self, row: int) -> bool:
        return self.holds(row) and self.node(self.line(row)).row == row

    def holds(self, row: int) -> bool:
        """Whether the row is there, on a line of its own or folded away."""
        return super().has(row)

    def run(self, row: int) -> tuple[int, int]:
        """The first and the last row of the line that a row is on."""
        start, stop = self._span(self.line(row))
        return self._rows[start], self._rows[stop - 1]

    def add(self, rows: array[int], repeats: bytes = b"") -> None:
        if not rows:
            return
        repeats = repeats or bytes(len(rows))
        pinned = list(self._ahead)
        heads = array("I", [row for row, joins in zip(rows, repeats, strict=True) if not joins])
        if self._last < 0:
            insert(heads, rows[0])
        if self._joins and self._heads and self._heads[-1] in self._joins:
            # What goes on with a run that was unfolded stays unfolded.
            more = next((at for at, joins in enumerate(repeats) if not joins), len(rows))
            self._joins.update(rows[:more])
            heads = array("I", rows[:more]) + heads
        for row in pinned:  # what comes behind one of them does not go on with it
            behind = bisect_right(rows, row)
            if behind < len(rows):
                insert(heads, rows[behind])
        super().add(rows)
        self._heads.extend(heads)
        if pinned:  # they stood at the end, and belong between these
            self._heads = array("I", sorted(set(self._heads)))
        self._count()

    def pin(self, row: int) -> None:
        """Show a row on a line of its own, whether it is wanted or not."""
        if self.holds(row):
            self.unfold(row)
            return
        super().pin(row)
        insert(self._heads, row)
        behind = bisect_right(self._rows, row)
        if behind < len(self._rows):
            insert(self._heads, self._rows[behind])
        self._count()

    def toggle(self, row: int) -> bool:
        """Fold or unfold what a row stands in; False where nothing repeats there."""
        line = self.line(row)
        if not len(self):
            return False
        start, stop = self._span(line)
        if stop - start > 1:
            self.unfold(row)
            return True
        if not self._is_of_a_run(line):
            return False
        first = line
        while first and self._heads[first] in self._joins:
            first -= 1
        last = first + 1
        while last < len(self._heads) and self._heads[last] in self._joins:
            last += 1
        self._joins.difference_update(self._heads[first + 1 : last])
        del self._heads[first + 1 : last]
        self._count()
        return True

    def unfold(self, row: int) -> None:
        """Give each row of the line that this one is on a line of its own."""
        line = self.line(row)
        start, stop = self._span(line)
        rows = self._rows[start:stop]
        self._joins.update(rows[1:])
        self._heads[line : line + 1] = rows
        self._count()

    def _span(self, line: int) -> tuple[int, int]:
        """Where in the rows a line begins, and where it ends."""
        start = bisect_left(self._rows, self._heads[line])
        if line + 1 < len(self._heads):
            stop = bisect_left(self._rows, self._heads[line + 1], start)
        else:
            stop = len(self._rows)
        return start, min(stop, self._length)

    def _is_of_a_run(self, line: int) -> bool:
        """Whether it stands alone only because its run was unfolded."""
        following = line + 1 < len(self._heads) and self._heads[line + 1] in self._joins
        return self._heads[line] in self._joins or following

    def _count(self) -> None:
        super()._count()
        whole = self._limit is None
        self._lines = len(self._heads) if whole else bisect_left(self._heads, self._limit or 0)
