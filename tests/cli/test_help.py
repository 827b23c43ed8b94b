"""The help is a page to read, at 80 columns, with examples; a shell completes commands, options and their words."""

from __future__ import annotations

import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mcpwatch import __version__
from tests.cli.running import PROGRAM, Ran, environment, mcpwatch
from tests.cli.terminal import terminal

PANELS = {
    "run": [
        "Examples",
        "Steps, done in the order given",
        "Answers to the server's questions",
        "Connection",
        "Login, where a server wants one",
        "Time",
        "Output",
        "Recording",
        "Options",
    ],
    "call": [
        "Examples",
        "Answers to the server's questions",
        "Connection",
        "Login, where a server wants one",
        "Time",
        "Output",
        "Recording",
        "Options",
    ],
    "demo": ["Examples", "Connection", "Output", "Recording", "Options"],
    "test": [
        "Examples",
        "Which",
        "Answers to the server's questions",
        "Connection",
        "Login, where a server wants one",
        "Time",
        "Report",
        "Recording",
        "Options",
    ],
    "init-script": ["Examples", "Options"],
    "show": ["Examples", "Filter", "Output", "Options"],
    "sessions": ["Examples", "Output", "Options"],
    "completion": ["Examples", "Options"],
}


def titles(help: str) -> list[str]:
    """The panels of a page of help, in order."""
    return [line[:-1] for line in help.splitlines() if line[:1].isalpha() and line.endswith(":")]


def test_the_overview_names_every_command_in_its_panel() -> None:
    ran = mcpwatch("--help")
    assert ran.code == 0
    assert titles(ran.out) == ["Watch", "Test", "Files", "Set up", "Options"]
    for command in PANELS:
        assert f"\n  {command} " in ran.out
    assert ran.out == mcpwatch("-h").out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("command", PANELS)
def test_each_command_explains_itself_at_80_columns_with_examples_that_name_it(command: str) -> None:
    ran = mcpwatch(command, "--help", env={"COLUMNS": "80"})
    assert ran.code == 0
    assert titles(ran.out) == PANELS[command]
    assert max(map(len, ran.out.splitlines())) <= 80
    examples = ran.out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    assert any(f"mcpwatch {command}" in example for example in examples)
    assert ran.out == mcpwatch(command, "-h", env={"COLUMNS": "80"}).out


@pytest.mark.parametrize("command", ["run", "show"])
def test_the_examples_are_commands_that_exist(command: str) -> None:
    ran = mcpwatch(command, "--help", env={"COLUMNS": "200"})
    for example in ran.out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines():
        words = shlex.split(example.partition(" | ")[0])
        assert words[:2] == ["mcpwatch", command]
        options = [word for word in words[2:] if word.startswith("--") and word != "--"]
        assert all(option in ran.out for option in options), example


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_fits_the_terminal_it_is_read_in(columns: int) -> None:
    with terminal("show", "--help", columns=columns) as screen:
        assert screen.end() == 0
        assert "\x1b[1mUsage:" in screen.written
        # Examples are for pasting: they are never broken.
        rows = [line for line in screen.screen.lines if "mcpwatch show" not in line]
        assert max(map(len, rows)) <= min(columns, 100)


def test_help_has_no_colour_where_none_is_wanted_and_has_it_where_it_is_forced() -> None:
    with terminal("--help", env={"NO_COLOR": "1"}) as screen:
        assert screen.end() == 0
        assert "\x1b" not in screen.written
    assert "\x1b" not in mcpwatch("--help").out
    assert "\x1b[1m" in mcpwatch("--help", env={"FORCE_COLOR": "1"}).out


def test_the_version_is_said() -> None:
    assert mcpwatch("--version").out == mcpwatch("-V").out == f"mcpwatch {__version__}\n"


def test_it_can_be_run_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "mcpwatch", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"mcpwatch {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    ran = mcpwatch("completion", shell)
    assert ran.code == 0
    assert "_MCPWATCH_COMPLETE" in ran.out
    assert ran.out == mcpwatch("completion", env={"SHELL": f"/usr/bin/{shell}"}).out


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder for the path with a command `mcpwatch` in it, as an installation has one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "mcpwatch"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ru"], ["run"]),
        (["run", "--el"], ["--elicit", "--elicit-url"]),
        (["run", "--era", "l"], ["legacy"]),
        (["call", "--log-level", "e"], ["error", "emergency"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
    ids=lambda one: " ".join(one),
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(words: list[str], offered: list[str], program: Path) -> None:
    asked = shlex.join(["mcpwatch", *words])
    code = (
        'eval "$(mcpwatch completion bash)"; '
        f"COMP_WORDS=({asked}); COMP_CWORD={len(words)}; "
        '_mcpwatch_completion mcpwatch 2>&1; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{program}:{environment()['PATH']}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, env=environment({"PATH": path}), check=True)
    assert sorted(Ran(0, done.stdout, done.stderr).out.split()) == sorted(offered)


@pytest.mark.parametrize("words", ["call tests/se", "show t.m", "run --cwd t"])
def test_files_are_left_to_the_shell(words: str) -> None:
    count = str(len(words.split(" ")))
    env = {"_MCPWATCH_COMPLETE": "bash_complete", "COMP_WORDS": f"mcpwatch {words}", "COMP_CWORD": count}
    assert mcpwatch(env=env).out.startswith(("file,", "dir,"))
