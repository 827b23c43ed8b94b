"""Spans, lines, and the few styles there are: what every line on a screen is made of.

A line is a list of (text, style name) spans and nothing else, so no string of a server is ever parsed as markup: not
by rich, not by us. This module owns the names of the styles, how a line becomes plain text, ANSI codes or a
`rich.text.Text`, and how it is cut to a width. What the lines say is left to `lines` and its neighbours. rich is
imported only where a `Text` is asked for: plain output has to start at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from mcpwatch.text import clip, sanitize, width

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["STYLES", "Line", "Span", "ansi", "clean", "clip_line", "pad", "plain", "rich_text", "wrap"]

Span: TypeAlias = tuple[str, str]
Line: TypeAlias = list[Span]

STYLES: Final[dict[str, str]] = {
    "": "",
    "time": "dim",
    "dim": "dim",
    "strong": "bold",
    "em": "italic",
    "out": "cyan",
    "in": "green",
    "what": "",
    "name": "bold",
    "id": "dim",
    "key": "dim",
    "value": "",
    "ok": "green",
    "error": "bold red",
    "warning": "yellow",
    "question": "bold magenta",
    "answer": "magenta",
    "host": "bold underline",
    "stderr": "dim",
    "junk": "yellow",
    "hint": "bold cyan",
    "command": "bold",
    "bar": "cyan",
    "bar.done": "green",
    "bar.rest": "dim",
    "log.debug": "dim",
    "log.info": "blue",
    "log.notice": "cyan",
    "log.warning": "yellow",
    "log.error": "red",
    "log.critical": "bold red",
    "log.alert": "bold red",
    "log.emergency": "bold reverse red",
    "link.0": "cyan",
    "link.1": "magenta",
    "link.2": "yellow",
    "link.3": "blue",
    "link.4": "green",
    "link.5": "red",
}
"""Style name to its definition, in words that rich reads too. An unknown name has no style. Colour is never the only
signal: whatever a style says is also a word or a mark in the text."""

_CODES: Final[dict[str, str]] = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_SGR: Final[dict[str, str]] = {
    name: f"\x1b[{';'.join(_CODES[word] for word in words.split())}m" for name, words in STYLES.items() if words
}


def clean(spans: Iterable[Span]) -> Line:
    """The same spans with every character that is not what it seems made visible (see `text.sanitize`).

    Everything that makes lines ends with this, so that a server's string cannot be forgotten.
    """
    return [span if span[0].isascii() and span[0].isprintable() else (sanitize(span[0]), span[1]) for span in spans]


def plain(line: Line) -> str:
    """The text alone."""
    return "".join([text for text, _ in line])


def ansi(line: Line) -> str:
    """The text with SGR codes; needs a terminal, or someone who forced colour."""
    parts: list[str] = []
    for text, style in line:
        code = _SGR.get(style)
        parts.append(f"{code}{text}\x1b[0m" if code and text else text)
    return "".join(parts)


def rich_text(line: Line) -> Text:
    """The line as a `rich.text.Text` that neither wraps nor reads markup."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis", end="")
    for part, style in line:
        text.append(part, STYLES.get(style, ""))
    return text


def clip_line(line: Line, limit: int) -> Line:
    """`line` in at most `limit` terminal cells; the last span that fits in part ends in `…`."""
    whole = plain(line)
    # An ASCII line has as many cells as characters: the usual case costs one comparison.
    if len(whole) <= limit and (whole.isascii() or width(whole) <= limit):
        return line
    left, kept = limit, Line()
    for text, style in line:
        cells = len(text) if text.isascii() else width(text)
        if cells >= left:
            # Something follows, or this is too long: the mark has to fit in.
            kept.append((clip(text if cells > left else text + " ", left), style))
            break
        kept.append((text, style))
        left -= cells
    return kept


def pad(text: str, cells: int) -> str:
    """`text` filled up with spaces to `cells` terminal cells; longer text stays as it is."""
    return text + " " * (cells - (len(text) if text.isascii() else width(text)))


def wrap(line: Line, limit: int, indent: int) -> list[Line]:
    """`line` on as many lines of `limit` cells as it takes, those after the first indented.

    Broken at spaces, and inside a word only where it is longer than a line. `indent` has to be less than `limit`.
    """
    lines: list[Line] = [[]]
    used = 0

    def put(part: str, style: str) -> None:
        # One span for as many words as there are: each has codes of its own in the end. The indent stays alone.
        line = lines[-1]
        if len(line) > (len(lines) > 1) and line[-1][1] == style:
            line[-1] = (line[-1][0] + part, style)
        else:
            line.append((part, style))

    for text, style in line:
        for index, word in enumerate(text.split(" ")):
            if index:
                word = " " + word
            while used + (cells := width(word)) > limit:
                if used > indent and (cells - 1 <= limit - indent or used >= limit):
                    word = word.removeprefix(" ")
                else:
                    head = _head(word, limit - used)
                    put(head, style)
                    word = word[len(head) :]
                lines.append([(" " * indent, "")])
                used = indent
            if word:
                put(word, style)
                used += cells if used + cells <= limit else width(word)
    return lines


def _head(text: str, cells: int) -> str:
    """As much of the beginning as fits, and at least one character: a wide one may stick out."""
    if text.isascii():
        return text[: max(cells, 1)]
    end = used = 0
    while end < len(text) and (used := used + width(text[end])) <= cells:
        end += 1
    return text[: max(end, 1)]
