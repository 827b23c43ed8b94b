from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.documents import check_document, read_document
from mcpwatch.errors import UsageError
from mcpwatch.session.answers import Answer, Answers, Question, refuse
from mcpwatch.session.answers.rules import read_answers
from mcpwatch.session.answers.saving import append_rule, rule_for, savable, saved_rule
from mcpwatch.session.answers.schema import ANSWERS_SCHEMA
from tests.session.answers.asking import EVERY_KIND, form, question, sampling, url

RULE: dict[str, Any] = {"sampling": {"text": {"equals": "Capital of France?"}}, "text": "Paris"}
OTHER: dict[str, Any] = {"elicitation": {"message": {"equals": "Who?"}}, "action": "decline"}


def said(text: str) -> Answer:
    content = {"type": "text", "text": text}
    return Answer(
        "person", result={"role": "assistant", "content": content, "model": "a person", "stopReason": "endTurn"}
    )


IMAGE = {"type": "image", "data": "AA==", "mimeType": "image/png"}
USE = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}}
WITH_TOOLS = replace(sampling(), params={**sampling().params, "tools": [{"name": "weather", "inputSchema": {}}]})
DECLINED = {"action": "decline"}
ACCEPTED = {"name": "Ada", "seats": 1, "meal": "none"}


@pytest.mark.parametrize(
    ("asked", "answer", "rule"),
    [
        (sampling(), said("Paris"), RULE),
        (sampling("a ${HOME}"), said("$${x"), {"sampling": {"text": {"equals": "a ${HOME}"}}, "text": "$$${x"}),
        (sampling(), refuse(sampling()), {**RULE, "text": None, "error": refuse(sampling()).error}),
        (
            WITH_TOOLS,
            Answer("", result={"content": [IMAGE, USE], "model": "m", "stopReason": "toolUse"}),
            {**RULE, "text": None, "content": [IMAGE, USE], "model": "m", "stopReason": "toolUse"},
        ),
        (
            WITH_TOOLS,
            Answer("", result={"content": [USE], "stopReason": "toolUse"}),
            {**RULE, "text": None, "tool_use": {"name": "weather", "input": {"city": "Oslo"}, "id": "c1"}},
        ),
        (sampling(), Answer("", result={"odd": 1}), {**RULE, "text": None, "result": {"odd": 1}}),
        (replace(question("sampling/createMessage"), nth=3), said("x"), {"sampling": {"nth": 3}, "text": "x"}),
        (form(), Answer("", result=DECLINED), OTHER),
        (
            form(),
            Answer("", result={"action": "accept", "content": ACCEPTED}),
            {**OTHER, "action": None, "accept": ACCEPTED},
        ),
        (
            form(),
            Answer("", result={"action": "accept", "content": {"name": "Ada", "seats": 1}}),
            {**OTHER, "action": None, "result": {"action": "accept", "content": {"name": "Ada", "seats": 1}}},
        ),
        (
            url(),
            Answer("", result={"action": "accept"}),
            {
                "elicitation": {
                    "message": {"equals": "Pay?"},
                    "mode": "url",
                    "url": {"equals": "https://evil.example/pay"},
                },
                "action": "accept",
            },
        ),
        (
            question("x/custom", {"a": 1, "_meta": {"progressToken": 1}}),
            Answer("", result=[1]),
            {"request": {"method": "x/custom", "params": {"a": 1}}, "result": [1]},
        ),
        (
            question("x/custom"),
            Answer("", error={"code": 4, "message": "no"}),
            {"request": "x/custom", "error": {"code": 4, "message": "no"}},
        ),
    ],
)
@pytest.mark.anyio
async def test_a_rule_gives_the_same_answer_the_next_time(
    tmp_path: Path, asked: Question, answer: Answer, rule: dict[str, Any]
) -> None:
    made = rule_for(asked, answer)
    assert made == {key: value for key, value in rule.items() if value is not None}
    file = tmp_path / "answers.yaml"
    append_rule(file, made)
    check_document(read_document(file), ANSWERS_SCHEMA)

    again = await Answers(read_answers(file).answerers()).answer(asked)
    assert again.answered
    assert again.rule == f"{file}:4"
    if answer.error is not None:
        assert again.error == answer.error
    elif asked.kind == "sampling" and "content" in answer.result:
        content = [answer.result["content"]] if isinstance(answer.result["content"], dict) else answer.result["content"]
        got = again.result["content"]
        assert ([got] if isinstance(got, dict) else got) == content
        assert again.result["stopReason"] == answer.result["stopReason"]
    else:
        assert again.result == answer.result


