from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.ask import ask
from mcpwatch.session.answers.over import Over
from mcpwatch.session.answers.question import Unanswerable
from tests.session.answers.asking import EVERY_KIND, form, sampling

pytestmark = pytest.mark.anyio


class Person:
    """Someone who answers when the test says so."""

    def __init__(self, *replies: Mapping[str, Any]) -> None:
        self.replies = list(replies)
        self.seen: list[Mapping[str, Any]] = []
        self.asked = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.interrupted: list[str] = []
        self.told: list[str] = []
        self.most = self._now = 0

    def ask(self, question: Mapping[str, Any], over: Over) -> Mapping[str, Any]:
        self.seen.append(question)
        reply = self.replies.pop(0) if self.replies else {"action": "refuse"}
        self._now += 1
        self.most = max(self.most, self._now)
        self.asked.release()
        with over.calls(self.go.release):
            self.go.acquire()
        if over.is_set:
            self.interrupted.append(over.why)
        self._now -= 1
        return reply

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)


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
    answerer = ask(person, why=lambda question: f"{question.method} is over")

    async def put() -> None:
        await answerer(form())

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(put)
            await anyio.to_thread.run_sync(person.asked.acquire)
            tasks.cancel_scope.cancel()
        person.go.release()
        answer = await answerer(form())
    assert person.interrupted == ["elicitation/create is over"]
    assert answer is not None
    assert answer.result == "wanted"


async def test_a_question_that_is_taken_back_before_the_person_hears_of_it_is_over_when_they_do() -> None:
    """A thread pool without a free thread: the question is over before it could be asked."""
    seen: list[bool] = []

    class Late:
        def ask(self, question: Mapping[str, Any], over: Over) -> Mapping[str, Any]:
            hurry.acquire()
            seen.append(over.is_set)
            return {}

        def tell(self, sentence: str) -> None: ...

    hurry = threading.Semaphore(0)

    async def put() -> None:
        await ask(Late())(form())

    with anyio.fail_after(10), anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(put)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    hurry.release()
    with anyio.fail_after(10):
        await anyio.to_thread.run_sync(_until, lambda: seen == [True])


def _until(there: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not there():
        pause.wait(0.01)


async def test_a_person_hears_how_many_questions_wait_and_which_call_asks() -> None:
    replies = [{"action": "result", "result": number} for number in range(3)]
    person = ready(*replies)
    answerer = ask(person)
    question = replace(form(), during="work", nth=4)

    async def put() -> None:
        await answerer(question)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(put)
    assert [put["waiting"] for put in person.seen] == [2, 1, 0]
    assert (person.seen[0]["during"], person.seen[0]["nth"]) == ("work", 4)


async def test_a_draft_is_put_with_the_question_and_named_where_it_is_sent_as_it_is() -> None:
    async def draft(question: Question) -> Answer | None:
        return Answer("--llm tiny", result={"a": 1})

    drafted = {"rule": "--llm tiny", "result": {"a": 1}}
    for reply, rule in (({"a": 1}, "person, draft by --llm tiny"), ({"a": 2}, "person")):
        person = ready({"action": "result", "result": reply})
        with anyio.fail_after(10):
            answer = await ask(person, draft=draft)(sampling())
        assert answer == Answer(rule, result=reply)
        assert person.seen[0]["draft"] == drafted


async def test_a_draft_that_cannot_be_made_is_a_reason_for_the_person_to_read() -> None:
    async def down(question: Question) -> Answer | None:
        raise Unanswerable("the model is down")

    async def refused(question: Question) -> Answer | None:
        return Answer("--llm tiny", error={"code": 1, "message": "too long"})

    async def nothing(question: Question) -> Answer | None:
        return None

    for draft, put in (
        (down, {"rule": "", "problem": "the model is down"}),
        (refused, {"rule": "--llm tiny", "problem": "too long"}),
        (nothing, None),
    ):
        person = ready({"action": "refuse"})
        with anyio.fail_after(10):
            await ask(person, draft=draft)(sampling())
        assert person.seen[0].get("draft") == put


async def test_answers_are_kept_as_rules_and_where_is_told(tmp_path: Path) -> None:
    every, named = tmp_path / "every.yaml", tmp_path / "named.yaml"
    said = {"action": "result", "result": {"content": {"type": "text", "text": "Paris"}}}
    person = ready(said, {**said, "save": str(named)}, said)
    answerer = ask(person, save_to=every)

    with anyio.fail_after(10):
        for _ in range(3):
            answer = await answerer(sampling())
            assert answer == Answer("person", result=said["result"])
    assert person.told == [
        f"saved as a rule: {every}:4",
        f"saved as a rule: {named}:4",
        f"{every} has this rule already",
    ]
    assert every.read_text() == named.read_text()


async def test_an_answer_that_cannot_be_saved_goes_out_all_the_same(tmp_path: Path) -> None:
    person = ready({"action": "refuse", "save": str(tmp_path)})
    with anyio.fail_after(10):
        assert await ask(person)(form()) is not None
    (told,) = person.told
    assert told.startswith("not saved: ")


async def test_a_screen_that_breaks_is_a_refusal() -> None:
    class Broken:
        def ask(self, question: Mapping[str, Any], over: Over) -> Mapping[str, Any]:
            raise OSError("no terminal")

        def tell(self, sentence: str) -> None: ...

    answer = await Answers([ask(Broken())]).answer(form())
    assert not answer.answered
    assert "no terminal" in answer.wanted
