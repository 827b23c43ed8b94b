"""Lines from a person at a terminal, in a way that can be given up.

A thread that blocks in a read cannot be told that the server took its question back. So this waits for the terminal
and for a word from another thread at the same time. The terminal stays as it is, with its own line editing: Ctrl-C and
Ctrl-Z mean what they mean everywhere, and nothing has to be repaired whatever happens. Where there is nothing to wait
on, lines are read the ordinary way.

What was typed before a question was on the screen is no answer to it, so it is dropped: a `yes` for the question that
the server has just taken back must not consent to the next one.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Protocol

__all__ = ["Garbled", "Interrupted", "Keyboard", "Lines", "listening"]

_LONGEST: Final = 4_095
"""Bytes of a line that Linux keeps; the rest it drops without a word."""
_PASTED: Final = 0.05
"""Seconds within which the next line of a pasted text is there. Nobody types that fast."""


class Interrupted(Exception):
    """The question is over, and not by the person."""


class Garbled(Exception):
    """A line that cannot be what the person meant; the text says why."""


class Lines(Protocol):
    """Where lines come from."""

    def readline(self) -> str:
        """The next line without its end. Raises `EOFError`, `Garbled`, or `Interrupted`."""
        ...

    def more(self) -> bool:
        """Whether a further line is there already, as it is after a paste."""
        ...


class Keyboard:
    """What is typed at the terminal on descriptor `fd` from now on. See `listening`."""

    def __init__(self, fd: int, wake: tuple[int, int] | None) -> None:
        self._fd = fd
        self._wake = wake
        self._buffer = b""
        self._over = False

    def interrupt(self) -> None:
        """The question is over: `readline` raises `Interrupted`, now or when it is called. From any thread."""
        self._over = True
        if self._wake is not None:
            os.write(self._wake[1], b"!")

    def readline(self) -> str:
        """See `Lines`."""
        if self._wake is None:
            line = sys.stdin.readline()
            if self._over:
                raise Interrupted
            if not line:
                raise EOFError
            return line.rstrip("\r\n")
        while True:
            if self._over:
                raise Interrupted
            end = self._buffer.find(b"\n")
            if end >= 0:
                line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
                return _text(line)
            self._take(self._wake[0])

    def more(self) -> bool:
        """See `Lines`."""
        if b"\n" in self._buffer:
            return True
        return self._wake is not None and self._fd in _ready((self._fd,), _PASTED)

    def _take(self, wake: int) -> None:
        """Wait for the keyboard or for `interrupt`, and take what there is."""
        if wake in _ready((self._fd, wake), None):
            return
        try:
            data = os.read(self._fd, 65_536)
        except BlockingIOError:  # a Ctrl-C has dropped what there was
            return
        except OSError:  # the terminal has gone
            data = b""
        if data:
            self._buffer += data
        elif self._buffer:
            self._buffer += b"\n"
        else:
            raise EOFError


@contextmanager
def listening(fd: int = 0) -> Generator[Keyboard]:
    """The keyboard, for one question. `interrupt` must not be called after the block."""
    _forget(fd)
    wake = os.pipe() if hasattr(select, "poll") else None
    own = _opened_again(fd)
    try:
        yield Keyboard(fd if own is None else own, wake)
    finally:
        # Half a line for a question that is over is none for the next.
        _forget(fd)
        for end in (*(wake or ()), *(() if own is None else (own,))):
            os.close(end)


def _opened_again(fd: int) -> int | None:
    """The terminal on `fd` once more, for reads that never wait: what is there when one looks may be gone when one
    takes it. `fd` itself is shared with whoever started us, who may rely on reads that do wait.
    """
    try:
        return os.open(os.ttyname(fd), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, AttributeError):
        return None  # no terminal


def _ready(descriptors: tuple[int, ...], seconds: float | None) -> list[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]


def _text(line: bytes) -> str:
    if len(line) >= _LONGEST:
        raise Garbled(f"a terminal cuts a line after {_LONGEST:,} bytes, and this one is as long; :e opens an editor.")
    text = line.rstrip(b"\r").decode("utf-8", "replace")
    if any(char < " " and char != "\t" for char in text):
        raise Garbled("there is an arrow key or another control character in this line; type it again, or :e to edit.")
    return text


def _forget(fd: int) -> None:
    """Drop what was typed so far."""
    try:
        import termios
    except ImportError:
        return
    try:
        termios.tcflush(fd, termios.TCIFLUSH)
    except (termios.error, OSError):
        pass  # no terminal
