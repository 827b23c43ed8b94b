"""Where the columns of the list stand, by how much room there is: time, link, arrow, kind, method, name and id,
latency, size, and what is said in short.

What is left out where it is narrow is left out for every line, so that columns stay columns. The result is clean: its
text was sanitised.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from mcpwatch.events import Event, Frame
from mcpwatch.text import clip, sanitize, width
from mcpwatch.tui.traffic.summary import told
from mcpwatch.view.rows import ARROWS, FAILED
from mcpwatch.view.style import Line, clean, clip_line, pad

__all__ = ["Columns", "columns_for", "heading", "line_of"]

_TIME: Final = 9
_KIND: Final = 7
_MS: Final = 7
_SIZE: Final = 8
_LINK: Final = 12
_COLOURS: Final = 6
_DIRECTIONS: Final = {"→": "out", "←": "in"}


class Columns(NamedTuple):
    """Cells of each column, without the blank behind it; 0 is one that is not there."""

    link: int
    what: int
    subject: int
    ms: int
    size: int
    text: int


@lru_cache(maxsize=64)
def columns_for(cells: int, link: int) -> Columns:
    """The columns for a list that is so many cells wide, with names of links of so many cells (0: only one)."""
    left = cells - _TIME - 2 - 2 - _KIND - 1
    link = min(link, _LINK) if left >= 40 else 0
    left -= link + 1 if link else 0
    ms = _MS if left >= 40 else 0
    left -= ms + 1 if ms else 0
    bytes_ = _SIZE if left >= 56 else 0
    left -= bytes_ + 1 if bytes_ else 0
    what = max(8, min(26, left * 3 // 10))
    subject = max(6, min(24, left * 3 // 10))
    return Columns(link, what, subject, ms, bytes_, max(0, left - what - subject - 2))


def heading(columns: Columns) -> Line:
    """The names of the columns."""
    words = [" " * (_TIME - 5) + "time "]
    if columns.link:
        words.append(pad(clip("link", columns.link), columns.link + 1))
    words += ["  ", "  ", pad("kind", _KIND + 1), pad("method", columns.what + 1), pad("name, id", columns.subject + 1)]
    if columns.ms:
        words.append("latency ".rjust(_MS + 1))
    if columns.size:
        words.append("size ".rjust(_SIZE + 1))
    return [("".join(words), "dim")]


def line_of(
    event: Event,
    columns: Columns,
    *,
    links: dict[str, int],
    fold: str = " ",
    depth: int = 0,
    marked: bool = False,
    extra: Line | None = None,
) -> Line:
    """The line of one event, clean. `fold` is `▸`, `▾` or a blank, `extra` what is said of what is folded away."""
    said = told(event)
    line: Line = [(f"{_time(event.t):>{_TIME - 1}}", "time"), ("◆" if marked else " ", "strong")]
    if columns.link:
        style = f"link.{links.get(event.link, 0) % _COLOURS}"
        line.append((_cell(event.link, columns.link), style))
    indent = min(depth, 4) * 2
    line.append((f"{' ' * indent}{fold} ", "key"))
    arrow = ARROWS[event.dir] if isinstance(event, Frame) else " "
    line += [(f"{arrow} ", _DIRECTIONS.get(arrow, "")), (f"{said.kind:<{_KIND}} ", said.style)]
    failed: Line = [(f"{FAILED} ", "error")] if said.wrong else []
    if not said.what:
        return clean([*line, *failed, *said.spans])
    line.append((_cell(said.what, max(columns.what - indent, 4)), said.style if said.style.startswith("log") else ""))
    line += _subject(said.subject, columns.subject)
    if columns.ms:
        line.append((f"{said.ms:>{columns.ms}} ", "dim"))
    if columns.size:
        line.append((f"{said.size:>{columns.size}} ", "dim"))
    return clean([*line, *failed, *(extra or ()), *said.spans])


def _subject(spans: Line, cells: int) -> Line:
    """Name and id in their column: the name is cut, never the id."""
    shown = clean(spans)
    if not shown:
        return [(" " * (cells + 1), "")]
    *names, last = shown
    room = cells - width(last[0])
    cut = clip_line(names, max(room, 4)) if names and sum(width(text) for text, _ in names) > room else names
    used = sum(width(text) for text, _ in [*cut, last])
    if used > cells and used > room + width(last[0]):
        return [*clip_line([*cut, last], cells), (" ", "")]
    return [*cut, last, (" " * (cells - used + 1), "")]


def _cell(text: str, cells: int) -> str:
    return pad(clip(sanitize(text), cells), cells + 1)


def _time(t: float) -> str:
    if t < 1000:
        return f"{t:.3f}"
    if t < 36_000:
        return f"{t:.1f}"
    return f"{int(t) // 3600}:{int(t) // 60 % 60:02d}:{int(t) % 60:02d}"
