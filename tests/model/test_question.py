from __future__ import annotations

from typing import Any

import pytest

from tests.model.story import Story


def test_a_question_waits_until_its_answer_crosses_the_wire() -> None:
    story = Story().legacy()
    story.call(id=1)
    asked = story.ask("sampling/createMessage", {"maxTokens": 5}, id=1, at=30.0)
    question = story.timeline.question(asked)
    assert question is not None
    assert (question.kind, question.waiting, question.params) == ("sampling", True, {"maxTokens": 5})
    assert question.during is story.timeline.exchanges[1]
    answered = story.result({"role": "assistant"}, id=1, dir="c2s", at=30.5)
    assert (question.state, question.answered, question.ms, question.answer_seq) == ("answered", 30.5, 500.0, answered)
    assert question.params == {"maxTokens": 5} and question.answer == {"role": "assistant"}


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("sampling/createMessage", "sampling"),
        ("elicitation/create", "elicitation"),
        ("roots/list", "roots"),
        ("ping", "ping"),
        ("x/custom", "other"),
    ],
)
def test_every_request_of_a_server_is_a_question_of_some_kind(method: str, kind: str) -> None:
    story = Story().legacy()
    story.ask(method)
    assert [one.kind for one in story.timeline.unanswered()] == [kind]


def test_a_request_of_a_server_with_a_null_id_is_a_question_that_stays() -> None:
    story = Story().legacy()
    story.ask("ping", id=None)
    story.ask("ping", id=1.5)
    assert len(story.timeline.unanswered("server")) == 2


def test_a_note_says_which_rule_answered_before_or_after_the_answer() -> None:
    story = Story().legacy()
    one, two = story.ask("roots/list", id=1), story.ask("sampling/createMessage", id=2)
    story.note("answered", one, rule="--root", auto=True)
    assert story.timeline.questions[0].waiting
    story.result({"roots": []}, id=1, dir="c2s")
    story.result({}, id=2, dir="c2s")
    story.note("answered", two, rule="answers.yaml:12", who="rule")
    found = [(one.state, one.rule, one.who) for one in story.timeline.questions]
    assert found == [("answered", "--root", "auto"), ("answered", "answers.yaml:12", "rule")]


def test_a_question_without_an_answer_names_the_option_that_has_one() -> None:
    story = Story().legacy()
    asked = story.ask("elicitation/create", {"message": "Who?"})
    story.note("unanswered", asked, method="elicitation/create", wanted="--elicit accept")
    story.result({"action": "decline"}, dir="c2s")
    (question,) = story.timeline.questions
    assert (question.unanswered, question.option) == (True, "--elicit accept")
    assert (question.state, question.action, question.mode) == ("answered", "decline", "form")


def test_a_refusal_is_an_error_and_a_decline_is_an_answer() -> None:
    story = Story().legacy()
    story.ask("sampling/createMessage", id=1)
    story.ask("elicitation/create", {"mode": "url"}, id=2)
    story.error("no", id=1, dir="c2s")
    story.result({"action": "cancel"}, id=2, dir="c2s")
    found = [(one.state, one.action, one.mode) for one in story.timeline.questions]
    assert found == [("refused", None, None), ("answered", "cancel", "url")]
    assert story.timeline.questions[0].answer == {"code": -32603, "message": "no", "data": None}


def test_a_server_may_take_its_question_back() -> None:
    story = Story().legacy()
    story.ask("sampling/createMessage", id=9)
    story.tell("notifications/cancelled", {"requestId": 9})
    assert story.timeline.questions[0].state == "cancelled" and story.timeline.unanswered() == []


def test_a_closed_link_leaves_no_question_waiting() -> None:
    story = Story().legacy("alpha").legacy("beta")
    story.ask("roots/list", link="alpha")
    story.ask("roots/list", link="beta")
    story.closed("alpha")
    assert [one.state for one in story.timeline.questions] == ["lost", "waiting"]


