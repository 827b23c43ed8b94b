from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.session.answers import Answer, Answerer, Answers, Question, refuse
from mcpwatch.session.answers.question import Unanswerable, kind_of
from tests.session.answers.asking import EVERY_KIND, form, question, roots, sampling, url

pytestmark = pytest.mark.anyio


def gives(answer: Answer | None | Exception, log: list[str] | None = None) -> Answerer:
    async def answerer(question: Question) -> Answer | None:
        if log is not None:
            log.append(question.method)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return answerer


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("sampling/createMessage", "sampling"),
        ("elicitation/create", "elicitation"),
        ("roots/list", "roots"),
        ("ping", "ping"),
        ("sampling/other", "request"),
        ("", "request"),
    ],
)
def test_a_question_is_of_the_kind_that_its_method_names(method: str, kind: str) -> None:
    assert kind_of(method) == kind == question(method).kind


def test_a_url_is_told_from_a_form() -> None:
    assert url().is_url
    assert not form().is_url
    assert not question("x/custom", {"mode": "url"}).is_url


@pytest.mark.parametrize("schema", [None, 5, "x", []])
def test_a_form_without_a_schema_has_an_empty_one(schema: Any) -> None:
    assert question("elicitation/create", {"requestedSchema": schema}).schema == {}


async def test_the_first_answer_counts_and_nobody_after_it_is_asked() -> None:
    log: list[str] = []
    answers = Answers([gives(None), gives(Answer("one", result=1)), gives(Answer("two", result=2), log)])
    assert (await answers.answer(sampling())).rule == "one"
    assert log == []


async def test_one_who_cannot_answer_leaves_it_to_the_next_and_says_what_was_lacking() -> None:
    lacking = gives(Unanswerable("--elicit 'name=…'"))
    assert (await Answers([lacking, gives(Answer("two", result=2))]).answer(form())).rule == "two"
    refused = await Answers([lacking, gives(Unanswerable("other"))]).answer(form())
    assert (refused.answered, refused.wanted) == (False, "--elicit 'name=…'")


async def test_one_who_fails_does_not_cost_the_server_its_answer() -> None:
    refused = await Answers([gives(KeyError("x"))]).answer(sampling())
    assert not refused.answered
    assert refused.error is not None
    assert "KeyError" in refused.wanted


REFUSALS: dict[str, tuple[Any, str]] = {
    "sampling": ({"error": {"code": -1, "message": "User rejected sampling request"}}, "--sampling TEXT"),
    "form": ({"result": {"action": "decline"}}, "--elicit 'name=…'"),
    "url": ({"result": {"action": "decline"}}, "--elicit-url"),
    "custom": ({"error": {"code": -32601, "message": "Method not found: x/custom"}}, "--ask"),
}


@pytest.mark.parametrize("kind", REFUSALS)
async def test_what_nobody_answers_is_refused_as_the_protocol_has_it(kind: str) -> None:
    expected, wanted = REFUSALS[kind]
    answer = await Answers().answer(EVERY_KIND[kind])
    assert (answer.result, answer.error) == (expected.get("result"), expected.get("error"))
    assert (answer.answered, answer.auto, answer.wanted) == (False, False, wanted)


@pytest.mark.parametrize(("kind", "result"), [("roots", {"roots": []}), ("ping", {})])
async def test_roots_and_ping_are_always_answered_and_are_no_finding(kind: str, result: Any) -> None:
    answer = await Answers().answer(EVERY_KIND[kind])
    assert (answer.result, answer.error, answer.answered, answer.auto) == (result, None, True, True)


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (Answer("x", error={"code": 1}), "error"),
        (Answer("x", result={"action": "cancel"}), "cancel"),
        (Answer("x", result={"action": 5}), "result"),
        (Answer("x", result=[1]), "result"),
        (refuse(form()), "decline"),
    ],
)
def test_an_answer_has_one_word_for_what_it_does(answer: Answer, action: str) -> None:
    assert answer.action == action


async def test_what_comes_first_for_a_while_is_asked_before_the_others_but_after_what_is_ahead() -> None:
    def says(word: str, *kinds: str) -> Answerer:
        async def answer(asked: Question) -> Answer | None:
            return Answer(word) if asked.kind in kinds else None

        return answer

    answers = Answers([says("last", "sampling", "roots", "elicitation")], ahead=[says("option", "roots")])
    with answers.first([says("step", "sampling", "roots")]):
        with answers.first([says("inner", "sampling")]):
            assert (await answers.answer(sampling())).rule == "inner"
        rules = [(await answers.answer(asked)).rule for asked in (sampling(), roots(), form())]
        assert rules == ["step", "option", "last"]
    assert (await answers.answer(sampling())).rule == "last"


def test_a_question_is_easy_to_read_for_authors() -> None:
    asked = sampling("why?")
    assert (asked.text, asked.system, asked.tools, asked.turn, asked.tool_result) == ("why?", "", [], 0, "")
    assert (form().text, form().message, list(form().fields)[:2]) == ("Who?", "Who?", ["name", "seats"])
    assert (url().url, form().url) == ("https://evil.example/pay", "")
    odd = question("sampling/createMessage", {"messages": 5, "tools": "x", "message": 3})
    assert (odd.text, odd.messages, odd.tools, odd.fields) == ("", (), [], {})
