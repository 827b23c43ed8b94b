"""The live view at a terminal of 80 columns: lines above, bars below, and a terminal that is left as it was."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.cli.running import QUICK, SERVERS, bad, exit_of, mcpwatch
from tests.cli.terminal import CTRL_C, Terminal, terminal

SLOW = ("--", sys.executable, "-m", "mcpwatch.demo", "--pace", "0.3")
BAR = re.compile(r"work #\d+ +[━╸─]+ +\d+%  \d+/60?")
NASTY = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def is_left_as_it_was(screen: Terminal) -> bool:
    """The cursor stands at the beginning of a free line, nothing is coloured, nothing is hidden."""
    sgr = re.findall(r"\x1b\[([\d;]*)m", screen.written)
    clean = not sgr or sgr[-1] in ("", "0")
    return clean and screen.screen.column == 0 and not screen.screen.lines[-1] and "\x1b[?" not in screen.written


def test_bars_appear_below_the_lines_and_go_when_they_are_done(file: Path) -> None:
    with terminal("run", "--call", "work label=x n=6 seconds=2", "-o", str(file), *SLOW) as screen:
        screen.wait_until_shown(BAR)
        assert screen.end() == 0
        shown = screen.screen.lines
        assert not [line for line in shown if BAR.search(line)]
        assert not [line for line in shown if "progress" in line and "/6" in line], "bars stand for the lines"
        (done,) = [line for line in shown if "x is done." in line]
        assert "progress ×6" in done
        assert max(map(len, shown)) < 80
        assert is_left_as_it_was(screen)
        assert any(line.startswith("used: progress 1") for line in shown)
    assert exit_of(file) == 0


def test_a_terminal_that_is_made_narrower_and_wider_keeps_no_torn_halves() -> None:
    with terminal("run", "--call", "work label=x n=6 seconds=3", *SLOW) as screen:
        screen.wait_until_shown(BAR)
        screen.resize(50, 24)
        screen.wait_for("%")
        screen.wait_for("%")
        screen.resize(100, 24)
        screen.wait_for("%")
        assert screen.end() == 0
        assert not [line for line in screen.screen.lines if BAR.search(line)]
        assert is_left_as_it_was(screen)


def test_a_step_of_a_script_that_takes_long_shows_what_it_waits_for(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.yaml"
    path.write_text("mcpwatch: 1\ntarget: demo\nsteps:\n  - { call: work, args: { label: x, n: 6, seconds: 60 } }\n")
    with terminal("test", str(path)) as screen:
        screen.wait_until_shown(re.compile(r"…     call work  [\d.]+ m?s"))
        screen.wait_until_shown(re.compile(r"waiting for tools/call work #\d+ · [\d.]+ s"))
        screen.type(CTRL_C)
        assert screen.end() == 130
        assert not [line for line in screen.screen.lines if "…" in line or "waiting" in line]
        assert any("FAIL  call work" in line for line in screen.screen.lines)
        assert is_left_as_it_was(screen)


def test_ctrl_c_ends_a_run_that_stays_and_leaves_the_terminal_usable(file: Path) -> None:
    with terminal("run", "-o", str(file), *QUICK) as screen:
        before = screen.attributes()
        screen.wait_for("mcpwatch call say")
        screen.type(CTRL_C)
        assert screen.end() == 130
        assert is_left_as_it_was(screen)
        assert screen.attributes() == before
        assert [line for line in screen.screen.lines if line.startswith("recording: ")]
    assert exit_of(file) == 130


def test_ctrl_c_in_mid_call_names_what_was_cancelled_and_takes_the_bar_away(file: Path) -> None:
    with terminal("call", "work", "label=x", "n=60", "seconds=60", "-o", str(file), *SLOW) as screen:
        screen.wait_until_shown(BAR)
        screen.type(CTRL_C)
        assert screen.end() == 130
        assert not [line for line in screen.screen.lines if BAR.search(line)]
        assert [line for line in screen.screen.lines if "cancelled" in line and "work" in line]
        assert is_left_as_it_was(screen)
    assert exit_of(file) == 130


def test_a_request_that_waits_shows_for_how_long() -> None:
    with terminal("call", "hang", "--timeout", "1500ms", *QUICK) as screen:
        screen.wait_for("hang")
        screen.wait_for("1.1 s")
        assert screen.end() == 5
        assert [line for line in screen.screen.lines if "got no answer within 1.5 s" in line]


def test_a_run_that_stays_sees_the_server_end() -> None:
    with terminal("run", "--call", "count", "--until-idle", "300ms", *QUICK) as screen:
        assert screen.end() == 0
        assert [line for line in screen.screen.lines if "counted 3" in line]


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_without_colour_there_is_no_sgr_and_on_a_dumb_terminal_no_escape_at_all(env: dict[str, str]) -> None:
    with terminal("run", "--call", "count n=3", "--until-idle", "200ms", *QUICK, env=env) as screen:
        assert screen.end() == 0
        assert not re.search(r"\x1b\[[\d;]*m", screen.written)
        assert ("\x1b" in screen.written) is ("TERM" not in env)
        assert [line for line in screen.screen.lines if '"counted"' in line]


def test_with_stdout_in_a_file_the_lines_go_there_whole_and_the_bars_to_the_terminal(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with terminal("run", "--call", "work label=x n=6 seconds=2", *SLOW, out=out) as screen:
        screen.wait_until_shown(BAR)
        assert screen.end() == 0
        assert is_left_as_it_was(screen)
        assert not [line for line in screen.screen.lines if "tools/call" in line or BAR.search(line)]
    lines = out.read_text()
    assert "\x1b" not in lines
    assert lines.count("← progress") == 6
    assert "x is done." in lines


def test_a_call_shows_its_result_once_after_what_led_to_it() -> None:
    with terminal("call", "data", *QUICK) as screen:
        assert screen.end() == 0
        shown = screen.screen.lines
        assert shown.index("{") > next(at for at, line in enumerate(shown) if "← tools/call" in line)
        assert shown[shown.index("{") : shown.index("}") + 1] == [
            "{",
            '  "city": "Oslo",',
            '  "celsius": -3.0,',
            '  "sign": "°"',
            "}",
        ]


def test_a_flood_is_folded_on_the_screen_and_whole_in_the_file(file: Path) -> None:
    with terminal("run", "--call", "work", "-o", str(file), *bad("flood", "20000")) as screen:
        assert screen.end() == 0
        assert len(screen.screen.lines) < 2000
        assert [line for line in screen.screen.lines if "20000 sent" in line]
    assert file.read_bytes().count(b"something happened") == 10_000


HOSTILE = str(SERVERS / "bad" / "hostile.py")


@pytest.mark.parametrize(
    "argv",
    [
        ("run", "--call", "work how=data"),
        ("run", "--call", "work how=error", "--verbose"),
        ("run", "--list", "--json"),
        ("run", "--list", "--events"),
        ("call", "work"),
        ("call", "work", "how=data"),
        ("call", "work", "--json"),
        ("call", "work", "how=error", "-q"),
    ],
    ids=" ".join,
)
def test_nothing_that_a_server_says_does_anything_to_the_terminal(argv: tuple[str, ...]) -> None:
    with terminal(*argv, "--", sys.executable, HOSTILE) as screen:
        screen.end()  # where the screen fails at any escape that is not one of ours
        assert not NASTY.search(screen.written), NASTY.search(screen.written)
        assert "aGFja2Vk" in screen.written, "it can be read all the same"


def test_nothing_that_a_server_said_does_anything_to_the_terminal_when_it_is_shown(file: Path) -> None:
    mcpwatch("run", "--call", "work how=data", "-q", "-o", str(file), "--", sys.executable, HOSTILE)
    for options in ((), ("--raw",), ("--events",), ("--verbose",)):
        with terminal("show", str(file), *options) as screen:
            assert screen.end() == 0
            assert not NASTY.search(screen.written), options


def test_nothing_that_a_server_asks_does_anything_to_the_terminal() -> None:
    with terminal("call", "work", "how=ask", "--ask", "--", sys.executable, HOSTILE) as screen:
        screen.wait_for(" › ")
        screen.type("\r")
        assert screen.end() == 0
        assert not NASTY.search(screen.written)
        assert "[bold red]markup[/]" in screen.written, "markup is text"
