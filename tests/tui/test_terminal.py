"""The screens in a real terminal: typed at, stopped, ended in every way, and the terminal as it was afterwards."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from mcpwatch import Recording
from mcpwatch.errors import ExitCode
from tests.cli.running import PROGRAM
from tests.tui.tmux import needs_tmux, tmux

pytestmark = needs_tmux

BASH = ("env", "PS1=ready> ", "bash", "--norc", "--noprofile", "-i")
CRASHING = """
from mcpwatch.tui.stats.pane import StatsPane
def grew(self):
    secret = "hunter2"
    raise RuntimeError("a mistake \\x1b[2J of ours")
StatsPane.grew = grew
from mcpwatch.cli import main; main()
"""


def the_recording(folder: Path) -> Recording:
    (path,) = folder.glob("*.mcpw.jsonl")
    return Recording.open(path)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def assert_all_ended(folder: Path, code: int) -> None:
    """The recording is complete and says the same exit code, and no process of a server is left."""
    with the_recording(folder) as recording:
        assert (recording.footer or {}).get("exit") == code
        pids = [pid for event in recording.events() if (pid := getattr(event, "pid", None)) is not None]
    assert pids
    assert all(map(is_gone, pids))


def test_a_server_is_watched_and_the_terminal_is_left_as_it_was(kept_sessions: Path) -> None:
    with tmux(program=BASH) as terminal:
        terminal.shows("ready>")
        terminal.type(
            "stty -a > before; " + " ".join(map(_quoted, PROGRAM)) + " tui demo; echo left $?; stty -a > after"
        )
        terminal.keys("Enter")
        terminal.shows("1 Traffic", "✓ demo")
        terminal.keys("5")
        terminal.shows("mcpwatch-demo")
        terminal.keys("q")
        shown = terminal.shows("left 0", "used:", "recording:")
        assert "1 Traffic" not in shown
        terminal.type("cmp before after && echo the same; rm before after")
        terminal.keys("Enter")
        terminal.shows("the same\n")
    assert_all_ended(kept_sessions, 0)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGHUP, ExitCode.TERMINATED),
    ],
)
def test_a_signal_ends_the_server_and_completes_the_recording(
    number: signal.Signals, code: ExitCode, kept_sessions: Path
) -> None:
    with tmux("tui", "demo") as terminal:
        terminal.shows("✓ demo")
        os.kill(terminal.pid, number)
        assert terminal.ends() == code
        terminal.shows("recording:")
    assert_all_ended(kept_sessions, code)


def test_a_terminal_that_goes_away_ends_the_server_and_completes_the_recording(kept_sessions: Path) -> None:
    with tmux("tui", "demo") as terminal:
        terminal.shows("✓ demo")
        pid = terminal.pid
        terminal.run("new-window", "-d", "cat")
        terminal.run("kill-window", "-t", ":0")
        fd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") and not is_gone(pid) else None
        if fd is not None:
            import select

            assert select.select([fd], [], [], 60)[0], "it does not end"
            os.close(fd)
    assert_all_ended(kept_sessions, ExitCode.TERMINATED)


def test_a_mistake_in_a_pane_restores_the_terminal_and_completes_the_recording(kept_sessions: Path) -> None:
    with tmux("tui", "demo", program=(sys.executable, "-c", CRASHING), columns=120, rows=40) as terminal:
        terminal.shows("✓ demo")
        terminal.keys("6")
        assert terminal.ends() == ExitCode.FINDING
        shown = terminal.shows("RuntimeError: a mistake ␛[2J of ours", "please report it", "recording:")
        assert "hunter2" not in shown.replace('secret = "hunter2"', "")
        assert "1 Traffic" not in shown
    assert_all_ended(kept_sessions, ExitCode.FINDING)


def test_it_is_stopped_like_any_program_and_drawn_anew_when_it_goes_on(kept_sessions: Path) -> None:
    with tmux(program=BASH) as terminal:
        terminal.shows("ready>")
        terminal.type(" ".join(map(_quoted, PROGRAM)) + " tui demo")
        terminal.keys("Enter")
        terminal.shows("1 Traffic", "✓ demo")
        terminal.keys("C-z")
        terminal.shows("Stopped")
        terminal.type("fg")
        terminal.keys("Enter")
        terminal.shows("1 Traffic", "✓ demo")
        terminal.keys("q")
        terminal.shows("recording:")
    assert_all_ended(kept_sessions, 0)


def test_a_server_that_cannot_be_connected_leaves_its_screens_and_says_why(kept_sessions: Path) -> None:
    with tmux("tui", "--", "sh", "-c", "exit 7") as terminal:
        terminal.shows("exited with code 7", "1 Traffic")
        terminal.keys("q")
        assert terminal.ends() == ExitCode.CONNECT
        terminal.shows("exited with code 7", "recording:")
    assert_all_ended(kept_sessions, ExitCode.CONNECT)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("tui", "nowhere.py"), ExitCode.USAGE, "There is no file nowhere.py."),
        (("tui", "last"), ExitCode.RECORDING, "no session is kept yet"),
        (("tui", "nofile.mcpw.jsonl"), ExitCode.RECORDING, "there is no file and no session nofile.mcpw.jsonl"),
        (("tui", "--", "nosuchcmd", "a"), ExitCode.CONNECT, "nosuchcmd was not found on PATH"),
        (("tui", "demo", "--timeout", "long"), ExitCode.USAGE, "is no duration"),
        (("tui", "demo", "-o", "/nowhere/t.mcpw.jsonl"), ExitCode.RECORDING, "/nowhere/t.mcpw.jsonl"),
    ],
)
def test_what_is_wrong_is_said_before_the_screen_is_taken(argv: tuple[str, ...], code: ExitCode, said: str) -> None:
    with tmux(*argv) as terminal:
        assert terminal.ends() == code
        assert said in terminal.screen
        assert "\x1b[?1049" not in terminal.run("capture-pane", "-p", "-e", "-t", ":0")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("{tui} demo | cat", "needs a terminal, and stdout is none"),
        ("TERM=dumb {tui} demo", "TERM=dumb says that this terminal cannot"),
    ],
)
def test_where_it_cannot_draw_it_says_what_is_in_the_way(command: str, said: str, kept_sessions: Path) -> None:
    line = command.format(tui=" ".join(map(_quoted, [*PROGRAM, "tui"])))
    with tmux(program=("sh", "-c", line), columns=160) as terminal:
        terminal.shows(said, "hint:")
        terminal.ends()
    assert not kept_sessions.exists() or not list(kept_sessions.iterdir())


def test_alone_it_offers_what_there_is_and_opens_what_is_chosen(kept_sessions: Path) -> None:
    with tmux("tui") as terminal:
        terminal.shows("Servers", "demo", "r Look again")
        terminal.keys("Enter")
        terminal.shows("✓ demo")
        terminal.keys("q")
        assert terminal.ends() == 0
    with tmux("tui") as terminal:
        terminal.shows("Kept sessions", "exit 0")
        terminal.keys("/")
        terminal.shows("what to look for")
        terminal.type("exit 0")
        terminal.keys("Enter")
        terminal.shows("FILE", "demo")
        terminal.keys("q")
        assert terminal.ends() == 0


def test_a_session_that_runs_is_followed_from_another_terminal(kept_sessions: Path) -> None:
    with tmux("tui", "demo") as one:
        one.shows("✓ demo")
        with tmux("tui", "last") as other:
            other.shows("▶ FOLLOW", "✓ demo")
            one.keys("q")
            assert one.ends() == 0
            other.shows("FILE", "■ demo")
            other.keys("q")
            assert other.ends() == 0


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def test_a_server_written_in_another_language_is_watched_and_called(servers_folder: Path, kept_sessions: Path) -> None:
    script = servers_folder / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    with tmux("tui", "--root", "/", "--", "node", str(script), "stdio", columns=120, rows=40) as terminal:
        terminal.shows("✓ index")
        terminal.keys("5")
        terminal.shows("capabilities", "tools")
        terminal.keys("1", "/")
        terminal.type("method:tools/list")
        terminal.shows("tools/list")
        terminal.keys("Enter", "C-q")
        assert terminal.ends() == 0
    assert_all_ended(kept_sessions, 0)
