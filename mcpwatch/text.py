"""The one way from a string to a screen: hostile text made visible, cut and measured, and numbers for people.

This module owns what a server's text may do to a terminal: nothing. It leaves colours and markup to the views; `[` is
an ordinary character here. Everything works on plain strings, without a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from math import isfinite

MOST_MARKS = 4
"""Combining marks in a row that are text; languages need up to four, more climb into the lines above."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by category that show nothing at all: joiners, fillers, inherent vowels."""
_MARKS = ("Mn", "Me")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_ASCII: dict[int, str] = {**{code: chr(0x2400 + code) for code in range(0x20)}, 0x7F: "\u2421"}
_ASCII_LINES = {code: shown for code, shown in _ASCII.items() if chr(code) not in "\n\t"}


def sanitize(text: str, *, lines: bool = False) -> str:
    r"""`text` with every character visible that does something else than being seen.

    C0 and DEL become control pictures (`␛`), other controls, format and zero-width characters, line separators,
    surrogates, private and unassigned ones their code (`‹U+202E›`), and so does whatever exceeds `MOST_MARKS`
    combining marks in a row (`‹+19 marks›`). Spaces of all widths stay. `lines` keeps `\n` and `\t`.
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_ASCII_LINES if lines else _ASCII)
    # The few different characters are looked at, not the many.
    chars = set(text)
    shown = {ord(char): _visible(char) for char in chars if not char.isprintable() or char in _BLANK}
    kept = "\n\t" if lines else ""
    shown = {code: visible for code, visible in shown.items() if chr(code) not in kept}
    marks = "".join([char for char in chars if ord(char) not in shown and unicodedata.category(char) in _MARKS])
    if marks:
        pile = re.compile(f"([{re.escape(marks)}]{{{MOST_MARKS}}})([{re.escape(marks)}]+)")
        text = pile.sub(lambda found: f"{found[1]}‹+{len(found[2])} marks›", text)
    return text.translate(shown) if shown else text


def _visible(char: str) -> str:
    shown = _ASCII.get(ord(char))
    if shown is not None:
        return shown
    return char if unicodedata.category(char) == "Zs" else f"‹U+{ord(char):04X}›"


def width(text: str) -> int:
    """Terminal cells of sanitized text: two for wide characters, none for marks. An approximation, as terminals are."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def clip(text: str, width: int) -> str:
    """`text` in at most `width` terminal cells, with `…` at its end where it was cut. Reads no further than that."""
    if text.isascii() and len(text) <= width:
        return text
    if width <= 0:
        return ""
    used = fits = 0
    for at, char in enumerate(text):
        used += _cells(char)
        if used > width:
            return text[:fits] + "…"
        if used < width:
            fits = at + 1
    return text


def _cells(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    if "\u1160" <= char <= "\u11ff":  # vowels and final consonants join the syllable before them
        return 0
    return 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1


def size(n: int) -> str:
    """Bytes for people, in powers of 1,024: `98 B`, `1.2 KiB`, `64 MiB`."""
    amount, unit = float(n), 0
    while unit < len(_UNITS) - 1 and abs(amount) >= 1023.5:  # what would be rounded to 1024 is 1 of the next unit
        amount, unit = amount / 1024, unit + 1
    digits = 1 if unit and abs(amount) < 9.95 else 0
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A time span for people: `40 µs`, `3.2 ms`, `412 ms`, `3.2 s`, `2 m 05 s`, `1 h 02 m`."""
    if not isfinite(seconds):
        return "?"
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds == 0:
        return "0 ms"
    if seconds < 0.000_999_5:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 0.009_95:
        return f"{seconds * 1e3:.1f} ms"
    if seconds < 0.999_5:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"
