"""The desk where questions wait for a person: as many at once as there are, for as long as it takes.

An answerer like any other, asked last. Unlike a terminal's it never blocks anybody: each question waits for itself, and
the person takes them up in any order, or comes back later. It knows no screen: whoever shows the questions (`attend`)
subscribes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from mcpwatch.errors import McpwatchError
from mcpwatch.session.answers.ask import Draft
from mcpwatch.session.answers.question import Answer, Answerer, Question, Unanswerable, refuse

if TYPE_CHECKING:
    from mcpwatch.tui.app import WatchApp

__all__ = ["Desk", "Pending"]


class Pending:
    """One question that waits. It ends once: with an answer, or because nobody waits for one any more (`over`)."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.over: str | None = None
        """Why nobody waits any more, in words; None while it waits or where it was answered."""
        self.answer: Answer | None = None
        self.draft: Answer | None = None
        """What a model would say."""
        self.draft_problem = ""
        """Why there is no draft."""
        self.drafting = False
        """A model writes one at this moment."""
        self.postponed = False
        """The person has seen it and put it off."""
        self.turn = 0
        """When it was opened last, among all; 0 for never."""
        self.save: str | None = None
        """The file in which the person wants the answer as a rule."""
        self._done = anyio.Event()

    @property
    def waiting(self) -> bool:
        return self.answer is None and self.over is None

    @property
    def key(self) -> tuple[str, int, str | None]:
        """What the timeline knows it by: its link, its frame's `seq`, and its key in an input round."""
        return self.question.link, self.question.seq, self.question.key

    def give(self, result: Any) -> None:
        """Answer with a result. What a draft said, unchanged, is the model's."""
        drafted = self.draft is not None and self.draft.error is None and self.draft.result == result
        rule = f"person, draft by {self.draft.rule}" if self.draft is not None and drafted else "person"
        self._settle(Answer(rule, result=result))

    def fail(self, code: int, message: str) -> None:
        """Answer with an error."""
        self._settle(Answer("person", error={"code": code, "message": message}))

    def refuse(self) -> None:
        """The protocol's own no, on purpose: an elicitation is declined, anything else gets its error."""
        usual = refuse(self.question)
        self._settle(Answer("person", result=usual.result, error=usual.error))

    def end(self, why: str) -> None:
        """Nobody has use for an answer any more; the server, if it is there, hears the protocol's no."""
        if self.waiting:
            usual = refuse(self.question)
            self.over = why
            self.answer = Answer(f"nobody: {why}", result=usual.result, error=usual.error)
            self._done.set()

    def _settle(self, answer: Answer) -> None:
        if self.waiting:
            self.answer = answer
            self._done.set()

    async def settled(self) -> None:
        """Wait until there is an answer."""
        await self._done.wait()


class Desk:
    """The questions that wait for the person. Made before the session; attached to the app once that runs.

    `draft` lets a model write an answer that the person sees first. Every answer becomes a rule in `save_to` where
    that is given.
    """

    def __init__(self, *, draft: Draft | None = None, save_to: Path | None = None) -> None:
        self.pending: list[Pending] = []
        """Those that wait, in the order in which they came."""
        self.why: Callable[[Question], str] = lambda question: ""
        """Why a question is over that was cancelled."""
        self.tell: Callable[[str], object] = lambda sentence: None
        """Takes a sentence for the person."""
        self.open_next: Callable[[], object] = lambda: None
        """Open the question that waits longest, or where none does the list of all: `a`, on every screen."""
        self.open_list: Callable[[], object] = lambda: None
        """Open the list of all questions."""
        self.open: Callable[[str, int, str | None], object] = lambda link, seq, key: None
        """Open the question that is known by these."""
        self.visit: Callable[[str], object] = lambda url: None
        """Open an address in the person's browser, who has asked for that."""
        self.drafter = draft
        self.save_to = save_to
        self._rules: dict[str, Answerer] = {}
        self._closed = False
        self._listeners: list[Callable[[], object]] = []

    @property
    def waiting(self) -> int:
        """How many questions have no answer yet."""
        return len(self.pending)

    def answerers(self) -> list[Answerer]:
        """Who answers, after everybody else: put last among the session's answerers."""
        return [self.answer]

    def attach(self, app: WatchApp) -> None:
        """Dialogs open in this app from now on."""
        from mcpwatch.tui.questions.attend import Attendant

        Attendant(app, self)

    async def answer(self, question: Question) -> Answer | None:
        """The answerer. None for a `ping`, and for everything once the desk is closed."""
        if question.kind == "ping" or self._closed:
            return None
        for rule in list(self._rules.values()):
            if (made := await rule(question)) is not None:
                return made
        pending = Pending(question)
        self.pending.append(pending)
        self.changed()
        try:
            async with anyio.create_task_group() as beside:
                if self.drafter is not None and question.kind == "sampling":
                    beside.start_soon(self._write_draft, self.drafter, pending)
                await pending.settled()
                beside.cancel_scope.cancel()
        except BaseException:
            pending.over = pending.over or self.why(question) or "nobody waits for the answer any more"
            raise
        finally:
            self.pending.remove(pending)
            self.changed()
        given = pending.answer
        file = pending.save or (str(self.save_to) if self.save_to is not None else None)
        if file is not None and given is not None and pending.over is None:
            await self._save(file, question, given)
        return given

    def find(self, link: str, seq: int, key: str | None) -> Pending | None:
        """The question that waits and is known to the timeline by these."""
        return next((one for one in self.pending if one.key == (link, seq, key)), None)

    def forget(self, rule: str) -> bool:
        """Ask the person again instead of using a rule that was saved here; False if it is none of these."""
        return self._rules.pop(rule, None) is not None

    @property
    def rules(self) -> list[str]:
        """The rules that were saved here and answer since then."""
        return list(self._rules)

    def close(self) -> None:
        """Nobody is there any more: whatever comes from now on is for the protocol's own no. What waits already is
        given up by the session as it ends, which says so.
        """
        self._closed = True

    def subscribe(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back whenever a question came, went, or got a draft. Returns what ends that."""
        self._listeners.append(callback)

        def leave() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return leave

    def changed(self) -> None:
        """Tell those who subscribed."""
        for callback in list(self._listeners):
            callback()

    async def _write_draft(self, draft: Draft, pending: Pending) -> None:
        pending.drafting = True
        self.changed()
        try:
            made = await draft(pending.question)
            if made is not None and made.error is not None:
                pending.draft_problem = str(made.error.get("message", made.error))
            else:
                pending.draft = made
        except Unanswerable as problem:
            pending.draft_problem = str(problem)
        except Exception as error:  # a draft is a help: without one the question is still there
            pending.draft_problem = f"{type(error).__name__}: {error}"
        finally:
            pending.drafting = False
        self.changed()

    async def _save(self, file: str, question: Question, given: Answer) -> None:
        """Keep the answer as a rule, which answers from now on. What the file refuses is said; the answer goes out."""
        from anyio import to_thread

        from mcpwatch.session.answers.saving import saved_rule

        try:
            name, answerer, said = await to_thread.run_sync(saved_rule, file, question, given)
        except McpwatchError as error:
            self.tell(f"not saved: {error}" + (f" {error.hint}" if error.hint else ""))
            return
        if answerer is not None:
            self._rules = {name: answerer, **self._rules}
        self.tell(said)
