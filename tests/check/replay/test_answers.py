"""The recording answers: by what is asked, then by the place in its call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.replay.answers import RecordedAnswers
from mcpwatch.session.answers import Question
from tests.check.recordings import Session, asked, read

pytestmark = pytest.mark.anyio
METHOD = "elicitation/create"


def answers(file: Path, *pairs: tuple[str, str]) -> RecordedAnswers:
    """Those of a recording in which the call `add` asked each of these."""
    said = [asked(METHOD, {"message": text}, {"action": "accept", "content": {"is": answer}}) for text, answer in pairs]
    recorded = read(Session().tool("add", {}, *said).ends(), file)
    return RecordedAnswers(recorded.links, recorded.timeline.questions)


async def given(made: RecordedAnswers, texts: Sequence[str]) -> list[Any]:
    found = [
        await made.answer(Question("server", METHOD, {"message": text}, 1, during="add", nth=nth))
        for nth, text in enumerate(texts, 1)
    ]
    return [None if one is None else one.result["content"]["is"] for one in found]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


async def test_each_question_gets_its_own_answer_in_whatever_order_it_comes(file: Path) -> None:
    made = answers(file, ("Name?", "Ada"), ("Age?", "36"))
    assert await given(made, ["Age?", "Name?"]) == ["36", "Ada"]


async def test_the_same_question_twice_gets_both_answers_in_order(file: Path) -> None:
    made = answers(file, ("Again?", "yes"), ("Again?", "no"))
    assert await given(made, ["Again?", "Again?"]) == ["yes", "no"]


async def test_what_is_never_the_same_twice_does_not_count(file: Path) -> None:
    made = answers(file, ("It is 2026-11-21T10:00:00Z. Go?", "yes"))
    assert await given(made, ["It is 2027-01-01T11:22:33Z. Go?"]) == ["yes"]


async def test_a_changed_question_gets_the_answer_of_its_place(file: Path) -> None:
    made = answers(file, ("Name?", "Ada"), ("Age?", "36"))
    assert await given(made, ["What is your name?", "Age?"]) == ["Ada", "36"]


async def test_a_new_question_in_front_does_not_shift_the_others(file: Path) -> None:
    made = answers(file, ("Name?", "Ada"), ("Age?", "36"))
    assert await given(made, ["May I?", "Name?", "Age?", "Really?"]) == ["Ada", "Ada", "36", None]


async def test_another_method_and_another_link_have_no_answer(file: Path) -> None:
    made = answers(file, ("Name?", "Ada"))
    assert await made.answer(Question("server", "roots/list", {}, 1)) is None
    assert await made.answer(Question("other", METHOD, {"message": "Name?"}, 1)) is None


async def test_a_refusal_is_a_refusal_again(file: Path) -> None:
    story = Session()
    story.ask("x/y", {"a": 1}, id=3)
    story.error("not today", code=-5, id=3, dir="c2s")
    recorded = read(story.ends(), file)
    made = RecordedAnswers(recorded.links, recorded.timeline.questions)
    answer = await made.answer(Question("server", "x/y", {"a": 1}, 1))
    assert answer is not None
    assert answer.error is not None
    assert (answer.error["code"], answer.error["message"]) == (-5, "not today")
    assert answer.rule.startswith("recorded #")
