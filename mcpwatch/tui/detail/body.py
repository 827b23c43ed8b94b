"""What can be shown below the tabs of the detail pane: lines that are there, or made when they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from mcpwatch.view.style import Line, wrap

__all__ = ["Body", "Hex", "Lines", "wrapped"]

_HEX: Final = 16
_NARROW: Final = 8
_WIDE: Final = 10 + 16 * 3 + 2 + 16
"""Cells from which sixteen bytes stand on a line."""


class Body(Protocol):
    """Lines by number. `toggle` folds or unfolds what is on one, and says whether there was anything to fold."""

    @property
    def count(self) -> int: ...
    def fit(self, width: int) -> None: ...
    def line(self, number: int, width: int) -> Line: ...
    def toggle(self, number: int) -> bool: ...


class Lines:
    """Lines that are known, wrapped to the width there is."""

    def __init__(self, lines: Sequence[Line], *, indent: int = 2) -> None:
        self._lines = lines
        self._indent = indent
        self._width = 0
        self._shown: Sequence[Line] = lines

    @property
    def count(self) -> int:
        return len(self._shown)

    def fit(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self._shown = wrapped(self._lines, width, self._indent)

    def line(self, number: int, width: int) -> Line:
        return self._shown[number]

    def toggle(self, number: int) -> bool:
        return False


class Hex:
    """Bytes as numbers and, where they are any, as letters; `rest` is said at the end."""

    def __init__(self, data: bytes, rest: str = "") -> None:
        self._data = data
        self._rest = rest
        self._step = _HEX

    @property
    def count(self) -> int:
        return max(-(-len(self._data) // self._step), 1) + bool(self._rest)

    def fit(self, width: int) -> None:
        self._step = _HEX if width >= _WIDE else _NARROW

    def line(self, number: int, width: int) -> Line:
        if self._rest and number == self.count - 1:
            return [(self._rest, "hint")]
        if not self._data:
            return [("no bytes", "dim")]
        some = self._data[number * self._step : (number + 1) * self._step]
        half = self._step // 2
        numbers = f"{some[:half].hex(' '):<{half * 3}} {some[half:].hex(' ')}"
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in some)
        return [(f"{number * self._step:08x}  ", "dim"), (f"{numbers:<{self._step * 3 + 1}} ", ""), (letters, "in")]

    def toggle(self, number: int) -> bool:
        return False


def wrapped(lines: Sequence[Line], width: int, indent: int = 2) -> list[Line]:
    """Lines on as many lines as they take at this width; each goes on a little further in than it began."""
    found: list[Line] = []
    for line in lines:
        text = line[0][0] if line else ""
        lead = len(text) - len(text.lstrip(" "))
        found += wrap(line, max(width, lead + indent + 12), min(lead + indent, max(width // 2, 1)))
    return found
