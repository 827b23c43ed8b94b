"""mcpwatch at a terminal: a pseudo-terminal with a size, a keyboard, and a screen that can be looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import termios
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from tests.cli.running import PROGRAM, WITHIN, assert_well_behaved, environment

CTRL_C = "\x03"
CTRL_D = "\x04"
CTRL_Z = "\x1a"
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[^\[])")


class Screen:
    """What a terminal of so many columns shows: lines that wrap, and just the escapes that may occur."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.rows: list[list[str]] = [[]]
        self.row = self.column = 0

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.rows]

    def write(self, text: str) -> None:
        at = 0
        while at < len(text):
            escape = _ESCAPE.match(text, at)
            if escape is not None:
                self._escape(escape[0])
                at = escape.end()
            else:
                self._put(text[at])
                at += 1

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._down()
        else:
            assert char >= " ", f"a control character: {char!r}"
            if self.column == self.columns:
                self._down()
                self.column = 0
            row = self.rows[self.row]
            row += " " * (self.column + 1 - len(row))
            row[self.column] = char
            self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def _escape(self, escape: str) -> None:
        code, number = escape[-1], escape[2:-1]
        if code == "m":
            return
        if code == "A":
            self.row -= int(number or 1)
            assert self.row >= 0
        elif code in "KJ" and not number:
            del self.rows[self.row][self.column :]
            if code == "J":
                del self.rows[self.row + 1 :]
        else:
            raise AssertionError(f"an escape that was not expected: {escape!r}")


class Terminal:
    """The other side of it: what the person sees and types."""

    def __init__(self, pid: int, descriptor: int, columns: int) -> None:
        self.pid = pid
        self.written = ""
        """Everything that came, with its escapes."""
        self.screen = Screen(columns)
        self._descriptor = descriptor
        self._bytes = b""
        self._ended = False
        self._looked = 0

    def wait_for(self, text: str) -> None:
        """Wait until `text` was written since the last time that something was waited for."""
        deadline = monotonic() + WITHIN
        while (found := self.written.find(text, self._looked)) < 0:
            assert monotonic() < deadline, f"no {text!r} in {self.written[self._looked :]!r}"
            assert self._read(), f"it ended without {text!r}: {self.written[self._looked :]!r}"
        self._looked = found + len(text)

    def wait_until_shown(self, pattern: re.Pattern[str]) -> None:
        """Wait until a line on the screen fits."""
        deadline = monotonic() + WITHIN
        while not any(map(pattern.search, self.screen.lines)):
            assert monotonic() < deadline, f"no {pattern.pattern!r} in {self.screen.lines!r}"
            assert self._read(), f"it ended without {pattern.pattern!r}: {self.screen.lines!r}"

    def idle(self, seconds: float) -> None:
        """Look on for so long."""
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            assert self._read()

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        _size(self._descriptor, columns, rows)
        self.screen.columns = columns

    def attributes(self) -> list[Any]:
        """How the terminal is set: echo, signals and the like."""
        return termios.tcgetattr(self._descriptor)

    def end(self) -> int:
        """See it to its end; its exit code."""
        deadline = monotonic() + WITHIN
        while self._read():
            assert monotonic() < deadline, f"it does not end: {self.written[-500:]!r}"
        _, status = os.waitpid(self.pid, 0)
        self._ended = True
        assert_well_behaved(self.written.encode())
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._descriptor)

    def _read(self) -> bool:
        """Take what has come, for a moment at most; False at the end."""
        ready, _, _ = select.select([self._descriptor], [], [], 0.2)
        if not ready:
            return True
        try:
            piece = os.read(self._descriptor, 65_536)
        except OSError:  # the last one has closed the other side
            return False
        self._bytes += piece
        text = self._bytes.decode("utf-8", "ignore" if not piece else "strict") if _is_whole(self._bytes) else None
        if text is not None:
            self._bytes = b""
            self.written += text
            self.screen.write(text)
        return bool(piece)


def _is_whole(data: bytes) -> bool:
    """Whether no character and no escape sequence is cut at the end."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        assert error.reason == "unexpected end of data", data
        return False
    start = text.rfind("\x1b")
    return start < 0 or _ESCAPE.match(text, start) is not None


def _size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def terminal(
    *argv: str,
    env: Mapping[str, str] | None = None,
    columns: int = 80,
    rows: int = 24,
    out: Path | None = None,
    shell: bool = False,
) -> Generator[Terminal]:
    """Run mcpwatch at a terminal of this size, with its stdout in the file `out` where that is given; what is left of
    it at the end is killed. With `shell` it is started by an interactive one, which can stop it and let it go on.
    """
    merged = environment({"TERM": "xterm-256color", **(env or {})})
    holding, holder = os.pipe()
    pid, descriptor = pty.fork()
    if pid == 0:
        os.close(holder)
        os.read(holding, 1)  # until the terminal has its size
        if out is not None:
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT), 1)
        if shell:
            line = shlex.join([*PROGRAM, *argv])
            start = ["bash", "--norc", "--noprofile", "-i"]
            merged |= {
                "PS1": "$ ",
                "PROMPT_COMMAND": f"unset PROMPT_COMMAND; bind 'set enable-bracketed-paste off'; {line}",
            }
            os.execvpe(start[0], start, merged)
        os.execve(PROGRAM[0], [*PROGRAM, *argv], merged)
    os.close(holding)
    _size(descriptor, columns, rows)
    # Ctrl-C makes a terminal drop what it has not shown yet. No person is so quick that this is the rest of a line that
    # is half on the screen; a test is.
    attributes = termios.tcgetattr(descriptor)
    attributes[3] |= termios.NOFLSH
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    os.close(holder)
    made = Terminal(pid, descriptor, columns)
    try:
        yield made
    finally:
        made.kill()
