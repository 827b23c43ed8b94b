"""The pane Logs: messages of all levels and lines of stderr, together or in two lanes, filtered, followed, unfolded.

It composes, and drives the reading: what is new is scanned and held against the filters piece by piece in a thread, so
that a million messages block nothing. What an entry is belongs to `entries`, how it looks to `words` and `list`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from mcpwatch.model.learn import RANKS
from mcpwatch.tui import paint
from mcpwatch.tui.logs.bar import state_line
from mcpwatch.tui.logs.entries import STDERR, Entries, LogFilter, matching, scan
from mcpwatch.tui.logs.level import ask_for_level
from mcpwatch.tui.logs.list import LogList
from mcpwatch.tui.messages import Say, Show
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.pick import Pick, ask
from mcpwatch.tui.source import Source
from mcpwatch.view.messages import log_text
from mcpwatch.view.style import Line

__all__ = ["LogsPane"]

AT_ONCE: Final = 2_000
"""Events, or entries, that are looked at in one piece: some tens of milliseconds of a thread."""
LEVELS: Final = list(RANKS)
LANES: Final = ("together", "apart", "without")


class LogsPane(Pane):
    """One list for both lanes, or one for each."""

    DEFAULT_CSS = """
    LogsPane #logs-state { height: 1; width: 1fr; background: $boost; }
    LogsPane #logs-text { height: 1; border: none; padding: 0 1; display: none; }
    LogsPane #logs-text.open { display: block; }
    LogsPane #logs-below { height: 1fr; display: none; }
    LogsPane #logs-lane { height: 1; width: 1fr; background: $boost; display: none; }
    LogsPane.apart #logs-below, LogsPane.apart #logs-lane { display: block; }
    LogsPane.apart #logs-above { height: 2fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", id="logs.follow"),
        Binding("slash", "search", "Text", key_display="/", id="logs.search"),
        Binding("plus,less_than_sign", "least(-1)", "More", key_display="+", id="logs.more"),
        Binding("minus,greater_than_sign", "least(1)", "Less", key_display="-", id="logs.less"),
        Binding("g", "logger", "Logger", id="logs.logger"),
        Binding("s", "lanes", "stderr", id="logs.lanes"),
        Binding("L", "level", "Level", id="logs.level"),
        Binding("o", "show", "Traffic", id="logs.show", show=False),
        Binding("y", "copy", "Copy", id="logs.copy", show=False),
        Binding("x", "fold_all", "Fold all", id="logs.fold-all", show=False),
        Binding("escape", "clear", "Clear", id="logs.clear", show=False),
    ]
    HELP: ClassVar[str | None] = (
        "What servers log, and what they write to stderr. + and - choose the lowest level that is shown; a level "
        "that the protocol does not know is always shown, with a question mark. L asks the server itself for another "
        "level.\n"
        "Following stops when you go up; f goes back to the end."
    )

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.entries = Entries()
        self.lanes = "together"
        self._filter = LogFilter()
        self._reading = False

    def compose(self) -> ComposeResult:
        yield Static(id="logs-state")
        yield Input(placeholder="text to look for in messages, loggers and stderr", id="logs-text", compact=True)
        yield LogList(self.source, self.entries, self._filter, id="logs-above")
        yield Static(paint.content("stderr", "strong"), id="logs-lane")
        yield LogList(self.source, self.entries, LogFilter("stderr"), id="logs-below")

    @property
    def list(self) -> LogList:
        """The list that keys are about."""
        below = self.query_one("#logs-below", LogList)
        return below if below.has_focus else self.query_one("#logs-above", LogList)

    @property
    def lists(self) -> list[LogList]:
        """Those on the screen."""
        found = list(self.query(LogList))
        return found if self.lanes == "apart" else found[:1]

    def enter(self) -> None:
        self.query_one("#logs-above").focus(scroll_visible=False)

    def grew(self) -> None:
        self._renew()
        if not self._reading:
            self._reading = True
            self.run_worker(self._read_on, name="logs", group="logs", exit_on_error=False)

    # ---- reading

    async def _read_on(self) -> None:
        """Scan what is new and hold it against the filters, until there is nothing that was not looked at."""
        try:
            began = monotonic()
            while await self._scan() or await self._match():
                self._renew()
                if self.source.live and self.source.session is not None:
                    # Half of the time is the server's, whose messages come in by other threads of this process.
                    await asyncio.sleep(min(monotonic() - began, 0.2))
                began = monotonic()
        finally:
            self._reading = False
        self._renew()

    async def _scan(self) -> bool:
        entries, start = self.entries, self.entries.scanned
        stop = min(len(self.source.index), start + AT_ONCE)
        if start >= stop:
            return False
        entries.take(await asyncio.to_thread(scan, self.source, start, stop), stop)
        return True

    async def _match(self) -> bool:
        some = False
        for shown in self.lists:
            start, filter = shown.checked, shown.filter
            stop = min(len(self.entries), start + AT_ONCE * (1 if filter.text else 10))
            if not filter.all and start < stop:
                found = await asyncio.to_thread(matching, self.source, self.entries, filter, start, stop)
                shown.take(filter, found, stop)
                some = True
        return some

    def _renew(self) -> None:
        for shown in self.lists:
            shown.renew()
        self.query_one("#logs-state", Static).update(paint.content(state_line(self)))

    @property
    def behind(self) -> float | None:
        """How much of what there is was looked at, from 0 to 1; None where it is all."""
        rows = len(self.source.index)
        done = self.entries.scanned / rows if rows else 1.0
        total = len(self.entries)
        for shown in self.lists:
            if not shown.filter.all and total:
                done *= shown.checked / total
        return None if done >= 1.0 else done

    @on(LogList.Followed)
    def _followed(self) -> None:
        self._renew()

    # ---- filters

    @property
    def filter(self) -> LogFilter:
        """What is shown, the lanes aside."""
        return self._filter

    def choose(self, filter: LogFilter) -> None:
        """Show what passes this one, in every lane."""
        self._filter = filter
        above, below = self.query(LogList)
        above.choose(replace(filter, lane="both" if self.lanes == "together" else "logs"))
        below.choose(LogFilter("stderr", text=filter.text))
        self.grew()

    def action_least(self, by: int) -> None:
        """Show more levels, or fewer."""
        self.choose(replace(self._filter, least=min(max(self._filter.least + by, 0), len(LEVELS) - 1)))

    def action_search(self) -> None:
        """Look for a text."""
        text = self.query_one("#logs-text", Input)
        text.add_class("open")
        self.screen.set_focus(text)  # at once: what is typed next is for it

    @on(Input.Changed, "#logs-text")
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.choose(replace(self._filter, text=message.value.strip()))

    @on(Input.Submitted, "#logs-text")
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if not message.value.strip():
            message.input.remove_class("open")
        self.enter()

    def action_clear(self) -> None:
        """Show everything again."""
        text = self.query_one("#logs-text", Input)
        text.remove_class("open")
        with self.prevent(Input.Changed):
            text.value = ""
        self.choose(LogFilter())
        self.enter()

    def action_logger(self) -> None:
        """Choose whose messages are shown."""
        counts = self.entries.loggers
        offered: list[tuple[str, Line]] = [("", [("every logger", "")])]
        offered += [(name, [(name, "name"), (f"  {counts[name]:,}", "dim")]) for name in sorted(counts)]

        def chosen(name: str) -> None:
            self.choose(replace(self._filter, logger=name or None))

        ask(self, Pick("Show messages of", offered, self._filter.logger or ""), chosen)

    def action_lanes(self) -> None:
        """stderr between the messages, in a lane of its own, or not at all."""
        self.lanes = LANES[(LANES.index(self.lanes) + 1) % len(LANES)]
        self.set_class(self.lanes == "apart", "apart")
        self.choose(self._filter)
        if self.lanes != "apart":
            self.enter()

    # ---- what can be done

    def action_follow(self) -> None:
        """Follow the end, or stop following it."""
        self.list.follow(not self.list.following)
        self._renew()

    def action_fold_all(self) -> None:
        self.list.action_fold_all()

    def action_level(self) -> None:
        """Ask the server for logs from another level on."""
        ask_for_level(self, self.source)

    def action_show(self) -> None:
        """Go to the message in Traffic."""
        if (said := self.list.chosen()) is not None:
            self.post_message(Show(said.seq))

    def action_copy(self) -> None:
        """Copy the text of the entry, its data as JSON."""
        if (said := self.list.chosen()) is None:
            return
        text, rest = ("", "") if said.stderr is not None else log_text(said.data, said.there)
        whole = said.stderr if said.stderr is not None else " ".join(filter(None, (text, rest)))
        self.app.copy_to_clipboard(whole)  # pyright: ignore[reportUnknownMemberType]
        self.post_message(Say("Copied."))

    @property
    def counts(self) -> dict[str, int]:
        """Entries by level, those of stderr under `STDERR`."""
        return self.entries.counts

    @property
    def stderr_lines(self) -> int:
        return self.entries.counts.get(STDERR, 0)
