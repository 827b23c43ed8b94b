from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.wire import process
from mcpwatch.wire.process import MARK, Child, Exit

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes end differently on Windows")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

Start: TypeAlias = Callable[..., Child]

UNTIL_EOF = "import sys; sys.stdin.read()"
STUBBORN = """
import os, signal
signal.alarm(120)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"ready\\n")
while True: signal.pause()
"""
# Prints the pids of two sleeping descendants: one in a session of its own, one forked twice and there too.
DAEMONS = """
import os, signal, sys
def stay(twice):
    if os.fork(): return
    os.setsid()
    if twice and os.fork(): os._exit(0)
    signal.alarm(120)
    os.write(1, b"%d\\n" % os.getpid())
    while True: signal.pause()
stay(False); stay(True)
"""
IN_ITS_GROUP = """
import os, signal, sys
if not os.fork():
    signal.alarm(120)
    os.write(1, b"%d\\n" % os.getpid())
    while True: signal.pause()
"""


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.end(grace=0)
        child.close_stdout()
        child.close_stderr()


@pytest.fixture
def start(children: list[Child]) -> Start:
    def start(code: str, **options: str) -> Child:
        child = Child.start(sys.executable, ["-c", code], env={**os.environ, **options})
        children.append(child)
        return child

    return start


def lines(child: Child, count: int) -> list[str]:
    """The next lines of its stdout, which has to be read no further."""
    read = b""
    while read.count(b"\n") < count:
        chunk = os.read(child.stdout, 4096)
        assert chunk, f"it ended after {read!r}"
        read += chunk
    return read.decode().splitlines()


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def test_a_process_that_went_by_itself_is_reported_with_its_code(start: Start) -> None:
    child = start("raise SystemExit(3)")
    assert child.wait(30) == Exit(code=3)
    assert child.end() == Exit(code=3)


