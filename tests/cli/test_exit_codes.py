"""What the process returns, and the sentence on stderr that says why."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.cli.running import QUICK, bad, exit_of, mcpwatch, running

NOBODY = "http://127.0.0.1:1/mcp"


@pytest.mark.parametrize("argv", [("run", "--list"), ("call", "say", "text=hi"), ("run", "--call", "count n=2")])
def test_what_goes_well_returns_0(argv: tuple[str, ...]) -> None:
    ran = mcpwatch(*argv, *QUICK)
    assert ran.code == 0
    assert "error:" not in ran.err


@pytest.mark.parametrize("argv", [("call", "fail"), ("call", "refuse"), ("run", "--call", "fail")])
def test_a_call_that_ends_in_an_error_returns_1_unless_errors_are_allowed(argv: tuple[str, ...]) -> None:
    assert mcpwatch(*argv, *QUICK).code == 1
    assert mcpwatch(*argv, "--allow-errors", *QUICK).code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("rnu",), "Did you mean run?"),
        (("server.py",), "mcpwatch run server.py"),
        (("run", "--lst", "demo"), "--list"),
        (("run",), "No target is given"),
        (("run", "nothing.py"), "no file nothing.py"),
        (("run", "a.py", "b"), "after `--`: mcpwatch run -- python a.py b"),
        (("run", "demo", "weather", "city=Oslo"), "mcpwatch call demo weather city=Oslo"),
        (("help",), "hint: mcpwatch --help"),
        (("help", "run"), "hint: mcpwatch run --help"),
        (("list", "server.py"), "mcpwatch run TARGET --list"),
        (("tools",), "mcpwatch run TARGET --list"),
        (("zzz",), "mcpwatch --help"),
        (("run", "--elicit", "perhaps", *QUICK), "neither accept, decline, cancel"),
        (("run", "--without", "sampling,tea", *QUICK), "does not know tea"),
        (("run", "--era", "bronze", *QUICK), "auto, legacy, modern"),
        (("run", "--for", "soon", *QUICK), "no duration"),
        (("run", "--log-level", "loud", *QUICK), "loud"),
        (("run", "--env", "A=1", NOBODY), "a URL has --header"),
        (("run", "--root", "no/such/folder", *QUICK), "no folder"),
        (("run", "--call", "say 'text", *QUICK), "No closing quotation"),
        (("run", "--json", "--events", *QUICK), "--events"),
        (("run", "--record", "x", "--no-record", *QUICK), "--no-record"),
        (("run", "--record", "-", *QUICK), "--events"),
        (("run", "--ask", *QUICK), "terminal"),
        (("run", "--redact-pattern", "(", *QUICK), "no regular expression"),
        (("call", *QUICK), "No tool is named"),
        (("demo", "--era", "bronze"), "auto, legacy, modern"),
    ],
)
def test_a_mistake_on_the_command_line_returns_2_and_says_what_to_write(argv: tuple[str, ...], said: str) -> None:
    ran = mcpwatch(*argv)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.startswith("error: ")
    assert not ran.out


@pytest.mark.parametrize("argv", [("run", "x.py"), ("call", "mcp.json:x", "a"), ("demo",)], ids=" ".join)
def test_in_a_folder_that_is_gone_there_is_an_error_and_no_traceback(argv: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    ran = mcpwatch(*argv, cwd=folder, preexec=folder.rmdir)
    assert ran.code == 2
    assert ran.err.startswith("error: The folder that you are in is not there any more.\n")


def test_no_command_at_all_returns_2_and_shows_what_there_is() -> None:
    ran = mcpwatch()
    assert ran.code == 2
    assert "Watch:" in ran.err


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (("call", "sya"), "Did you mean 'say'?"),
        (("call", "say", "text"), "no argument"),
        (("call", "count", "n=many"), "n takes integer"),
        (("run", "--prompt", "great who=Ada"), "Did you mean 'greet'?"),
    ],
)
def test_what_the_server_does_not_offer_returns_2_with_the_nearest_that_it_does(
    step: tuple[str, ...], said: str
) -> None:
    ran = mcpwatch(*step, *QUICK)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("run", "--", "no-such-command"), "not found on PATH"),
        (("call", "die", *QUICK), "exited with code 3"),
        (("call", "crash", *QUICK), "ended by SIGSEGV"),
        (("run", *bad("exits_at_once")), "exited with code"),
        (("run", NOBODY), "cannot be reached"),
        (("run", "--transport", "sse", NOBODY), "connection refused"),
    ],
)
def test_a_server_that_cannot_be_had_or_dies_returns_3_with_the_reason(argv: tuple[str, ...], said: str) -> None:
    ran = mcpwatch(*argv)
    assert ran.code == 3
    assert said in ran.err


def test_a_server_that_dies_while_it_is_only_watched_returns_3(tmp_path: Path) -> None:
    script = tmp_path / "short_life.py"
    script.write_text((Path(QUICK[-1])).read_text().replace('"resources/templates/list": {', '"": {'))
    source = script.read_text().replace("        elif method in PLAIN:", DIES + "        elif method in PLAIN:")
    script.write_text(source)
    ran = mcpwatch("run", "--for", "30s", "--", sys.executable, str(script))
    assert ran.code == 3
    assert "code 7" in ran.out


DIES = """        elif method == "resources/templates/list":
            send(id=message["id"], result={"resourceTemplates": []})
            os._exit(7)
