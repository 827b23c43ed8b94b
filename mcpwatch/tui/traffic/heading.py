"""The line above the list: the names of the columns, and how the list is shown at present."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from mcpwatch.text import width
from mcpwatch.tui import paint
from mcpwatch.tui.traffic.columns import heading
from mcpwatch.tui.traffic.list import FrameList
from mcpwatch.view.style import Line, clip_line, plain

__all__ = ["Heading"]


class Heading(Widget):
    """Reads the list; `states` are words like `follow` and `tree`."""

    DEFAULT_CSS = """
    Heading { height: 1; width: 1fr; background: $panel; }
    """

    def __init__(self, frames: FrameList) -> None:
        super().__init__()
        self._frames = frames
        self.states: tuple[str, ...] = ()

    def say(self, *states: str) -> None:
        if states != self.states:
            self.states = states
        self.refresh()

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        said = f" {' · '.join(self.states)} " if self.states else ""
        room = max(cells - len(said), 0)
        names = clip_line(heading(self._frames.columns), room)
        line: Line = [*names, (" " * (room - width(plain(names))), ""), (said, "hint")]
        return paint.strip(line, cells, self.rich_style)
