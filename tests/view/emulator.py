"""The few things of a terminal that the live view relies on, so that a test can look at the screen."""

from __future__ import annotations

import re

_STEP = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Emulator:
    """A terminal without width: what was written, as lines. Anything that it does not know is an error."""

    def __init__(self) -> None:
        self.rows: list[str] = [""]
        self.row = self.column = 0
        self.colours = 0
        self.writes: list[str] = []

    def write(self, text: str) -> None:
        self.writes.append(text)
        at = 0
        while at < len(text):
            # SGR codes have several numbers; they change nothing that is looked at here.
            if sgr := re.match(r"\x1b\[[\d;]*m", text[at:]):
                self.colours += 1
                at += sgr.end()
                continue
            step = _STEP.match(text, at)
            assert step is not None, text[at : at + 20]
            self._step(step)
            at = step.end()

    def _step(self, step: re.Match[str]) -> None:
        number, code, end, plain = step.groups()
        if end == "\r":
            self.column = 0
        elif end == "\n":
            self.row, self.column = self.row + 1, 0
            if self.row == len(self.rows):
                self.rows.append("")
        elif plain:
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + plain + row[self.column + len(plain) :]
            self.column += len(plain)
        elif code == "A":
            self.row -= int(number or 1)
            assert self.row >= 0
        elif code in "KJ":
            assert not number
            self.rows[self.row] = self.rows[self.row][: self.column]
            if code == "J":
                del self.rows[self.row + 1 :]
        else:
            raise AssertionError(f"an escape that was not expected: {step[0]!r}")

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without empty lines at the end."""
        text = "\n".join(row.rstrip() for row in self.rows).rstrip("\n")
        return text.split("\n") if text else []
