"""What a server asks: every request gets one answer under its own id, unless the server takes it back."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.session.dispatch import LinkLost, Outcome
from tests.session.conftest import settled
from tests.session.dispatching import Wire, wired

pytestmark = pytest.mark.anyio


def question(id: Any, method: str = "roots/list") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method}


def taken_back(id: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}


class Thinking:
    """Answers that are given when the test says so."""

    def __init__(self, wire: Wire) -> None:
        self.go = anyio.Event()
        self.cancelled = 0
        wire.answer = self.answer

    async def answer(self, message: dict[str, Any]) -> Outcome:
        try:
            await self.go.wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        return Outcome(result={"to": message["id"]})


@pytest.mark.parametrize("id", [0, 1, -1, "x", "", "1", None, 1.5, True, False, 2**70])
async def test_a_question_with_any_id_is_answered_under_that_very_id(id: Any) -> None:
    async with wired() as wire:
        await wire.receives(question(id))
        (answer,) = wire.sent
        assert answer == {"jsonrpc": "2.0", "id": id, "result": {}}
        assert type(answer["id"]) is type(id)
        assert wire.by == ["answer"]


async def test_ids_of_a_server_are_not_ids_of_ours() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(question(1))
        assert not asking.over
        assert wire.sent[-1] == {"jsonrpc": "2.0", "id": 1, "result": {}}


async def test_a_refusal_goes_out_as_an_error() -> None:
    async with wired() as wire:

        async def refuse(message: dict[str, Any]) -> Outcome:
            return Outcome(error={"code": -1, "message": "no"})

        wire.answer = refuse
        await wire.receives(question(5))
        assert wire.sent == [{"jsonrpc": "2.0", "id": 5, "error": {"code": -1, "message": "no"}}]


async def test_questions_are_answered_side_by_side() -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        await wire.receives(question(1), question("1"), question(2))
        assert len(wire.questions) == 3
        assert wire.sent == []
        thinking.go.set()
        await settled()
        assert sorted(repr(message["id"]) for message in wire.sent) == ["'1'", "1", "2"]


@pytest.mark.parametrize("id", [1, "x", 1.5, True, None])
async def test_a_question_that_the_server_takes_back_gets_no_answer(id: Any) -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        await wire.receives(question(id), question("other"))
        await wire.receives(taken_back(id))
        assert thinking.cancelled == 1
        thinking.go.set()
        await settled()
        assert [message["id"] for message in wire.sent] == ["other"]


async def test_a_question_can_be_taken_back_in_the_very_next_line() -> None:
    async with wired() as wire:
        wire.dispatcher.deliver(wire.frame(question(1)))
        wire.dispatcher.deliver(wire.frame(taken_back(1)))
        await settled()
        assert wire.sent == []


@pytest.mark.parametrize("params", [{"requestId": 9}, {"requestId": "1"}, {"requestId": [1]}, {}, None, 5, []])
async def test_taking_back_what_was_not_asked_changes_nothing(params: Any) -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        await wire.receives(question(1))
        await wire.receives({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        thinking.go.set()
        await settled()
        assert [message["id"] for message in wire.sent] == [1]


async def test_an_id_can_be_used_again() -> None:
    async with wired() as wire:
        await wire.receives(question(1), question(1))
        await wire.receives(question(1))
        await wire.receives(taken_back(1))
        assert len(wire.sent) == 3


async def test_nothing_is_answered_once_the_link_is_gone() -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        await wire.receives(question(1))
        wire.dispatcher.lose(LinkLost("gone"))
        await settled()
        assert thinking.cancelled == 1
        assert wire.sent == []


async def test_nothing_is_answered_while_we_end_the_link() -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        await wire.receives(question(1))
        wire.dispatcher.close()
        thinking.go.set()
        await settled()
        assert wire.sent == []


async def test_a_question_that_comes_too_late_or_waits_too_long_is_left_open_with_the_reason() -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        wire.dispatcher.reason = lambda: "interrupted"
        await wire.receives(question(1, "x/custom"))
        assert wire.dispatcher.stop_answering() == 1
        await wire.receives(question(2, "x/custom"))
        thinking.go.set()
        await settled()
        assert wire.sent == []
        left = [(note["id"], note["reason"]) for note in wire.noted("left-open")]
        assert sorted(left) == [(1, "interrupted"), (2, "interrupted")]


async def test_roots_are_told_for_as_long_as_the_link_is_there() -> None:
    async with wired() as wire:
        thinking = Thinking(wire)
        thinking.go.set()
        wire.dispatcher.stop_answering()
        await wire.receives(question(1))
        assert wire.sent == [{"jsonrpc": "2.0", "id": 1, "result": {"to": 1}}]
        assert wire.noted("left-open") == []


async def test_a_method_that_is_no_text_asks_nothing() -> None:
    async with wired() as wire:
        await wire.receives({"jsonrpc": "2.0", "id": 1, "method": 5}, {"jsonrpc": "2.0", "id": [1], "method": "ping"})
        assert wire.questions == []
