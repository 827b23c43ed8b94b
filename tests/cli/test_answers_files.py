"""`--answers`: rules and functions from files, in both eras, and what is said of those that are wrong or not needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.events import Note
from tests.cli.running import DEMO, QUICK, events, exit_of, mcpwatch

RULES = """\
mcpwatch: 1
roots: [ data ]
answers:
  - sampling: Capital of France
    text: Paris
  - elicitation: { message: Who travels, fields: seats }
    accept: { name: Ada, seats: 3 }
  - elicitation: { mode: url, url: example.com }
    action: accept
  - request: x/custom
    result: { ok: true }
"""
FUNCTIONS = """\
import mcpwatch

def sampling(question):
    if "France" not in question.text:
        raise mcpwatch.Refuse("ask me about France")
    return "Paris"

async def elicitation(question):
    return "accept" if question.url else {"name": "Ada", "seats": 3}

def roots():
    return ["data"]

def request(question):
    return {"ok": True}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "a.yaml").write_text(RULES)
    (tmp_path / "a.py").write_text(FUNCTIONS)
    return tmp_path


@pytest.mark.parametrize("name", ["a.yaml", "a.py"])
@pytest.mark.parametrize(
    ("tool", "result"),
    [
        ("sample", "Paris"),
        ("form", {"action": "accept", "content": {"name": "Ada", "seats": 3}}),
        ("visit", "accept"),
        ("roots", None),
        ("custom", "answered"),
    ],
)
def test_a_file_answers_every_kind_of_question(folder: Path, name: str, tool: str, result: Any) -> None:
    ran = mcpwatch("call", tool, "--answers", name, *QUICK, cwd=folder)
    assert ran.code == 0
    if result is None:
        result = {"roots": [{"name": "data", "uri": (folder / "data").as_uri()}]}
    assert (ran.out.removesuffix("\n") if isinstance(result, str) else json.loads(ran.out)) == result


def test_the_note_and_the_view_name_the_rule(folder: Path) -> None:
    ran = mcpwatch("run", "--call", "sample", "--answers", "a.yaml", "-o", "t.mcpw.jsonl", *QUICK, cwd=folder)
    assert "by a.yaml:4 (auto)" in ran.out
    (note,) = [one for one in events(folder / "t.mcpw.jsonl") if isinstance(one, Note) and one.what == "answered"]
    assert note.data["rule"] == "a.yaml:4"


def test_rules_that_were_not_needed_are_named_at_the_end(folder: Path) -> None:
    ran = mcpwatch("call", "sample", "--answers", "a.yaml", *QUICK, cwd=folder)
    unused = [line for line in ran.err.splitlines() if line.startswith("unused:")]
    assert unused[0] == "unused: a.yaml:6: elicitation (message: Who travels, fields: seats) never matched"
    assert len(unused) == 3
    ran = mcpwatch("call", "sample", "--answers", "a.py", *QUICK, cwd=folder)
    assert "unused: a.py:8: elicitation() was never called" in ran.err


def test_a_run_that_did_not_get_to_the_end_blames_no_rule(folder: Path) -> None:
    ran = mcpwatch("run", "--call", "nosuch", "--call", "sample", "--answers", "a.yaml", *QUICK, cwd=folder)
    assert ran.code == 2
    assert "unused:" not in ran.err


def test_options_come_before_files_and_files_in_their_order(folder: Path) -> None:
    (folder / "b.yaml").write_text("answers: [{sampling: , text: Lyon}, {elicitation: , action: cancel}]\n")
    ran = mcpwatch("call", "sample", "--answers", "b.yaml", "--answers", "a.yaml", *QUICK, cwd=folder)
    assert ran.out == "Lyon\n"
    ran = mcpwatch("call", "sample", "--answers", "b.yaml", "--sampling", "Nice", *QUICK, cwd=folder)
    assert ran.out == "Nice\n"


@pytest.mark.parametrize("name", ["a.yaml", "a.py"])
def test_what_no_rule_takes_is_refused_and_ends_in_4(folder: Path, name: str) -> None:
    (folder / "a.yaml").write_text("answers: [{sampling: Spain, text: Madrid}]\n")
    (folder / "a.py").write_text("def sampling(question): ...\n")
    ran = mcpwatch("call", "sample", "--answers", name, *QUICK, cwd=folder)
    assert (ran.code, ran.out) == (4, "refused\n")


