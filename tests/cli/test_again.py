"""The command that a hint proposes: what was typed, with the option that helps."""

from __future__ import annotations

import shlex
import sys

import pytest

from mcpwatch.cli.again import Typed, command_with
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
