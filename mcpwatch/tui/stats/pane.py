"""The pane Stats: the numbers of each method and of each tool, sorted as one likes, while they change.

It composes; what is counted is the model's, which rows there are and in which order is `table`'s.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from mcpwatch.tui import paint
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.tui.stats.table import COLUMNS, Row, Table
from mcpwatch.tui.stats.words import about, heading, row_line, widths_for
from mcpwatch.view.style import Line, plain

__all__ = ["StatsPane"]

APART: Final = 0.25
"""Seconds between two times that the numbers are looked at."""
NAMES: Final = list(COLUMNS)


class Heading(Static):
    """The names of the columns; a click on one sorts by it."""

    class Chosen(Message):
        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__(id="stats-heading")
        self.line: Line = []

    def show(self, line: Line) -> None:
        self.line = line
        self.update(paint.content(line))

    def on_click(self, event: events.Click) -> None:
        end = 0
        for text, _ in self.line:
            end += len(text)
            if event.x < end:
                word = plain([(text, "")]).strip(" ▾▴")
                if word in COLUMNS:
                    self.post_message(self.Chosen(word))
                return


class StatsList(RowList):
    """The rows, as the pane has sorted them."""

    def __init__(self) -> None:
        super().__init__(id="stats-rows")
        self.rows: list[Row] = []
        self.end = 0.0
        self.alone = False

    @property
    def count(self) -> int:
        return len(self.rows)

    def line(self, number: int, width: int) -> Line:
        return row_line(self.rows[number], widths_for(width), self.end, alone=self.alone)

    @property
    def chosen(self) -> Row | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None


class StatsPane(Pane):
    """The table, with the whole of the row under the cursor below it."""

    DEFAULT_CSS = """
    StatsPane #stats-links { height: 1; width: 1fr; background: $boost; }
    StatsPane #stats-heading { height: 1; width: 1fr; }
    StatsPane #stats-about { height: auto; max-height: 3; width: 1fr; background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("less_than_sign,comma", "sort(-1)", "Column", key_display="<", id="stats.sort-before"),
        Binding("greater_than_sign,full_stop", "sort(1)", "Column", key_display=">", id="stats.sort-next"),
        Binding("r", "reverse", "Reverse", id="stats.reverse"),
        Binding("t", "names", "Tools alone", id="stats.names"),
        Binding("left_square_bracket", "link(-1)", "Link before", key_display="[", id="stats.link-before", show=False),
        Binding("right_square_bracket", "link(1)", "Next link", key_display="]", id="stats.link-next"),
    ]
    HELP: ClassVar[str | None] = (
        "How often, how fast, how much: by method, and below each method by tool, prompt or resource. Times are from a "
        "request to its answer; p99 is what 99 of 100 do not exceed. With more than 128 of them they are true to 2 %.\n"
        "The blocks at the end show how many there were when, from the beginning until now, each row by its own scale."
    )

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.by = "count"
        self.reverse = False
        self.names_alone = False
        self.link: str | None = None
        """The link whose numbers these are; None adds up all."""
        self._table = Table()
        self._rows = StatsList()
        self._heading = Heading()
        self._soon: Timer | None = None
        self._asked = False

    def compose(self) -> ComposeResult:
        yield Static(id="stats-links")
        yield self._heading
        yield self._rows
        yield Static(id="stats-about")

    def on_resize(self) -> None:
        # Once the list has its new width too.
        self.call_after_refresh(self._show)

    def enter(self) -> None:
        self._rows.focus(scroll_visible=False)

    def grew(self) -> None:
        if self._soon is None:
            self._renew()
            self._soon = self.set_timer(APART, self._again)
            self._asked = False
        else:
            self._asked = True

    def _again(self) -> None:
        self._soon = None
        if self._asked:
            self.grew()

    def _renew(self, *, sort: bool = False) -> None:
        changed = self._table.renew(self.source.timeline, self.link)
        rows = self._rows
        if changed or sort:
            before = rows.chosen
            rows.rows = self._table.sorted(self.by, reverse=self.reverse, names_alone=self.names_alone)
            rows.alone = self.names_alone
            # The cursor stays at what it is about, wherever that has gone; at the top it stays at the top.
            if before is not None and rows.cursor:
                same = [at for at, row in enumerate(rows.rows) if _subject(row) == _subject(before)]
                rows.cursor = same[0] if same else rows.cursor
        rows.end = self.source.now()
        rows.renew()
        self._show()

    def _show(self) -> None:
        width = self._rows.scrollable_content_region.width
        self._heading.show(heading(widths_for(width), self.by, reverse=self.reverse))
        chosen = self._rows.chosen
        words: Line = [(" Nothing was sent yet.", "dim")] if chosen is None else about(chosen)
        self.query_one("#stats-about", Static).update(paint.content(words))
        links = [None, *(link for link in list(self.source.timeline.links) if link)]
        line: Line = [(" ", "")]
        for link in links:
            chosen_link = link == self.link
            shown = f"[{link or 'all'}]" if chosen_link else f" {link or 'all'} "
            line.append((shown, "strong" if chosen_link else "dim"))
        self.query_one("#stats-links", Static).update(paint.content(line))

    @property
    def is_laid_out(self) -> bool:
        """Whether the heading has the width of the list: for a moment after the pane appears it has not."""
        width = self._rows.scrollable_content_region.width
        return bool(width) and self._heading.line == heading(widths_for(width), self.by, reverse=self.reverse)

    # ---- sorting and choosing

    @on(Heading.Chosen)
    def _sorted_by(self, message: Heading.Chosen) -> None:
        message.stop()
        self.reverse = not self.reverse if message.column == self.by else False
        self.by = message.column
        self._renew(sort=True)

    def action_sort(self, by: int) -> None:
        """Sort by the next column."""
        self.by = NAMES[(NAMES.index(self.by) + by) % len(NAMES)]
        self.reverse = False
        self._renew(sort=True)

    def action_reverse(self) -> None:
        """The smallest first, or the largest."""
        self.reverse = not self.reverse
        self._renew(sort=True)

    def action_names(self) -> None:
        """Tools, prompts and resources alone, or below their methods."""
        self.names_alone = not self.names_alone
        self._renew(sort=True)

    def action_link(self, by: int) -> None:
        """The numbers of the next link alone, or of all."""
        stops = [None, *(link for link in list(self.source.timeline.links) if link)]
        at = stops.index(self.link) if self.link in stops else 0
        self.link = stops[(at + by) % len(stops)]
        self._renew(sort=True)

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._show()


def _subject(row: Row) -> tuple[str, str, str]:
    return row.dir, row.method, row.name
