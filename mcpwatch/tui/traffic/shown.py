"""Which rows a list shows, and in which order: what stands on its lines.

`Shown` is what a list asks: how many lines there are, which row is on a line, on which line a row is. `Flat` is every
wanted row, in order. The tree of exchanges is `tree`'s. What is wanted is found out elsewhere, piece by piece; here is
only what was found so far, in four bytes a row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple, Protocol

__all__ = ["Flat", "Node", "Shown", "insert"]


class Node(NamedTuple):
    """What stands on one line. `open` is None where there is nothing to fold; `inside` counts what is folded away."""

    row: int
    depth: int = 0
    open: bool | None = None
    inside: int = 0


class Shown(Protocol):
    """Lines and the rows on them, both counted from 0."""

    def __len__(self) -> int: ...

    def node(self, line: int) -> Node:
        """What is on a line. Raises IndexError."""
        ...

    def line(self, row: int) -> int:
        """The line that a row is on, or would be; where it is folded away that of what it belongs to."""
        ...

    def has(self, row: int) -> bool:
        """Whether the row stands on a line of its own."""
        ...

    def add(self, rows: array[int], repeats: bytes = b"") -> None:
        """More wanted rows, in order, after all that came before; `repeats` has a 1 for each that only repeats one."""
        ...

    def pin(self, row: int) -> None:
        """Show a row whether it is wanted or not."""
        ...

    def limit(self, rows: int | None) -> None:
        """Show only what is before this row; None shows everything."""
        ...

    def toggle(self, row: int) -> bool:
        """Fold or unfold what a row is part of; False where it is part of nothing."""
        ...


class Flat:
    """Every wanted row on a line of its own."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._limit: int | None = None
        self._length = 0
        self._last = -1
        """The last row that was found, and not pinned."""
        self._ahead: list[int] = []
        """Rows behind that one which were pinned."""

    def __len__(self) -> int:
        return self._length

    def node(self, line: int) -> Node:
        if not 0 <= line < self._length:
            raise IndexError(line)
        return Node(self._rows[line])

    def line(self, row: int) -> int:
        return max(0, min(bisect_left(self._rows, row), self._length - 1))

    def has(self, row: int) -> bool:
        line = bisect_left(self._rows, row)
        return line < self._length and self._rows[line] == row

    def add(self, rows: array[int], repeats: bytes = b"") -> None:
        if not rows:
            return
        if self._ahead:
            # Pinned before they were reached: put in where they belong.
            del self._rows[len(self._rows) - len(self._ahead) :]
            last = rows[-1]
            for row in self._ahead:
                if row < last:
                    insert(rows, row)
            self._ahead = [row for row in self._ahead if row > last]
        self._rows.extend(rows)
        self._last = rows[-1]
        self._rows.extend(self._ahead)
        self._count()

    def pin(self, row: int) -> None:
        if insert(self._rows, row) and row > self._last:
            self._ahead = sorted([*self._ahead, row])
        self._count()

    def toggle(self, row: int) -> bool:
        return False

    def limit(self, rows: int | None) -> None:
        self._limit = rows
        self._count()

    def _count(self) -> None:
        self._length = len(self._rows) if self._limit is None else bisect_left(self._rows, self._limit)


def insert(rows: array[int], row: int) -> bool:
    """Put a row where it belongs in order; False where it is there."""
    at = bisect_left(rows, row)
    if at < len(rows) and rows[at] == row:
        return False
    rows.insert(at, row)
    return True
