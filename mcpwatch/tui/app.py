"""The interactive session: six panes behind tabs, a status line, and the keys that work everywhere.

It only composes. What there is to see is the source's; each pane is a folder of its own, and posts a message where
another pane is to do something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher, Footer

from mcpwatch.text import sanitize
from mcpwatch.tui import everywhere
from mcpwatch.tui.bar import StatusLine
from mcpwatch.tui.call.pane import CallPane
from mcpwatch.tui.leaving import LeaveScreen, at_stake
from mcpwatch.tui.logs.pane import LogsPane
from mcpwatch.tui.messages import Answer, Call, Say, Show
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.questions.dialog import QuestionDialog
from mcpwatch.tui.questions.listing import QuestionsScreen
from mcpwatch.tui.running.pane import RunningPane
from mcpwatch.tui.server.pane import ServerPane
from mcpwatch.tui.settings import Settings
from mcpwatch.tui.shell import Shell
from mcpwatch.tui.source import Source
from mcpwatch.tui.stats.pane import StatsPane
from mcpwatch.tui.tabs import PaneTabs
from mcpwatch.tui.traffic.pane import TrafficPane

__all__ = ["PANES", "WatchApp"]

_KINDS: tuple[type[Pane], ...] = (TrafficPane, RunningPane, CallPane, LogsPane, ServerPane, StatsPane)
PANES = tuple(zip(everywhere.NAMES, _KINDS, strict=True))


class WatchApp(Shell[None]):
    """The screens over one source. `desk` is where the session's questions wait."""

    CSS = """
    ContentSwitcher { height: 1fr; }
    Footer { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *everywhere.PANES,
        Binding("a", "answer", "Answer the next question", id="app.answer", show=False),
        Binding("A", "questions", "List all questions", id="app.questions", show=False),
        everywhere.RESTART,
        Binding("ctrl+s", "save", "Save under a name", id="app.save", show=False),
    ]

    def __init__(self, source: Source, desk: Desk | None = None, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self.source = source
        self.desk = desk or Desk()
        self.left_questions = False
        """Whether a question had no answer when the app was left."""
        self._leave_source: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield PaneTabs([name for name, _ in PANES])
        with ContentSwitcher(initial=PANES[0][0].lower()):
            for name, kind in PANES:
                yield kind(self.source, id=name.lower())
        yield StatusLine(self.source, self.desk)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.desk.attach(self)
        # As a message of its own, so that what fails in a pane ends like every other failure of one.
        self._leave_source = self.source.subscribe(lambda: self.call_next(self._grew))
        self.source.start()
        self._grew()
        # Of the pane that is shown by then: whoever types at once has chosen another one already.
        self.call_after_refresh(lambda: self.pane.enter())

    def on_unmount(self) -> None:
        self._leave_source()
        self.desk.close()

    @property
    def pane(self) -> Pane:
        """The one that is shown."""
        return cast("Pane", self.screen_stack[0].query_one(ContentSwitcher).visible_content)

    def _grew(self) -> None:
        if not self.screen_stack or not self.screen_stack[0].query(StatusLine):
            return  # the app ends, and its screens with it: nobody sees it any more
        self.pane.grew()
        self.screen_stack[0].query_one(StatusLine).refresh()

    @property
    def questions_wait(self) -> bool:
        """Whether a question has no answer yet; a server that asks for roots and hears of none has had one."""
        return any(one.question.kind != "roots" for one in self.desk.pending)

    def exit(self, *args: Any, **kwargs: Any) -> None:
        # Looked at now: the calls of panes end with the app, and their questions with them.
        self.left_questions = self.questions_wait
        super().exit(*args, **kwargs)

    # ---- what works everywhere

    def action_pane(self, number: int) -> None:
        """Show the pane with this number, from 0."""
        base = self.screen_stack[0]
        while isinstance(self.screen, QuestionDialog | QuestionsScreen):
            self.screen.put_off()  # it stood before the pane; what waits in it still waits
        base.query_one(ContentSwitcher).current = PANES[number][0].lower()
        base.query_one(PaneTabs).current = number
        self.pane.grew()
        self.pane.enter()

    def about(self) -> tuple[str, str]:
        if isinstance(self.screen, QuestionDialog | QuestionsScreen):
            return "A question" if isinstance(self.screen, QuestionDialog) else "Questions", self.screen.HELP or ""
        return self.screen_stack[0].query_one(PaneTabs).title, self.pane.HELP or ""

    def action_answer(self) -> None:
        self.desk.open_next()

    def action_questions(self) -> None:
        self.desk.open_list()

    def action_restart(self) -> None:
        self.screen_stack[0].query_one(ServerPane).restart()

    def action_save(self) -> None:
        self.screen_stack[0].query_one(ServerPane).save()

    async def action_quit(self) -> None:
        """Quit, after a question where something goes on."""
        lines = at_stake(self.source)
        if lines and not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(lines), lambda leave: self.exit() if leave else None)
        else:
            self.exit()

    # ---- what panes ask for

    @on(PaneTabs.Chosen)
    def _chosen(self, message: PaneTabs.Chosen) -> None:
        self.action_pane(message.number)

    @on(Show)
    def _show(self, message: Show) -> None:
        self.action_pane(0)
        self.screen_stack[0].query_one(TrafficPane).show_frame(message.seq)

    @on(Answer)
    def _answer(self, message: Answer) -> None:
        self.desk.open(message.link, message.seq, message.key)

    @on(Call)
    def _call(self, message: Call) -> None:
        self.action_pane(2)
        pane = self.screen_stack[0].query_one(CallPane)
        pane.fill(message.name, message.kind, message.arguments, message.link)

    @on(Say)
    def _say(self, message: Say) -> None:
        self.notify(sanitize(message.text), severity=message.severity, markup=False)
