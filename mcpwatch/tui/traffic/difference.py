"""Two frames side by side: what is in one and not in the other, place by place."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mcpwatch.check.change import changes_in
from mcpwatch.errors import RecordingError
from mcpwatch.tui import paint
from mcpwatch.tui.detail.body import Lines
from mcpwatch.tui.detail.loaded import Loaded, load
from mcpwatch.tui.detail.pane import BodyList
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.columns import columns_for, line_of
from mcpwatch.view.differences import change_lines
from mcpwatch.view.style import Line, clean

__all__ = ["Difference", "difference_lines"]

_WIDTH: Final = 200


class Difference(ModalScreen[None]):
    """How two rows differ. Leaves with Escape."""

    DEFAULT_CSS = """
    Difference { align: center middle; }
    Difference > Vertical { width: 90%; height: 80%; border: round $primary; background: $surface; padding: 0 1; }
    Difference Static { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d", "dismiss", "Close", id="traffic.difference-close"),
    ]

    def __init__(self, source: Source, rows: tuple[int, int]) -> None:
        super().__init__()
        self._source, self._rows = source, rows

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(paint.content([("what changed from the first to the second", "strong")]))
            yield BodyList(id="difference-body")

    def on_mount(self) -> None:
        self.run_worker(self._fill)

    async def _fill(self) -> None:
        try:
            lines = await asyncio.to_thread(difference_lines, self._source, self._rows)
        except RecordingError as error:
            lines = [[(str(error), "warning")]]
        body = self.query_one(BodyList)
        body.put(Lines([clean(line) for line in lines]))
        body.focus()


def difference_lines(source: Source, rows: tuple[int, int]) -> list[Line]:
    """The two frames, a line each, and below them every place in which they differ. Raises RecordingError."""
    found: list[Loaded] = []
    lines: list[Line] = []
    for row in rows:
        loaded = load(source.index, source.bytes_at, row)
        if loaded is None:
            return [[(f"row {row + 1} cannot be read", "warning")]]
        found.append(loaded)
        lines.append(line_of(loaded.event, columns_for(_WIDTH, 0), links={}))
    lines.append([])
    one, other = found
    changes = changes_in(one.value, other.value)
    if one.more or other.more:
        lines += [[("Only their beginnings are compared: they are too long.", "warning")], []]
    if not changes:
        same = one.data == other.data
        lines.append([("✓ ", "ok"), ("They are the same." if same else "They say the same, in other bytes.", "")])
    return lines + change_lines(changes)