"""


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("call", "sample"), "--sampling TEXT"),
        (("call", "form"), "--elicit"),
        (("call", "form", "--elicit", "accept"), "name is required and has no default. Add name=…"),
        (("call", "form", "--elicit", "seats=3"), "name is required and has no default. Add name=…"),
        (("call", "form", "--elicit", "name=Ada nam=Eve"), "it has no field 'nam'. Did you mean 'name'?"),
        (("call", "visit", "--elicit", "accept"), "--elicit-url"),
        (("call", "custom"), "x/custom"),
    ],
)
def test_a_question_without_an_answer_returns_4_with_the_option_that_would_have_answered(
    argv: tuple[str, ...], said: str
) -> None:
    ran = mcpwatch(*argv, *QUICK)
    assert ran.code == 4
    assert said in ran.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("call", "hang", "--timeout", "300ms", *QUICK), "tools/call (#"),
        (("run", "--timeout", "300ms", *bad("silent")), "initialize (#"),
        (
            ("run", "--for", "500ms", *bad("silent")),
            "before the server was connected; unanswered: server/discover (#1)",
        ),
        (
            ("run", "--for", "700ms", "--call", "hang", "--list", *QUICK),
            "with 2 of 2 steps left; unanswered: tools/call (#",
        ),
        (("call", "hang", "--for", "700ms", *QUICK), "with 1 of 1 steps left; unanswered: tools/call (#"),
    ],
)
def test_a_time_out_returns_5_and_names_what_is_unanswered(argv: tuple[str, ...], said: str) -> None:
    ran = mcpwatch(*argv)
    assert ran.code == 5
    assert said in ran.err


def test_a_time_out_names_the_question_where_only_that_is_unanswered(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("answers: [ { sampling: , text: a, delay: 1m } ]", encoding="utf-8")
    answers = ("--answers", str(tmp_path / "slow.yaml"))
    ran = mcpwatch("call", "demo", "ask_model", "--era", "modern", *answers, "--for", "3s")
    assert ran.code == 5
    assert "with 1 of 1 steps left; unanswered: what the server asked" in ran.err


def test_for_without_steps_is_an_end_like_any_other() -> None:
    assert mcpwatch("run", "--for", "500ms", *QUICK).code == 0


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--call", "sample_then_fail"), 4),
        (("--call", "sample_then_hang", "--timeout", "300ms"), 5),
        (("--call", "sample_then_die"), 3),
        (("--call", "sample_then_fail", "--call", "no_such_tool"), 2),
        (("--call", "sample", "--sampling", "Paris", "--call", "fail"), 1),
    ],
)
def test_where_several_apply_the_graver_one_is_returned(argv: tuple[str, ...], code: int, file: Path) -> None:
    assert mcpwatch("run", *argv, "--record", str(file), *QUICK).code == code
    assert exit_of(file) == code


def test_an_interruption_outweighs_what_was_found_before_it(file: Path) -> None:
    with running("run", "--call", "sample_then_fail", "--call", "hang", "-o", str(file), *QUICK) as run:
        run.wait_for("thinking")
        run.signal(signal.SIGINT)
        assert run.end().code == 130
    assert exit_of(file) == 130


def test_a_wrong_name_of_an_argument_is_not_sent(file: Path) -> None:
    ran = mcpwatch("call", "say", "txt=hi", "--record", str(file), *QUICK)
    assert (ran.code, ran.out) == (2, "")
    assert "Did you mean 'text'?" in ran.err
    assert mcpwatch("call", "say", "{}", "-q", *QUICK).code != 2
