from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch.documents import parse_document
from mcpwatch.errors import UsageError
from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.rules import Rules, read_answers, rules_from
from tests.session.answers.asking import EVERY_KIND, form, question, roots, sampling, url

pytestmark = pytest.mark.anyio


def rules(text: str, folder: Path = Path(), **more: Any) -> Rules:
    return rules_from(parse_document(text, "a.yaml"), folder=folder, **more)


def write(folder: Path, text: str, name: str = "a.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


async def said(answers: Answers, *questions: Question) -> list[str]:
    """What each sampling question was answered with; the error's message where it was refused."""
    found = [await answers.answer(one) for one in questions]
    return [one.result["content"]["text"] if one.error is None else one.error["message"] for one in found]


async def test_the_first_rule_that_matches_answers_and_is_named_with_its_line() -> None:
    text = "answers:\n- sampling: Spain\n  text: Madrid\n- sampling: France\n  text: Paris\n- sampling:\n  text: any\n"
    answers = Answers(rules(text).answerers())
    answer = await answers.answer(sampling("Capital of France?"))
    assert (answer.rule, answer.result["content"]["text"]) == ("a.yaml:4", "Paris")
    assert await said(answers, sampling("Capital of Peru?")) == ["any"]


async def test_a_list_is_one_text_each_time_and_then_the_rule_is_used_up() -> None:
    answers = Answers(rules("answers:\n- {sampling: , text: [a, b]}\n- {sampling: , text: c}\n").answerers())
    assert await said(answers, sampling(), sampling(), sampling()) == ["a", "b", "c"]


async def test_each_holds_answers_of_any_form() -> None:
    text = "answers:\n- elicitation:\n  each: [{accept: {name: Ada}}, {action: cancel}, {error: broken}]\n"
    answers = Answers(rules(text).answerers())
    given = [await answers.answer(form()) for _ in range(4)]
    assert [one.action for one in given] == ["accept", "cancel", "error", "decline"]
    assert [one.answered for one in given] == [True, True, True, False]
    assert given[-1].wanted == "a.yaml:2 has 3 answers, and they are used up"


async def test_questions_that_come_together_get_an_answer_each() -> None:
    answers = Answers(rules("answers:\n- {sampling: , text: [a, b, c], delay: 1ms}\n").answerers())
    got: list[str] = []

    async def one() -> None:
        got.extend(await said(answers, sampling()))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)
    assert sorted(got) == ["a", "b", "c"]


TOOLS = [{"name": "add", "inputSchema": {"type": "object"}}]
TURNS = """
answers:
- sampling: 1 + 2
  turns:
  - tool_use: { name: add, input: { a: 1, b: 2 } }
  - text: "It is ${question.tool_result}."
"""


def conversation(turns: int) -> Question:
    asked = sampling("What is 1 + 2?")
    call: dict[str, Any] = {"type": "tool_use", "id": "call_1", "name": "add", "input": {}}
    back = {"type": "tool_result", "toolUseId": "call_1", "content": [{"type": "text", "text": "3"}]}
    more = [{"role": "assistant", "content": call}, {"role": "user", "content": back}] * turns
    return replace(asked, params={**asked.params, "tools": TOOLS, "messages": [*asked.messages, *more]})


async def test_a_turn_is_chosen_by_how_often_tools_were_run() -> None:
    made = rules(TURNS)
    answers = Answers(made.answerers())
    first = await answers.answer(conversation(0))
    assert (first.result["content"]["name"], first.result["stopReason"]) == ("add", "toolUse")
    assert await said(answers, conversation(1), conversation(1)) == ["It is 3."] * 2
    beyond = await answers.answer(conversation(2))
    assert (beyond.answered, beyond.wanted) == (False, "a.yaml:3 has 2 turns, and this is turn 3")
    assert made.unused() == []


