"""Ctrl-C, SIGTERM, SIGHUP: an orderly end, a complete recording, and nothing of the server left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcpwatch.events import Closed, Frame, Opened
from tests.cli.running import QUICK, Running, bad, events, exit_of, is_alive, mcpwatch, running

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc")


def server_of(file: Path) -> int:
    (opened,) = [event for event in events(file) if isinstance(event, Opened)]
    assert opened.pid is not None
    return opened.pid


@ON_LINUX
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)], ids=lambda one: str(one)
)
@pytest.mark.parametrize("command", ["run", "call"])
def test_a_signal_in_mid_call_ends_everything_in_order(
    command: str, number: signal.Signals, code: int, file: Path
) -> None:
    step = ("--call", "hang") if command == "run" else ("hang",)
    with running(command, *step, "-o", str(file), *QUICK) as run:
        run.wait_for("thinking", "out" if command == "run" else "err")
        run.signal(number)
        ran = run.end()
    assert ran.code == code
    assert exit_of(file) == code
    assert f"recording: {file}" in ran.err
    assert [event for event in events(file) if isinstance(event, Closed)]
    assert not is_alive(server_of(file))


@ON_LINUX
def test_descendants_that_left_the_servers_session_are_ended_too(file: Path) -> None:
    with running("run", "--for", "60s", "--call", "work", "-o", str(file), *bad("daemons")) as run:
        run.wait_for("ok")
        run.signal(signal.SIGTERM)
        assert run.end().code == 143
    (text,) = [
        event.message["result"]["content"][0]["text"]
        for event in events(file)
        if isinstance(event, Frame) and (event.type, event.method) == ("response", "tools/call")
    ]
    pids: list[int] = json.loads(text)
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


@ON_LINUX
def test_even_a_descendant_without_an_environment_is_ended() -> None:
    ran = mcpwatch("call", "orphan", *QUICK)
    assert ran.code == 0
    assert not is_alive(int(ran.out))


@ON_LINUX
def test_a_second_signal_does_not_wait_for_a_stubborn_server(file: Path) -> None:
    with running("run", "--call", "cling", "-o", str(file), *QUICK) as run:
        run.wait_for("thinking")
        run.signal(signal.SIGINT)
        run.wait_for("  interrupted")
        run.signal(signal.SIGINT)
        ran = run.end()
    assert ran.code == 130
    assert exit_of(file) == 130
    assert not is_alive(server_of(file))


@ON_LINUX
def test_a_signal_while_the_server_is_being_ended_hurries_and_loses_nothing(file: Path) -> None:
    with running("run", "--list", "-o", str(file), *bad("stubborn")) as run:
        run.wait_for("work()")  # from here on the server is only waited for
        run.signal(signal.SIGTERM)
        ran = run.end()
    assert ran.code == 143
    assert exit_of(file) == 143
    assert not is_alive(server_of(file))


def test_a_signal_is_heard_although_nobody_reads_what_is_written(file: Path) -> None:
    reading, writing = os.pipe()
    with running(
        "run", "--for", "60s", "--call", "work", "-o", str(file), *bad("flood", "20000"), stdout=writing
    ) as run:
        os.close(writing)
        run.until(lambda: file.exists() and b"20000 sent" in file.read_bytes())
        run.signal(signal.SIGTERM)
        assert run.end().code == 143
    os.close(reading)
    assert exit_of(file) == 143


def test_a_signal_before_the_server_has_answered_leaves_a_complete_recording(file: Path) -> None:
    with running("run", "-o", str(file), *bad("silent")) as run:
        run.wait_for("started")
        run.signal(signal.SIGINT)
        assert run.end().code == 130
    assert exit_of(file) == 130


def test_under_nohup_a_hang_up_is_ignored(file: Path) -> None:
    code = "import signal, os, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    argv = [sys.executable, "-c", code, sys.executable, "-c", "from mcpwatch.cli import main; main()"]
    argv += ["run", "--call", "hang", "--call", "say text=x", "-o", str(file), *QUICK]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run = Running(process)
    run.start()
    run.wait_for("thinking")
    run.signal(signal.SIGHUP)
    run.signal(signal.SIGTERM)
    assert run.end().code == 143
    assert exit_of(file) == 143
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
