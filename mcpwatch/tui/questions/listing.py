"""All questions: those that wait, for how long, and those that were answered, by whom and with what.

The same over a file, where nothing can be answered any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from mcpwatch.model.question import Question
from mcpwatch.tui import paint
from mcpwatch.tui.everywhere import HELP, PALETTE, PANES
from mcpwatch.tui.messages import Show
from mcpwatch.tui.questions.desk import Desk, Pending
from mcpwatch.tui.questions.reader import Reader
from mcpwatch.tui.questions.told import all_rows, in_order, one_line
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["QuestionsScreen"]

APART = 1.0


class QuestionList(RowList):
    """One line for each question. The cursor stays on its question while others come."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self.questions: list[Question] = []

    @property
    def count(self) -> int:
        return max(len(self.questions), 1)

    def line(self, number: int, width: int) -> Line:
        if number >= len(self.questions):
            return [("  nothing was asked", "dim")]
        many = sum(1 for link in list(self._source.timeline.links) if link) > 1
        return one_line(self.questions[number], self._source.now(), many)

    @property
    def chosen(self) -> Question | None:
        """The one that the cursor is on."""
        return self.questions[self.cursor] if self.cursor < len(self.questions) else None

    def look(self) -> None:
        """Read the timeline anew."""
        chosen = self.chosen
        self.questions = in_order(self._source.timeline)
        if chosen is not None:
            numbers = [one.number for one in self.questions]
            self.cursor = numbers.index(chosen.number) if chosen.number in numbers else self.cursor
        self.renew()


class QuestionsScreen(ModalScreen[None]):
    """The list, and below it all of the question that the cursor is on."""

    DEFAULT_CSS = """
    QuestionsScreen #box { width: 100%; height: 100%; background: $surface; border: round $accent; padding: 0 1; }
    QuestionsScreen #title { height: 1; }
    QuestionsScreen QuestionList { height: 1fr; min-height: 4; }
    QuestionsScreen Reader { height: 2fr; border-top: solid $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", "Answer", id="questions.answer"),
        Binding("x", "ask_again", "Ask me again", id="questions.ask-again"),
        Binding("t", "traffic", "In Traffic", id="questions.traffic"),
        Binding("escape,q", "close", "Close", id="questions.close"),
        *PANES,
        HELP,
        PALETTE,
    ]
    HELP = (
        "Everything that the servers asked: what waits first, then the others, the latest first, with who answered"
        " them. Below is all of the question under the cursor, and its answer."
    )

    def __init__(self, source: Source, desk: Desk, open: Callable[[Pending], object]) -> None:
        super().__init__()
        self._source = source
        self._desk = desk
        self._open = open
        self._shown: tuple[object, ...] = ()
        self._leave: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(id="title")
            yield QuestionList(self._source)
            yield Reader([], id="told")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._leave = self._source.subscribe(lambda: self.call_next(self.look))
        self.set_interval(APART, self.look)
        self.look()
        self.list.focus()

    def on_unmount(self) -> None:
        self._leave()

    @property
    def list(self) -> QuestionList:
        return self.query_one(QuestionList)

    def look(self) -> None:
        """See what there is now."""
        if not self.query(Reader):
            return  # not there yet, or no more
        self.list.look()
        waiting = sum(1 for one in self.list.questions if one.waiting)
        asked = len(self.list.questions)
        title: Line = [("Questions", "strong"), (f"  {waiting} wait{'s' * (waiting == 1)}", "question" * bool(waiting))]
        title.append((f" · {asked - waiting} answered", "dim"))
        self.query_one("#title", Static).update(paint.content(title))
        self._show()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        self._show()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        message.stop()
        self._show()

    def _show(self) -> None:
        chosen = self.list.chosen
        shown = () if chosen is None else (chosen.number, chosen.state, chosen.rule, self._source.until)
        if shown != self._shown:
            self._shown = shown
            reader = self.query_one(Reader)
            reader.rows = all_rows(chosen) if chosen is not None else []
            reader.scroll_home(animate=False)
        self.refresh_bindings()

    def _pending(self) -> Pending | None:
        chosen = self.list.chosen if self.is_mounted else None
        return None if chosen is None else self._desk.find(chosen.link, chosen.seq, chosen.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer":
            return self._pending() is not None
        if action == "ask_again":
            chosen = self.list.chosen if self.is_mounted else None
            return chosen is not None and chosen.rule in self._desk.rules
        return True

    def action_answer(self) -> None:
        """Open the question that waits."""
        if (pending := self._pending()) is not None:
            self.dismiss()
            self._open(pending)

    def action_ask_again(self) -> None:
        """Do without the rule that answered this question from now on."""
        chosen = self.list.chosen
        if chosen is not None and chosen.rule is not None and self._desk.forget(chosen.rule):
            self._desk.tell(f"{chosen.rule} answers no more; you are asked again")
            self.refresh_bindings()

    def action_traffic(self) -> None:
        """Go to the frame that asked."""
        chosen = self.list.chosen
        if chosen is not None:
            self.dismiss()
            # To the app at once: a screen that goes may not hand on any more what it was told.
            self.app.post_message(Show(chosen.seq))  # pyright: ignore[reportUnknownMemberType]

    def action_close(self) -> None:
        self.put_off()

    def put_off(self) -> None:
        """Away with the list."""
        self.dismiss()
