"""The interactive session: six panes behind tabs, a status line, and the keys that work everywhere.

It only composes. What there is to see is the source's; each pane is a folder of its own, and posts a message where
another pane is to do something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher, Footer

from mcpwatch.text import sanitize
from mcpwatch.tui import paint
from mcpwatch.tui.bar import StatusLine
from mcpwatch.tui.call.pane import CallPane
from mcpwatch.tui.logs.pane import LogsPane
from mcpwatch.tui.messages import Call, Say, Show
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.running.pane import RunningPane
from mcpwatch.tui.server.pane import ServerPane
from mcpwatch.tui.source import Source
from mcpwatch.tui.stats.pane import StatsPane
from mcpwatch.tui.tabs import PaneTabs
from mcpwatch.tui.traffic.pane import TrafficPane

__all__ = ["PANES", "WatchApp"]

PANES: tuple[tuple[str, type[Pane]], ...] = (
    ("Traffic", TrafficPane),
    ("Running", RunningPane),
    ("Call", CallPane),
    ("Logs", LogsPane),
    ("Server", ServerPane),
    ("Stats", StatsPane),
)


class WatchApp(App[None]):
    """The screens over one source. `desk` is where the session's questions wait."""

    TITLE = "mcpwatch"
    CSS = """
    ContentSwitcher { height: 1fr; }
    Footer { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"pane({number - 1})", name, id=f"app.pane-{number}", show=False)
            for number, (name, _) in enumerate(PANES, 1)
        ),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("a", "answer", "Answer", id="app.answer", show=False),
        Binding("R", "restart", "Restart", id="app.restart", show=False),
        Binding("ctrl+s", "save", "Save", id="app.save", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend", id="app.suspend", show=False),
        Binding("q,ctrl+q,ctrl+c", "leave", "Quit", id="app.quit"),
    ]

    def __init__(self, source: Source, desk: Desk | None = None) -> None:
        super().__init__()
        self.source = source
        self.desk = desk or Desk()
        self._leave_source: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield PaneTabs([name for name, _ in PANES])
        with ContentSwitcher(initial=PANES[0][0].lower()):
            for name, kind in PANES:
                yield kind(self.source, id=name.lower())
        yield StatusLine(self.source, self.desk)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda _: paint.use_theme(self.theme_variables))
        paint.use_theme(self.theme_variables)
        self.desk.attach(self)
        # As a message of its own, so that what fails in a pane ends like every other failure of one.
        self._leave_source = self.source.subscribe(lambda: self.call_next(self._grew))
        self.source.start()
        self._grew()
        self.call_after_refresh(self.pane.enter)

    def on_unmount(self) -> None:
        self._leave_source()

    @property
    def pane(self) -> Pane:
        """The one that is shown."""
        return cast("Pane", self.screen_stack[0].query_one(ContentSwitcher).visible_content)

    def _grew(self) -> None:
        self.pane.grew()
        self.screen_stack[0].query_one(StatusLine).refresh()

    # ---- what works everywhere

    def action_pane(self, number: int) -> None:
        """Show the pane with this number, from 0."""
        base = self.screen_stack[0]
        base.query_one(ContentSwitcher).current = PANES[number][0].lower()
        base.query_one(PaneTabs).current = number
        self.pane.grew()
        self.pane.enter()

    def action_help(self) -> None: ...

    def action_answer(self) -> None:
        self.desk.open_next()

    def action_restart(self) -> None:
        self.screen_stack[0].query_one(ServerPane).restart()

    def action_save(self) -> None:
        self.screen_stack[0].query_one(ServerPane).save()

    def action_leave(self) -> None:
        self.exit()

    # ---- what panes ask for

    @on(PaneTabs.Chosen)
    def _chosen(self, message: PaneTabs.Chosen) -> None:
        self.action_pane(message.number)

    @on(Show)
    def _show(self, message: Show) -> None:
        self.action_pane(0)
        self.screen_stack[0].query_one(TrafficPane).show_frame(message.seq)

    @on(Call)
    def _call(self, message: Call) -> None:
        self.action_pane(2)
        pane = self.screen_stack[0].query_one(CallPane)
        pane.fill(message.name, message.kind, message.arguments, message.link)

    @on(Say)
    def _say(self, message: Say) -> None:
        self.notify(sanitize(message.text), severity=message.severity, markup=False)
