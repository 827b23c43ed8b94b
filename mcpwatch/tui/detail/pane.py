"""The detail pane: one event as a tree, as JSON, as bytes, beside its schema, with its HTTP heads and its findings.

It is told a row and shows it. What has to be read or worked out is done in a thread; the next row ends it. How long a
message may be does not matter: only its beginning is ever read (see `loaded`).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mcpwatch.errors import RecordingError
from mcpwatch.events import Frame, Http
from mcpwatch.recording.scan import soon
from mcpwatch.tui import paint
from mcpwatch.tui.detail.body import Body, Hex, Lines
from mcpwatch.tui.detail.findings import Findings
from mcpwatch.tui.detail.http import http_lines, http_steps
from mcpwatch.tui.detail.jsontree import JsonTree
from mcpwatch.tui.detail.loaded import Loaded, load
from mcpwatch.tui.detail.pretty import pretty
from mcpwatch.tui.detail.schema import schema_lines
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["VIEWS", "DetailPane"]

VIEWS: Final = ("Tree", "JSON", "Bytes", "Schema", "HTTP", "Findings")
_PATIENCE: Final = 5.0
"""Seconds that are spent on looking for an HTTP exchange."""


class DetailPane(Widget):
    """Tell it what to show with `show`; `view` is the number of the way to look at it."""

    DEFAULT_CSS = """
    DetailPane { height: 1fr; width: 1fr; layout: vertical; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "turn(1)", "View", id="detail.next-view"),
        Binding("V", "turn(-1)", "Previous view", id="detail.previous-view", show=False),
        Binding("escape", "back", "Back", id="detail.back", show=False),
    ]

    class Left(Message):
        """Escape: back to the list."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source = source
        self.row: int | None = None
        self.shown: tuple[int | None, int] = (None, 0)
        """The row and the view that the lines are of."""
        self._view = 0
        self._findings: Findings | None = None

    def compose(self) -> ComposeResult:
        yield ViewTabs()
        yield BodyList(id="detail-body")

    @property
    def body(self) -> BodyList:
        return self.query_one(BodyList)

    @property
    def view(self) -> int:
        return self._view

    @view.setter
    def view(self, view: int) -> None:
        self._view = view % len(VIEWS)
        self.query_one(ViewTabs).current = self._view
        self._renew()

    def show(self, row: int | None) -> None:
        """Show the event of a row."""
        if row != self.row:
            self.row = row
            self._renew()

    def grew(self) -> None:
        """The source has more: only what is still being found out can change."""
        if VIEWS[self._view] == "Findings" and self._findings is not None and self._findings.share < 1:
            self._renew()

    def action_turn(self, by: int) -> None:
        self.view += by

    def action_back(self) -> None:
        self.post_message(self.Left())

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        message.stop()
        self.view = message.number

    def _renew(self) -> None:
        self.run_worker(partial(self._fill, self.row, self._view), exclusive=True, group="detail", exit_on_error=True)

    async def _fill(self, row: int | None, view: int) -> None:
        if row is None:
            self._put(row, view, Lines([]))
            return
        try:
            loaded = await asyncio.to_thread(load, self.source.index, self.source.bytes_at, row)
            if loaded is None:
                self._put(row, view, Lines([[("nothing can be read there", "warning")]]))
            elif VIEWS[view] == "Findings":
                await self._check(loaded, view)
            else:
                self._put(row, view, await asyncio.to_thread(self._body, loaded, VIEWS[view]))
        except RecordingError as error:
            self._put(row, view, Lines([[(str(error), "warning")]]))

    def _body(self, loaded: Loaded, view: str) -> Body:
        match view:
            case "Tree":
                return JsonTree(loaded.value, loaded.rest) if not self._is_junk(loaded) else Lines(_junk(loaded))
            case "JSON":
                return Lines(pretty(loaded.value, loaded.rest) if not self._is_junk(loaded) else _junk(loaded))
            case "Bytes":
                return Hex(loaded.data, loaded.rest)
            case "Schema":
                return Lines(schema_lines(self.source.timeline, loaded.event))
            case _:
                event = loaded.event
                xid = event.xid if isinstance(event, Frame | Http) else None
                source = self.source
                steps = [] if xid is None else http_steps(
                    source.index, source.bytes_at, loaded.row, xid, soon(_PATIENCE)
                )  # fmt: skip
                return Lines(http_lines(event, loaded.row, steps))

    async def _check(self, loaded: Loaded, view: int) -> None:
        """The rules are asked about all that came before, once; the lines change as that goes on."""
        findings = self._findings = self._findings or Findings(self.source)
        seq = loaded.event.seq
        told = -1

        def tell() -> None:
            nonlocal told
            share = int(findings.share * 20)
            if share != told:
                told = share
                self._put(loaded.row, view, Lines(findings.lines(seq)))

        tell()
        await findings.run(tell)
        self._put(loaded.row, view, Lines(findings.lines(seq)))

    @staticmethod
    def _is_junk(loaded: Loaded) -> bool:
        return isinstance(loaded.event, Frame) and loaded.value is None

    def _put(self, row: int | None, view: int, body: Body) -> None:
        same = self.shown == (row, view)
        self.shown = (row, view)
        self.body.put(body, stay=same)


def _junk(loaded: Loaded) -> list[Line]:
    """Bytes that are no JSON, as the text they may be."""
    lines: list[Line] = []
    if isinstance(loaded.event, Frame) and loaded.event.error:
        lines += [[(loaded.event.error, "warning")], []]
    text = loaded.data[: 1 << 16].decode("utf-8", "backslashreplace")
    lines += [[(line, "junk")] for line in text.split("\n")]
    return lines + ([[(loaded.rest, "hint")]] if loaded.rest else [])


class BodyList(RowList):
    """The lines of a body."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Fold", id="detail.fold", show=False),
        Binding("g", "go(0)", "First", id="detail.first", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.content: Body = Lines([])

    @property
    def count(self) -> int:
        return self.content.count

    def line(self, number: int, width: int) -> Line:
        return self.content.line(number, width)

    def put(self, body: Body, *, stay: bool = False) -> None:
        """Show other lines, from their first one on."""
        self.content = body
        body.fit(max(self.scrollable_content_region.width, 1))
        if not stay:
            self.cursor = 0
            self.scroll_to(y=0, animate=False, force=True)
        self.renew()

    def action_fold(self) -> None:
        if self.content.toggle(self.cursor):
            self.renew()

    def on_click(self, event: events.Click) -> None:
        number = event.y + self.scroll_offset.y
        if number < self.count and self.content.toggle(number):
            self.cursor = number
            self.renew()

    def on_resize(self) -> None:
        self.content.fit(max(self.scrollable_content_region.width, 1))
        self.renew()


class ViewTabs(Widget):
    """The names of the views in a line; a click chooses one."""

    DEFAULT_CSS = """
    ViewTabs { height: 1; width: 1fr; background: $panel; }
    """
    current = reactive(0)

    class Chosen(Message):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def render(self) -> Content:
        parts: Line = []
        for number, name in enumerate(VIEWS):
            parts += [
                (f"▸{name} " if number == self.current else f" {name} ", "strong" if number == self.current else "")
            ]
        return paint.content(parts)

    def on_click(self, event: events.Click) -> None:
        end = 0
        for number, name in enumerate(VIEWS):
            end += len(name) + 2
            if event.x < end:
                self.post_message(self.Chosen(number))
                return
