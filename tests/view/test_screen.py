from __future__ import annotations

import io
import os
from collections.abc import Generator
from typing import TextIO

import pytest

from mcpwatch.view.screen import Commands, Screen


@pytest.fixture
def terminal() -> Generator[TextIO]:
    if not hasattr(os, "openpty"):
        pytest.skip("no terminals to make here")
    person, program = os.openpty()
    with open(program, "w", encoding="utf-8") as file:
        yield file
    os.close(person)


@pytest.mark.parametrize(
    ("environ", "moves", "colour"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
        ({"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_a_terminal_is_what_its_environment_says(
    terminal: TextIO, environ: dict[str, str], moves: bool, colour: bool
) -> None:
    screen = Screen.of(terminal, environ)
    assert (screen.terminal, screen.moves, screen.colour) == (True, moves, colour)


@pytest.mark.parametrize(
    ("environ", "colour"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "0"}, False)]
)
def test_forced_colour_makes_no_terminal_of_a_pipe(environ: dict[str, str], colour: bool) -> None:
    screen = Screen.of(io.StringIO(), {"TERM": "xterm", **environ})
    assert (screen.terminal, screen.moves, screen.colour) == (False, False, colour)


def test_colour_is_in_the_text_or_not_at_all() -> None:
    line = [("✗ ", "error"), ("died", "")]
    assert Screen.of(io.StringIO(), {}).text(line) == "✗ died"
    assert Screen.of(io.StringIO(), {"FORCE_COLOR": "1"}).text(line) == "\x1b[1;31m✗ \x1b[0mdied"


def test_the_size_is_asked_anew_each_time() -> None:
    environ = {"COLUMNS": "100"}
    screen = Screen.of(io.StringIO(), environ)
    assert (screen.size()[0], screen.width) == (100, 99)
    environ["COLUMNS"] = "no number"
    assert screen.size() == (80, 24)


def test_an_encoding_without_our_signs_gets_others() -> None:
    raw = io.BytesIO()
    screen = Screen.of(io.TextIOWrapper(raw, encoding="ascii"), {})
    screen.write("→ work ·  …\n")
    screen.write("日\n")
    assert raw.getvalue() == b"-> work -  ...\n\\u65e5\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_file_that_writes_escapes_for_what_it_cannot_spell_gets_our_signs_too(encoding: str) -> None:
    raw = io.BytesIO()
    screen = Screen.of(io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace"), {})
    screen.write("→ work · 日\n")
    assert raw.getvalue() == b"-> work - \\u65e5\n"


def test_a_sign_that_the_encoding_has_stays() -> None:
    raw = io.BytesIO()
    screen = Screen.of(io.TextIOWrapper(raw, encoding="latin-1"), {})
    screen.write("größe · x\n")
    assert raw.getvalue() == "größe · x\n".encode("latin-1")


def test_what_is_written_is_on_its_way_at_once() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8")
    Screen.of(file, {}).write("no line end")
    assert raw.getvalue() == b"no line end"


def test_a_closed_file_is_no_terminal() -> None:
    file = io.StringIO()
    file.close()
    assert not Screen.of(file, {}).terminal


@pytest.mark.parametrize("name", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x\n", "\\::error::x\n"),
        ("a\n   \u00a0::add-mask::the\nb::c\n", "a\n   \u00a0\\::add-mask::the\nb::c\n"),
        ("see ##[add-mask]the ##vso[x]y ##teamcity[z]\n", "see #\\#[add-mask]the #\\#vso[x]y #\\#teamcity[z]\n"),
        ("## heading, a::b\n", "## heading, a::b\n"),
    ],
)
def test_nothing_is_a_command_for_the_ci_system_that_reads_along(name: str, text: str, shown: str) -> None:
    file = io.StringIO()
    Screen.of(file, {name: "true"}).write(text)
    assert file.getvalue() == shown


def test_our_own_commands_are_and_elsewhere_nobody_reads_along() -> None:
    file = io.StringIO()
    Screen.of(file, {"GITHUB_ACTIONS": "true"}).write(Commands("::error file=a::b\n"))
    Screen.of(file, {"GITHUB_ACTIONS": "false"}).write("::notice::c\n")
    assert file.getvalue() == "::error file=a::b\n::notice::c\n"
