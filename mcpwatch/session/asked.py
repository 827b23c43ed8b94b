"""What the server of one link asked, and what it was told: each question numbered, answered in time, and noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import anyio

from mcpwatch.session.answers import Answer, Answers, Question, refuse

__all__ = ["Asked", "Questions"]

JsonObject: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """A question and what it was answered with."""

    question: Question
    answer: Answer


class Questions:
    """The questions of one link. `thinks` surrounds the time that an answer takes; `within` is in seconds, None lets
    the server decide; `note(what, re, **data)` writes into the recording, `reason()` says there why a question was
    given up.
    """

    def __init__(
        self,
        answers: Answers,
        *,
        within: float | None,
        thinks: Callable[[], AbstractContextManager[None]],
        note: Callable[..., None],
        reason: Callable[[], str],
    ) -> None:
        self.asked: list[Asked] = []
        """Every question so far that was answered or refused, in that order."""
        self._answers = answers
        self._within = within
        self._thinks = thinks
        self._note = note
        self._reason = reason
        self._counts: Counter[str] = Counter()

    async def ask(self, question: Question) -> Answer:
        """The answer of the first who has one in time, else the protocol's refusal; with a `Note` that says whose."""
        about = question.method if question.kind == "request" else question.kind
        self._counts[about] += 1
        question = replace(question, nth=self._counts[about])
        answer = None
        try:
            with self._thinks(), anyio.move_on_after(self._within):
                answer = await self._answers.answer(question)
        except anyio.get_cancelled_exc_class():
            if question.key is not None:  # one that came as a message is noted where messages are answered
                self._note("left-open", question.seq, method=question.method, key=question.key, reason=self._reason())
            raise
        if answer is None:
            answer = refuse(question, f"an answer within {self._within:g} s (--answer-timeout)")
        self.asked.append(Asked(question, answer))
        data: JsonObject = {"method": question.method, "rule": answer.rule, "action": answer.action}
        if question.key is not None:
            data["key"] = question.key
        if answer.auto:
            data["auto"] = True
        if not answer.answered:
            data["wanted"] = answer.wanted
        if question.key is not None and answer.error is not None:
            data["error"] = answer.error  # an input round has no frame that would carry it
        self._note("answered" if answer.answered else "unanswered", question.seq, **data)
        return answer
