"""A person as the one who answers: one question at a time, in a thread of its own, for as long as it takes.

A model may write a draft first, which the person sends, changes or throws away; and what the person answered can be
kept as a rule. What the question looks like is left to the `Asker`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import anyio
from anyio import to_thread

from mcpwatch.session.answers.over import Over
from mcpwatch.session.answers.question import Answer, Answerer, Question, Unanswerable, refuse

__all__ = ["Asker", "Draft", "ask"]

TOGETHER = 0.05
"""Seconds for those questions to get in line that came together with the first, so that they are counted."""
Draft: TypeAlias = Callable[[Question], Awaitable[Answer | None]]
"""Writes an answer for a person to look at; None where it has nothing to say. May raise `Unanswerable` with why."""


class Asker(Protocol):
    """A screen that can put a question to a person. Both functions may block, and are called in threads.

    `question` is `{"link", "kind", "method", "params", "during", "nth", "waiting"}`: `during` is the tool that asks or
    None, `nth` counts the questions of its kind on its link, `waiting` how many more wait for the person. With a
    draft there is also `draft`: `{"rule", "result"}`, or `{"rule", "problem"}` where none could be made.

    The reply has an `action`: `result` with the JSON-RPC result as `result`, `error` with `code` and `message`, or
    `refuse` for the protocol's own no. `save` in it names the file in which the person wants the answer as a rule.
    When `over` is set, nobody waits for the reply any more: `ask` says so and returns.
    """

    def ask(self, question: Mapping[str, Any], over: Over) -> Mapping[str, Any]: ...

    def tell(self, sentence: str) -> None:
        """Say something to the person."""


def ask(
    asker: Asker,
    *,
    draft: Draft | None = None,
    save_to: Path | None = None,
    why: Callable[[Question], str] = lambda question: "",
) -> Answerer:
    """Put what no other answerer took to a person. `ping` is never put, `roots/list` neither: it has a harmless
    answer.

    Every answer becomes a rule in `save_to` where that is given. `why` says why a question is over that was cancelled.
    """
    one_at_a_time = anyio.Lock()
    waiting = 0

    async def answer(question: Question) -> Answer | None:
        nonlocal waiting
        if question.kind in ("ping", "roots"):
            return None
        put = _put(question)
        if draft is not None:
            drafted = await _drafted(draft, question)
            if drafted is not None:
                put["draft"] = drafted
        waiting += 1
        try:
            await one_at_a_time.acquire()
        finally:
            waiting -= 1
        try:
            await anyio.sleep(TOGETHER)
            put["waiting"] = waiting
            over = Over()
            try:
                reply = await to_thread.run_sync(asker.ask, put, over, abandon_on_cancel=True)
            except anyio.get_cancelled_exc_class():
                over.set(why(question))
                raise
            given = _given(question, reply, put.get("draft"))
            named = reply.get("save")
            file = str(named) if named else save_to
            if file is not None:
                await to_thread.run_sync(partial(_save, asker, file, question, given))
            return given
        finally:
            one_at_a_time.release()

    return answer


def _put(question: Question) -> dict[str, Any]:
    return {
        "link": question.link,
        "kind": question.kind,
        "method": question.method,
        "params": question.params,
        "during": question.during,
        "nth": question.nth,
        "waiting": 0,
    }


async def _drafted(draft: Draft, question: Question) -> dict[str, Any] | None:
    try:
        made = await draft(question)
    except Unanswerable as problem:
        return {"rule": "", "problem": str(problem)}
    if made is None:
        return None
    if made.error is not None:
        return {"rule": made.rule, "problem": str(made.error.get("message", made.error))}
    return {"rule": made.rule, "result": made.result}


def _given(question: Question, reply: Mapping[str, Any], drafted: Mapping[str, Any] | None) -> Answer:
    match reply.get("action"):
        case "result":
            result = reply.get("result")
            as_drafted = drafted is not None and "result" in drafted and drafted["result"] == result
            return Answer(f"person, draft by {drafted['rule']}" if drafted and as_drafted else "person", result=result)
        case "error":
            error = {"code": reply.get("code", -1), "message": reply.get("message", "refused")}
            return Answer("person", error=error)
        case _:
            refused = refuse(question)
            return Answer("person", result=refused.result, error=refused.error)


def _save(asker: Asker, file: str | Path, question: Question, answer: Answer) -> None:
    """Keep the answer as a rule. What the file refuses is said, and the answer goes out all the same."""
    from mcpwatch.errors import McpwatchError
    from mcpwatch.session.answers.saving import saved_rule

    try:
        _, _, said = saved_rule(str(file), question, answer)
    except McpwatchError as error:
        said = f"not saved: {error}" + (f" {error.hint}" if error.hint else "")
    asker.tell(said)
