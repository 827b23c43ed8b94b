"""The list as a tree: a line for each exchange, and below it, where it is unfolded, all that belongs to it.

Owns on which line a row is while some exchanges are folded and others are not. Roots are kept in blocks, each of which
knows how many lines it takes, so that neither a fold nor a row that comes costs more than one block.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from mcpwatch.model import Exchange
from mcpwatch.text import duration
from mcpwatch.tui.traffic.family import Family
from mcpwatch.tui.traffic.shown import Node
from mcpwatch.view.style import Line

__all__ = ["Tree", "outcome"]

_BLOCK = 512


class Tree:
    """Roots in order. One is there because it, or something that belongs to it, is wanted; unfolded it has it all."""

    def __init__(self, family: Family, *, unfolded: bool = False) -> None:
        self._family = family
        self._unfolded = unfolded
        self._others: set[int] = set()
        """Roots that are as the rest is not: unfolded where all are folded, or the other way round."""
        self._blocks: list[array[int]] = []
        self._starts: list[int] = []
        """The first root of each block."""
        self._lines: list[int] = []
        """Lines that each block takes."""
        self._ends: list[int] | None = None
        self._inside_of: tuple[int, list[int]] | None = None
        """The last block that was looked at, and the line in it on which each of its roots is."""

    def __len__(self) -> int:
        ends = self._totals()
        return ends[-1] if ends else 0

    def node(self, line: int) -> Node:
        if not 0 <= line < len(self):
            raise IndexError(line)
        ends = self._totals()
        block = bisect_right(ends, line)
        offset = line - (ends[block - 1] if block else 0)
        starts = self._within(block)
        at = bisect_right(starts, offset) - 1
        root = self._blocks[block][at]
        skip = offset - starts[at]
        if skip == 0:
            inside = self._family.inside(root)
            return Node(root, 0, self.is_open(root) if inside else None, inside)
        row = next(row for number, row in enumerate(self._family.members(root), 1) if number == skip)
        return Node(row, self._family.depth(row))

    def line(self, row: int) -> int:
        if not self._blocks:
            return 0
        root = self._family.root(row)
        block = max(bisect_right(self._starts, root) - 1, 0)
        at = min(bisect_left(self._blocks[block], root), len(self._blocks[block]) - 1)
        line = (self._totals()[block - 1] if block else 0) + self._within(block)[at]
        if row != root and self._blocks[block][at] == root and self.is_open(root):
            line += sum(1 for one in self._family.members(root) if one <= row)
        return max(0, min(line, len(self) - 1))

    def has(self, row: int) -> bool:
        root = self._family.root(row)
        return self._place(root) is not None and (row == root or self.is_open(root))

    def add(self, rows: array[int], repeats: bytes = b"") -> None:
        for row in rows:
            self._add(self._family.root(row))

    def pin(self, row: int) -> None:
        root = self._family.root(row)
        self._add(root)
        if row != root and not self.is_open(root):
            self.toggle(root)

    def limit(self, rows: int | None) -> None:
        """A family knows no later rows than it was fed with, so there is nothing to do."""

    # ---- what only a tree has

    def is_open(self, root: int) -> bool:
        """Whether what belongs to a root is shown."""
        return (root in self._others) != self._unfolded

    def root(self, row: int) -> int:
        return self._family.root(row)

    def toggle(self, row: int) -> bool:
        """Fold or unfold what a row belongs to; False where that is nothing else."""
        root = self._family.root(row)
        place = self._place(root)
        if place is None or not self._family.inside(root):
            return False
        self._others ^= {root}
        self._lines[place] += self._family.inside(root) * (1 if self.is_open(root) else -1)
        self._changed()
        return True

    def gained(self, roots: set[int]) -> None:
        """Something came that belongs to these."""
        if not self._unfolded and len(self._others) < len(roots):
            roots = roots & self._others
        for place in {place for root in roots if self.is_open(root) and (place := self._place(root)) is not None}:
            self._lines[place] = sum(map(self._takes, self._blocks[place]))
        self._changed()

    def adopted(self, rows: Iterable[int]) -> None:
        """These belonged to nothing until now."""
        for row in rows:
            place = self._place(row)
            if place is None:
                continue
            block = self._blocks[place]
            del block[bisect_left(block, row)]
            if block:
                self._starts[place] = block[0]
                self._lines[place] = sum(map(self._takes, block))
            else:
                del self._blocks[place], self._starts[place], self._lines[place]
            self._others.discard(row)
            self._add(self._family.root(row))
        self._changed()

    def _takes(self, root: int) -> int:
        """Lines of a root, with what is shown of what belongs to it."""
        return 1 + self._family.inside(root) if self.is_open(root) else 1

    def _add(self, root: int) -> None:
        lines = self._takes(root)
        if not self._blocks or root > self._blocks[-1][-1]:
            if not self._blocks or len(self._blocks[-1]) >= _BLOCK:
                self._blocks.append(array("I"))
                self._starts.append(root)
                self._lines.append(0)
            self._blocks[-1].append(root)
            self._lines[-1] += lines
        else:
            place = max(bisect_right(self._starts, root) - 1, 0)
            block = self._blocks[place]
            at = bisect_left(block, root)
            if at < len(block) and block[at] == root:
                return
            block.insert(at, root)
            self._starts[place] = block[0]
            self._lines[place] += lines
            if len(block) > 2 * _BLOCK:
                self._split(place)
        self._changed()

    def _split(self, place: int) -> None:
        block = self._blocks[place]
        one, other = block[:_BLOCK], block[_BLOCK:]
        self._blocks[place : place + 1] = [one, other]
        self._starts[place : place + 1] = [one[0], other[0]]
        self._lines[place : place + 1] = [sum(map(self._takes, each)) for each in (one, other)]

    def _place(self, root: int) -> int | None:
        """The block that has a root."""
        place = bisect_right(self._starts, root) - 1
        if place < 0:
            return None
        block = self._blocks[place]
        at = bisect_left(block, root)
        return place if at < len(block) and block[at] == root else None

    def _within(self, place: int) -> list[int]:
        """On which line of a block each of its roots is."""
        if self._inside_of is None or self._inside_of[0] != place:
            found = [0, *accumulate(map(self._takes, self._blocks[place]))]
            found.pop()
            self._inside_of = (place, found)
        return self._inside_of[1]

    def _totals(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(self._lines))
        return self._ends

    def _changed(self) -> None:
        self._ends = None
        self._inside_of = None


def outcome(exchange: Exchange) -> Line:
    """How an exchange went, for its line while it is folded."""
    match exchange.state:
        case "done":
            line: Line = [("ok", "ok")]
        case "failed" | "tool_error":
            line = [("✗ failed", "error")]
        case "input_required":
            line = [("✗ given up", "error")] if exchange.stopped else [("asks back", "question")]
        case "cancelled":
            line = [("cancelled", "warning")]
        case "lost":
            line = [("lost", "warning")]
        case _:
            line = [("open" if exchange.long_running else "…", "strong")]
    if exchange.ms is not None:
        line.append((f" {duration(exchange.ms / 1000)}", "dim"))
    counts = (("progress", exchange.progress_count), ("log", exchange.log_count), ("asked", len(exchange.questions)))
    line += [(f" · {name} ×{count:,}", "dim") for name, count in counts if count]
    return line
