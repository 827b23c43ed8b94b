"""Pipes that are closed, descriptors that are not there, disks that are full: the session still ends in order."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import DEMO, PROGRAM, QUICK, Ran, assert_well_behaved, environment, exit_of, mcpwatch


def closing_after(line: bytes, *argv: str, stream: int = 1) -> Ran:
    """Run it with one stream in a pipe that is closed once `line` has come through, as `head` and `grep -m1` do."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*PROGRAM, *argv],
        stdin=subprocess.DEVNULL,
        stdout=writing if stream == 1 else subprocess.PIPE,
        stderr=writing if stream == 2 else subprocess.PIPE,
        env=environment(),
    )
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        seen = b""
        while line not in seen:
            piece = pipe.readline()
            assert piece, seen
            seen += piece
    out, err = process.communicate(timeout=30)
    assert_well_behaved(err or b"")
    return Ran(process.returncode, seen if stream == 1 else out, err if stream == 1 else seen)


def test_a_reader_who_has_enough_ends_the_session_which_is_complete(file: Path) -> None:
    ran = closing_after(b"started", "run", "--call", "chatter", "-o", str(file), *QUICK)
    assert ran.code == 0
    assert exit_of(file) == 0
    assert "used: " in ran.err


def test_a_reader_who_leaves_in_mid_call_ends_a_session_that_would_go_on(file: Path) -> None:
    ran = closing_after(b"still here", "run", "--for", "60s", "--call", "chatter", "-o", str(file), *QUICK)
    assert ran.code == 0
    assert exit_of(file) == 0


def test_a_reader_of_events_who_has_enough_ends_the_session_too(file: Path) -> None:
    ran = closing_after(b"header", "run", "--call", "chatter", "--events", "-q", "-o", str(file), *QUICK)
    assert ran.code == 0
    assert exit_of(file) == 0


def test_a_result_that_nobody_reads_is_no_failure(file: Path) -> None:
    script = ["sh", "-c", '"$@" | true', "sh", *PROGRAM, "call", "say", "text=hi", "-o", str(file), *QUICK]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert_well_behaved(done.stderr)
    assert exit_of(file) == 0


def test_talk_that_nobody_hears_does_not_keep_the_result_back(file: Path) -> None:
    ran = closing_after(b"started", "call", "count", "n=200", "-o", str(file), *QUICK, stream=2)
    assert (ran.code, ran.out) == (0, "counted\n")
    assert exit_of(file) == 0


@pytest.mark.parametrize("options", [(), ("--raw",), ("--events",), ("--verbose",)])
def test_showing_a_long_recording_to_head_ends_quietly(options: tuple[str, ...], file: Path) -> None:
    mcpwatch("run", "--call", "count n=3000", "-q", "-o", str(file), *QUICK)
    ran = closing_after(b"\n", "show", str(file), *options)
    assert ran.code == 0
    assert not ran.err


@pytest.mark.parametrize("argv", [("--help",), ("run", "--help"), ("completion", "bash"), ("sessions", "--json")])
def test_help_into_a_pipe_that_is_closed_is_no_failure(argv: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, *argv], stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_descriptors_that_are_closed_from_the_start_cost_nothing_but_their_output(
    closed: tuple[int, ...], file: Path
) -> None:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    ran = mcpwatch("call", "say", "text=hi", "-o", str(file), *QUICK, preexec=close)
    assert ran.code == 0
    assert ran.out == ("" if 1 in closed else "hi\n")
    assert exit_of(file) == 0
    assert file.read_bytes().startswith(b'{"format":"mcpwatch"'), "nothing else got into it"


@pytest.mark.parametrize("argv", [("call", "data"), ("run", "--call", "count"), ("run", "--events", "--list")])
def test_a_full_disk_behind_stdout_is_said_and_the_recording_is_complete(argv: tuple[str, ...], file: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, *argv, "-o", str(file), *QUICK], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    assert_well_behaved(done.stderr)
    assert done.returncode == 6
    assert b"cannot write to stdout: no space left" in done.stderr
    exit_of(file)


@pytest.mark.parametrize("argv", [("show",), ("show", "--events"), ("sessions",), ("--help",)])
def test_a_full_disk_is_said_by_every_command(argv: tuple[str, ...]) -> None:
    mcpwatch("run", "--list", "-q", *QUICK)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, *argv], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
    assert_well_behaved(done.stderr)
    assert done.returncode == 6
    assert b"no space left" in done.stderr


def test_a_folder_that_was_removed_under_us_is_no_reason_to_fail(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    ran = mcpwatch("call", "say", "text=hi", *QUICK, cwd=here, preexec=here.rmdir)
    assert (ran.code, ran.out) == (0, "hi\n")


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "LANG": "C"}],
    ids=["ascii", "C"],
)
def test_an_encoding_without_our_signs_gets_others_and_json_stays_json(env: dict[str, str]) -> None:
    ran = mcpwatch("run", "--call", "data", *QUICK, env=env)
    assert ran.stdout.isascii()
    assert ran.stderr.isascii()
    assert "-> tools/call" in ran.out
    ran = mcpwatch("call", "data", "--json", "-q", *QUICK, env=env)
    assert ran.stdout.isascii()
    assert ran.json["structuredContent"]["sign"] == "°"
    assert mcpwatch("call", "data", "-q", *QUICK, env=env).stdout.decode().count("°") == 1, "data are bytes"


def test_colour_is_for_terminals_unless_it_is_forced() -> None:
    assert b"\x1b" not in mcpwatch("run", "--call", "fail", *QUICK).stdout
    forced = mcpwatch("run", "--call", "fail", *QUICK, env={"FORCE_COLOR": "1"})
    assert b"\x1b[1m" in forced.stdout
    assert b"\x1b[1m" in forced.stderr
    refused = mcpwatch("run", "--call", "fail", *QUICK, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert b"\x1b" not in refused.stdout + refused.stderr
    assert b"\x1b" in mcpwatch("rnu", env={"FORCE_COLOR": "1"}).stderr
    assert b"\x1b[2J" not in mcpwatch("run", "--list", *DEMO, env={"FORCE_COLOR": "1"}).stdout
