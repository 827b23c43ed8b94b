"""A log message or a line of stderr in words: one line for the list, and all of it for whoever unfolds it."""

from __future__ import annotations

import json
from typing import Any, Final

from mcpwatch.model.learn import RANKS
from mcpwatch.text import clip, sanitize
from mcpwatch.tui.logs.entries import Said
from mcpwatch.view.messages import log_text
from mcpwatch.view.style import Line, pad, wrap
from mcpwatch.view.values import compact, cut, text_of

__all__ = ["MOST_LINES", "folds", "in_full", "one_line"]

MOST_LINES: Final = 400
"""Lines of one entry that are shown below it; Traffic has all of it."""
_MOST: Final = 100_000
_COLOURS: Final = 6
_INDENT: Final = 10


def one_line(said: Said, *, fold: str, links: dict[str, int], logger: int, link: int) -> Line:
    """A line. `fold` is `▸`, `▾` or a blank; `logger` and `link` are the cells of their columns (0: none)."""
    line: Line = [(f"{_time(said.t):>9} ", "time"), (f"{fold} ", "key")]
    if link:
        line.append((_cell(said.link, link), f"link.{links.get(said.link, 0) % _COLOURS}"))
    if said.stderr is not None:
        return [*line, (pad("stderr", 10), "stderr"), (said.stderr, "stderr")]
    name = said.level if isinstance(said.level, str) else "(no level)" if said.level is None else compact(said.level)
    known = isinstance(said.level, str) and said.level in RANKS
    style = f"log.{said.level}" if known else "warning"
    line.append((_cell(name if known else f"{name}?", 9), style))
    if logger:
        line.append((_cell(text_of(said.logger), logger), "name"))
    text, rest = log_text(said.data, said.there)
    text = " ⏎ ".join(text.splitlines()) if "\n" in text else text
    parts: Line = [(text, ""), ("  " if text and rest else "", ""), (rest, "dim")]
    return [*line, *parts]


def folds(said: Said) -> bool:
    """Whether there is structure in it to unfold."""
    return isinstance(said.data, dict | list)


def in_full(said: Said, width: int) -> list[Line]:
    """Everything about an entry, below its line: where it came from, its text wrapped, its data as JSON."""
    about = [f"event {said.seq}", f"link {said.link}"]
    if said.stderr is not None:
        return _wrapped([(said.stderr, "stderr")], width) + _about(about, width)
    about += [f"level {text_of(said.level)}", *([f"logger {text_of(said.logger)}"] if said.logger is not None else [])]
    lines: list[Line] = []
    if isinstance(said.data, str):
        for text in cut(said.data, _MOST).split("\n"):
            lines += _wrapped([(text.expandtabs(4), "")], width)
    else:
        for text in _pretty(said.data).split("\n") if said.there else ["(no data)"]:
            lines += _wrapped(_json_line(text), width)
    if len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES
        lines = [*lines[:MOST_LINES], _below([(f"… {more:,} more lines (o: the message in Traffic)", "dim")])]
    return lines + _about(about, width)


def _about(words: list[str], width: int) -> list[Line]:
    return _wrapped([(" · ".join(words), "dim")], width)


def _pretty(data: Any) -> str:
    try:
        return cut(json.dumps(data, ensure_ascii=False, indent=2), _MOST)
    except (TypeError, ValueError, RecursionError):
        return compact(data, _MOST)


def _json_line(text: str) -> Line:
    """One line of indented JSON, its key apart from its value."""
    bare = text.lstrip(" ")
    indent = text[: len(text) - len(bare)]
    key, colon, value = bare.partition('": ')
    if bare.startswith('"') and colon:
        return [(indent, ""), (key[1:], "name"), (": ", "dim"), (value, "")]
    return [(indent, ""), (bare, "")]


def _wrapped(line: Line, width: int) -> list[Line]:
    clean: Line = [(sanitize(text), style) for text, style in line]
    return [_below(part) for part in wrap(clean, max(width - _INDENT - 2, 10), 2)]


def _below(line: Line) -> Line:
    return [(" " * _INDENT + "│ ", "key"), *line]


def _cell(text: str, cells: int) -> str:
    return pad(clip(sanitize(text), cells), cells + 1)


def _time(t: float) -> str:
    if t < 1000:
        return f"{t:.3f}"
    return f"{t:.1f}" if t < 36_000 else f"{int(t) // 3600}:{int(t) // 60 % 60:02d}:{int(t) % 60:02d}"
