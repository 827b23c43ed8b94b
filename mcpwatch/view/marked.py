"""Markdown that a server wrote, as lines of spans: readable, and nothing more than that.

A link is its words and its address, an image its description and its address: nothing can be clicked, opened or
fetched. HTML is shown as it stands. What is too long to be read through quickly is left as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mcpwatch.text import width as cells_of
from mcpwatch.view.style import Line, clean, clip_line, pad, plain, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["looks_marked", "marked"]

_MOST: Final = 64_000
"""Characters that are read as markdown."""
_NARROWEST: Final = 12
_SIGNS: Final = re.compile(
    r"(?m)^(#{1,6} |\s{0,3}[-*+] \S|\s{0,3}\d{1,9}[.)] \S|```|~~~|> |\|.*\|\s*$)"
    r"|\*\*\S|\[[^\]\n]{1,200}\]\([^)\n]{1,2000}\)|`[^`\n]{1,200}`"
)


def looks_marked(text: str) -> bool:
    """Whether a text has anything in it that markdown would show otherwise."""
    return len(text) <= _MOST and _SIGNS.search(text) is not None


def marked(text: str, width: int) -> list[Line]:
    """The lines of a text at this width, clean. Never raises."""
    if len(text) > _MOST:
        return _plain(text, width)
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    drawing = _Drawing(max(width, _NARROWEST))
    drawing.draw(tokens)
    lines = [clean(line) for line in drawing.lines]
    while lines and not plain(lines[-1]).strip():
        lines.pop()
    if not any(plain(line).strip(" │") for line in lines):
        return _plain(text, width)  # nested so deep that the parser gave up
    return lines


def _plain(text: str, width: int) -> list[Line]:
    return [part for line in text.split("\n") for part in wrap(clean([(line, "")]), max(width, _NARROWEST), 0)]


class _Drawing:
    """The lines so far. `_lead` stands before each of them: quotes and the indents of lists."""

    def __init__(self, width: int) -> None:
        self.lines: list[Line] = []
        self._width = width
        self._lead: list[str] = []
        self._bullet = ""
        self._counts: list[int | None] = []
        self._style = ""
        self._tight = 0
        self._cells: list[list[Line]] = []

    def draw(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            self._block(token)

    def _block(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._gap()
                self._style = "host" if token.tag in ("h1", "h2") else "strong"
            case "heading_close":
                self._style = ""
            case "paragraph_open":
                if not token.hidden and not self._bullet:
                    self._gap()
            case "bullet_list_open" | "ordered_list_open":
                if not self._counts:
                    self._gap()
                start = token.attrGet("start")
                ordered = token.type == "ordered_list_open"
                self._counts.append((int(start) if start is not None else 1) if ordered else None)
            case "bullet_list_close" | "ordered_list_close":
                self._counts.pop()
            case "list_item_open":
                count = self._counts[-1]
                self._bullet = "• " if count is None else f"{count}. "
                if count is not None:
                    self._counts[-1] = count + 1
                self._lead.append(" " * len(self._bullet))
            case "list_item_close":
                if self._bullet:  # an empty one
                    self._put([])
                self._lead.pop()
            case "blockquote_open":
                self._gap()
                self._lead.append("│ ")
            case "blockquote_close":
                self._lead.pop()
            case "fence" | "code_block":
                self._gap()
                for part in token.content.rstrip("\n").split("\n"):
                    self._put([("  ", ""), (part.replace("\t", "    "), "out")], whole=True)
            case "html_block":
                self._gap()
                for part in token.content.rstrip("\n").split("\n"):
                    self._put([(part, "dim")])
            case "hr":
                self._gap()
                self._put([("─" * min(self._width, 40), "dim")])
            case "tr_open":
                self._cells.append([])
            case "table_close":
                self._table()
            case "inline":
                lines = _inline(token.children or (), self._style)
                if self._cells:
                    self._cells[-1].append([span for line in lines for span in line])
                else:
                    for line in lines:
                        self._put(line)
            case _:
                pass

    def _put(self, line: Line, *, whole: bool = False) -> None:
        lead = "".join(self._lead)
        first = lead
        if self._bullet:
            first = lead[: len(lead) - len(self._bullet)] + self._bullet
            self._bullet = ""
        room = max(self._width - len(lead), _NARROWEST)
        line = clean(line)
        parts = [clip_line(line, room)] if whole else wrap(line, room, 0)
        for at, part in enumerate(parts):
            self.lines.append([(first if at == 0 else lead, "dim"), *part])

    def _gap(self) -> None:
        if self.lines and plain(self.lines[-1]).strip(" │"):
            self.lines.append([("".join(self._lead).rstrip(), "dim")])

    def _table(self) -> None:
        """Columns beside each other, each as wide as what is in it, as far as there is room."""
        rows, self._cells = [[clean(cell) for cell in row] for row in self._cells], []
        self._gap()
        columns = max((len(row) for row in rows), default=0)
        room = max((self._width - len("".join(self._lead))) // max(columns, 1) - 2, 3)
        widths = [
            min(max((cells_of(plain(row[at])) for row in rows if at < len(row)), default=0), room)
            for at in range(columns)
        ]
        for number, row in enumerate(rows):
            line: Line = []
            for cell, cells in zip(row, widths, strict=False):
                cut = clip_line(cell, cells)
                line += [(text, style or ("strong" if number == 0 else "")) for text, style in cut]
                line.append((pad(plain(cut), cells)[len(plain(cut)) :] + "  ", ""))
            self._put(line, whole=True)
            if number == 0:
                self._put([("  ".join("─" * cells for cells in widths), "dim")], whole=True)


def _inline(children: Sequence[Token], style: str) -> list[Line]:
    """The spans of a paragraph; a hard break begins another line."""
    lines: list[Line] = [[]]
    styles = [style]
    links: list[str] = []
    for token in children:
        line = lines[-1]
        match token.type:
            case "text":
                line.append((token.content, styles[-1]))
            case "code_inline":
                line.append((token.content, "out"))
            case "html_inline":
                line.append((token.content, "dim"))
            case "softbreak":
                line.append((" ", styles[-1]))
            case "hardbreak":
                lines.append([])
            case "strong_open":
                styles.append("strong")
            case "em_open":
                styles.append("em")
            case "s_open":
                line.append(("~", "dim"))
            case "s_close":
                line.append(("~", "dim"))
            case "strong_close" | "em_close":
                styles.pop()
            case "link_open":
                links.append(str(token.attrGet("href") or ""))
                styles.append("hint")
            case "link_close":
                styles.pop()
                address = links.pop()
                if address and address != plain(line).split(" ")[-1]:
                    line.append((f" ({address})", "dim"))
            case "image":
                line.append((f"[image: {token.content}] ({token.attrGet('src')})", "dim"))
            case _:
                line.append((token.content, styles[-1]))
    return lines