async def test_a_page_to_visit_is_accepted_only_by_a_rule_that_names_pages() -> None:
    plain = Answers(rules("answers:\n- {elicitation: , action: accept}\n- {elicitation: , accept: {}}\n").answerers())
    assert not (await plain.answer(url())).answered
    assert (await Answers(rules("answers:\n- {elicitation: , action: cancel}\n").answerers()).answer(url())).answered
    named = Answers(rules("answers:\n- {elicitation: {mode: url}, action: accept}\n").answerers())
    assert (await named.answer(url())).result == {"action": "accept"}


async def test_any_method_has_its_result_its_error_or_its_roots(tmp_path: Path) -> None:
    text = "answers:\n- {request: x/custom, result: {ok: true}}\n- {request: ping, error: {code: 7, message: gone}}\n"
    answers = Answers(rules(text + "- {roots: , folders: [.]}\n", tmp_path).answerers())
    assert (await answers.answer(question("x/custom"))).result == {"ok": True}
    assert (await answers.answer(question("ping"))).error == {"code": 7, "message": "gone"}
    assert (await answers.answer(roots())).result == {"roots": [{"uri": tmp_path.as_uri(), "name": tmp_path.name}]}


async def test_answers_quote_the_question_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY", "Paris")
    text = """
answers:
- request: x/custom
  result: { a: "${question.params.a}", n: "${question.nth}", s: "${question.method} in ${CITY}", l: "$${CITY}" }
- sampling:
  text: "${question.text} ${question.messages[0].role} ${question.during}"
"""
    answers = Answers(rules(text).answerers())
    quoted = {"a": 1, "n": 1, "s": "x/custom in Paris", "l": "${CITY}"}
    assert (await answers.answer(question("x/custom", {"a": 1}))).result == quoted
    assert await said(answers, replace(sampling("why?"), during="work")) == ["why? user work"]


async def test_a_script_looks_up_its_own_names_when_a_rule_answers() -> None:
    saved = {"first": 5}
    made = rules("answers:\n- {request: x/custom, result: '${first}'}\n", look_up=saved.__getitem__)
    answers = Answers(made.answerers())
    saved["first"] = 6
    assert (await answers.answer(question("x/custom"))).result == 6


WRONG = [
    (
        "- elicitation: Who\n  accept: {seats: many, name: Ada}\n",
        form(),
        "a.yaml:3:19: ",
        "not of type 'integer'",
        "decline",
    ),
    ("- elicitation: Who\n  accept: {}\n", form(), "a.yaml:3:11: ", "the form needs name", "decline"),
    ("- elicitation: Who\n  accept: {nam: a}\n", form(), "a.yaml:3:12: ", "no field 'nam'", "decline"),
    ("- sampling:\n  tool_use: {name: add}\n", sampling(), "a.yaml:3:20: ", "not offered", "error"),
    ("- sampling:\n  each:\n  - content: [{type: text}]\n", sampling(), "a.yaml:4:15: ", "needs text", "error"),
    (
        "- sampling:\n  text: '${question.params.nothing}'\n",
        sampling(),
        "a.yaml:3:9: ",
        "there is no 'nothing'",
        "error",
    ),
    ("- roots:\n  folders: [nowhere]\n", roots(), "a.yaml:3:13: ", "nowhere is no folder", "result"),
]


