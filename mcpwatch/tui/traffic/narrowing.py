"""What is asked for above the list: the filter, errors only, the search, and the line in which they are typed.

Half of the pane Traffic, by itself because none of it has to do with how lines look or what is on the screen beside.
What is typed is understood as it comes; while it cannot be, the list stays as it was, and the line says why.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from textual import on

from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.recording.query import Query, parse_query
from mcpwatch.tui.messages import Say
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.acts import Acts
from mcpwatch.tui.traffic.feed import Interest
from mcpwatch.tui.traffic.prompt import Prompt
from mcpwatch.tui.traffic.search import search

__all__ = ["Narrowing"]

_ERRORS: Final = parse_query("err")


class Narrowing(Acts):
    """The pane is asked to fill its list anew, and to say how much there is; everything else is here."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.query_now = Query()
        """What is typed as the filter, and understood."""
        self.errors_only = False
        self.all_http = False
        self.found = Query()
        """What `n` and `N` look for."""
        self.wrong = ""
        """What is wrong with what is typed."""
        self._origin = 0
        """The row from which a search began."""

    def refill(self) -> None:
        """Fill the list anew with what is wanted."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say how much there is."""
        raise NotImplementedError

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    @property
    def selection(self) -> Query:
        """All that is asked for."""
        return self.query_now.also(_ERRORS) if self.errors_only else self.query_now

    @property
    def wanted(self) -> Interest:
        return Interest(self.selection, everything=self.all_http)

    # ---- typing

    def action_ask(self, mode: str) -> None:
        given = {"filter": self.query_now.source, "search": self.found.source, "write": "selection.mcpw.jsonl"}
        self._origin = self.frames.row or 0
        self.wrong = ""
        self.prompt.ask(mode, given[mode])

    @on(Prompt.Typed)
    def _typed(self, message: Prompt.Typed) -> None:
        message.stop()
        if message.mode == "write" or not self.prompt.is_open:
            return
        query = self._understood(message.text)
        if query is None:
            return
        if message.mode == "filter":
            self.narrow(query)
            self.tell()
        else:
            self.found = query
            self._search(from_here=True)

    def _understood(self, text: str) -> Query | None:
        """The query that a text is; None where it is none, which is told above the line."""
        try:
            query, self.wrong = parse_query(text), ""
        except UsageError as error:
            query, self.wrong = None, f"{error} — {error.hint}" if error.hint else str(error)
        self.prompt.complain(self.wrong)
        return query

    @on(Prompt.Done)
    def _done(self, message: Prompt.Done) -> None:
        message.stop()
        if message.mode == "write":
            self.write(message.text)
        elif (query := self._understood(message.text)) is None:
            self.prompt.ask(message.mode, message.text)  # it is not what is looked for yet, and not lost either
            self.prompt.complain(self.wrong)
            return
        elif message.mode == "filter":
            self.narrow(query)
        self.leave_prompt()

    @on(Prompt.Left)
    def _left(self, message: Prompt.Left) -> None:
        message.stop()
        if message.mode == "filter":
            self.narrow(Query())
        elif message.mode == "search":
            self.found = Query()
            self.frames.go_to(self._origin)
        self.leave_prompt()

    def leave_prompt(self) -> None:
        """Close the line; a filter stays in sight."""
        self.wrong = ""
        self.prompt.close()
        if self.query_now:
            self.prompt.keep("filter", self.query_now.source)
        self.tell()

    def narrow(self, query: Query) -> None:
        """Show only what this lets through."""
        if query != self.query_now:
            self.query_now = query
            self.refill()

    def action_errors(self) -> None:
        self.errors_only = not self.errors_only
        self.refill()

    def action_everything(self) -> None:
        self.all_http = not self.all_http
        self.refill()

    # ---- looking for something

    def action_next(self, back: bool) -> None:
        if not self.found:
            self.frames.action_move(-1 if back else 1)
            return
        self._search(back=back)

    def _search(self, *, back: bool = False, from_here: bool = False) -> None:
        if self.found:
            self.run_worker(partial(self._find, back, from_here), exclusive=True, group="traffic.search")

    async def _find(self, back: bool, from_here: bool) -> None:
        row = self._origin if from_here else self.frames.row or 0
        wanted = Interest(self.selection.also(self.found), everything=self.all_http)
        try:
            found, around = await search(self.source, wanted, row - 1 if from_here else row, back=back)
        except RecordingError as error:
            self.post_message(Say(str(error), "error"))
            return
        if found is None:
            if from_here and len(self.frames.shown):
                self.frames.go_to(self._origin)
            self.post_message(Say(f"Nothing matches {self.found.source}", "warning"))
            return
        if around and not from_here:
            self.post_message(Say("From the end on" if back else "From the beginning on"))
        self.frames.go_to(found)
