from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from mcpwatch.session.answers import Answer, Answers
from mcpwatch.session.answers.ask import ask
from tests.session.answers.asking import EVERY_KIND, form, sampling

pytestmark = pytest.mark.anyio


class Person:
    """Someone who answers when the test says so."""

    def __init__(self, *replies: Mapping[str, Any]) -> None:
        self.replies = list(replies)
        self.seen: list[Mapping[str, Any]] = []
        self.asked = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.interrupted = 0
        self.most = self._now = 0

    def ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        self.seen.append(question)
        reply = self.replies.pop(0) if self.replies else {"action": "refuse"}
        self._now += 1
        self.most = max(self.most, self._now)
        self.asked.release()
        self.go.acquire()
        self._now -= 1
        return reply

    def interrupt(self) -> None:
        self.interrupted += 1
        self.go.release()


def ready(*replies: Mapping[str, Any]) -> Person:
    person = Person(*replies)
    for _ in replies:
        person.go.release()
    return person


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ({"action": "result", "result": {"a": 1}}, Answer("person", result={"a": 1})),
        ({"action": "error", "code": -5, "message": "no"}, Answer("person", error={"code": -5, "message": "no"})),
        ({"action": "error"}, Answer("person", error={"code": -1, "message": "refused"})),
        ({"action": "refuse"}, Answer("person", result={"action": "decline"})),
        ({}, Answer("person", result={"action": "decline"})),
    ],
)
async def test_what_a_person_says_is_the_answer(reply: Mapping[str, Any], answer: Answer) -> None:
    person = ready(reply)
    with anyio.fail_after(10):
        assert await ask(person)(form()) == answer
    (seen,) = person.seen
    assert (seen["link"], seen["kind"], seen["method"]) == ("alpha", "elicitation", "elicitation/create")
    assert seen["params"] == form().params


async def test_a_refusal_by_a_person_is_an_answer() -> None:
    with anyio.fail_after(10):
        answer = await ask(ready({"action": "refuse"}))(sampling())
    assert answer is not None and answer.error is not None
    assert answer.answered


@pytest.mark.parametrize("kind", ["ping", "roots"])
async def test_a_person_is_not_asked_what_has_a_harmless_answer(kind: str) -> None:
    person = Person()
    assert await ask(person)(EVERY_KIND[kind]) is None
    assert person.seen == []


async def test_a_person_is_asked_anything_else() -> None:
    person = ready({"action": "result", "result": 1}, {"action": "result", "result": 1})
    with anyio.fail_after(10):
        for kind in ("custom", "url"):
            assert await ask(person)(EVERY_KIND[kind]) is not None


async def test_a_person_is_asked_one_thing_at_a_time() -> None:
    person = Person(*({"action": "result", "result": number} for number in range(3)))
    answerer = ask(person)
    got: list[Any] = []

    async def one() -> None:
        answer = await answerer(form())
        assert answer is not None
        got.append(answer.result)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(one)
            for _ in range(3):
                await anyio.to_thread.run_sync(person.asked.acquire)
                person.go.release()
    assert got == [0, 1, 2]
    assert person.most == 1


async def test_a_question_that_is_taken_back_interrupts_the_person_and_the_next_is_put() -> None:
    person = Person({"action": "result", "result": "unwanted"}, {"action": "result", "result": "wanted"})
    answerer = ask(person)

    async def put() -> None:
        await answerer(form())

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(put)
            await anyio.to_thread.run_sync(person.asked.acquire)
            tasks.cancel_scope.cancel()
        assert person.interrupted == 1
        person.go.release()
        answer = await answerer(form())
    assert answer is not None
    assert answer.result == "wanted"


async def test_a_screen_that_breaks_is_a_refusal() -> None:
    class Broken:
        def ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
            raise OSError("no terminal")

        def interrupt(self) -> None: ...

    answer = await Answers([ask(Broken())]).answer(form())
    assert not answer.answered
    assert "no terminal" in answer.wanted
