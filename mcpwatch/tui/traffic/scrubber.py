"""The scrubber: a recording's whole time in a line, how much happened when, and up to where all panes show it.

Owns the line and how it is dragged. Where it stands is the source's `until`; at its end there is no limit.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from textual import events
from textual.geometry import clamp
from textual.strip import Strip
from textual.widget import Widget

from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["Scrubber"]

_BARS: Final = " ▁▂▃▄▅▆▇█"
_STEP: Final = 50


class Scrubber(Widget):
    """A line. Drag it, click it, or call `move` and `step`."""

    DEFAULT_CSS = """
    Scrubber { height: 1; width: 1fr; background: $panel; display: none; }
    Scrubber.-there { display: block; }
    """

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source = source
        self._dragging = False
        self._bars: tuple[tuple[int, int], str] = ((0, 0), "")

    def grew(self) -> None:
        """The source has more, or was moved."""
        self.set_class(not self.source.live and self._end() > self._begin(), "-there")
        self.refresh()

    def move(self, by: int) -> None:
        """So many fiftieths of the whole time later; negative is earlier."""
        begin, end = self._begin(), self._end()
        self.place(self._at() + by * (end - begin) / _STEP)

    def step(self, by: int) -> None:
        """So many events later."""
        times = self.source.index.times
        if times:
            row = clamp(self.source.rows - 1 + by, 0, len(times) - 1)
            self.place(times[row])

    def place(self, t: float) -> None:
        """Show everything up to `t` seconds."""
        end = self._end()
        self.source.until = None if t >= end else max(t, self._begin())

    # ---- how it looks

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        label = self._label()
        room = max(width - len(label) - 2, 1)
        at = self._cell(room)
        bars = self._density(room)
        line: Line = [
            ("▐", "dim"),
            (bars[:at], "in"),
            ("┃", "strong"),
            (bars[at + 1 :], "dim"),
            ("▌", "dim"),
            (label, ""),
        ]
        return paint.strip(line, width, self.rich_style)

    def _label(self) -> str:
        where = "all" if self.source.until is None else duration(max(self._at(), 0.0))
        return f" {where} of {duration(max(self._end(), 0.0))}  [ ] "

    def _density(self, cells: int) -> str:
        """How much happened in each cell's time. The times are looked up, not gone through."""
        times = self.source.index.times
        count = len(times)
        key = (cells, count)
        if self._bars[0] != key:
            begin, end = self._begin(), self._end()
            span = (end - begin) or 1.0
            bounds = [bisect_right(times, begin + span * (cell + 1) / cells, 0, count) for cell in range(cells)]
            counts = [after - before for before, after in zip([0, *bounds], bounds, strict=False)]
            most = max(counts, default=0) or 1
            self._bars = key, "".join(_BARS[-(-one * (len(_BARS) - 1) // most)] for one in counts)
        return self._bars[1]

    def _cell(self, cells: int) -> int:
        begin, end = self._begin(), self._end()
        if self.source.until is None or end <= begin:
            return cells - 1
        return int(clamp((self._at() - begin) / (end - begin) * cells, 0, cells - 1))

    def _begin(self) -> float:
        return self.source.index.times[0] if len(self.source.index) else 0.0

    def _end(self) -> float:
        count = len(self.source.index)
        return self.source.index.times[count - 1] if count else 0.0

    def _at(self) -> float:
        return self._end() if self.source.until is None else self.source.until

    # ---- dragging

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragging = True
        self.capture_mouse()
        self._drag(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag(event.x)

    def on_mouse_up(self) -> None:
        self._dragging = False
        self.release_mouse()

    def _drag(self, x: int) -> None:
        room = max(self.size.width - len(self._label()) - 2, 1)
        share = clamp((x - 1) / max(room - 1, 1), 0.0, 1.0)
        self.place(self._begin() + share * (self._end() - self._begin()))
