"""Conversations of the stateless era: a result that asks back, and the same request again with the answers.

A server that needs something answers `resultType: "input_required"` with `inputRequests`; the client sends the
request anew with `inputResponses` and the `requestState` it was given, untouched. All questions of a round are put,
also when one is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio

from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.dispatch import Reply

__all__ = ["converse"]

JsonObject: TypeAlias = dict[str, Any]
PATIENCE = (0.05, 0.1, 0.25)
"""Seconds before a round that only carries `requestState` is sent again: the first, the second, all others."""


async def converse(
    request: Callable[..., Awaitable[Reply]],
    ask: Callable[[Question], Awaitable[Answer]],
    note: Callable[..., None],
    method: str,
    params: JsonObject,
    *,
    max_rounds: int,
) -> Reply:
    """Send a request and answer what it asks until it has a result of its own; returns that, or the last reply."""
    reply = await request(method, params)
    rounds = idle = 0
    while (asked := _input_required(reply)) is not None:
        rounds += 1
        seq = reply.frame.seq if reply.frame is not None else 0
        if rounds > max_rounds:
            note("too-many-rounds", seq, method=method, rounds=max_rounds)
            return Reply(reply.id, error={"code": -32000, "message": f"still input_required after {max_rounds} rounds"})
        following = dict(params)
        during = params.get("name") if method == "tools/call" else None
        questions = _questions(asked, reply.frame.link if reply.frame is not None else "", seq, during)
        if questions:
            idle = 0
            responses, refused = await _put(questions, ask)
            if refused is not None:
                # No frame says so: the server waits for a round that will not come.
                note("not-continued", seq, method=method, reason=refused["message"])
                return Reply(reply.id, error=refused)
            following["inputResponses"] = responses
        else:
            await anyio.sleep(PATIENCE[min(idle, 2)])
            idle += 1
        if "requestState" in asked:
            following["requestState"] = asked["requestState"]
        reply = await request(method, following, by="answer")
    return reply


def _input_required(reply: Reply) -> JsonObject | None:
    result = dict(mapping(reply.result))
    return result if result.get("resultType") == "input_required" else None


def _questions(asked: JsonObject, link: str, seq: int, during: str | None) -> list[Question]:
    found: list[Question] = []
    for key, request in mapping(asked.get("inputRequests")).items():
        body = mapping(request)
        found.append(Question(link, str(body.get("method", "")), dict(mapping(body.get("params"))), seq, key, during))
    return found


async def _put(
    questions: list[Question], ask: Callable[[Question], Awaitable[Answer]]
) -> tuple[JsonObject, JsonObject | None]:
    """Ask all at once. The responses by key, and the first refusal: this era has no place for an error among them."""
    answers: dict[str, Answer] = {}

    async def one(question: Question) -> None:
        assert question.key is not None
        answers[question.key] = await ask(question)

    async with anyio.create_task_group() as together:
        for question in questions:
            together.start_soon(one, question)
    responses: JsonObject = {}
    for question in questions:
        assert question.key is not None
        answer = answers[question.key]
        if answer.error is not None:
            message = f"{question.method} was not answered: {answer.error.get('message')}"
            return responses, {"code": answer.error.get("code", -1), "message": message}
        responses[question.key] = answer.result
    return responses, None