def test_a_process_that_died_of_a_signal_is_reported_with_its_name(start: Start) -> None:
    child = start("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert child.end(grace=30) == Exit(signal="SIGSEGV")


def test_a_signal_without_a_name_is_reported_by_its_number(start: Start) -> None:
    number = signal.SIGRTMIN + 3
    child = start(f"import os; os.kill(os.getpid(), {number})")
    assert child.end(grace=30) == Exit(signal=f"SIG{number}")


def test_waiting_for_a_process_that_runs_on_gives_up_in_time(start: Start) -> None:
    assert start(UNTIL_EOF).wait(0.01) is None


def test_the_end_waits_no_longer_than_the_process_takes_to_see_the_end_of_its_input(start: Start) -> None:
    assert start(UNTIL_EOF).end(grace=3600) == Exit(code=0)


def test_a_process_that_ignores_the_end_of_its_input_is_terminated(start: Start) -> None:
    child = start("import signal; signal.alarm(120); print('ready', flush=True)\nwhile True: signal.pause()")
    lines(child, 1)
    assert child.end(grace=0.05) == Exit(signal="SIGTERM")


def test_a_process_that_ignores_sigterm_too_is_killed(start: Start) -> None:
    child = start(STUBBORN)
    lines(child, 1)
    assert child.end(grace=0.05) == Exit(signal="SIGKILL")


def test_ending_twice_and_from_two_threads_gives_the_same_answer(start: Start) -> None:
    child = start(STUBBORN)
    lines(child, 1)
    answers: list[Exit] = []
    threads = [threading.Thread(target=lambda: answers.append(child.end(grace=0.05))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [*answers, child.end()] == [Exit(signal="SIGKILL")] * 3


def test_a_kill_from_another_thread_cuts_the_grace_short(start: Start) -> None:
    child = start(STUBBORN)
    lines(child, 1)
    answers: list[Exit] = []
    ending = threading.Thread(target=lambda: answers.append(child.end(grace=3600)))
    ending.start()
    child.kill()
    ending.join()
    assert answers == [Exit(signal="SIGKILL")]


def test_nothing_is_left_to_reap(start: Start) -> None:
    child = start("raise SystemExit(3)")
    child.end()
    with pytest.raises(ChildProcessError):
        os.waitpid(child.pid, os.WNOHANG)


def test_a_kill_after_the_end_hits_nobody(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    child = start(UNTIL_EOF)
    child.end()
    hit: list[tuple[int, int]] = []

    def killpg(*hits: int) -> None:
        hit.append((hits[0], hits[1]))

    monkeypatch.setattr(os, "killpg", killpg)
    child.kill()
    assert hit == []


def test_it_runs_in_a_session_and_group_of_its_own(start: Start) -> None:
    child = start(UNTIL_EOF)
    assert os.getsid(child.pid) == os.getpgid(child.pid) == child.pid


def test_it_gets_the_environment_and_folder_it_was_given(children: list[Child], tmp_path: Path) -> None:
    code = "import os; print(os.environ['A'], 'HOME' in os.environ, os.path.realpath(os.curdir), sep='\\n', flush=True)"
    child = Child.start(sys.executable, ["-c", code], env={"A": "1"}, cwd=str(tmp_path))
    children.append(child)
    assert lines(child, 3) == ["1", "False", os.path.realpath(tmp_path)]


def test_the_marker_keeps_the_words_of_the_watchers_above(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, "outer")
    outer, inner = lines(start(f"import os; print(os.environ['{MARK}'], flush=True)"), 1)[0].split()
    assert outer == "outer" and len(inner) == 24


@pytest.mark.parametrize("proc", ["/proc", "/nowhere"], ids=["proc", "ps"])
@pytest.mark.parametrize(("code", "count"), [(DAEMONS, 2), (IN_ITS_GROUP, 1)], ids=["setsid", "group"])
def test_what_outlives_a_server_that_went_cleanly_is_ended(
    start: Start, monkeypatch: pytest.MonkeyPatch, proc: str, code: str, count: int
) -> None:
    monkeypatch.setattr(process, "_PROC", proc)
    child = start(code)
    pids = [int(line) for line in lines(child, count)]
    assert child.end(grace=30) == Exit(code=0)
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_descendant_that_ignores_sigterm_is_killed(start: Start) -> None:
    child = start("import os\nif os.fork(): os._exit(0)\nos.setsid()\nos.write(1, b'%d ' % os.getpid())" + STUBBORN)
    pid = int(lines(child, 1)[0].split()[0])
    child.end(grace=30)
    assert not is_running(pid)


def test_a_descendant_with_an_empty_environment_is_found_while_its_parent_is(start: Start) -> None:
    bare = "import os, signal; signal.alarm(120); os.write(1, b'%d\\\\n' % os.getpid())\\nwhile True: signal.pause()"
    child = start(f"""
import os, signal, sys
signal.alarm(120)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if not os.fork():
    os.setsid()
    if not os.fork():
        os.setsid()
        os.execve(sys.executable, [sys.executable, "-c", "{bare}"], {{}})
    while True: signal.pause()
""")
    pid = int(lines(child, 1)[0])
    child.end(grace=30)
    assert not is_running(pid)


def test_with_the_group_only_a_daemon_lives_on(start: Start) -> None:
    child = start(DAEMONS + IN_ITS_GROUP)
    pids = [int(line) for line in lines(child, 3)]
    try:
        child.end(grace=30, kill_group_only=True)
        assert sorted(map(is_running, pids)) == [False, True, True]
    finally:
        for pid in filter(is_running, pids):
            os.kill(pid, signal.SIGKILL)


SUBREAPER = """
import json, os, subprocess, sys
from mcpwatch.wire.process import Child, subreaper
first = subreaper(), subreaper()
quiet = "import os, signal; signal.alarm(120); os.write(1, b'%d\\\\n' % os.getpid())\\nwhile True: signal.pause()"
bare = f'''
import os, sys
if not os.fork():
    os.setsid()
    if not os.fork(): os.execve(sys.executable, [sys.executable, "-c", {quiet!r}], {{}})
'''
brief = "import os\\nif not os.fork():\\n os.setsid(); os._exit(0)"
ours = subprocess.Popen([sys.executable, "-c", quiet], stdout=subprocess.PIPE, start_new_session=True)
browser = int(ours.stdout.readline())
other = Child.start(sys.executable, ["-c", "import sys; sys.stdin.read()"])
child = Child.start(sys.executable, ["-c", bare])
daemon = int(os.read(child.stdout, 100))
def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file: return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError: return False
child.end(grace=30)
while_another_runs = running(daemon)
short = Child.start(sys.executable, ["-c", brief])
short.end(grace=30)
other.end(grace=30)
def is_zombie_of_ours(pid):
    try:
        with open(f"/proc/{pid}/stat") as file: words = file.read().rpartition(")")[2].split()
    except OSError: return False  # somebody else's, which has just gone
    return words[:2] == ["Z", str(os.getpid())]
zombies = [pid for pid in os.listdir("/proc") if pid.isdigit() and is_zombie_of_ours(pid)]
print(json.dumps([first, while_another_runs, running(daemon), running(browser), len(zombies)]))
ours.kill()
"""


@linux_only
def test_a_subreaper_also_ends_what_emptied_its_environment_but_not_what_we_started_ourselves() -> None:
    done = subprocess.run([sys.executable, "-c", SUBREAPER], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [[True, True], True, False, True, 0]


def script(path: Path, text: str, mode: int = 0o755) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("command", "sentence", "hint"),
    [
        ("no-such-command", "no-such-command was not found on PATH", "install it"),
        ("npx", "npx was not found on PATH", "Node.js"),
        ("{tmp}/missing", "there is no such file", "relative path"),
        ("{tmp}", "it is a directory", "in it"),
        ("{tmp}/plain", "it may not be executed", "chmod +x"),
        ("{tmp}/bare", "neither a program nor a script", "python3"),
        ("{tmp}/dead", "the interpreter in the first line of {tmp}/dead does not exist", "correct that line"),
        ("nul\0", "cannot start", ""),
    ],
)
def test_what_cannot_be_started_is_refused_with_a_sentence_and_a_hint(
    tmp_path: Path, command: str, sentence: str, hint: str
) -> None:
    script(tmp_path / "plain", "print()", 0o644)
    script(tmp_path / "bare", "print()")
    script(tmp_path / "dead", "#!/no/such/interpreter\n")
    with pytest.raises(ConnectError) as caught:
        Child.start(command.format(tmp=tmp_path), env={"PATH": str(tmp_path)})
    assert sentence.format(tmp=tmp_path) in str(caught.value)
    assert hint in caught.value.hint


def test_python_is_found_under_its_other_name(tmp_path: Path) -> None:
    script(tmp_path / "python3", "#!/bin/sh\n")
    with pytest.raises(ConnectError, match="python was not found on PATH") as caught:
        Child.start("python", env={"PATH": str(tmp_path)})
    assert "python3" in caught.value.hint


def test_a_working_directory_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="missing is not a directory"):
        Child.start(sys.executable, cwd=str(tmp_path / "missing"))


def test_any_other_refusal_has_the_words_of_the_system() -> None:
    with pytest.raises(ConnectError, match=os.strerror(errno.E2BIG)):
        Child.start(sys.executable, ["x" * 10_000_000])
