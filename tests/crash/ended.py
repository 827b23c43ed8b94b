"""mcpwatch is ended in every way that there is: what it leaves is complete, and it leaves nobody behind.

Ways: SIGTERM, SIGINT, SIGHUP, a terminal that is closed, a pipe that is; at a random moment while messages pass, and
(`early`) at a random one from the start of the process on. For every command that keeps running.
"""

from __future__ import annotations

import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal, TypeAlias

from mcpwatch import Recording
from mcpwatch.errors import RecordingError
from mcpwatch.events import Closed
from tests.cli.running import NEVER, PROGRAM, environment
from tests.crash.killed import NUMBERED
from tests.crash.stream import Stream, streaming
from tests.crash.table import Row

Way: TypeAlias = Literal["SIGTERM", "SIGINT", "SIGHUP", "terminal", "pipe"]
WAYS: tuple[Way, ...] = ("SIGTERM", "SIGINT", "SIGHUP", "terminal", "pipe")
WITHIN = 60.0
MARK = "MCPWATCH_TEST_RUN"
"""What everything that a run starts has in its environment."""
_SAID = {
    "SIGTERM": "SIGTERM",
    "SIGINT": "SIGINT",
    "SIGHUP": "SIGHUP",
    "terminal": "a closed terminal",
    "pipe": "a closed pipe",
}
_ORDERLY: dict[Way, int] = {"SIGTERM": 143, "SIGINT": 130, "SIGHUP": 143, "terminal": 143, "pipe": 0}
_AS_THE_SERVER: dict[Way, int] = {"SIGTERM": -15, "SIGINT": -2, "SIGHUP": -1, "terminal": -1, "pipe": 0}


@dataclass(frozen=True, slots=True)
class Command:
    """A command that keeps running. `argv` gets the folder; `codes` is how the process is to end."""

    name: str
    argv: Callable[[Path], list[str]]
    codes: Mapping[Way, int]
    env: Callable[[Path], dict[str, str]] = lambda folder: {}
    keeps: bool = True
    """Whether there is a recording, at `FOLDER/*.mcpw.jsonl`."""
    ready: bytes = b"n=5;"
    """What is in the recording, or where there is none in the output, while messages pass."""


def _server(*more: str) -> list[str]:
    return ["--", sys.executable, NUMBERED, "200", *more]


def _recording(folder: Path) -> str:
    return str(folder / "r.mcpw.jsonl")


COMMANDS = (
    Command(
        "run", lambda folder: ["run", "--call", "work", "-o", _recording(folder), *_server("--children", "2")], _ORDERLY
    ),
    Command("call", lambda folder: ["call", "work", "-o", _recording(folder), *_server("--children", "2")], _ORDERLY),
    Command(
        "proxy, on pipes",
        lambda folder: ["proxy", "-o", _recording(folder), *_server("--at-once", "--children", "1")],
        _AS_THE_SERVER,
    ),
    Command(
        "proxy, at a URL",
        lambda folder: ["proxy", (folder / "url").read_text(), "-o", _recording(folder)],
        {**_ORDERLY, "pipe": 143},
    ),
    Command(
        "tui",
        lambda folder: ["tui", "-o", _recording(folder), *_server("--children", "2", "--unasked")],
        _ORDERLY,
    ),
    Command(
        "replay",
        lambda folder: ["replay", str(folder / "recorded"), *_server("--children", "2")],
        {**_ORDERLY, "pipe": 1},  # there is more than was recorded
        env=lambda folder: {"MCPWATCH_SESSIONS": str(folder)},
    ),
    Command("mock, on pipes", lambda folder: ["mock", str(folder / "recorded")], dict.fromkeys(WAYS, 0), keeps=False),
    Command(
        "mock, at a URL",
        lambda folder: ["mock", str(folder / "recorded"), "--listen", "127.0.0.1:0"],
        dict.fromkeys(WAYS, 0),
        keeps=False,
        ready=b"Listening",
    ),
)
"""`proxy` ends a server's group alone, so that its server has no daemon here."""


