"""Lines from a person at a terminal, in a way that can be given up.

A thread that blocks in a read cannot be told that the server took its question back, and Ctrl-C would end the whole
session rather than one question. So this waits for the terminal and for a word from another thread at the same time,
and while it waits, Ctrl-C arrives as a character. Where there is no terminal, or no such terminal, lines are read the
ordinary way.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["Interrupted", "Keyboard"]

_CTRL_C: Final = b"\x03"
_TWICE: Final = 2.0
"""Seconds within which a second Ctrl-C means the whole run: a server that asks on and on must not hold anybody."""


class Interrupted(Exception):
    """The question is over: by `Keyboard.interrupt`, not by the person."""


class Keyboard:
    """The terminal on descriptor `fd`. One reads at a time; `interrupt` may come from any thread."""

    def __init__(self, fd: int = 0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fd = fd
        self._clock = clock
        self._buffer = b""
        self._pressed: float | None = None
        self._wake: tuple[int, int] | None = None
        self._over = False

    @contextmanager
    def listening(self) -> Generator[None]:
        """While it lasts `readline` works, and Ctrl-C belongs to the question."""
        self._over = False
        self._wake = os.pipe()
        before = _take_ctrl_c(self._fd)
        try:
            yield
        finally:
            _restore(self._fd, before)
            wake, self._wake = self._wake, None
            for end in wake:
                os.close(end)

    def interrupt(self) -> None:
        """End the question that is being asked, if there is one: its `readline` raises `Interrupted`."""
        self._over = True
        if self._wake is not None:
            try:
                os.write(self._wake[1], b"!")
            except OSError:
                pass  # it ended in this very moment

    def readline(self) -> str:
        """The next line without its end. Raises `EOFError`, `KeyboardInterrupt` for Ctrl-C, or `Interrupted`."""
        if self._wake is None or not hasattr(select, "poll"):
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\r\n")
        while True:
            line = self._line()
            if line is not None:
                return line
            self._more(self._wake[0])

    def _line(self) -> str | None:
        """A whole line from what has been read, if there is one."""
        end, stop = self._buffer.find(b"\n"), self._buffer.find(_CTRL_C)
        if stop >= 0 and (end < 0 or stop < end):
            self._buffer = self._buffer[stop + 1 :]
            self._ctrl_c()
        if end < 0:
            return None
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def _ctrl_c(self) -> None:
        now = self._clock()
        if self._pressed is not None and now - self._pressed < _TWICE:
            os.kill(os.getpid(), signal.SIGINT)
        self._pressed = now
        raise KeyboardInterrupt

    def _more(self, wake: int) -> None:
        """Wait for the keyboard or for `interrupt`, and take what there is."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(wake, select.POLLIN)
        ready = [fd for fd, _ in poll.poll()]
        if self._over or wake in ready:
            raise Interrupted
        data = os.read(self._fd, 65_536)
        if not data:
            rest, self._buffer = self._buffer, b""
            if not rest:
                raise EOFError
            self._buffer = rest + b"\n"
            return
        self._buffer += data


def _take_ctrl_c(fd: int) -> Any:
    """Make Ctrl-C a character that ends a line. Returns how the terminal was before, None where it is none."""
    try:
        import termios
    except ImportError:
        return None
    try:
        before = termios.tcgetattr(fd)
        changed = termios.tcgetattr(fd)
        # Without a signal character Ctrl-C is an ordinary key, which the line discipline hands over only with a line:
        # so it is made one that ends a line.
        changed[3] &= ~termios.ISIG
        changed[6][termios.VEOL] = _CTRL_C
        termios.tcsetattr(fd, termios.TCSADRAIN, changed)
    except (termios.error, OSError):
        return None
    return before


def _restore(fd: int, before: Any) -> None:
    if before is None:
        return
    import termios

    try:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
    except (termios.error, OSError):
        pass  # the terminal has gone; there is nothing to give back
