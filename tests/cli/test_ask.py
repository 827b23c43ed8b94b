"""A person at the terminal answers: sampling, forms that forgive a slip, URLs, and every way to say no."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from mcpwatch.events import Frame, Note
from tests.cli.running import DEMO, QUICK, bad, events, exit_of, mcpwatch
from tests.cli.terminal import CTRL_C, CTRL_D, CTRL_Z, Terminal, terminal


def answers(file: Path) -> list[Frame]:
    return [event for event in events(file) if isinstance(event, Frame) and event.by == "answer"]


def result_of(screen: Terminal) -> str:
    """The result of a `call`, which is the line before the server's end."""
    lines = [line for line in screen.screen.lines if line]
    return lines[next(at for at, line in enumerate(lines) if "● ended" in line) - 1]


def prompt(screen: Terminal, label: str) -> None:
    """Wait until a line can be typed."""
    screen.wait_for(label)
    screen.wait_for(" › ")


def test_sampling_is_answered_by_typing(file: Path) -> None:
    with terminal("call", "sample", "-o", str(file), *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for("Capital of France?")
        screen.wait_for("answer")
        screen.wait_for(" › ")
        screen.type("Paris, käse\r")
        screen.wait_for(" › ")
        screen.type("\r")
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
        prompt(screen, "Enter sends it")
        screen.type("\r")
        assert screen.end() == 0
        assert json.loads(result_of(screen)) == {"action": "accept", "content": {"name": "Ada", "seats": 3}}
    assert exit_of(file) == 0


def test_enter_takes_the_default() -> None:
    with terminal("call", "form", *QUICK) as screen:
        screen.wait_for(" › ")
        screen.type("Ada\r")
        screen.wait_for(" › ")
        screen.type("\r")
        prompt(screen, "Enter sends it")
        screen.type("\r")
        assert screen.end() == 0
        assert json.loads(result_of(screen))["content"] == {"name": "Ada", "seats": 2}


@pytest.mark.parametrize(
    ("tool", "typed", "said"),
    [
        ("form", ":d\r", '{"action": "decline"}'),
        ("form", ":c\r", '{"action": "cancel"}'),
        ("form", CTRL_D, '{"action": "cancel"}'),
        ("visit", "y\r", "accept"),
        ("visit", "\r", "decline"),
        ("visit", ":c\r", "cancel"),
        ("sample", ":d\r", "refused"),
        ("sample", "d\r\r", "d"),
        ("custom", '{"b": 2}\r', "answered"),
        ("custom", ":d\r", "refused"),
        ("custom", ":r 7 not today\r", "refused"),
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


def test_ctrl_c_at_a_question_ends_the_run_in_order(file: Path) -> None:
    with terminal("run", "--call", "form", "--call", "form", "-o", str(file), *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for(" › ")
        screen.type("half a na" + CTRL_C)
        assert screen.end() == 130
        assert "no longer asked: the run ends" in screen.written
        assert screen.attributes() == before
    assert exit_of(file) == 130
    assert not answers(file)


def test_ctrl_z_at_a_question_leaves_the_terminal_alone_and_shows_the_prompt_again(tmp_path: Path) -> None:
    with terminal("call", "sample", *QUICK, shell=True) as screen:
        prompt(screen, "answer")
        screen.type(CTRL_Z)
        screen.wait_for("Stopped")
        screen.type("fg\r")
        prompt(screen, "answer")
        screen.type("Paris\r")
        screen.wait_for(" › ")
        screen.type("\r")
        screen.wait_until_shown(re.compile("● ended"))
        screen.type("exit $?\r")
        assert screen.end() == 0
        assert "Paris" in screen.screen.lines


def test_ctrl_z_takes_the_moving_lines_away_and_fg_puts_them_back() -> None:
    with terminal("call", "hang", *QUICK, shell=True) as screen:
        screen.wait_until_shown(re.compile("waiting for tools/call hang"))
        screen.type(CTRL_Z)
        screen.wait_for("Stopped")
        assert not any("waiting for" in line for line in screen.screen.lines)
        screen.type("fg\r")
        screen.wait_until_shown(re.compile("waiting for tools/call hang"))
        assert sum("waiting for" in line for line in screen.screen.lines) == 1
        screen.type(CTRL_C)
        screen.wait_until_shown(re.compile("● ended"))
        screen.type("exit $?\r")
        assert screen.end() == 130
        assert not any("waiting for" in line for line in screen.screen.lines)


def test_an_answer_is_kept_as_a_rule_that_answers_the_next_run(tmp_path: Path) -> None:
    saved = tmp_path / "saved.yaml"
    with terminal("call", "sample", "--save-answers", str(saved), *QUICK) as screen:
        prompt(screen, "answer")
        screen.type("Paris\r")
        screen.wait_for(" › ")
        screen.type("\r")
        assert screen.end() == 0
        assert "saved as a rule: " in screen.written
    again = mcpwatch("call", "sample", "--answers", str(saved), *QUICK)
    assert (again.code, again.out) == (0, "Paris\n")


def test_a_file_that_can_take_no_rule_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("answers: 7")
    with terminal("call", "sample", "--save-answers", str(tmp_path / "answers.yaml"), *QUICK, columns=200) as screen:
        assert screen.end() == 2
        assert "answers.yaml:1:10: answers has to be a list" in screen.written
    nobody = mcpwatch("call", "sample", "--save-answers", str(tmp_path / "x.yaml"), *QUICK)
    assert nobody.code == 2
    assert "nobody is asked here" in nobody.err
    assert "hint: Run it with a terminal on stdin and stderr" in nobody.err
    with terminal("call", "sample", "--no-ask", "--save-answers", str(tmp_path / "x.yaml"), *QUICK) as screen:
        assert screen.end() == 2
        assert " Add --ask." in screen.written


def test_an_answer_is_written_in_an_editor(tmp_path: Path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys; file = pathlib.Path(sys.argv[1]); file.write_text('PARIS\\n' + file.read_text())"
    )
    with terminal("call", "sample", *QUICK, env={"VISUAL": f"{sys.executable} {editor}"}) as screen:
        prompt(screen, "answer")
        screen.type(":e\r")
        assert screen.end() == 0
        assert result_of(screen) == "PARIS"


def test_questions_that_come_together_are_asked_one_after_the_other_and_counted() -> None:
    with terminal("call", "both", *bad("asks_twice")) as screen:
        screen.wait_for("1 more waits after this")
        prompt(screen, "answer")
        screen.type("one\r")
        screen.wait_for(" › ")
        screen.type("\r")
        screen.wait_for("? sampling")
        prompt(screen, "answer")
        screen.type("two\r")
        screen.wait_for(" › ")
        screen.type("\r")
        assert screen.end() == 0
        assert result_of(screen) == "one two"


def test_a_person_is_asked_on_stderr_while_the_result_goes_into_a_file(tmp_path: Path) -> None:
    with terminal("call", "sample", *QUICK, out=tmp_path / "out") as screen:
        screen.wait_for("Capital of France?")
        screen.wait_for(" › ")
        screen.type("Paris\r")
        screen.wait_for(" › ")
        screen.type("\r")
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
        screen.type("\r")
        assert screen.end() == 0
        assert result_of(screen) == "a line"


def test_a_question_that_the_server_takes_back_is_over(file: Path) -> None:
    with terminal("call", "work", "-o", str(file), *bad("takes_back")) as screen:
        prompt(screen, "answer")
        screen.type("half an an")
        screen.wait_for("no longer asked: the server took the question back (never mind)")
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
        screen.type("\r")
        assert screen.end() == 0
        assert result_of(screen) == "a person said: By train."
