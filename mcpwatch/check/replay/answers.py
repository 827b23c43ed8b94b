"""Who answers a replay: the recording itself.

A question is found again by what it says, as `normalize` sees it, first among those of the same call; one that says
something else by its order within that call, since a changed sentence is a difference to be told and no reason to break
off what comes after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import anyio

from mcpwatch.check.normalize import Normalizer, same
from mcpwatch.check.recorded import RecordedLink
from mcpwatch.model import Question as Asked
from mcpwatch.model.shapes import mapping
from mcpwatch.redact import REDACTED
from mcpwatch.session.answers import Answer, Question

__all__ = ["RecordedAnswers"]

_AGAIN = 1.5
"""How much longer than in the recording a question may stay open that was never answered there."""


@dataclass(slots=True, eq=False)
class _Entry:
    asked: Asked
    said: Any
    during: str | None
    used: bool = False


class RecordedAnswers:
    """The answers of one recording. `answer` is an `Answerer`; `redacted(where)` is called for each that goes out with
    a redacted value in it. With `paced` each takes as long as it took then.
    """

    def __init__(
        self,
        links: Iterable[RecordedLink],
        questions: Iterable[Asked],
        *,
        paced: bool = False,
        redacted: Callable[[str], None] = lambda where: None,
    ) -> None:
        self._paced = paced
        self._redacted = redacted
        names = {link.name for link in links}
        self._counts: Counter[tuple[str, str, str | None]] = Counter()
        self._entries: dict[tuple[str, str], list[_Entry]] = {}
        for asked in questions:
            if asked.link in names and asked.kind != "ping":
                during = asked.during
                tool = during.name if during is not None and during.method == "tools/call" else None
                entry = _Entry(asked, Normalizer().value(dict(mapping(asked.params)), ("params",)), tool)
                self._entries.setdefault((asked.link, asked.method), []).append(entry)

    async def answer(self, question: Question) -> Answer | None:
        """The recorded answer; None where there is none left."""
        entry = self._found(question)
        if entry is None:
            return None
        asked = entry.asked
        rule = f"recorded #{asked.seq}"
        if asked.answer_seq is None:
            # It was taken back, or left open: so it is again, for about as long.
            await anyio.sleep(_AGAIN * max(_open_for(asked), 1.0))
            return None
        if self._paced and asked.ms is not None:
            await anyio.sleep(asked.ms / 1000.0)
        given = asked.answer
        if _holds_redacted(given) and asked.exchange.frame(asked.answer_seq).redacted:
            self._redacted(f"the answer to {asked.method} (#{asked.seq})")
        if asked.state == "refused":
            return Answer(rule, error=dict(mapping(given)))
        return Answer(rule, result=given)

    def _found(self, question: Question) -> _Entry | None:
        entries = self._entries.get((question.link, question.method), [])
        here = [one for one in entries if one.during == question.during]
        place = (question.link, question.method, question.during)
        number = self._counts[place]
        self._counts[place] += 1
        said = Normalizer().value(question.params, ("params",))
        for one in (*here, *entries):
            if not one.used and same(one.said, said):
                one.used = True
                return one
        # Other words. The one that had its place answers for it, and still for itself if it comes: a new question
        # in front must not shift the answers of all those behind it.
        return here[number] if number < len(here) else None


def _open_for(asked: Asked) -> float:
    ended = asked.exchange.ended
    return 0.0 if ended is None else max(0.0, ended - asked.asked)


def _holds_redacted(value: Any) -> bool:
    return REDACTED in str(value)