def rows(count: int | None) -> list[Row]:
    """End each command in each way, `count` times (50 for each way and command)."""
    found: list[Row] = []
    chance = random.Random()
    for command in COMMANDS:
        for way in WAYS:
            row = Row(f"`{command.name}`: {_SAID[way]}")
            for at in range(50 if count is None else count):
                if row.times or possible(command, way):
                    early = at % 10 == 9 and way.startswith("SIG")
                    row.count(ended(command, way, chance.uniform(0.0, 0.6 if early else 0.25), early=early))
            code = command.codes[way]
            how = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}, as its server"
            row.seen = row.wrong[0] if row.wrong else f"{'complete file, ' if command.keeps else ''}nobody left, {how}"
            if row.times:
                found.append(row)
    return found


def possible(command: Command, way: Way) -> bool:
    """Whether there is such a thing: screens have no pipe, and who listens at a URL is not ended by one."""
    return not (way == "pipe" and command.name in ("tui", "mock, at a URL"))


def ended(command: Command, way: Way, delay: float, *, early: bool = False) -> str | None:
    """End it once, so many seconds after messages pass (`early`: after its start); what is wrong, if anything."""
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "url").write_text(stack.enter_context(streaming(200)))
        (folder / "recorded").write_bytes(recorded())
        run = _Run(command, way, folder)
        try:
            if not early:
                run.until_messages_pass()
            threading.Event().wait(delay)
            code = run.end()
            wrong = run.wrong(code, early=early)
        except AssertionError as error:
            wrong = f"{'early, ' if early else ''}after {delay:.3f} s: {error}"
        finally:
            run.kill()
    return wrong


_recorded: list[bytes] = []


def recorded() -> bytes:
    """A session with the numbered server, for who plays it again: its call has an answer after a while."""
    if not _recorded:
        with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as name:
            file = Path(name) / "s.mcpw.jsonl"
            argv = ["run", "-q", "--call", "work", "-o", str(file), *_server("--count", "20")]
            subprocess.run([*PROGRAM, *argv], env=environment(), stdin=subprocess.DEVNULL, check=True, timeout=WITHIN)
            _recorded.append(file.read_bytes())
    return _recorded[0]


