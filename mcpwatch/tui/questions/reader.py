"""Lines to be read: rows under their labels, as long as they are, wrapped to the width and scrolled.

Only what is on the screen is drawn, so a question of a megabyte opens as fast as any other.
"""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mcpwatch.tui import paint
from mcpwatch.tui.questions.asked import laid_out
from mcpwatch.view.rows import Row
from mcpwatch.view.style import Line

__all__ = ["Reader"]


class Reader(ScrollView, can_focus=True):
    """Shows rows; as high as they are, up to what its style allows."""

    DEFAULT_CSS = """
    Reader { height: auto; width: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    Reader:focus { background-tint: $foreground 4%; }
    """

    def __init__(self, rows: list[Row], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = rows
        self._lines: list[Line] = []
        self._width = 0

    @property
    def rows(self) -> list[Row]:
        return self._rows

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        if rows != self._rows:
            self._rows = rows
            self._width = 0
            self._lay_out(self.scrollable_content_region.width)
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._lay_out(width)
        return len(self._lines)

    def on_resize(self) -> None:
        self._lay_out(self.scrollable_content_region.width)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        at = y + int(self.scroll_offset.y)
        width = self.size.width
        line = self._lines[at] if at < len(self._lines) else []
        return paint.strip(line, width, self.rich_style)

    def _lay_out(self, width: int) -> None:
        if width <= 0 or width == self._width:
            return
        self._width = width
        self._lines = laid_out(self._rows, width)
        self.virtual_size = Size(1, len(self._lines))
