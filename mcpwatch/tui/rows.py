"""A list of lines of any length: only those on the screen are ever made, and the end can be followed.

Owns the cursor, scrolling, and when following stops: as soon as somebody goes up. What a line says is the subclass's.
"""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mcpwatch.tui import paint
from mcpwatch.view.style import Line

__all__ = ["RowList"]


class RowList(ScrollView, can_focus=True):
    """Override `count` and `line`, and call `renew` whenever either says something else."""

    DEFAULT_CSS = """
    RowList { height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    RowList > .rows--cursor { background: $surface-lighten-2; }
    RowList:focus > .rows--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="rows.up", show=False),
        Binding("down,j", "move(1)", "Down", id="rows.down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", id="rows.page-up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", id="rows.page-down", show=False),
        Binding("home", "go(0)", "First", id="rows.first", show=False),
        Binding("end,G", "end", "Last", id="rows.last", show=False),
    ]

    class Chosen(Message):
        """A line was clicked, or entered."""

        def __init__(self, rows: RowList, line: int) -> None:
            super().__init__()
            self.rows, self.line = rows, line

        @property
        def control(self) -> RowList:
            return self.rows

    class Moved(Message):
        """The cursor stands elsewhere."""

    class Followed(Message):
        """The end is followed now, or it is not any more."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, *, id: str | None = None, follows: bool = False) -> None:
        super().__init__(id=id)
        self._cursor = 0
        self.follows = follows
        """Whether the list may follow its end at all."""
        self._following = follows
        self._ground = self._at_cursor = Style()

    @property
    def cursor(self) -> int:
        """The line that keys are about."""
        return self._cursor

    @cursor.setter
    def cursor(self, line: int) -> None:
        if line != self._cursor:
            self._cursor = line
            self.moved()

    def moved(self) -> None:
        """The cursor is on another line."""

    @property
    def following(self) -> bool:
        """Whether the end is followed now."""
        return self._following

    @following.setter
    def following(self, wanted: bool) -> None:
        if wanted != self._following:
            self._following = wanted
            self.post_message(self.Followed(self))

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, number: int, width: int) -> Line:
        """What the line with this number says."""
        raise NotImplementedError

    def renew(self) -> None:
        """There are more lines, or others."""
        count = self.count
        if self.virtual_size.height != count:
            self.virtual_size = Size(1, count)
        if self.following:
            self.cursor = max(count - 1, 0)
            self.scroll_to(y=count, animate=False, force=True)
        self.cursor = min(self.cursor, max(count - 1, 0))
        self.refresh()

    def go(self, line: int) -> None:
        """Put the cursor there, and show it."""
        self.cursor = min(max(line, 0), max(self.count - 1, 0))
        self.post_message(self.Moved())
        self._show_cursor()

    def follow(self, wanted: bool) -> None:
        """Follow the end, or stay where one is."""
        self.following = wanted and self.follows
        self.renew()

    def render_lines(self, crop: Region) -> list[Strip]:
        # Once for all lines: to put a style together takes longer than to make a line.
        self._ground, self._at_cursor = self.rich_style, self.get_component_rich_style("rows--cursor")
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self._ground
        if number >= self.count:
            return Strip.blank(width, base)
        if number == self.cursor:
            base = self._at_cursor
        return paint.strip(self.line(number, width), width, base)

    # ---- moving

    def action_move(self, by: int) -> None:
        if by < 0:
            self.following = False
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        if by < 0:
            self.following = False
        self.go(self.cursor + by * max(self.size.height - 1, 1))

    def action_go(self, line: int) -> None:
        self.following = False
        self.go(line)

    def action_end(self) -> None:
        self.following = self.follows
        self.go(self.count - 1)

    def on_click(self, event: events.Click) -> None:
        number = event.y + self.scroll_offset.y
        if number < self.count:
            self.following = False
            self.cursor = number
            self.refresh()
            self.post_message(self.Moved())
            self.post_message(self.Chosen(self, number))

    def on_resize(self) -> None:
        self.renew()

    # Not by watching where it scrolls to: a list that becomes higher scrolls back by itself.

    def on_mouse_scroll_up(self) -> None:
        self.following = False

    def on_scroll_up(self) -> None:
        self.following = False

    def on_scroll_to(self) -> None:
        self.following = False

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)
        self.refresh()
