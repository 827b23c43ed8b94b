"""A person as the one who answers: one question at a time, in a thread of its own, for as long as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import anyio
from anyio import to_thread

from mcpwatch.session.answers.question import Answer, Answerer, Question, refuse

__all__ = ["Asker", "ask"]


class Asker(Protocol):
    """A screen that can put a question to a person. It may block; a question that the server took back is abandoned.

    `question` is `{"link", "kind", "method", "params"}`. The reply has an `action`: `result` with the JSON-RPC result
    as `result`, `error` with `code` and `message`, or `refuse` for the protocol's own no.
    """

    def ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def interrupt(self) -> None:
        """The question is no longer wanted: `ask` returns at once."""


def ask(asker: Asker) -> Answerer:
    """Put what no other answerer took to a person. `ping` is never put, `roots/list` neither: it has a harmless
    answer.
    """
    one_at_a_time = anyio.Lock()

    async def answer(question: Question) -> Answer | None:
        if question.kind in ("ping", "roots"):
            return None
        put = {
            "link": question.link,
            "kind": question.kind,
            "method": question.method,
            "params": question.params,
        }
        async with one_at_a_time:
            try:
                reply = await to_thread.run_sync(asker.ask, put, abandon_on_cancel=True)
            except anyio.get_cancelled_exc_class():
                asker.interrupt()
                raise
        match reply.get("action"):
            case "result":
                return Answer("person", result=reply.get("result"))
            case "error":
                error = {"code": reply.get("code", -1), "message": reply.get("message", "refused")}
                return Answer("person", error=error)
            case _:
                refused = refuse(question)
                return Answer("person", result=refused.result, error=refused.error)

    return answer
