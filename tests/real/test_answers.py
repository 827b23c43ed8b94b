"""Answers files on the servers that people have: forms, pages, images, tools over several turns, input rounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.real.running import command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


def call(
    servers: Path, name: str, folder: Path, rules: str, *words: str, era: str = "auto", file: str = "a.yaml"
) -> str:
    (folder / file).write_text(rules)
    argv = ("call", *words, "--answers", file, "--era", era, "--", *command(servers, name, folder))
    # Some of these servers warn on stderr that what they do is deprecated; that is theirs to say.
    ran = mcpwatch(*argv, cwd=folder, env={"PYTHONWARNINGS": "ignore"})
    assert ran.code == 0, ran.err
    assert not [line for line in ran.err.splitlines() if line.startswith("unused:")]
    return ran.out


def text(printed: str) -> str:
    """What a tool that returns a text said, whether as text or as structured content."""
    return json.loads(printed)["result"]


def test_everything_samples(servers_folder: Path, folder: Path) -> None:
    rules = "answers:\n- sampling: { text: hello, tool: trigger-sampling-request }\n  text: 'so: ${question.text}'\n"
    said = call(servers_folder, "everything", folder, rules, "trigger-sampling-request", "prompt=hello")
    assert "so: Resource trigger-sampling-request context: hello" in said


def test_everything_gets_an_image(servers_folder: Path, folder: Path) -> None:
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n")
    rules = "answers:\n- sampling:\n  content: { type: image, file: dot.png }\n  model: painter\n"
    said = call(servers_folder, "everything", folder, rules, "trigger-sampling-request", "prompt=x")
    assert '"mimeType": "image/png"' in said and '"model": "painter"' in said


def test_everything_has_its_form_filled_in(servers_folder: Path, folder: Path) -> None:
    rules = "answers:\n- elicitation: { fields: [name, email] }\n  accept: { name: Ada, email: ada@example.com }\n"
    said = call(servers_folder, "everything", folder, rules, "trigger-elicitation-request")
    assert "Name: Ada" in said and "ada@example.com" in said


def test_everything_sends_to_a_page(servers_folder: Path, folder: Path) -> None:
    rules = "answers:\n- elicitation: { url: { regex: '^https://example.com/' } }\n  action: accept\n"
    url = "url=https://example.com/in"
    assert "accept" in call(servers_folder, "everything", folder, rules, "trigger-url-elicitation", url).lower()


def test_everything_finds_the_roots(servers_folder: Path, folder: Path) -> None:
    said = call(servers_folder, "everything", folder, "roots: [data]\n", "get-roots-list")
    assert (folder / "data").as_uri() in said


TURNS = """
answers:
  - sampling: { text: What is 17, tools: [ multiply ] }
    turns:
      - tool_use: { name: multiply, input: { a: 17, b: 4 } }
      - text: "17 times 4 is ${question.tool_result}."
"""


def test_fastmcp_runs_its_tool_between_two_turns(servers_folder: Path, folder: Path) -> None:
    said = call(servers_folder, "fastmcp3", folder, TURNS, "ask_with_tools", "question=What is 17 times 4?")
    assert text(said) == "17 times 4 is 68."


def test_a_python_file_holds_the_same_conversation(servers_folder: Path, folder: Path) -> None:
    functions = (
        "def sampling(question):\n"
        "    if question.turn == 0:\n"
        "        return {'type': 'tool_use', 'name': 'multiply', 'input': {'a': 17, 'b': 4}}\n"
        "    return f'It is {question.tool_result}.'\n"
    )
    words = ("ask_with_tools", "question=What is 17 times 4?")
    assert text(call(servers_folder, "fastmcp3", folder, functions, *words, file="a.py")) == "It is 68."


@pytest.mark.parametrize(
    ("name", "tool", "era"),
    [
        ("fastmcp3", "ask", "auto"),
        ("fastmcp4", "ask_push", "legacy"),
        ("fastmcp4", "ask_round", "modern"),
        ("sdk", "ask_push", "legacy"),
        ("sdk", "ask_round", "modern"),
    ],
)
def test_sampling_is_answered_however_the_server_asks(
    name: str, tool: str, era: str, servers_folder: Path, folder: Path
) -> None:
    rules = f"answers:\n- sampling: {{ text: France, tool: {tool}, params: {{ maxTokens: '<=50' }} }}\n  text: Paris\n"
    printed = call(servers_folder, name, folder, rules, tool, "question=Capital of France?", era=era)
    assert printed == "Paris\n" or text(printed) == "Paris"


@pytest.mark.parametrize(("tool", "era"), [("turns_push", "legacy"), ("turns_round", "modern")])
def test_fastmcp_4_runs_its_tool_between_two_turns_in_both_eras(
    tool: str, era: str, servers_folder: Path, folder: Path
) -> None:
    said = call(servers_folder, "fastmcp4", folder, TURNS, tool, "question=What is 17 times 4?", era=era)
    assert "17 times 4 is 68." in said


@pytest.mark.parametrize(("tool", "era"), [("turns_push", "legacy"), ("turns_round", "modern")])
def test_fastmcp_4_gets_an_image_in_both_eras(tool: str, era: str, servers_folder: Path, folder: Path) -> None:
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n")
    rules = "answers:\n- sampling:\n  content: { type: image, file: dot.png }\n"
    assert "image:image/png" in call(servers_folder, "fastmcp4", folder, rules, tool, "question=Draw a dot", era=era)


def test_a_form_and_the_roots_of_fastmcp(servers_folder: Path, folder: Path) -> None:
    rules = "answers:\n- elicitation: Who travels\n  accept: { name: Ada, meal: vegan }\n"
    assert "name='Ada', seats=2, meal='vegan'" in call(servers_folder, "fastmcp3", folder, rules, "form")
    listed = json.loads(call(servers_folder, "fastmcp3", folder, "roots: [data]\n", "roots"))
    assert (folder / "data").as_uri() in str(listed)
