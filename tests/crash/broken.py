"""A recording that cannot be written any more is noticed within a second, said, and ends in exit code 6.

The file's descriptor is made to fail under a real process (`breaking.py`), a file system of one megabyte is filled
where we may mount one, and two processes want to write the same file.
"""

from __future__ import annotations

import os
import pty
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from mcpwatch import Recording
from tests.cli.running import NEVER, PROGRAM, environment
from tests.crash.killed import NUMBERED
from tests.crash.stream import Stream, streaming
from tests.crash.table import Row

WITHIN = 60.0
BOUND = 1.0
"""Seconds from the write that failed to the sentence that says so."""
HOW = ("full", "EIO", "closed", "EDQUOT", "EROFS")
_SAYS = {
    "full": "the disk is full",
    "EIO": "the device reports an error",
    "closed": "Bad file descriptor",
    "EDQUOT": "quota",
    "EROFS": "read-only",
}
_NAMES = {"full": "disk full", "EIO": "EIO", "closed": "closed descriptor", "EDQUOT": "quota", "EROFS": "read-only"}
COMMANDS = ("run", "call", "proxy", "proxy, to stop", "proxy, at a URL", "tui", "replay")


def rows(count: int | None) -> list[Row]:
    """Break each command's recording in each way, `count` times (3); let two write one file, ten times as often."""
    times = 3 if count is None else count
    found: list[Row] = []
    for command in COMMANDS:
        row = Row(f"`{command}`: {', '.join(_NAMES.values())}")
        longest = 0.0
        for how in HOW * times:
            seconds, wrong = broken(command, how, random.randint(3, 400))
            longest = max(longest, seconds)
            row.count(wrong or (f"said after {seconds:.2f} s ({how})" if seconds > BOUND else None))
        row.seen = row.wrong[0] if row.wrong else f"exit code 6, said within {longest * 1000:.0f} ms at most"
        found.append(row)
    for row, one in (
        (Row("`run`: a file system of 1 MiB"), small_disk),
        (Row("`run`: a file system that is read-only"), read_only),
        (Row("`run`: a limit for the size of files"), small_limit),
    ):
        for _ in range(times):
            row.count(one())
        row.seen = row.wrong[0] if row.wrong else "exit code 6, what fitted is readable"
        found.append(row)
    for force in (False, True):
        row = Row(f"two `run`s that begin at once with one file{', `--force`' if force else ''}")
        for _ in range(times * 10):
            row.count(two_writers(force=force))
        row.seen = row.wrong[0] if row.wrong else "one writes a complete file, the other is refused with exit code 6"
        found.append(row)
    return found


def broken(command: str, how: str, after: int) -> tuple[float, str | None]:
    """Break a command's recording so. Seconds from then until it was said, and what is wrong, if anything."""
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name, streaming(200) as url:
        folder = Path(name)
        file, stamp = folder / "r.mcpw.jsonl", folder / "stamp"
        argv = _argv(command, file, url, folder)
        program = [sys.executable, "-m", "tests.crash.breaking", how, str(after), str(stamp), *argv]
        env = environment({"MCPWATCH_SESSIONS": str(folder), "CI": "", "TERM": "xterm-256color"})
        pid, terminal, ours = _started(program, env, at_terminal=command == "tui")
        said = Stream(terminal)
        code = None
        try:
            wanted = b"cannot write" if command == "tui" else _SAYS[how].encode()  # the rest of it may be cut there
            if command == "proxy, at a URL":
                said.wait_for(b"/mcp")
                port = int(said.read().split(b"127.0.0.1:")[1].split(b"/")[0])
                with Stream.posted(port, "/mcp"):
                    seen = _when(said, wanted)
                    os.kill(pid, signal.SIGTERM)  # the traffic goes on, and so would it
                    code = _code(pid)
            else:
                seen = _when(said, wanted)
                if command == "proxy":
                    os.kill(pid, signal.SIGTERM)
                elif command == "tui":
                    with suppress(OSError):
                        os.write(terminal, b"q")
                code = _code(pid)
            seconds = seen - float(stamp.read_text())
        except AssertionError as error:
            return 0.0, f"{how} after {after}: {error}"
        finally:
            if code is None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            said.stop()
            for one in ours:
                os.close(one)
        text = said.read().decode("utf-8", "replace")
        if code != 6:
            return seconds, f"{how} after {after}: exit code {code}: {text[-500:]!r}"
        if any(word in text for word in NEVER):
            return seconds, f"{how} after {after}: {text[-2000:]!r}"
        if how != "closed" and (wrong := _readable(file if file.exists() else next(folder.glob("*replay*")))):
            return seconds, wrong
        return seconds, None


def _started(program: list[str], env: dict[str, str], *, at_terminal: bool) -> tuple[int, int, list[int]]:
    """A process, what it says (all at a terminal, or on stderr alone), and what to close in the end."""
    if at_terminal:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(program[0], program, env)
        return pid, terminal, [terminal]
    (reading, writing), (their_in, our_in) = os.pipe(), os.pipe()
    process = subprocess.Popen(program, stdin=their_in, stdout=subprocess.DEVNULL, stderr=writing, env=env)
    process.returncode = 0  # waited for by its pid
    os.close(writing)
    os.close(their_in)
    return process.pid, reading, [reading, our_in]


