"""Where the columns of the numbers stand, and how a row looks: counts, times, bytes, and a course in small blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from mcpwatch.text import clip, duration, sanitize, size
from mcpwatch.tui.stats.table import Row
from mcpwatch.view.style import Line, pad

__all__ = ["Widths", "about", "bars", "heading", "row_line", "widths_for"]

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_NUMBERS: Final = (("count", 7), ("errors", 6), ("p50", 8), ("p90", 8), ("p99", 8), ("bytes", 9))
_MARKS: Final = ("▾", "▴")


class Widths(NamedTuple):
    """Cells of the first column and of the course; 0 where there is no room for one."""

    subject: int
    course: int


def widths_for(cells: int) -> Widths:
    """The columns of a list that is so many cells wide."""
    left = cells - sum(width + 1 for _, width in _NUMBERS) - 1
    course = max(min(left - 19, 30), 0)
    return Widths(max(left - course - 1, 8), course if course >= 4 else 0)


def heading(widths: Widths, by: str, *, reverse: bool) -> Line:
    """The names of the columns, with a mark at the one that they are sorted by."""
    mark = _MARKS[reverse]
    words = {name: f"{name}{mark}" if name == by else name for name in ("method", *(name for name, _ in _NUMBERS))}
    line: Line = [(pad(f" {words['method']}", widths.subject + 1), "strong" if by == "method" else "dim")]
    for name, width in _NUMBERS:
        line.append((f"{words[name]:>{width}} ", "strong" if name == by else "dim"))
    return [*line, ("over time" if widths.course >= 9 else "", "dim")]


def row_line(row: Row, widths: Widths, end: float, *, alone: bool = False) -> Line:
    """The line of a row; `end` is now, in seconds. `alone`: the method is not above it."""
    arrow = "→" if row.dir == "c2s" else "←"
    method = row.method if len(row.method) + 3 <= widths.subject else row.method.removeprefix("notifications/")
    subject = f" {arrow} {method}" if not row.name else f" {arrow} {row.name}" if alone else f"     {row.name}"
    numbers = row.numbers
    line: Line = [(pad(clip(sanitize(subject), widths.subject), widths.subject + 1), "name" if row.name else "")]
    line.append((f"{numbers.count:>7,} ", ""))
    line.append((f"{numbers.errors or '·':>6} ", "error" if numbers.errors else "dim"))
    for value in (row.p50, row.p90, row.p99):
        line.append((f"{'·' if value is None else duration(value / 1000):>8} ", "dim" if value is None else ""))
    line.append((f"{size(numbers.bytes):>9} ", ""))
    return [*line, (bars(numbers.course.over(end, widths.course)), "bar")]


def bars(counts: Sequence[float]) -> str:
    """Counts as blocks of eight heights; a blank is none at all."""
    most = max(counts, default=0.0)
    if most <= 0:
        return " " * len(counts)
    steps = len(_BLOCKS)
    return "".join(" " if count <= 0 else _BLOCKS[min(int(count / most * steps), steps - 1)] for count in counts)


def about(row: Row) -> Line:
    """Everything about one row in a sentence, for below the list: names in full, first and last, the extremes."""
    numbers = row.numbers
    who = "asked by the client" if row.dir == "c2s" else "from the server"
    line: Line = [(f" {row.method}", "strong"), (f" {row.name}" if row.name else "", "name"), (f"  {who}", "dim")]
    line.append((f"  first {_at(numbers.first)}, last {_at(numbers.last)}", ""))
    if numbers.latency.count:
        least, most = duration(numbers.latency.least / 1000), duration(numbers.latency.most / 1000)
        line.append((f"  {numbers.latency.count:,} answered in {least} to {most}", ""))
    return line


def _at(t: float) -> str:
    return f"{t:.3f} s" if t < 1000 else duration(t)
