"""The pane Running: what moves, what waits and for how long, and the key that cancels it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mcpwatch.model.exchange import Exchange
from mcpwatch.model.question import Question
from mcpwatch.tui.messages import Answer, Say, Show
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.running.state import Item, items_of
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["RunningList", "RunningPane"]

APART = 0.2
"""Seconds between two looks at what moves by itself: spinners, and how long something waits."""
EMPTY: Line = [("  nothing is under way", "dim")]


class RunningList(RowList):
    """Keeps its cursor on what it stands for while lines come and go."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self.items: list[Item] = []

    @property
    def count(self) -> int:
        return max(len(self.items), 1)

    def line(self, number: int, width: int) -> Line:
        return self.items[number].line if number < len(self.items) else EMPTY

    @property
    def chosen(self) -> Item | None:
        """What the cursor is on."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def look(self) -> None:
        """Read the timeline anew."""
        chosen = self.chosen
        # A bar may be a little longer than the line: the message at its end is cut, never the numbers.
        self.items = items_of(self._source.timeline, self._source.now(), max(self.size.width, 40))
        keys = [item.key for item in self.items]
        if chosen is not None and chosen.key in keys and chosen.what != "head":
            self.cursor = keys.index(chosen.key)
        elif self.items and self.items[min(self.cursor, len(self.items) - 1)].what == "head":
            self.cursor = min(self.cursor, len(self.items) - 1) + 1
        self.renew()


class RunningPane(Pane):
    """A list of what is under way in the source."""

    HELP = (
        "A bar for each progress token, with its rate, the time that is left and its last message; what waits for an "
        "answer, and for how long; and what has just ended. c cancels a request of ours, Enter goes to it in Traffic, "
        "or opens the question that waits."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "Cancel", id="running.cancel"),
        Binding("enter", "open", "Open", id="running.open"),
    ]

    def compose(self) -> ComposeResult:
        yield RunningList(self.source)

    def on_mount(self) -> None:
        self.set_interval(APART, self._tick)

    @property
    def list(self) -> RunningList:
        return self.query_one(RunningList)

    def grew(self) -> None:
        for shown in self.query(RunningList):
            shown.look()

    def _tick(self) -> None:
        if self.display and self.source.live and self.source.until is None:
            self.grew()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        message.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.source.session is not None if action == "cancel" else True

    def action_cancel(self) -> None:
        """Cancel the request that the cursor is on."""
        item = self.list.chosen
        session = self.source.session
        about = item.about if item is not None else None
        if session is None or item is None or item.what == "head":
            return
        if item.what == "question":
            self.post_message(Say("That is the server's: Enter opens it, and there you can say no.", "warning"))
            return
        client = session.clients.get(about.link) if isinstance(about, Exchange) else None
        if not isinstance(about, Exchange) or not about.running or client is None:
            self.post_message(Say("There is nothing to cancel.", "warning"))
            return
        if client.cancel(about.rounds[-1].id, "the person cancelled it"):
            self.post_message(Say(f"{about.name or about.method} is cancelled."))
        else:
            self.post_message(Say(f"{about.method} cannot be cancelled.", "warning"))

    def action_open(self) -> None:
        """Go to what the cursor is on."""
        item = self.list.chosen
        about = item.about if item is not None else None
        if isinstance(about, Question) and about.waiting and self.source.session is not None:
            self.post_message(Answer(about.link, about.seq, about.key))
        elif isinstance(about, Exchange | Question):
            self.post_message(Show(about.seq))