@pytest.mark.parametrize(("text", "asked", "place", "why", "heard"), WRONG, ids=[row[3] for row in WRONG])
async def test_a_rule_that_does_not_fit_is_a_problem_and_the_server_hears_a_refusal(
    text: str, asked: Question, place: str, why: str, heard: str
) -> None:
    answers = Answers(
        [*rules("answers:\n" + text).answerers(), *rules("answers:\n- {sampling: , text: x}").answerers()]
    )
    answer = await answers.answer(asked)
    assert (answer.rule, answer.answered, answer.action) == ("a.yaml:2", False, heard)
    assert [str(problem) for problem in answers.problems] == [answer.wanted]
    assert answer.wanted.startswith(place) and why in answer.wanted, answer.wanted


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{sampling: {text: {regex: '('}}, text: a}", "a.yaml:2:29: '(' is no regular expression"),
        ("{sampling: {metadata: {a: [{regex: '('}]}}, text: a}", "a.yaml:2:38: '(' is no regular expression"),
        ("{sampling: , text: []}", "a.yaml:2:22: text: it must not be empty."),
        ("{sampling: , text: '${question}'}", "a.yaml:2:22: ${question}: what of the question?"),
        (
            "{sampling: , text: '${NOT_SET_AT_ALL}'}",
            "a.yaml:2:22: ${NOT_SET_AT_ALL}: the environment variable is not set.",
        ),
        ("{sampling: , text: '${question.txt}'}", "a.yaml:2:22: ${question.txt}: a question has no 'txt'."),
        ("{sampling: , each: [{text: a}, {text: '${a b}'}]}", "a.yaml:2:41: ${a b}: no name of an environment"),
        ("{elicitation: {mode: url}, accept: {a: 1}}", "a.yaml:2:38: a page to visit takes no fields."),
    ],
)
def test_what_is_wrong_without_any_question_is_told_when_the_file_is_read(rule: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        rules(f"answers:\n- {rule}\n")
    assert str(caught.value).startswith(said)


async def test_what_was_never_needed_is_said() -> None:
    made = rules(
        "answers:\n- {sampling: France, text: Paris}\n- {elicitation: , each: [{action: cancel}, {accept: {}}]}\n"
    )
    answers = Answers(made.answerers())
    assert made.unused()[0] == "a.yaml:2: sampling 'France' never matched"
    await answers.answer(sampling("France"))
    await answers.answer(form())
    assert made.unused() == ["a.yaml:3: elicitation gave 1 of its 2 answers"]


async def test_a_file_has_rules_and_roots(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    text = "mcpwatch: 1\nroots: [data]\nanswers:\n- {roots: {nth: 2}, error: moved}\n"
    answers = Answers(read_answers(write(tmp_path, text)).answerers())
    assert await answers.answer(roots()) == Answer(
        f"{tmp_path / 'a.yaml'}:2",
        result={"roots": [{"uri": (tmp_path / "data").as_uri(), "name": "data"}]},
    )
    assert (await answers.answer(replace(roots(), nth=2))).error == {"code": -1, "message": "moved"}


async def test_json_and_an_empty_list_are_answers_files_too(tmp_path: Path) -> None:
    made = read_answers(write(tmp_path, '{"answers": [{"sampling": "", "text": "a"}]}', "a.json"))
    assert await said(Answers(made.answerers()), sampling()) == ["a"]
    assert read_answers(write(tmp_path, "answers: []\n")).answerers() == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "answers: []", "a.txt is no answers file"),
        ("a.yaml", "mcpwatch: 1\nsteps: []\n", "a.yaml is a script"),
        ("a.yaml", "answers: [", "a.yaml:1:11: not YAML: a value was expected here."),
        ("a.yaml", "answers:\n- sampling: a\n  sampling: b\n", "a.yaml:3:3: the key 'sampling' is there twice"),
        ("a.yaml", "roots: [none]", "a.yaml:1:9: none is no folder."),
        (
            "a.yaml",
            "roots: ['${NOT_SET_AT_ALL}']",
            "a.yaml:1:9: ${NOT_SET_AT_ALL}: the environment variable is not set.",
        ),
        ("a.yaml", "rules: []", "a.yaml:1:1: unknown key 'rules'."),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_answers(write(tmp_path, text, name))
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "a.py"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_answers(tmp_path / name)


async def test_rules_take_nothing_of_another_kind() -> None:
    made = rules("answers:\n- {sampling: , text: a}\n- {elicitation: {mode: form}, accept: {name: a}}\n").answerers()
    taken = {kind for kind, asked in EVERY_KIND.items() for one in made if await one(asked) is not None}
    assert taken == {"sampling", "form"}
