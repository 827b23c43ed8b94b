"""A person at the terminal answers: sampling, forms that forgive a slip, URLs, and every way to say no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpwatch.events import Frame, Note
from tests.cli.running import DEMO, QUICK, bad, events, exit_of
from tests.cli.terminal import CTRL_C, CTRL_D, Terminal, terminal


def answers(file: Path) -> list[Frame]:
    return [event for event in events(file) if isinstance(event, Frame) and event.by == "answer"]


def result_of(screen: Terminal) -> str:
    """The result of a `call`, which is the line before the server's end."""
    lines = [line for line in screen.screen.lines if line]
    return lines[next(at for at, line in enumerate(lines) if "● ended" in line) - 1]


def test_sampling_is_answered_by_typing(file: Path) -> None:
    with terminal("call", "sample", "-o", str(file), *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for("Capital of France?")
        screen.wait_for("answer")
        screen.wait_for(" › ")
        screen.type("Paris, käse\r")
        screen.wait_for(" › ")
        screen.type(".\r")
        assert screen.end() == 0
        assert result_of(screen) == "Paris, käse"
        assert screen.attributes() == before
    (answer,) = answers(file)
    assert answer.message["result"]["content"] == {"type": "text", "text": "Paris, käse"}
    (said,) = [event for event in events(file) if isinstance(event, Note) and event.what == "answered"]
    assert said.data["rule"] == "person"


def test_a_form_asks_again_for_what_does_not_fit_and_the_call_succeeds(file: Path) -> None:
    with terminal("call", "form", "--ask", "-o", str(file), *QUICK) as screen:
        screen.wait_for("Who travels?")
        screen.wait_for(" › ")
        screen.type("\r")
        screen.wait_for("required")
        screen.wait_for(" › ")
        screen.type("Ada\r")
        screen.wait_for(" › ")
        for wrong in ("many", "9", "2.5"):
            screen.type(f"{wrong}\r")
            screen.wait_for("! ")
            screen.wait_for(" › ")
        screen.type("3\r")
        assert screen.end() == 0
        assert json.loads(result_of(screen)) == {"action": "accept", "content": {"name": "Ada", "seats": 3}}
    assert exit_of(file) == 0


def test_enter_takes_the_default() -> None:
    with terminal("call", "form", *QUICK) as screen:
        screen.wait_for(" › ")
        screen.type("Ada\r")
        screen.wait_for(" › ")
        screen.type("\r")
        assert screen.end() == 0
        assert json.loads(result_of(screen))["content"] == {"name": "Ada", "seats": 2}


@pytest.mark.parametrize(
    ("tool", "typed", "said"),
    [
        ("form", ":d\r", '{"action": "decline"}'),
        ("form", ":c\r", '{"action": "cancel"}'),
        ("form", CTRL_C, '{"action": "cancel"}'),
        ("form", CTRL_D, '{"action": "cancel"}'),
        ("visit", "y\r", "accept"),
        ("visit", "\r", "decline"),
        ("visit", "c\r", "cancel"),
        ("sample", "d\r", "refused"),
        ("custom", '{"b": 2}\r', "answered"),
        ("custom", "\r", "refused"),
    ],
)
def test_yes_and_no_reach_the_server_and_an_answer_is_an_answer(tool: str, typed: str, said: str) -> None:
    with terminal("call", tool, *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for(" › ")
        screen.type(typed)
        assert screen.end() == 0
        assert result_of(screen) == said
        assert screen.attributes() == before


def test_two_ctrl_c_at_a_question_end_the_run(file: Path) -> None:
    with terminal("run", "--call", "form", "--call", "form", "-o", str(file), *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for(" › ")
        screen.type(CTRL_C)
        screen.wait_for("Who travels?")
        screen.wait_for(" › ")
        screen.type(CTRL_C)
        assert screen.end() == 130
        assert screen.attributes() == before
    assert exit_of(file) == 130


def test_a_person_is_asked_on_stderr_while_the_result_goes_into_a_file(tmp_path: Path) -> None:
    with terminal("call", "sample", *QUICK, out=tmp_path / "out") as screen:
        screen.wait_for("Capital of France?")
        screen.wait_for(" › ")
        screen.type("Paris\r")
        screen.wait_for(" › ")
        screen.type(".\r")
        assert screen.end() == 0
    assert (tmp_path / "out").read_text() == "Paris\n"


def test_options_answer_before_the_person_is_asked() -> None:
    with terminal("call", "sample", "--ask", "--sampling", "Paris", *QUICK) as screen:
        assert screen.end() == 0
        assert result_of(screen) == "Paris"
        assert " › " not in screen.written


@pytest.mark.parametrize(("options", "env"), [(("--no-ask",), {}), ((), {"CI": "1"})], ids=["--no-ask", "CI"])
def test_nobody_is_asked_where_that_is_not_wanted(options: tuple[str, ...], env: dict[str, str]) -> None:
    with terminal("call", "sample", *options, *QUICK, env=env) as screen:
        assert screen.end() == 4
        assert " › " not in screen.written


def test_a_person_may_think_for_longer_than_a_request_may_take() -> None:
    with terminal("call", "sample", "--timeout", "300ms", *QUICK) as screen:
        screen.wait_for(" › ")
        screen.type("a line\r")
        # Nothing tells that time has passed but the terminal's own clock.
        screen.idle(0.5)
        screen.type(".\r")
        assert screen.end() == 0
        assert result_of(screen) == "a line"


def test_a_question_that_the_server_takes_back_is_over(file: Path) -> None:
    with terminal("call", "work", "-o", str(file), *bad("takes_back")) as screen:
        screen.wait_for("no longer asked")
        assert screen.end() == 0
        assert result_of(screen) == "never mind"
    assert not answers(file)


def test_a_server_that_dies_while_a_person_thinks_ends_the_question(file: Path) -> None:
    with terminal("call", "work", "-o", str(file), *bad("takes_back", "die")) as screen:
        before = screen.attributes()
        screen.wait_for("no longer asked")
        assert screen.end() == 3
        assert screen.attributes() == before
    assert exit_of(file) == 3


def test_both_eras_ask_the_same_way() -> None:
    with terminal("call", "plan_trip", *DEMO) as screen:
        screen.wait_for("Who travels?")
        screen.wait_for(" › ")
        screen.type("Ada\r")
        screen.wait_for("Plan a trip for Ada")
        screen.wait_for("answer")
        screen.wait_for(" › ")
        screen.type("By train.\r")
        screen.wait_for(" › ")
        screen.type(".\r")
        assert screen.end() == 0
        assert result_of(screen) == "a person said: By train."