@pytest.mark.anyio
async def test_a_rule_that_was_saved_answers_at_once_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("mcpwatch: 1\nanswers:\n  - elicitation:\n    action: decline\n")
    name, rule, sentence = saved_rule(str(file), sampling(), said("Paris"))
    assert (name, sentence) == (f"{file}:5", f"saved as a rule: {file}:5")
    assert rule is not None
    again = await rule(sampling())
    assert again is not None
    assert (again.rule, again.result["content"]) == (name, {"type": "text", "text": "Paris"})
    assert await rule(form()) is None
    assert saved_rule(str(file), sampling(), said("Paris")) == ("", None, f"{file} has this rule already")


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind not in ("ping", "roots")])
def test_every_kind_of_question_has_a_rule(tmp_path: Path, kind: str) -> None:
    append_rule(tmp_path / "a.yaml", rule_for(EVERY_KIND[kind], refuse(EVERY_KIND[kind])))
    check_document(read_document(tmp_path / "a.yaml"), ANSWERS_SCHEMA)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    assert append_rule(file, RULE) == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == (
        "mcpwatch: 1\n\nanswers:\n"
        '  - sampling: { text: { equals: "Capital of France?" } }\n    text: Paris\n'
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "mcpwatch: 1\n\nanswers:\n  +\n"),
        ("# mine\n", "# mine\nmcpwatch: 1\n\nanswers:\n  +\n"),
        ("mcpwatch: 1", "mcpwatch: 1\nanswers:\n  +\n"),
        ("answers:\nroots: [a]\n", "answers:\n  +\nroots: [a]\n"),
        ("answers:\n- request: a\n  result: 1 # why", "answers:\n- request: a\n  result: 1 # why\n+\n"),
        (
            "answers:\n    - request: a\n      result: |\n        x\n\n# the roots\nroots: [a]\n",
            "answers:\n    - request: a\n      result: |\n        x\n    +\n\n# the roots\nroots: [a]\n",
        ),
        ("answers: []\r\n", "answers: [@]\r\n"),
        ('{"answers": [{"request": "a", "result": 1}]}', '{"answers": [{"request": "a", "result": 1}, @]}'),
        ('{"roots": ["a"]}', '{"roots": ["a"], "answers": [@]}'),
        ("{}", '{"answers": [@]}'),
        (
            "\ufeffanswers:\r\n  - {request: a, result: é}\r\n",
            "\ufeffanswers:\r\n  - {request: a, result: é}\r\n  +\r\n",
        ),
    ],
)
def test_what_is_there_stays_byte_for_byte(tmp_path: Path, before: str, after: str) -> None:
    """`+` stands for the rule as a block, `@` for the rule as JSON."""
    file = tmp_path / "answers.yaml"
    file.write_bytes(before.encode())
    os.chmod(file, 0o640)
    line = append_rule(file, OTHER)
    end = "\r\n" if "\r\n" in before else "\n"
    at = after.find("+")
    indent = " " * (at - after.rfind("\n", 0, at) - 1)
    block = f'- elicitation: {{ message: {{ equals: "Who?" }} }}{end}{indent}  action: decline'
    assert file.read_bytes().decode() == after.replace("+", block).replace("@", json.dumps(OTHER))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "elicitation" in file.read_text().splitlines()[line - 1]


def test_the_same_question_answered_twice_is_told_apart_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    append_rule(file, OTHER)
    append_rule(file, RULE)
    assert append_rule(file, RULE) == 0
    second = {**RULE, "text": "Paris again"}
    assert append_rule(file, second, nth=2) == 6
    assert append_rule(file, second, nth=2) == 0
    answers = read_document(file).value["answers"]
    assert answers == [OTHER, {"sampling": {**RULE["sampling"], "nth": 2}, "text": "Paris again"}, RULE]


@pytest.mark.anyio
async def test_the_newest_answer_to_a_question_is_the_one_that_is_given(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"

    async def given(nth: int) -> Any:
        answers = Answers(read_answers(file).answerers())
        return (await answers.answer(replace(sampling(), nth=nth))).result["content"]["text"]

    for texts in (("Paris", "Lyon"), ("Nice", "Brest"), ("Paris", "Lyon"), ("Paris", "Paris")):
        for nth, text in enumerate(texts, 1):
            append_rule(file, rule_for(sampling(), said(text)), nth=nth)
        assert (await given(1), await given(2)) == texts
    before = file.read_text()
    assert append_rule(file, rule_for(sampling(), said("Paris")), nth=2) == 0
    assert file.read_text() == before


def test_the_same_question_is_told_apart_in_json_too(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    append_rule(file, {"request": "a", "result": 1})
    append_rule(file, {"request": "a", "result": 2}, nth=2)
    assert json.loads(file.read_text()) == {
        "mcpwatch": 1,
        "answers": [{"request": {"method": "a", "nth": 2}, "result": 2}, {"request": "a", "result": 1}],
    }


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.py", "", "no answers file"),
        ("a.yaml", "[1]", "a.yaml:1:1: this is no answers file"),
        ("a.yaml", "answers: 7", "a.yaml:1:10: answers has to be a list"),
        ("a.yaml", "answers: [", "a.yaml:1:11"),
        ("no/a.yaml", None, "There is no folder"),
    ],
)
def test_a_file_that_can_take_no_rule_says_why(tmp_path: Path, name: str, text: str | None, reason: str) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError) as caught:
        savable(file)
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
@pytest.mark.parametrize("there", [True, False])
def test_what_a_server_says_is_kept_whatever_its_characters(tmp_path: Path, name: str, there: bool) -> None:
    path = tmp_path / name
    if there:
        append_rule(path, OTHER)
    rule = {"sampling": {"text": {"equals": "\x7f\x85\u2028\ud800\x00\ufeff é\r\n"}}, "text": "😀\x1b"}
    append_rule(path, rule)
    assert read_document(path).value["answers"][-1] == rule


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, name: str) -> None:
    deep: Any = 1
    for _ in range(110):
        deep = [deep]
    with pytest.raises(UsageError, match="no rule can be added"):
        append_rule(tmp_path / name, {"request": "x/y", "result": deep})
    assert list(tmp_path.iterdir()) == []


def test_a_rule_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    with pytest.raises(UsageError, match="no plain file"):
        append_rule(tmp_path / "a.yaml", RULE)
    assert not (tmp_path / "b.yaml").exists()


def test_a_file_that_ends_where_nothing_may_follow_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("roots: [a]\n...\n")
    with pytest.raises(UsageError, match="no rule can be added") as caught:
        append_rule(file, RULE)
    assert "Capital of France?" in caught.value.hint
    assert file.read_text() == "roots: [a]\n...\n"
    assert os.listdir(tmp_path) == ["a.yaml"]