def test_an_error_that_a_rule_gives_is_an_answer(folder: Path) -> None:
    (folder / "a.yaml").write_text("answers: [{sampling: , error: {code: -7, message: not today}}]\n")
    (folder / "a.py").write_text("import mcpwatch\ndef sampling(q):\n    raise mcpwatch.Refuse('not today', code=-7)\n")
    for name in ("a.yaml", "a.py"):
        ran = mcpwatch("call", "sample", "--answers", name, *QUICK, cwd=folder)
        assert (ran.code, ran.out) == (0, "refused\n")
        assert "error -7" in ran.err and "not today" in ran.err


WRONG = [
    ("a.yaml", "answers: [{elicitation: , accept: {seats: 99}}]\n", "a.yaml:1:35: the form needs name"),
    ("a.yaml", "answers: [{elicitation: , accept: {name: A, seats: 99}}]\n", "a.yaml:1:52: that does not fit the form"),
    ("a.py", "def elicitation(q):\n    return {'nme': 1}\n", "a.py:1: elicitation() returned what does not fit"),
    ("a.py", "def elicitation(q):\n    return q.nothing\n", "a.py:2: elicitation() raised AttributeError"),
]


@pytest.mark.parametrize(("name", "text", "said"), WRONG, ids=[row[2] for row in WRONG])
def test_a_wrong_rule_is_told_with_its_place_the_server_hears_a_refusal_and_it_ends_in_2(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / name).write_text(text)
    ran = mcpwatch("call", "form", "--answers", name, "-o", "t.mcpw.jsonl", *QUICK, cwd=folder)
    assert (ran.code, ran.json) == (2, {"action": "decline"})
    assert f"error: {said}" in ran.err
    (note,) = [one for one in events(folder / "t.mcpw.jsonl") if isinstance(one, Note) and one.what == "unanswered"]
    assert said in note.data["wanted"]
    assert exit_of(folder / "t.mcpw.jsonl") == 2


BAD_FILES = [
    ("a.yaml", "answers: [\n", "not YAML"),
    ("a.yaml", "answers: [{samplng: a, text: b}]\n", "a.yaml:1:12: unknown key 'samplng'."),
    ("a.yaml", "answers: [{sampling: a, text: '${MCPWATCH_NOT_SET}'}]\n", "the environment variable is not set"),
    ("a.yaml", "mcpwatch: 1\ntarget: x\nsteps: []\n", "a.yaml is a script"),
    ("a.py", "import nothing_of_that_name\n", "a.py:1: it cannot be imported: ModuleNotFoundError"),
    ("a.py", "def sampling(:\n", "not Python"),
    ("a.txt", "", "no answers file"),
]


@pytest.mark.parametrize(("name", "text", "said"), BAD_FILES, ids=[row[2] for row in BAD_FILES])
def test_a_file_that_is_none_is_refused_before_anything_starts(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    ran = mcpwatch("call", "sample", "--answers", name, "-o", "t.mcpw.jsonl", *QUICK, cwd=folder)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.startswith("error: ")
    assert not (folder / "t.mcpw.jsonl").exists()


DEMO_RULES = """\
answers:
  - sampling: { text: sky, system: curious child, model: haiku, metadata: { trace: { sampled: true } } }
    text: "You asked: ${question.text}"
  - sampling: { text: { regex: "^Plan a trip for Ada" } }
    text: Take a train.
  - elicitation: { fields: [ name, budget ] }
    accept: { name: Grace, seats: 4, meal: fish }
  - elicitation: Who travels
    accept: { name: Ada }
  - elicitation: { mode: url }
    action: cancel
"""


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_same_rules_answer_in_both_eras(era: str, folder: Path) -> None:
    (folder / "a.yaml").write_text(DEMO_RULES)
    calls = ("--call", "ask_model", "--call", "ask_person", "--call", "sign_in", "--call", "plan_trip")
    ran = mcpwatch("run", "--era", era, *calls, "--answers", "a.yaml", "--json", *DEMO, cwd=folder)
    assert ran.code == 0
    texts = [step["result"]["content"][0]["text"] for step in ran.json["steps"]]
    assert texts[0] == "mcpwatch said: You asked: Why is the sky blue?"
    assert "name=Grace" in texts[1] and "meal=fish" in texts[1] and "budget=99.5" in texts[1]
    assert texts[2] == "The person chose to cancel."
    assert texts[3] == "mcpwatch said: Take a train."
    assert "unused:" not in ran.err


def test_a_question_knows_its_tool_and_its_number(folder: Path) -> None:
    text = "answers:\n- {sampling: {tool: sample, nth: 2}, text: second}\n- {sampling: {tool: sample}, text: first}\n"
    (folder / "a.yaml").write_text(text)
    ran = mcpwatch("run", "--call", "sample", "--call", "sample", "--answers", "a.yaml", "--json", *QUICK, cwd=folder)
    assert [step["result"]["content"][0]["text"] for step in ran.json["steps"]] == ["first", "second"]