@dataclass(slots=True)
class _Run:
    """A process, at a terminal or on pipes."""

    command: Command
    way: Way
    folder: Path
    _word: str = field(default_factory=lambda: uuid.uuid4().hex)
    _pid: int = 0
    _code: int | None = None
    _out: Stream | None = None
    _err: Stream | None = None
    _open: list[int] = field(default_factory=list[int])
    _stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        at_terminal = self.way == "terminal" or self.command.name == "tui"
        argv = self.command.argv(self.folder)
        if self.way == "pipe" and self.command.name in ("call", "replay"):
            argv += ["--count", "3000"]  # they print when it is over, and whether anybody reads it is nothing to them
        env = environment(
            {
                MARK: self._word,
                "TERM": "xterm-256color",
                "CI": "",
                **self.command.env(self.folder),
                "PYTHONFAULTHANDLER": "",
            }
        )
        if at_terminal:
            self._pid, terminal = pty.fork()
            if self._pid == 0:
                _hear_all()
                os.execve(PROGRAM[0], [*PROGRAM, *argv], env)
            self._open = [terminal]
            self._out = self._err = Stream(terminal)
            return
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
        process = subprocess.Popen(
            [*PROGRAM, *argv],
            stdin=their_in,
            stdout=their_out,
            stderr=their_err,
            env=env,
            start_new_session=True,
            preexec_fn=_hear_all,
        )
        process.returncode = 0  # waited for here
        self._pid = process.pid
        for one in (their_in, their_out, their_err):
            os.close(one)
        self._open = [our_in, our_out, our_err]
        self._out, self._err = Stream(our_out), Stream(our_err)

    def until_messages_pass(self) -> None:
        """Wait until they do."""
        assert self._out is not None and self._err is not None
        if self.command.name == "proxy, at a URL":
            self._err.wait_for(b"/mcp")
            port = int(self._err.read().split(b"127.0.0.1:")[1].split(b"/")[0])
            self._stack.enter_context(Stream.posted(port, "/mcp"))
        elif self.command.name == "mock, on pipes":
            os.write(self._open[0], _MOCKED)
        if self.command.keeps:
            self._until(lambda: any(self.command.ready in one.read_bytes() for one in self._files()), "a message")
        else:
            stream = self._err if self.command.name == "mock, at a URL" else self._out
            stream.wait_for(self.command.ready)

    def end(self) -> int:
        """End it in its way; the exit code, negative for a signal."""
        if self.way == "terminal":
            self._shut(self._open.pop())
        elif self.way == "pipe":
            self._stack.close()
            if self.command.name == "proxy, at a URL":
                self._signal(signal.SIGTERM)  # a client that leaves is none of its ends
            else:
                for one in (
                    self._open[:2] if self.command.name in ("proxy, on pipes", "mock, on pipes") else self._open[1:2]
                ):
                    self._open.remove(one)
                    self._shut(one)
        else:
            self._signal(signal.Signals[self.way])
        self._until(self._gone, "its end")
        assert self._code is not None
        return self._code

    def wrong(self, code: int, *, early: bool) -> str | None:
        """What is wrong with what it left."""
        assert self._err is not None
        wanted = self.command.codes[self.way]
        said = self._err.read().decode("utf-8", "replace")
        if any(word in said for word in NEVER) and not self.command.name.startswith("proxy, on"):
            return f"it said {said[-2000:]!r}"
        codes = {wanted, -signal.Signals[self.way]} if early else {wanted}
        if self.way == "terminal" and self.command.name == "proxy, on pipes":
            codes.add(0)  # its server may see the end of its input before the signal
        if code not in codes:
            return f"exit code {code}, and not {wanted}: {said[-600:]!r}"
        with suppress(AssertionError):
            self._until(lambda: not list(self._left()), "")
        if left := list(self._left()):
            return f"left behind: {left}"
        files = self._files()
        if self.command.keeps and not files and not early:
            return "there is no file"
        for file in files:
            try:
                with Recording.open(file) as recording:
                    events = list(recording.events())
                    footer = recording.footer
                    cut = recording.cut
            except RecordingError as error:
                return f"{error}"
            if footer is None or cut:
                return f"the file is not complete after {len(events)} events; exit code {code}"
            said = code if code >= 0 else 128 - code
            if self.command.name == "replay" and code == 1:
                said = 0  # what differs is found in the file, when that is complete
            if footer["exit"] != said:
                return f"the file says {footer['exit']} and the process {code}"
            if not early and not any(isinstance(event, Closed) for event in events):
                return "no link was closed"
        return None

    def kill(self) -> None:
        """Leave nothing of it, whatever it was."""
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        for pid, _ in self._left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for stream in (self._out, self._err):
            if stream is not None:
                stream.stop()
        for one in self._open:
            os.close(one)
        self._stack.close()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.mcpw.jsonl"))

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    def _shut(self, descriptor: int) -> None:
        """Close it under whoever reads it here."""
        for stream in (self._out, self._err):
            if stream is not None and stream.descriptor == descriptor:
                stream.stop()
        os.close(descriptor)

    def _gone(self) -> bool:
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self._code = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def _left(self) -> Iterator[tuple[int, str]]:
        """What it started and what still runs, by the word in its environment."""
        word = f"{MARK}={self._word}".encode()
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with suppress(OSError):
                    if word in Path(f"/proc/{entry}/environ").read_bytes():
                        yield int(entry), Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode()

    def _until(self, there: Callable[[], bool], what: str) -> None:
        pause, deadline = threading.Event(), monotonic() + (WITHIN if what else 5.0)
        while not there():
            said = self._err.read()[-800:] if self._err is not None else b""
            assert monotonic() < deadline, f"{what} does not come: {said!r}"
            if what == "a message":
                assert not self._gone(), f"it ended with {self._code}: {said!r}"
            pause.wait(0.01)


def _hear_all() -> None:
    """Whoever started us may have us ignore some, as a shell does in the background."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


_MOCKED = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"x","version":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"work","arguments":{}}}\n'
)
