"""Which entries of a list are unfolded, and which line of the list is whose: one line an entry, more below those."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from mcpwatch.view.style import Line

__all__ = ["Folds"]


class Folds:
    """Unfolded entries by position, with their lines below the first. There are few, whatever the list holds."""

    def __init__(self) -> None:
        self._open: dict[int, list[Line]] = {}
        self._positions: list[int] = []
        self._starts: list[int] = []

    def __contains__(self, position: int) -> bool:
        return position in self._open

    @property
    def positions(self) -> list[int]:
        """The unfolded ones, in order."""
        return list(self._positions)

    def unfold(self, position: int, lines: list[Line]) -> None:
        """Show these lines below an entry; in place of those that are there already."""
        self._open[position] = lines
        self._count()

    def fold(self, position: int) -> None:
        """Take the lines away again."""
        self._open.pop(position, None)
        self._count()

    def clear(self) -> None:
        """Fold all."""
        self._open.clear()
        self._count()

    def total(self, entries: int) -> int:
        """How many lines so many entries have."""
        shown = bisect_left(self._positions, entries)
        return entries + sum(len(self._open[position]) for position in self._positions[:shown])

    def at(self, line: int) -> tuple[int, int]:
        """The position of the entry that a line belongs to, and which of its lines it is: 0 is the first."""
        before = bisect_right(self._starts, line) - 1
        if before < 0:
            return line, 0
        position, below = self._positions[before], line - self._starts[before]
        extra = len(self._open[position])
        return (position, below) if below <= extra else (position + below - extra, 0)

    def below(self, position: int, number: int) -> Line:
        """One of the lines below an unfolded entry, from 1."""
        return self._open[position][number - 1]

    def line(self, position: int) -> int:
        """The first line of an entry."""
        before = bisect_left(self._positions, position)
        if before == 0:
            return position
        last = self._positions[before - 1]
        return self._starts[before - 1] + len(self._open[last]) + position - last

    def _count(self) -> None:
        self._positions = sorted(self._open)
        self._starts = []
        extra = 0
        for position in self._positions:
            self._starts.append(position + extra)
            extra += len(self._open[position])
