"""The numbers of methods and tools as rows that can be sorted; only what has changed is computed again.

Several links together are added up here. The counting itself is the model's (`model.stats`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from mcpwatch.model import Timeline
from mcpwatch.model.stats import Numbers

__all__ = ["COLUMNS", "Row", "Table"]

Key: TypeAlias = tuple[str, str, str]
"""Who asks, the method, and the name; empty for all of the method."""
_Signature: TypeAlias = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Row:
    """One subject. Percentiles are in milliseconds, None where nothing was answered."""

    dir: str
    method: str
    name: str
    """Empty for the method as a whole."""
    numbers: Numbers
    p50: float | None
    p90: float | None
    p99: float | None


COLUMNS: Final[dict[str, Callable[[Row], float]]] = {
    "method": lambda row: 0.0,
    "count": lambda row: row.numbers.count,
    "errors": lambda row: row.numbers.errors,
    "p50": lambda row: -1.0 if row.p50 is None else row.p50,
    "p90": lambda row: -1.0 if row.p90 is None else row.p90,
    "p99": lambda row: -1.0 if row.p99 is None else row.p99,
    "bytes": lambda row: row.numbers.bytes,
}
"""What one can sort by, in the order of the columns."""


class Table:
    """The rows of one source."""

    def __init__(self) -> None:
        self._rows: dict[Key, Row] = {}
        self._signatures: dict[Key, _Signature] = {}
        self._of: tuple[int, str | None] = (0, None)

    def renew(self, timeline: Timeline, link: str | None) -> bool:
        """Look at the numbers again, of one link or of all (None); whether any has changed."""
        of = (id(timeline), link)
        if of != self._of:
            self._of = of
            self._rows.clear()
            self._signatures.clear()
        several: dict[Key, list[Numbers]] = {}
        for name, server in list(timeline.links.items()):
            if link in (None, name):
                for (dir, method, subject), numbers in list(server.stats.by_subject.items()):
                    several.setdefault((dir, method or "", subject or ""), []).append(numbers)
        changed = False
        for key, numbers in several.items():
            signature = _signature(numbers)
            if self._signatures.get(key) != signature:
                self._signatures[key] = signature
                self._rows[key] = _row(key, numbers)
                changed = True
        return changed

    def sorted(self, by: str, *, reverse: bool, names_alone: bool = False) -> list[Row]:
        """The rows by a column, the largest first unless `reverse`; by method it is the alphabet.

        What a method is about (tools, prompts, resources) stands below it, or, with `names_alone`, only that is there.
        """
        if names_alone:
            return self._ordered((row for row in self._rows.values() if row.name), by, reverse)
        below: dict[tuple[str, str], list[Row]] = {}
        for row in self._rows.values():
            if row.name:
                below.setdefault((row.dir, row.method), []).append(row)
        found: list[Row] = []
        for row in self._ordered((row for row in self._rows.values() if not row.name), by, reverse):
            found += [row, *self._ordered(below.get((row.dir, row.method), ()), by, reverse)]
        return found

    @staticmethod
    def _ordered(rows: Iterable[Row], by: str, reverse: bool) -> list[Row]:
        alphabetical = sorted(rows, key=lambda row: (row.method, row.name, row.dir), reverse=reverse and by == "method")
        return alphabetical if by == "method" else sorted(alphabetical, key=COLUMNS[by], reverse=not reverse)


def _signature(several: list[Numbers]) -> _Signature:
    parts = [(one.count, one.errors, one.bytes, one.latency.count) for one in several]
    return (len(parts), *map(sum, zip(*parts, strict=True)))


def _row(key: Key, several: list[Numbers]) -> Row:
    whole = several[0]
    if len(several) > 1:
        whole = Numbers()
        for one in several:
            whole.merge(one)
    latency = whole.latency
    return Row(*key, whole, latency.percentile(50), latency.percentile(90), latency.percentile(99))