def _argv(command: str, file: Path, url: str, folder: Path) -> list[str]:
    server = ["--", sys.executable, NUMBERED, "200"]
    if command == "replay":
        (folder / "recorded").write_bytes(_recorded())
    return {
        "run": ["run", "--call", "work", "-o", str(file), *server],
        "call": ["call", "work", "-o", str(file), *server],
        "proxy": ["proxy", "-o", str(file), *server, "--at-once"],
        "proxy, to stop": ["proxy", "--on-record-error", "stop", "-o", str(file), *server, "--at-once"],
        "proxy, at a URL": ["proxy", url, "-o", str(file)],
        "tui": ["tui", "-o", str(file), *server, "--unasked"],
        "replay": ["replay", str(folder / "recorded"), *server],
    }[command]


def _recorded() -> bytes:
    from tests.crash.ended import recorded

    return recorded()


def small_disk() -> str | None:
    """Record into a file system that is full soon; what is wrong, if anything."""
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name, _mounted(Path(name), "size=1m") as mounted:
        if not mounted:
            return small_limit()
        return _runs_out(Path(name) / "r.mcpw.jsonl", "the disk is full")


def read_only() -> str | None:
    """Record where nothing can be written; what is wrong, if anything."""
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name, _mounted(Path(name), "ro") as mounted:
        if not mounted:
            return None
        file = Path(name) / "r.mcpw.jsonl"
        ran = _run(["run", "--call", "work", "-o", str(file), "--", sys.executable, NUMBERED, "200"])
        said = ran.stderr.decode()
        if ran.returncode != 6 or "read-only" not in said or any(word in said for word in NEVER):
            return f"exit code {ran.returncode}: {said[-500:]}"
        return None


def small_limit() -> str | None:
    """Record where no file may be larger than so much; what is wrong, if anything."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name:
        return _runs_out(Path(name) / "r.mcpw.jsonl", "the file would be larger", limit)


def _runs_out(file: Path, says: str, before: Callable[[], None] | None = None) -> str | None:
    ran = _run(["run", "-q", "--call", "work", "-o", str(file), "--", sys.executable, NUMBERED, "200"], before)
    said = ran.stderr.decode()
    if ran.returncode != 6 or says not in said or any(word in said for word in NEVER):
        return f"exit code {ran.returncode}: {said[-500:]}"
    return _readable(file)


def two_writers(*, force: bool) -> str | None:
    """Have two begin with the same file at once; what is wrong, if anything."""
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name:
        file = Path(name) / "r.mcpw.jsonl"
        argv = ["run", "-q", "--call", "work", "-o", str(file), *(["--force"] if force else [])]
        argv += ["--", sys.executable, NUMBERED, "200"]
        both = [
            subprocess.Popen(
                [*PROGRAM, *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment(),
            )
            for _ in range(2)
        ]
        try:
            _until(lambda: any(one.poll() is not None for one in both), "the end of one")
            loser = next(one for one in both if one.poll() is not None)
            winner = both[1 - both.index(loser)]
            _until(lambda: winner.poll() is not None or (file.exists() and b'"n=5;' in file.read_bytes()), "a message")
            winner.send_signal(signal.SIGTERM)
            said = [(one.communicate(timeout=WITHIN)[1] or b"").decode() for one in (loser, winner)]
        finally:
            for one in both:
                one.kill()
                one.wait()
                assert one.stderr is not None
                one.stderr.close()
        if loser.returncode != 6 or not any(word in said[0] for word in ("by another mcpwatch", "exists already")):
            return f"one ended with {loser.returncode}: {said[0]}; the other with {winner.returncode}: {said[1]}"
        if winner.returncode != 143:
            return f"the other ended with {winner.returncode}: {said[1]}"
        with Recording.open(file) as recording:
            return None if recording.footer == {**(recording.footer or {}), "exit": 143} else "there is no footer"


def _run(argv: list[str], before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=before,
        timeout=WITHIN,
        check=False,
    )


@contextmanager
def _mounted(folder: Path, options: str) -> Generator[bool]:
    """A file system of its own at `folder`; False where we may not."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def _readable(file: Path) -> str | None:
    """What is wrong with what fitted into the file."""
    with Recording.open(file) as recording:
        events = list(recording.events())
        return None if events and not recording.complete else f"{len(events)} events, complete: {recording.complete}"


def _when(said: Stream, text: bytes) -> float:
    """Wait for a text; when it came."""
    said.wait_for(text)
    return monotonic()


def _code(pid: int) -> int:
    found: list[int] = []

    def gone() -> bool:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            found.append(os.waitstatus_to_exitcode(status))
        return bool(ended)

    _until(gone, "its end")
    return found[0]


def _until(there: Callable[[], bool], what: str) -> None:
    pause, deadline = threading.Event(), monotonic() + WITHIN
    while not there():
        assert monotonic() < deadline, f"{what} does not come"
        pause.wait(0.005)