def test_an_input_required_result_asks_one_question_an_entry() -> None:
    story = Story().modern()
    story.call(id=1)
    wanted: dict[str, Any] = {
        "a": {"method": "sampling/createMessage", "params": {"maxTokens": 1}},
        "b": {"method": "elicitation/create", "params": {"mode": "url", "url": "https://x"}},
        "c": {"method": "x/new", "params": {"n": 1}},
    }
    asked = story.result({"resultType": "input_required", "inputRequests": wanted, "requestState": "s"}, id=1)
    questions = story.timeline.questions_at(asked)
    assert [(one.key, one.kind, one.mode) for one in questions] == [
        ("a", "sampling", None),
        ("b", "elicitation", "url"),
        ("c", "other", None),
    ]
    assert story.last.questions == tuple(questions)
    story.note("answered", asked, key="a", rule="--sampling")
    assert [one.key for one in story.timeline.unanswered()] == ["b", "c"]
    given: dict[str, Any] = {"a": {"role": "assistant"}, "b": {"action": "accept"}, "c": {"x": 1}}
    second = story.call(id=2, more={"inputResponses": given, "requestState": "s"})
    assert [one.state for one in questions] == ["answered"] * 3
    assert [one.answer_seq for one in questions] == [second] * 3
    assert [one.params for one in questions] == [one["params"] for one in wanted.values()]
    assert [one.answer for one in questions] == list(given.values())
    assert [(one.rule, one.action) for one in questions] == [("--sampling", None), (None, "accept"), (None, None)]


def test_a_refused_round_leaves_nothing_waiting() -> None:
    story = Story().modern()
    story.call(id=1)
    wanted: dict[str, Any] = {"a": {"method": "sampling/createMessage"}}
    asked = story.result({"resultType": "input_required", "inputRequests": wanted}, id=1)
    story.note("unanswered", asked, key="a", wanted="--sampling TEXT")
    (question,) = story.timeline.questions
    assert (question.state, question.option) == ("refused", "--sampling TEXT")
    assert story.timeline.waiting() == [] and story.last.state == "input_required"


def test_a_round_of_which_one_question_is_refused_goes_no_further() -> None:
    story = Story().modern()
    story.call(id=1)
    wanted: dict[str, Any] = {"a": {"method": "elicitation/create"}, "b": {"method": "roots/list"}}
    asked = story.result({"resultType": "input_required", "inputRequests": wanted}, id=1)
    story.note("answered", asked, key="a", rule="person", action="accept")
    assert not story.last.stopped
    error = {"code": -1, "message": "not today"}
    story.note("answered", asked, key="b", rule="person", error=error)
    story.note("not-continued", asked, reason="roots/list was not answered: not today")
    assert [(one.state, one.answer) for one in story.timeline.questions] == [("answered", None), ("refused", error)]
    assert story.last.stopped and story.last.reason == "roots/list was not answered: not today"
    assert story.timeline.waiting() == []


def test_a_decline_that_nobody_chose_is_an_answer_in_both_eras() -> None:
    story = Story().modern()
    story.call(id=1)
    wanted = {"a": {"method": "elicitation/create"}}
    asked = story.result({"resultType": "input_required", "inputRequests": wanted}, id=1)
    story.note("unanswered", asked, key="a", action="decline", wanted="--elicit accept")
    story.call(id=2, more={"inputResponses": {"a": {"action": "decline"}}})
    (question,) = story.timeline.questions
    assert (question.state, question.action, question.unanswered) == ("answered", "decline", True)


def test_a_second_round_may_ask_the_same_key_again() -> None:
    story = Story().modern()
    asks: dict[str, Any] = {
        "resultType": "input_required",
        "inputRequests": {"k": {"method": "roots/list"}},
        "requestState": "s",
    }
    answers: dict[str, Any] = {"inputResponses": {"k": {"roots": []}}, "requestState": "s"}
    story.call(id=1)
    story.result(asks, id=1)
    second = story.call(id=2, more=answers)
    story.result(asks, id=2)
    assert [one.state for one in story.timeline.questions] == ["answered", "waiting"]
    third = story.call(id=3, more=answers)
    assert [one.answer_seq for one in story.timeline.questions] == [second, third]
    assert len(story.last.rounds) == 3


def test_over_stdio_a_question_belongs_to_the_only_call_in_flight() -> None:
    story = Story().legacy()
    story.request("tools/list", {}, id=1)
    story.ask("roots/list", id=1)
    call = story.call(id=2)
    story.ask("roots/list", id=2)
    story.call(id=3)
    story.ask("roots/list", id=3)
    during = [one.during.seq if one.during else None for one in story.timeline.questions]
    assert during == [None, call, None]


def test_over_http_a_question_belongs_to_the_call_on_whose_stream_it_came() -> None:
    story = Story().legacy(transport="http")
    one, two = story.call(id=1, xid=11), story.call(id=2, xid=12)
    story.ask("roots/list", id=1, xid=12)
    story.ask("roots/list", id=2, xid=11)
    story.ask("roots/list", id=3, xid=3)
    during = [q.during.seq if q.during else None for q in story.timeline.questions]
    assert during == [two, one, None]
