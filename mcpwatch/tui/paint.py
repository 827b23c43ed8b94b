"""The only way by which text reaches the screen: sanitised, in our few styles, and never read as markup.

Whatever Textual takes as a `str` (a label, a title, a notification, a cell, a tooltip) may be parsed as markup, and a
server's text may look like it. So panes hand over `content` or a `strip`, which are made of the spans that all other
views of mcpwatch are made of too, and know the names of styles only. What a style looks like is the theme's.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from mcpwatch.text import sanitize
from mcpwatch.view.style import STYLES, Line, clean, clip_line

__all__ = ["content", "lines_content", "strip", "style_of", "use_theme"]

_COLOURS: Final = {
    "red": "text-error",
    "green": "text-success",
    "yellow": "text-warning",
    "cyan": "text-primary",
    "blue": "text-secondary",
    "magenta": "text-accent",
}
"""The colours that styles are said in, and what a theme calls them: its own shade, which can be read on its ground."""

_theme: dict[str, str] = {}


def use_theme(variables: dict[str, str]) -> None:
    """Paint in the colours of this theme from now on: the app says so whenever it changes."""
    _theme.clear()
    _theme.update({name: value for name, value in variables.items() if value.startswith("#")})
    style_of.cache_clear()
    _words.cache_clear()


def content(line: Line | str, style: str = "") -> Content:
    """A line of spans, or plain text (in one style), for every widget that takes a `Content`. Line ends stay."""
    spans = [(line, style)] if isinstance(line, str) else line
    return Content.assemble(*((sanitize(text, lines=True), _words(name)) for text, name in spans))


def lines_content(lines: list[Line]) -> Content:
    """Several lines, one below the other."""
    return Content("\n").join(content(line) for line in lines)


def strip(line: Line, width: int, base: Style) -> Strip:
    """A line as `render_line` returns it: cut or filled to `width` cells, each span's style on top of `base`."""
    segments = [Segment(text, base + style_of(name)) for text, name in clip_line(clean(line), width) if text]
    return Strip(segments).adjust_cell_length(width, base)


@cache
def style_of(name: str) -> Style:
    """What one of `view.style.STYLES` looks like in this theme; an unknown name looks like nothing."""
    return Style.parse(" ".join(_colour(word) for word in STYLES.get(name, "").split()))


@cache
def _words(name: str) -> str:
    return " ".join(_colour(word) for word in STYLES.get(name, "").split())


def _colour(word: str) -> str:
    name = _COLOURS.get(word)
    return word if name is None else _theme.get(name, word)
