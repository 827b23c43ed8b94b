"""Who puts the questions of the desk on the screens of an app: a dialog for each, opened when it does not disturb.

A dialog opens by itself only where nothing else is going on: over another one, or while somebody types, the status line
says that a question waits and a notice names it. Put off, it stays away until it is asked for (`a`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from anyio import to_thread
from textual.screen import Screen
from textual.widgets import Input, TextArea

from mcpwatch.model.question import Question as Told
from mcpwatch.session.answers.question import Question
from mcpwatch.text import sanitize
from mcpwatch.tui.editing import is_lent
from mcpwatch.tui.questions.address import opened
from mcpwatch.tui.questions.asked import word_for
from mcpwatch.tui.questions.desk import Desk, Pending
from mcpwatch.tui.questions.dialog import QuestionDialog

if TYPE_CHECKING:
    from mcpwatch.tui.app import WatchApp

__all__ = ["Attendant"]

_GIVEN_UP = {"cancelled": "the call was cancelled", "lost": "the call was lost"}


class Attendant:
    """One app's. `leave` ends it."""

    def __init__(self, app: WatchApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._seen: set[Pending] = set()
        self._dialogs: dict[Pending, QuestionDialog] = {}
        """Those that were opened; one that was put off keeps what was typed."""
        self._turns = 0
        desk.open_next = self.open_next
        desk.open_list = self.open_list
        desk.open = self._find
        desk.visit = lambda url: app.run_worker(partial(self._visit, url), exit_on_error=False)
        desk.tell = self._tell
        desk.why = self._why
        # The session changes the desk in tasks of its own: what touches the screen is done in the app's.
        self._leave_desk = desk.subscribe(lambda: app.call_next(self._look))
        self._leave_source = app.source.subscribe(self._end_what_is_given_up)

    def leave(self) -> None:
        self._leave_desk()
        self._leave_source()

    def open_next(self) -> None:
        """Open the question that waits longest of those that were put off the longest ago; without any, the list."""
        waiting = sorted(self._desk.pending, key=lambda one: one.turn)
        if waiting:
            self.open(waiting[0])
        else:
            self.open_list()

    def open(self, pending: Pending, *, asked_for: bool = True) -> None:
        """The dialog of one question. `asked_for`: the person wants it, and what is typed next is for it."""
        dialog = self._dialogs.get(pending)
        if dialog is None:
            dialog = QuestionDialog(
                self._desk,
                pending,
                waited=lambda: self._waited(pending),
                ended=lambda: self._ended(pending),
                closed=lambda ended: self._app.call_later(self._closed, pending, ended),
            )
            dialog.taken = asked_for
            self._dialogs[pending] = dialog
            kept = cast("Screen[Any]", dialog)
            self._app.install_screen(kept, f"question-{id(pending)}")  # pyright: ignore[reportUnknownMemberType]
        if dialog in self._app.screen_stack:
            return
        self._turns += 1
        pending.turn = self._turns
        self._app.push_screen(dialog)
        if asked_for and not dialog.taken:
            dialog.call_after_refresh(dialog.action_take)

    def _find(self, link: str, seq: int, key: str | None) -> None:
        pending = self._desk.find(link, seq, key)
        if pending is not None:
            self.open(pending)
        else:
            self._tell("Nobody has to answer that: a rule or a model does.")

    def open_list(self) -> None:
        """All questions, those that wait first."""
        from mcpwatch.tui.questions.listing import QuestionsScreen

        self._app.push_screen(QuestionsScreen(self._app.source, self._desk, self.open))

    def _closed(self, pending: Pending, ended: bool) -> None:
        if ended:
            self._forget(pending)
            fresh = [one for one in self._desk.pending if not one.postponed and one.waiting]
            if fresh and self._is_free():
                self.open(fresh[0])

    def _forget(self, pending: Pending) -> None:
        dialog = self._dialogs.pop(pending, None)
        if dialog is not None:
            self._app.uninstall_screen(dialog)  # pyright: ignore[reportUnknownMemberType]
            if dialog.is_attached:
                dialog.remove()

    def _look(self) -> None:
        if not self._app.screen_stack:
            return  # the app ends
        fresh = [one for one in self._desk.pending if one not in self._seen]
        self._seen = set(self._desk.pending)
        self._app.source.grew()  # the status line, and whatever pane is shown
        for pending, dialog in list(self._dialogs.items()):
            if dialog in self._app.screen_stack:
                dialog.look()
            elif not pending.waiting:
                if pending.over is not None:
                    self._tell(f"no longer asked: {pending.over}")
                self._forget(pending)
        for pending in fresh:
            if pending.waiting and self._is_free():
                self.open(pending, asked_for=self._is_expected(pending.question))
            elif pending.waiting:
                self._announce(pending)

    def _is_expected(self, question: Question) -> bool:
        """Whether the person has called something of that server: a question may well come then."""
        session = self._app.source.session
        if session is None or question.key is not None or question.during is not None:
            return True
        running = list(session.timeline.running.values())
        return any(one.link == question.link and one.dir == "c2s" and one.by == "user" for one in running)

    def _is_free(self) -> bool:
        """Whether a dialog would take no key that was meant for something else."""
        return len(self._app.screen_stack) == 1 and not isinstance(self._app.focused, Input | TextArea)

    def _announce(self, pending: Pending) -> None:
        question = pending.question
        self._tell(f"{question.link} asks: {word_for(question.method)} (a answers it)")
        if not is_lent(self._app):
            self._app.bell()

    def _tell(self, sentence: str) -> None:
        self._app.notify(sanitize(sentence), markup=False)

    async def _visit(self, url: str) -> None:
        if not await to_thread.run_sync(opened, url):
            self._tell("No browser could be started: open the address yourself.")

    # ---- what the timeline knows

    def _told(self, question: Question) -> Told | None:
        session = self._app.source.session
        return None if session is None else session.timeline.question(question.seq, question.key)

    def _waited(self, pending: Pending) -> float | None:
        told = self._told(pending.question)
        return None if told is None else self._app.source.now() - told.asked

    def _ended(self, pending: Pending) -> str:
        told = self._told(pending.question)
        call = told.during if told is not None else None
        return call.state if call is not None and call.state not in ("running", "input_required") else ""

    def _why(self, question: Question) -> str:
        told = self._told(question)
        if told is not None and told.state == "cancelled":
            reason = told.exchange.reason
            return "the server took the question back" + (f" ({reason})" if reason else "")
        if told is not None and told.state == "lost":
            return "the server has gone"
        if told is not None and told.during is not None and told.during.state in _GIVEN_UP:
            return _GIVEN_UP[told.during.state]
        return ""

    def _end_what_is_given_up(self) -> None:
        """A question whose call was given up has lost its use, though its server may not say so."""
        for pending in list(self._desk.pending):
            told = self._told(pending.question)
            state = told.during.state if told is not None and told.during is not None else ""
            if state in _GIVEN_UP:
                pending.end(_GIVEN_UP[state])
