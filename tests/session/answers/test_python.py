from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.python import from_python
from tests.session.answers.asking import EVERY_KIND, form, question, roots, sampling, url

pytestmark = pytest.mark.anyio


async def answered(asked: Question, **answers: Any) -> Answer:
    return await Answers(from_python(answers)).answer(asked)


async def test_a_text_answers_sampling() -> None:
    answer = await answered(sampling(), sampling="Paris")
    assert answer.result["content"]["text"] == "Paris"
    assert answer.rule == "answers['sampling']"


async def test_a_whole_result_is_sent_as_it_is() -> None:
    result = {"role": "assistant", "content": [{"type": "image"}], "model": "m", "odd": 1}
    assert (await answered(sampling(), sampling=result)).result == result
    whole = {"action": "accept", "content": {"anything": [1]}}
    assert (await answered(form(), elicitation=whole)).result == whole


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("decline", {"action": "decline"}),
        ({"name": "Ada"}, {"action": "accept", "content": {"name": "Ada", "seats": 2, "meal": "none"}}),
        ("name=Ada seats=3", {"action": "accept", "content": {"name": "Ada", "seats": 3, "meal": "none"}}),
    ],
)
async def test_an_elicitation_takes_an_action_or_the_fields(value: Any, result: Any) -> None:
    assert (await answered(form(), elicitation=value)).result == result
    assert (await answered(form(), elicitation=lambda _: value)).result == result  # type: ignore[misc]


async def test_fields_are_not_sent_to_a_url() -> None:
    assert not (await answered(url(), elicitation={"name": "Ada"})).answered


async def test_a_form_that_lacks_a_required_field_is_unanswered_and_the_field_is_named() -> None:
    def accepts(asked: Question) -> str:
        return "accept"

    for value in ("accept", accepts):
        answer = await answered(form(), elicitation=value)
        assert not answer.answered
        assert answer.wanted.endswith(" does not fit this form: name is required and has no default. Add name=…")


async def test_roots_are_a_list_of_folders(tmp_path: Path) -> None:
    expected = {"roots": [{"uri": tmp_path.as_uri(), "name": tmp_path.name}]}
    assert (await answered(roots(), roots=[tmp_path])).result == expected
    assert (await answered(roots(), roots=lambda _: (str(tmp_path),))).result == expected  # type: ignore[misc]
    assert (await answered(roots(), roots=[])).result == {"roots": []}


async def test_any_method_can_be_answered_by_its_name() -> None:
    answers: dict[str, Any] = {"x/custom": {"ok": True}, "ping": {"pong": 1}, "sampling/createMessage": {"raw": 1}}
    assert (await answered(question("x/custom"), **answers)).result == {"ok": True}
    assert (await answered(question("ping"), **answers)).result == {"pong": 1}
    assert (await answered(sampling(), **answers)).result == {"raw": 1}
    assert not (await answered(question("x/other"), **answers)).answered


async def test_a_function_gets_the_question_and_may_be_async() -> None:
    seen: list[Question] = []

    def plain(asked: Question) -> str:
        seen.append(asked)
        return "sync"

    async def later(asked: Question) -> str:
        await anyio.lowlevel.checkpoint()
        return "async: " + asked.params["messages"][0]["content"]["text"]

    asked = sampling("why?")
    assert (await answered(asked, sampling=plain)).result["content"]["text"] == "sync"
    assert (await answered(asked, sampling=later)).result["content"]["text"] == "async: why?"
    assert (await answered(asked, sampling=partial(later))).result["content"]["text"] == "async: why?"
    assert seen == [asked]


async def test_a_function_that_returns_nothing_leaves_the_question_to_the_next() -> None:
    answers: dict[str, Any] = {"sampling": lambda _: None, "sampling/createMessage": {"raw": 1}}  # type: ignore[misc]
    assert (await answered(sampling(), **answers)).result == {"raw": 1}


async def test_a_function_that_raises_refuses_with_what_it_said() -> None:
    def refuses(asked: Question) -> str:
        raise PermissionError("not today")

    async def refuses_later(asked: Question) -> str:
        raise PermissionError("not today")

    for function in (refuses, refuses_later):
        answer = await answered(sampling(), sampling=function)
        assert answer.error == {"code": -1, "message": "PermissionError: not today"}
        assert (answer.answered, function.__qualname__) == (True, answer.rule)


async def test_a_function_that_returns_what_is_no_answer_refuses() -> None:
    answer = await answered(sampling(), sampling=lambda _: 5)  # type: ignore[misc]
    assert answer.error is not None
    assert "5" in answer.error["message"]


@pytest.mark.parametrize(
    "answers", [{"sampling": 5}, {"elicitation": ["name"]}, {"roots": "/folder"}, {"x/custom": "text"}, {"ping": None}]
)
def test_a_value_of_the_wrong_kind_is_refused_before_anything_is_asked(answers: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(answers))):
        from_python(answers)


@pytest.mark.parametrize(
    ("slip", "meant"), [("elicitaton", "elicitation"), ("Sampling", "sampling"), ("root", "roots")]
)
def test_a_slip_in_a_kind_is_not_taken_for_a_method(slip: str, meant: str) -> None:
    with pytest.raises(UsageError, match=slip) as caught:
        from_python({slip: {"a": 1}})
    assert caught.value.hint == f"Did you mean {meant!r}?"


async def test_the_answers_are_asked_in_their_order_and_take_nothing_else() -> None:
    made = from_python({"sampling": "a", "elicitation": "decline", "roots": []})
    taken = {kind for kind, asked in EVERY_KIND.items() for one in made if await one(asked) is not None}
    assert taken == {"sampling", "form", "url", "roots"}
