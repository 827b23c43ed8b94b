"""A client of our own before `mcpwatch proxy`, and the same client before the server itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal

from mcpwatch import Recording
from mcpwatch.events import Event, Frame
from tests.cli.running import PROGRAM, assert_well_behaved, environment

WITHIN = 60.0


@dataclass(frozen=True)
class Said:
    """What came of it: on both streams, and the exit status (negative: a signal)."""

    code: int
    out: bytes
    err: bytes


def behind_proxy(*options: str, server: Sequence[str]) -> list[str]:
    return [*PROGRAM, "proxy", *options, "--", *server]


def python(program: str, *argv: str) -> list[str]:
    """A server in a line or two."""
    return [sys.executable, "-c", program, *argv]


def say(argv: Sequence[str], stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Said:
    """Run it, give it `stdin` and the end of it, and hear what it says to its end."""
    done = subprocess.run(argv, input=stdin, capture_output=True, env=environment(env), timeout=WITHIN, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@dataclass
class Client:
    """A process with pipes that the test holds the ends of."""

    process: subprocess.Popen[bytes]
    _err: bytearray = field(default_factory=bytearray)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.stdin, self.stdout = self.process.stdin.fileno(), self.process.stdout.fileno()
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.stdin, rest) :]

    def line(self) -> bytes:
        """The next line, or what there is before the end."""
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self.stdout, 1)):
            line += byte
        return line

    def rest(self) -> bytes:
        pieces: list[bytes] = []
        while piece := os.read(self.stdout, 1 << 20):
            pieces.append(piece)
        return b"".join(pieces)

    def hang_up(self) -> None:
        """Close the server's input."""
        assert self.process.stdin
        self.process.stdin.close()

    def wait_for(self, text: bytes) -> None:
        """Wait until `text` came on stderr."""
        deadline = monotonic() + WITHIN
        with self._changed:
            while text not in self._err and (left := deadline - monotonic()) > 0 and self._reader.is_alive():
                self._changed.wait(min(left, 0.2))
            assert text in self._err, bytes(self._err)

    def end(self) -> tuple[int, bytes]:
        """The exit status, and all of stderr."""
        code = self.process.wait(WITHIN)
        self._reader.join(WITHIN)
        return code, bytes(self._err)

    def _read_stderr(self) -> None:
        assert self.process.stderr
        while piece := os.read(self.process.stderr.fileno(), 65536):
            with self._changed:
                self._err += piece
                self._changed.notify_all()


@contextmanager
def client(argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Generator[Client]:
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(env),
        bufsize=0,
    )
    found = Client(process)
    try:
        yield found
        assert_well_behaved(b"\n".join(line for line in bytes(found._err).splitlines() if b"proxy:" in line))  # pyright: ignore
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        found._reader.join(WITHIN)  # pyright: ignore[reportPrivateUsage]
        if process.stderr is not None:
            process.stderr.close()


def raw(file: Path, dir: Literal["c2s", "s2c"]) -> bytes:
    """The bytes of one direction, as the recording has them."""
    return b"".join(
        event.data + event.eol.encode() for event in read(file) if isinstance(event, Frame) and event.dir == dir
    )


def read(file: Path) -> list[Event]:
    with Recording.open(file) as recording:
        return list(recording.events())


def until(there: Callable[[], bool]) -> None:
    """Wait for what no stream tells of."""
    pause, deadline = threading.Event(), monotonic() + WITHIN
    while not there():
        assert monotonic() < deadline
        pause.wait(0.01)
