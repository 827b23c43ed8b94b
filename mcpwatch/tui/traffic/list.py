"""The list of everything that crossed the wire: a line a row, of which only those on the screen are made.

Owns what a line looks like here and which row the cursor is on, also while rows come in before and behind it. Which
rows are shown is `shown`'s, what is in the columns `columns`'.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event, Frame
from mcpwatch.recording.scan import event_at
from mcpwatch.text import sanitize, width
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.columns import Columns, columns_for, line_of
from mcpwatch.tui.traffic.repeats import Folded
from mcpwatch.tui.traffic.shown import Flat, Node, Shown
from mcpwatch.tui.traffic.tree import outcome
from mcpwatch.view.style import Line

__all__ = ["FrameList"]

_KEPT = 512


class FrameList(RowList):
    """The lines of `shown`. `marks` are rows that are pointed out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "go(0)", "First", id="traffic.first", show=False),
    ]

    class On(Message):
        """The cursor is on another row now; None where there is none."""

        def __init__(self, row: int | None) -> None:
            super().__init__()
            self.row = row

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id, follows=True)
        self._following = source.written
        self.source = source
        self.shown: Shown = Flat()
        self.marks: list[int] = []
        self.row: int | None = None
        """The row that the cursor is on."""
        self._anchor: int | None = None
        """The row that the person chose, also while it is not shown."""
        self._settling = False
        self._links: dict[str, int] = {}
        self._wide = 0
        self._heads: dict[int, Event] = {}

    @property
    def count(self) -> int:
        return len(self.shown)

    @property
    def columns(self) -> Columns:
        """As there is room for now."""
        names = self.source.timeline.links
        if len(names) != len(self._links):
            self._links = {name: number for number, name in enumerate(names)}
            self._wide = max((width(sanitize(name)) for name in names), default=0) if len(names) > 1 else 0
        return columns_for(self.scrollable_content_region.width, self._wide)

    def line(self, number: int, width: int) -> Line:
        node = self.shown.node(number)
        event = self.event(node.row)
        if event is None:
            return [(f" row {node.row + 1} cannot be read", "warning")]
        fold = {None: " ", True: "▾", False: "▸"}[node.open]
        columns = self.columns
        return line_of(
            event,
            columns,
            links=self._links,
            fold=fold,
            depth=node.depth,
            marked=node.row in self.marks,
            extra=self._inside(event, node),
        )

    def event(self, row: int) -> Event | None:
        """The event of a row, of a very long one its beginning; None where it cannot be read."""
        found = self._heads.get(row)
        if found is not None:
            return found
        try:
            found, _ = event_at(self.source.index, self.source.bytes_at, row)
        except (RecordingError, IndexError):
            return None
        if found is not None:
            if len(self._heads) >= _KEPT:
                for old in list(self._heads)[: _KEPT // 2]:
                    del self._heads[old]
            self._heads[row] = found
        return found

    def put(self, shown: Shown) -> None:
        """Show these lines from now on, with the cursor on the same row."""
        self.shown = shown
        self.settle()

    def settle(self) -> None:
        """Lines came or went: the cursor stays with its row."""
        before = self.cursor
        self._settling = True
        try:
            if self._anchor is not None and not self.following and len(self.shown):
                self.cursor = self.shown.line(self._anchor)
            self.renew()
            if not self.following and self.cursor != before:
                self.scroll_to(y=self.scroll_y + self.cursor - before, animate=False, force=True)
                self.go(self.cursor)
            self.moved()
        finally:
            self._settling = False

    def go_to(self, row: int) -> None:
        """Put the cursor on a row, which is shown from now on if it was not."""
        self.following = False
        if not self.shown.has(row):
            self.shown.pin(row)
            self.renew()
        self.go(self.shown.line(row))
        self.moved()
        self._anchor = row

    def stay_at(self, row: int) -> None:
        """Keep the cursor where a row is now, also where it is folded away."""
        self.go(self.shown.line(row))
        self.moved()

    def wait_for(self, row: int) -> None:
        """Put the cursor on a row as soon as it is there."""
        self.following = False
        self._anchor = row

    def moved(self) -> None:
        line = min(self.cursor, len(self.shown) - 1)
        row = self.shown.node(line).row if line >= 0 else None
        if not self._settling:
            self._anchor = row
        if row != self.row:
            self.row = row
            self.post_message(self.On(row))

    def _inside(self, event: Event, node: Node) -> Line:
        """What of an exchange is folded away: how it went, and of how many events it is made."""
        if node.open is not False or not isinstance(event, Frame):
            return []
        if isinstance(self.shown, Folded):
            return [(f"×{node.inside:,}  ", "strong")]
        exchange = self.source.timeline.exchange(event.seq, event.id)
        if exchange is None:
            return [(f"+{node.inside}  ", "dim")]
        return [*outcome(exchange), (f" +{node.inside}  ", "dim")]
