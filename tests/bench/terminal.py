"""A program in a terminal of its own: how long until something is on its screen, and what a key costs.

What is measured is what a person waits for: from the start, or from a key, to the last byte that draws the answer.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

__all__ = ["DOWN", "UP", "Terminal", "terminal"]

DOWN, UP = "\x1b[6~", "\x1b[5~"
"""A page down, and up."""
_SEQUENCES = re.compile(r"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_SILENCE = 0.06
_PATIENCE = 180.0
_LONGEST_ANSWER = 30.0


class Terminal:
    """A program on the other end of `descriptor`."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid, self._descriptor = pid, descriptor
        self._began = perf_counter()
        self._seen = ""
        self._last = self._began

    def until(self, pattern: str) -> float:
        """Seconds from the start, or the last key, until something like `pattern` is drawn."""
        wanted = re.compile(pattern)
        end = perf_counter() + _PATIENCE
        while not wanted.search(_SEQUENCES.sub("", self._seen)):
            if perf_counter() > end or not self._read(1.0, end):
                raise RuntimeError(f"never drawn: {pattern}: {_SEQUENCES.sub('', self._seen)[-2000:]!r}")
        return self._last - self._began

    def quiet(self, silence: float = _SILENCE) -> float:
        """Seconds from the last key to the last byte before it is silent for a while."""
        while self._read(silence, perf_counter() + silence):
            pass
        return self._last - self._began

    def answer(self) -> float:
        """Seconds from the last key to the last byte of what it draws."""
        if not self._read(_LONGEST_ANSWER, 0.0):
            raise RuntimeError("a key had no answer")
        return self.quiet()

    def press(self, keys: str) -> None:
        """Type; what is drawn from now on is the answer."""
        self._seen = ""
        self._began = self._last = perf_counter()
        os.write(self._descriptor, keys.encode())

    def memory(self) -> float:
        """The most that the program has held at once so far, in MiB; 0 where the system does not tell."""
        with suppress(OSError):
            found = re.search(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{self._pid}/status").read_text(encoding="ascii"))
            if found:
                return int(found[1]) / 1024
        return 0.0

    def _read(self, wait: float, end: float) -> bool:
        """Take up what was drawn; False where nothing came within `wait`, and it is past `end`."""
        ready, _, _ = select.select([self._descriptor], [], [], wait)
        if not ready:
            return perf_counter() < end
        try:
            data = os.read(self._descriptor, 1 << 16)
        except OSError:
            return False
        self._last = perf_counter()
        self._seen = (self._seen + data.decode("utf-8", "replace"))[-200_000:]
        return bool(data)


@contextmanager
def terminal(
    argv: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (120, 40)
) -> Generator[Terminal]:
    """Start a program in a terminal of so many columns and lines; it is killed in the end."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], list(argv), {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        yield Terminal(pid, descriptor)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(descriptor)
