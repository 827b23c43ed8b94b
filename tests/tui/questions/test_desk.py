"""The desk on its own: what waits, in which ways it ends, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest

from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.question import Unanswerable
from mcpwatch.tui.questions.desk import Desk, Pending
from tests.session.answers.asking import EVERY_KIND, form, question, roots, sampling, url

pytestmark = pytest.mark.anyio

PARIS = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m", "stopReason": "endTurn"}


class Asking:
    """Questions put to a desk, each in a task of its own, and the answers."""

    def __init__(self, desk: Desk, tasks: anyio.abc.TaskGroup) -> None:
        self.desk = desk
        self.answers: dict[Question, Answer | None] = {}
        self.scopes: dict[int, anyio.CancelScope] = {}
        self.changes = 0
        self._tasks = tasks
        desk.subscribe(self._changed)

    def _changed(self) -> None:
        self.changes += 1

    async def put(self, asked: Question) -> Pending:
        before = len(self.desk.pending)
        self._tasks.start_soon(self._put, asked)
        await until(lambda: len(self.desk.pending) > before)
        return self.desk.pending[-1]

    async def answered(self, count: int = 1) -> list[Answer | None]:
        await until(lambda: len(self.answers) >= count)
        return list(self.answers.values())

    async def _put(self, asked: Question) -> None:
        with anyio.CancelScope() as self.scopes[id(asked)]:
            self.answers[asked] = await Answers([self.desk.answer]).answer(asked)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not holds():  # noqa: ASYNC110 - whatever happens next, on this loop
            await anyio.sleep(0)  # noqa: ASYNC115


@asynccontextmanager
async def asking(desk: Desk) -> AsyncGenerator[Asking]:
    async with anyio.create_task_group() as tasks:
        yield Asking(desk, tasks)
        tasks.cancel_scope.cancel()


class Hashable(Question):
    """Questions are told apart by what they are: the same one twice is two."""

    __slots__ = ()
    __hash__ = object.__hash__


def own(asked: Question) -> Question:
    return Hashable(asked.link, asked.method, asked.params, asked.seq, asked.key, asked.during, asked.nth)


async def test_several_questions_wait_at_once_and_are_answered_in_any_order() -> None:
    async with asking(Desk()) as at:
        first = await at.put(own(sampling()))
        second = await at.put(own(form()))
        assert at.desk.pending == [first, second]
        second.give({"action": "accept", "content": {"name": "Ada"}})
        await until(lambda: at.desk.pending == [first])
        first.give(PARIS)
        answers = await at.answered(2)
    assert [(answer.rule, answer.action) for answer in answers if answer] == [
        ("person", "accept"),
        ("person", "result"),
    ]
    assert at.changes >= 4


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "ping"])
async def test_every_kind_of_question_waits_for_the_person(kind: str) -> None:
    async with asking(Desk()) as at:
        pending = await at.put(own(EVERY_KIND[kind]))
        assert pending.waiting
        pending.fail(4, "not today")
        (answer,) = await at.answered()
    assert answer is not None
    assert answer.error == {"code": 4, "message": "not today"}
    assert answer.answered


async def test_a_ping_is_not_put_to_the_person() -> None:
    assert await Desk().answer(EVERY_KIND["ping"]) is None


@pytest.mark.parametrize(
    ("asked", "action"), [(form(), "decline"), (url(), "decline"), (sampling(), "error"), (roots(), "result")]
)
async def test_refusing_gives_the_protocols_own_no_and_counts_as_an_answer(asked: Question, action: str) -> None:
    async with asking(Desk()) as at:
        pending = await at.put(own(asked))
        pending.refuse()
        (answer,) = await at.answered()
    assert answer is not None
    assert (answer.rule, answer.action, answer.answered) == ("person", action, True)


async def test_only_the_first_answer_counts() -> None:
    async with asking(Desk()) as at:
        pending = await at.put(own(sampling()))
        pending.give(PARIS)
        pending.refuse()
        pending.end("late")
        (answer,) = await at.answered()
    assert answer is not None
    assert answer.result == PARIS
    assert pending.over is None


async def test_a_question_that_was_taken_back_is_over_and_says_why() -> None:
    desk = Desk()
    desk.why = lambda asked: f"{asked.method} was taken back"
    async with asking(desk) as at:
        asked = own(sampling())
        pending = await at.put(asked)
        at.scopes[id(asked)].cancel()
        await until(lambda: not desk.pending)
        assert pending.over == "sampling/createMessage was taken back"
        pending.give(PARIS)
        assert pending.answer is None
        assert at.answers == {}


async def test_one_that_nobody_needs_any_more_is_refused_in_nobodys_name() -> None:
    async with asking(Desk()) as at:
        pending = await at.put(own(form()))
        pending.end("the call has ended")
        (answer,) = await at.answered()
    assert pending.over == "the call has ended"
    assert answer is not None
    assert (answer.rule, answer.action) == ("nobody: the call has ended", "decline")


async def test_a_closed_desk_takes_nothing_more_and_leaves_what_waits_to_the_session() -> None:
    desk = Desk()
    async with asking(desk) as at:
        pending = await at.put(own(sampling()))
        desk.close()
        assert await desk.answer(form()) is None
        assert pending.waiting


def drafting(answer: Answer | Exception) -> Callable[[Question], Awaitable[Answer | None]]:
    async def draft(asked: Question) -> Answer | None:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return draft


@pytest.mark.parametrize(("said", "rule"), [(PARIS, "person, draft by --llm m"), ({**PARIS, "model": "x"}, "person")])
async def test_a_draft_that_is_sent_as_it_is_names_its_model(said: Any, rule: str) -> None:
    async with asking(Desk(draft=drafting(Answer("--llm m", result=PARIS)))) as at:
        pending = await at.put(own(sampling()))
        await until(lambda: pending.draft is not None)
        pending.give(said)
        (answer,) = await at.answered()
    assert answer is not None
    assert answer.rule == rule


@pytest.mark.parametrize(
    ("met", "words"),
    [
        (Unanswerable("no answer within 1 s"), "no answer within 1 s"),
        (ValueError("odd"), "ValueError: odd"),
        (Answer("--llm m", error={"code": 1, "message": "will not"}), "will not"),
    ],
)
async def test_a_draft_that_fails_leaves_the_question_open_and_says_why(met: Any, words: str) -> None:
    async with asking(Desk(draft=drafting(met))) as at:
        pending = await at.put(own(sampling()))
        await until(lambda: pending.draft_problem == words)
        assert pending.waiting
        assert not pending.drafting


async def test_the_person_need_not_wait_for_a_draft() -> None:
    async def forever(asked: Question) -> Answer | None:
        await anyio.sleep_forever()

    async with asking(Desk(draft=forever)) as at:
        pending = await at.put(own(sampling()))
        await until(lambda: pending.drafting)
        pending.give(PARIS)
        (answer,) = await at.answered()
    assert answer is not None
    assert answer.rule == "person"
    assert not pending.drafting


async def test_no_draft_is_made_of_what_is_for_a_person() -> None:
    async with asking(Desk(draft=drafting(ValueError("never called")))) as at:
        pending = await at.put(own(form()))
        pending.refuse()
        await at.answered()
    assert not pending.draft_problem


async def test_an_answer_saved_as_a_rule_answers_from_then_on_until_it_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    said: list[str] = []
    desk = Desk()
    desk.tell = said.append
    async with asking(desk) as at:
        pending = await at.put(own(sampling()))
        pending.save = str(file)
        pending.give(PARIS)
        await at.answered()
        assert said == [f"saved as a rule: {file}:4"]
        assert desk.rules == [f"{file}:4"]
        again = await desk.answer(sampling())
        assert again is not None
        assert again.rule == f"{file}:4"
        assert desk.forget(f"{file}:4")
        assert not desk.forget(f"{file}:4")
        assert (await at.put(own(sampling()))).waiting


async def test_every_answer_is_kept_where_that_was_wanted(tmp_path: Path) -> None:
    async with asking(Desk(save_to=tmp_path / "all.yaml")) as at:
        pending = await at.put(own(question("x/custom")))
        pending.give({"ok": True})
        await at.answered()
    assert "x/custom" in (tmp_path / "all.yaml").read_text()


async def test_a_rule_that_cannot_be_saved_is_told_and_the_answer_goes_out(tmp_path: Path) -> None:
    said: list[str] = []
    desk = Desk()
    desk.tell = said.append
    async with asking(desk) as at:
        pending = await at.put(own(sampling()))
        pending.save = str(tmp_path / "rules.txt")
        pending.give(PARIS)
        (answer,) = await at.answered()
    assert answer is not None
    assert answer.result == PARIS
    assert said[0].startswith("not saved: ")
    assert "ends in .yaml" in said[0]


async def test_who_has_left_hears_of_no_more_changes() -> None:
    desk = Desk()
    heard: list[int] = []
    leave = desk.subscribe(lambda: heard.append(1))
    leave()
    leave()
    async with asking(desk) as at:
        await at.put(own(sampling()))
    assert heard == []


async def test_a_question_that_waits_is_found_by_what_the_timeline_knows() -> None:
    desk = Desk()
    async with asking(desk) as at:
        pending = await at.put(own(sampling()))
        assert desk.find("alpha", 7, None) is pending
        assert desk.find("alpha", 7, "who") is None
