"""The command that a hint proposes: what was typed, with the option that helps."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from mcpwatch.cli.again import Typed, command_with, connection_words
from tests.cli.running import SERVERS, mcpwatch


@pytest.mark.parametrize(
    ("words", "option", "line"),
    [
        ("run s.py --call 'a b=1'", "--era legacy", "mcpwatch run s.py --call 'a b=1' --era legacy"),
        ("call s.py a --era auto x=1", "--era legacy", "mcpwatch call s.py a x=1 --era legacy"),
        ("run --era=modern s.py", "--era legacy", "mcpwatch run s.py --era legacy"),
        ("run s.py --root a", "--root DIR", "mcpwatch run s.py --root a --root DIR"),
        ("run s.py --without sampling -q", "", "mcpwatch run s.py -q"),
        ("demo --era modern", "--era legacy", "mcpwatch demo --era legacy"),
    ],
)
def test_the_line_that_was_typed_comes_back_with_the_option(words: str, option: str, line: str) -> None:
    assert command_with(Typed(shlex.split(words)), option) == line
    command = Typed(shlex.split(words), ("npx", "-y", "my srv"))
    assert command_with(command, option) == f"{line} -- npx -y 'my srv'"


@pytest.mark.parametrize(
    ("words", "option"),
    [((), "--era legacy"), (("run", "s.py"), ""), (("demo",), "--sampling TEXT")],
    ids=["nothing typed", "nothing left undeclared", "an option that the demo has not got"],
)
def test_a_line_that_would_be_no_help_is_none(words: tuple[str, ...], option: str) -> None:
    assert command_with(Typed(words), option) is None


def test_a_hint_in_a_run_proposes_the_users_own_command_without_its_secrets() -> None:
    server = ("--", sys.executable, str(SERVERS / "good" / "sdk_server.py"))
    steps = ("--call", "ask_push question=sesame", "--era", "modern", "--call", "add a=1")
    ran = mcpwatch("run", "--redact-pattern", "sesame", *steps, *server)
    lines = ran.err.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("hint: The server asks the client back"))
    command = lines[at + 1].strip()
    assert command.startswith("mcpwatch run --redact-pattern ")
    assert f"--call 'add a=1' --era legacy -- {sys.executable} " in command and command.endswith("sdk_server.py")
    assert "modern" not in command and "sesame" not in command


def test_a_call_without_a_tool_gets_a_listing_that_can_be_pasted() -> None:
    ran = mcpwatch("call", "--", "npx", "-y", "my srv")
    assert ran.code == 2
    assert "mcpwatch run --list -- npx -y 'my srv'\n" in ran.err
    assert "mcpwatch run demo --list\n" in mcpwatch("call", "demo").err


def test_the_calls_to_paste_reach_the_same_server_in_the_same_way_without_its_secrets(tmp_path: Path) -> None:
    server = str(SERVERS / "good" / "quick.py")
    options = ("--python", sys.executable, "--era", "legacy", "-e", "API_KEY=abc1", "-e", "A=b", "--cwd", str(tmp_path))
    ran = mcpwatch("run", server, *options, "--list")
    line = next(line for line in ran.out.splitlines() if line.startswith("  mcpwatch call "))
    given = ("--python", sys.executable, "--era", "legacy", "--env", "API_KEY=[redacted]", "--env", "A=b")
    assert shlex.split(line)[2 : 2 + 1 + len(given) + 2] == [server, *given, "--cwd", str(tmp_path)]
    assert "abc1" not in ran.out + ran.err


def test_the_options_of_a_connection_are_those_that_another_command_needs() -> None:
    given = {"era": "auto", "transport": "sse", "header": ("A: b",), "env": (), "python": None, "timeout": "60s"}
    assert connection_words(given) == ("-H", "A: b", "--transport", "sse")


def test_the_listing_that_is_proposed_for_want_of_a_tool_names_the_same_server() -> None:
    ran = mcpwatch("call", "http://127.0.0.1:9/mcp", "-H", "Authorization: Bearer abc1")
    assert "mcpwatch run http://127.0.0.1:9/mcp -H 'Authorization: [redacted]' --list" in ran.err.replace("Bearer ", "")
    assert ran.code == 2 and "abc1" not in ran.err
