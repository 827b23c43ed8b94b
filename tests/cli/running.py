"""Running mcpwatch as a process of its own: to its end (`mcpwatch`), or step by step (`running`).

Our own interpreter turns warnings into errors, and no run may end in a traceback.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import IO, Any

from mcpwatch import Recording
from mcpwatch.events import Event
from tests.cli import warm

SERVERS = Path(__file__).parent.parent / "servers"
DEMO = ("--", sys.executable, "-m", "mcpwatch.demo", "--pace", "0")
QUICK = ("--", sys.executable, str(SERVERS / "good" / "quick.py"))
PROGRAM = (sys.executable, "-W", "error", "-c", "from mcpwatch.cli import main; main()")
WITHIN = 60.0
"""Seconds that anything may take; nothing here does unless it hangs."""
NEVER = ("Traceback (most recent call last)", "Exception ignored", "Error in atexit", "Warning:")


def bad(name: str, *argv: str) -> tuple[str, ...]:
    """A deliberately bad server as the end of a command line."""
    return ("--", sys.executable, str(SERVERS / "bad" / f"{name}.py"), *argv)


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours with `given`; an empty text takes an entry out."""
    merged = {**os.environ, "PYTHONUTF8": "1", **(given or {})}
    return {name: value for name, value in merged.items() if value}


@dataclass(frozen=True)
class Ran:
    """How a run ended."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.stdout)


def mcpwatch(
    *argv: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    preexec: Callable[[], None] | None = None,
) -> Ran:
    """Run it to its end, without a terminal. It is the fork of an interpreter that has imported it (`warm`), unless it
    needs a start of its own: with `preexec`, or another environment for Python.
    """
    if preexec is None and warm.can_be(environment(env)):
        ran = Ran(*warm.run(argv, stdin=stdin, env=environment(env), cwd=cwd, timeout=WITHIN))
        assert_well_behaved(ran.stderr)
        return ran
    done = subprocess.run(
        [*PROGRAM, *argv],
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=cwd,
        timeout=WITHIN,
        preexec_fn=preexec,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert_well_behaved(ran.stderr)
    return ran


def assert_well_behaved(stderr: bytes) -> None:
    said = stderr.decode("utf-8", "replace")
    assert not any(word in said for word in NEVER), said


@dataclass
class Running:
    """A process that goes on while the test looks at it. `read` gives everything so far."""

    process: subprocess.Popen[bytes]
    _read: dict[str, bytearray] = field(default_factory=lambda: {"out": bytearray(), "err": bytearray()})
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def start(self) -> None:
        for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr)):
            if pipe is not None:
                self._threads.append(threading.Thread(target=self._pump, args=(name, pipe), daemon=True))
                self._threads[-1].start()

    def wait_for(self, text: str, stream: str = "out") -> None:
        """Wait until `text` has been written."""
        wanted = text.encode()
        deadline = monotonic() + WITHIN
        with self._changed:
            while wanted not in self._read[stream]:
                left = deadline - monotonic()
                if left <= 0 or not self._changed.wait(left) or not any(thread.is_alive() for thread in self._threads):
                    break
        assert wanted in self._read[stream], f"no {text!r} in {self.read(stream)!r}, {self.read('err')!r}"

    def until(self, there: Callable[[], bool]) -> None:
        """Wait until something is there that no stream tells of, while the process runs."""
        pause, deadline = threading.Event(), monotonic() + WITHIN
        while not there():
            assert self.process.poll() is None, self.read("err")
            assert monotonic() < deadline
            pause.wait(0.01)

    def read(self, stream: str = "out") -> str:
        with self._changed:
            return self._read[stream].decode("utf-8", "replace")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Ran:
        """Wait for the end, and say how it went."""
        code = self.process.wait(WITHIN)
        for thread in self._threads:
            thread.join(WITHIN)
        assert_well_behaved(bytes(self._read["err"]))
        return Ran(code, bytes(self._read["out"]), bytes(self._read["err"]))

    def _pump(self, name: str, pipe: IO[bytes]) -> None:
        while piece := os.read(pipe.fileno(), 65_536):
            with self._changed:
                self._read[name] += piece
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@contextmanager
def running(*argv: str, env: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE) -> Generator[Running]:
    """A run that the test accompanies; whatever is left of it at the end is killed."""
    process = subprocess.Popen(
        [*PROGRAM, *argv],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(env),
    )
    found = Running(process)
    try:
        found.start()
        yield found
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def events(file: Path) -> list[Event]:
    """The events of a recording that is complete."""
    with Recording.open(file) as recording:
        found = list(recording.events())
        assert recording.complete
    return found


def exit_of(file: Path) -> int:
    """What the footer says of the process that wrote it."""
    with Recording.open(file) as recording:
        assert recording.footer is not None, "it has no footer"
        return recording.footer["exit"]


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
