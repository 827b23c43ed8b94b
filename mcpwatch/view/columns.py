"""Rows in columns: `time since start · link (where there are several) · arrow · what · a summary`.

Owns where each column stands, how wide it is and when it moves. What the rows say comes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mcpwatch.text import clip, width
from mcpwatch.view.rows import Row
from mcpwatch.view.style import Line, Span, clean, clip_line, pad, wrap
from mcpwatch.view.values import LIMIT, cut

__all__ = ["Columns"]

_WHAT: Final = 14
"""Cells of the column that says what it is, the space behind it included; a longer name moves its own line only."""
_LABEL: Final = 12
"""Cells of the label of a row that goes on: with the two that it stands further in, its text is below the summary."""
_SUMMARY: Final = 26
_LEAST: Final = 20
"""Cells of the summary below which wrapping makes a column of single words."""
_ROWS: Final = 8
"""Lines that one row takes at most."""
_LINK: Final = 16
_MARKS: Final[dict[str, str]] = {"→": "out", "←": "in", "●": "strong", "!": "warning", "✗": "error", "↳": "answer"}
_COLOURS: Final = 6
_LONG: Final = LIMIT + 100
"""Longer than anything that says already by how much it was cut."""
_MORE: Final[Span] = (" (-v shows all)", "dim")


class Columns:
    """The columns of one stream of lines. A link keeps its colour, and gets its column once there is a second one."""

    def __init__(self, links: Iterable[str] = ()) -> None:
        self._leads: dict[str, Line] = {}
        self._names: dict[str, int] = {}
        self._cells = 0
        self.know(links)

    def know(self, links: Iterable[str]) -> None:
        """Give these links their place, in this order."""
        for name in links:
            if name and name not in self._names:
                self._names[name] = len(self._names)
                self._cells = max(self._cells, min(width(_shown(name)), _LINK))
                self._leads.clear()

    def lines(self, rows: Iterable[Row], t: float, link: str, limit: int | None, *, whole: bool = False) -> list[Line]:
        """Rows of one event at `t` as lines, clean, and cut to `limit` cells if there is one; `whole`: wrapped to it
        instead, all of them.
        """
        lead = self._leads.get(link)
        if lead is None:
            self.know((link,))
            lead = self._leads[link] = self._lead(link)
        found: list[Line] = []
        indent = _SUMMARY + (self._cells + 2 if lead else 0)
        for mark, what, spans, style, full, more in rows:
            if mark:
                line: Line = [(f"{t:8.3f}  ", "time"), *lead, (f"{mark} ", _MARKS.get(mark.lstrip(), ""))]
                if what == "stderr":
                    line.append(("stderr      │ ", style))
                else:
                    what = _shown(what)
                    line += [(what, style), (" " * max(_WHAT - width(what), 1), "")]
            else:
                line = [(" " * (indent - _LABEL), ""), (pad(clip(_shown(what), 40), _LABEL - 1) + " ", style or "key")]
            line += clean([span if whole or len(span[0]) <= _LONG else (cut(span[0]), span[1]) for span in spans])
            _strip(line)
            if limit is None:
                found.append(line)
            elif (whole or full) and indent + _LEAST <= limit:
                found += _wrapped(line, limit, indent, lane=what == "stderr", more=more, most=None if whole else _ROWS)
            elif whole:
                found += wrap(line, limit, 2)  # too narrow for columns
            else:
                found.append(_clipped(line, limit, more))
        return found

    def _lead(self, link: str) -> Line:
        """The link's own column: nothing while there is only one, empty for what is about none."""
        if len(self._names) < 2:
            return []
        if not link:
            return [(" " * (self._cells + 2), "")]
        return [(pad(clip(_shown(link), _LINK), self._cells) + "  ", f"link.{self._names[link] % _COLOURS}")]


def _clipped(line: Line, limit: int, more: bool) -> Line:
    """`line` in at most `limit` cells, and where `more`, how to see what was cut."""
    whole = clip_line(line, limit)
    if not more or whole is line:
        return whole
    return [*clip_line(line, limit - len(_MORE[0])), _MORE]


def _wrapped(line: Line, limit: int, indent: int, *, lane: bool, more: bool, most: int | None) -> list[Line]:
    """A line that has to be read to its end, below itself in the summary's column; one that takes more than `most`
    lines is cut after all."""
    whole = line if most is None else _clipped(line, indent + (limit - indent) * (most - 1), more)
    lines = wrap(whole, limit, indent)
    for one in lines:
        _strip(one)
    if lane:
        for one in lines[1:]:
            one[0] = (" " * (indent - 2) + "│ ", "stderr")
    return lines


def _shown(name: str) -> str:
    return name if name.isascii() and name.isprintable() else clean(((name, ""),))[0][0]


def _strip(line: Line) -> None:
    """Take away blanks at the end: they make lines of a pipe differ that look the same."""
    while line and (not line[-1][0] or line[-1][0].endswith(" ")):
        text, style = line.pop()
        if text := text.rstrip(" "):
            line.append((text, style))
