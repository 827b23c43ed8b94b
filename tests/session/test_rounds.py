from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.events import Frame
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.rounds import PATIENCE, converse
from tests.session.conftest import Clock, settled

pytestmark = pytest.mark.anyio

PARAMS: dict[str, Any] = {"name": "work", "arguments": {"n": 5}}
DONE: dict[str, Any] = {"resultType": "complete", "content": []}


def wants(requests: Any = None, **more: Any) -> dict[str, Any]:
    """A result that asks back."""
    asked = {"resultType": "input_required"} if requests is None else {
        "resultType": "input_required", "inputRequests": requests}  # fmt: skip
    return {**asked, **more}


def request(method: str, **params: Any) -> dict[str, Any]:
    return {"method": method, "params": params}


class Conversation:
    """A server that gives these results, one a round, and a client that answers each question with its method."""

    def __init__(self, *results: Any, refusing: str = "") -> None:
        self.results = list(results)
        self.refusing = refusing
        self.sent: list[tuple[str, dict[str, Any], str]] = []
        self.questions: list[Question] = []
        self.notes: list[tuple[str, int | None, dict[str, Any]]] = []
        self.gate: anyio.Event | None = None

    async def run(self, max_rounds: int = 10) -> Reply:
        with anyio.fail_after(10):
            return await converse(
                self._request, self._ask, self._note, "tools/call", dict(PARAMS), max_rounds=max_rounds
            )

    async def _request(self, method: str, params: dict[str, Any], *, by: str = "user") -> Reply:
        self.sent.append((method, params, by))
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        seq = 100 + len(self.sent)
        frame = Frame(link="alpha", dir="s2c", type="response", data=b"", seq=seq)
        if isinstance(result, Reply):
            return result
        return Reply(len(self.sent), result=result, frame=frame)

    async def _ask(self, question: Question) -> Answer:
        self.questions.append(question)
        if self.gate is not None:
            await self.gate.wait()
        if question.method == self.refusing:
            return Answer("nobody", error={"code": -1, "message": "User rejected"}, answered=False)
        return Answer("rule", result={"to": question.method})

    def _note(self, what: str, re: int | None = None, **data: Any) -> None:
        self.notes.append((what, re, data))


OF_ITS_OWN: list[Any] = [DONE, {}, None, [], "text", {"resultType": 5}, {"inputRequests": {"a": {}}}]


@pytest.mark.parametrize("result", OF_ITS_OWN)
async def test_a_result_that_asks_nothing_is_returned_at_once(result: Any) -> None:
    conversation = Conversation(result)
    assert (await conversation.run()).result == result
    assert conversation.sent == [("tools/call", PARAMS, "user")]


async def test_an_error_ends_the_conversation() -> None:
    refused = Reply(1, error={"code": -32602, "message": "bad"})
    assert await Conversation(refused).run() is refused


@pytest.mark.parametrize("state", ["opaque \u2713", "", 5, None, {"a": [1]}])
async def test_the_same_request_goes_out_again_with_the_answers_and_the_state_untouched(state: Any) -> None:
    conversation = Conversation(wants({"q": request("roots/list")}, requestState=state), DONE)
    assert (await conversation.run()).result == DONE
    again = {**PARAMS, "inputResponses": {"q": {"to": "roots/list"}}, "requestState": state}
    assert conversation.sent[1:] == [("tools/call", again, "answer")]


async def test_without_a_state_none_is_made_up() -> None:
    conversation = Conversation(wants({"q": request("roots/list")}), DONE)
    await conversation.run()
    assert "requestState" not in conversation.sent[1][1]


async def test_each_round_carries_only_its_own_answers_and_state() -> None:
    conversation = Conversation(
        wants({"a": request("roots/list")}, requestState="one"), wants({"b": request("x/custom")}), DONE
    )
    await conversation.run()
    assert conversation.sent[2][1] == {**PARAMS, "inputResponses": {"b": {"to": "x/custom"}}}


async def test_all_questions_of_a_round_are_put_at_once_whatever_they_ask() -> None:
    asked = {
        "s": request("sampling/createMessage", messages=[]),
        "e": request("elicitation/create", message="?"),
        "x": request("x/unknown", a=1),
    }
    conversation = Conversation(wants(asked), DONE)
    conversation.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(conversation.run)
        await settled()
        assert [question.key for question in conversation.questions] == ["s", "e", "x"]
        conversation.gate.set()
    assert conversation.questions[2] == Question("alpha", "x/unknown", {"a": 1}, 101, "x", "work")
    assert list(conversation.sent[1][1]["inputResponses"]) == ["s", "e", "x"]


async def test_a_refusal_ends_the_call_after_all_questions_were_put() -> None:
    asked = {"s": request("sampling/createMessage"), "r": request("roots/list")}
    conversation = Conversation(wants(asked), DONE, refusing="sampling/createMessage")
    reply = await conversation.run()
    message = "sampling/createMessage was not answered: User rejected"
    assert reply.error == {"code": -1, "message": message}
    assert reply.frame is None, "what we make up ourselves is never a frame"
    assert len(conversation.questions) == 2
    assert len(conversation.sent) == 1


async def test_a_round_that_only_carries_state_is_sent_again_after_a_while_each_time_longer(clock: Clock) -> None:
    waiting = wants(requestState="again")
    conversation = Conversation(waiting, waiting, waiting, waiting, DONE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(conversation.run)
        for sent, patience in enumerate((*PATIENCE, PATIENCE[-1]), start=1):
            await settled()
            assert len(conversation.sent) == sent
            await clock.pass_(patience - 0.03)
            assert len(conversation.sent) == sent
            await clock.pass_(0.04)
    assert conversation.sent[-1] == ("tools/call", {**PARAMS, "requestState": "again"}, "answer")
    assert len(conversation.sent) == 5


@pytest.mark.parametrize("requests", [{}, None, [], "x", 5])
async def test_questions_of_an_impossible_shape_are_none(requests: Any) -> None:
    conversation = Conversation(wants(requests, requestState="s"), DONE)
    assert (await conversation.run()).result == DONE
    assert conversation.questions == []


async def test_a_question_of_an_impossible_shape_is_still_put() -> None:
    asked = {"a": 5, "b": {"method": 7, "params": [1]}}
    conversation = Conversation(wants(asked), DONE)
    await conversation.run()
    assert [(question.key, question.params) for question in conversation.questions] == [("a", {}), ("b", {})]


async def test_a_server_that_never_has_enough_is_left_after_the_most_rounds() -> None:
    conversation = Conversation(wants({"q": request("roots/list")}))
    reply = await conversation.run(max_rounds=3)
    assert reply.error is not None
    assert "still input_required after 3 rounds" in reply.error["message"]
    assert len(conversation.sent) == 4
    assert conversation.notes == [("too-many-rounds", 104, {"method": "tools/call", "rounds": 3})]
