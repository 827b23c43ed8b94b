"""The forms in which a secret may be met, as patterns: as it is, percent-encoded, escaped for JSON, in base64.

Owns the encodings. Each form is a chain of bounded choices, one a character, so that a search is linear in the length
of the data; and each has a piece that no encoder touches, by which `literals` sorts out what cannot hold it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence

from mcpwatch.redact.naming import SHORTEST, refused

_LONGEST = 1024
_SHORTEST_LINE = 16
_SHORTEST_RUN = 4
_RUN = re.compile(rb"[A-Za-z0-9_.\-]+")
_RUN64 = re.compile(rb"[A-Za-z0-9]+")
_ESCAPED_AS = {b"\b": b"b", b"\f": b"f", b"\n": b"n", b"\r": b"r", b"\t": b"t"}
# Rarest last: what a text in English, in JSON, consists of.
_BY_FREQUENCY = b"etaoinsrhldcumfpgwybv0123kx.-_jqz456789TPCSIRMAEDLNOFBGHUVWKYJQXZ"


CUT = "…".encode()
"""What a text ends in that was cut: `text.clip` and all others who cut write it."""
_FRAGMENT = 12
"""Bytes of a character of a secret that may stand before it, when the cut went through its escape."""


class Needle:
    """One form of one secret: the piece that the quick test looks for, and the exact pattern, compiled when needed.

    `parts` are patterns of its characters; what stands around them in `pattern` may be there.
    """

    __slots__ = ("_compiled", "_head", "_parts", "_pattern", "core", "piece")

    def __init__(self, pattern: bytes, runs: Iterable[bytes], parts: Sequence[bytes]) -> None:
        self._pattern = pattern
        self._parts = parts
        self._compiled: re.Pattern[bytes] | None = None
        self._head: re.Pattern[bytes] | None = None
        core = max(runs, key=len, default=b"")
        self.core = core if len(core) >= _SHORTEST_RUN else None
        if self.core is None:
            self.piece = b"(?:" + pattern + b")"
        else:
            starts = range(len(core) - _SHORTEST_RUN + 1)
            self.piece = re.escape(core[max(starts, key=lambda at: _BY_FREQUENCY.find(core[at])) :])

    @property
    def exact(self) -> re.Pattern[bytes]:
        if self._compiled is None:
            self._compiled = re.compile(self._pattern)
        return self._compiled

    def in_(self, data: bytes) -> bool:
        return self.core in data if self.core is not None else self.exact.search(data) is not None

    def cut_off(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where it begins in `data` and goes on to a `CUT`: who made a sentence of it left the rest out."""
        if self._head is None:
            self._head = re.compile(b"".join(self._parts[:SHORTEST]))
        for found in self._head.finditer(data):
            at = found.end()
            for part in self._parts[SHORTEST:]:
                if (more := re.compile(part).match(data, at)) is None:
                    break
                at = more.end()
            end = data.find(CUT, at, at + _FRAGMENT + len(CUT))
            if end >= 0:
                yield found.start(), end


def pieces_of(value: str) -> Iterator[str]:
    """A value in lengths fit for a pattern; of a PEM block also its lines, which are often printed one by one."""
    at = 0
    while len(value) - at > 2 * _LONGEST:
        yield value[at : at + _LONGEST]
        at += _LONGEST
    yield value[at:]
    if "\n" in value:
        for line in map(str.strip, value.splitlines()):
            if len(line) >= _SHORTEST_LINE and not line.startswith("-----") and not refused(line):
                yield line


def needles_of(value: str) -> Iterator[Needle]:
    plain = value.encode("utf-8", "surrogatepass")
    parts = list(map(_one, value))
    yield Needle(b"".join(parts), _RUN.findall(plain), parts)
    for shift in range(3):
        # Where the value begins at the first, second or third byte of a group of three. What the neighbours have a
        # part in is left out of the search, and taken along when it is found.
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        first = (shift * 8 + 5) // 6
        last = (shift + len(plain)) * 8 // 6
        inner = encoded[first:last]
        before = b"[A-Za-z0-9+/_\\-]?" if shift else b""
        after = b"(?:[A-Za-z0-9+/_\\-]?)" if (shift + len(plain)) % 3 else b""
        parts = [_one64(chr(byte)) for byte in inner]
        pattern = before + b"".join(parts) + after + b"(?:=|%3[dD]){0,2}"
        yield Needle(pattern, _RUN64.findall(inner), parts)


def _one(character: str) -> bytes:
    """A pattern for one character of a secret in every encoding it may be met in."""
    if character.isascii() and (character.isalnum() or character in "_.-"):
        return re.escape(character).encode()
    raw = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    u = b"".join(rb"\\{1,7}u" + _hex(units[at : at + 2]) for at in range(0, len(units), 2))
    percent = b"".join(b"%(?:25){0,2}" + _hex(raw[at : at + 1]) for at in range(len(raw)))
    forms = [u, percent]
    if character in '"/':
        forms.append(rb"\\{0,7}" + re.escape(raw))
    elif character == "\\":
        forms.append(rb"\\{1,8}")
    elif raw in _ESCAPED_AS:
        forms.append(rb"\\{1,7}" + _ESCAPED_AS[raw])
        forms.append(rb"(?:\r\n?|\n)" if character in "\r\n" else re.escape(raw))
    else:
        forms.append(re.escape(raw))
        if character == " ":
            forms.append(rb"\+")
    return b"(?:" + b"|".join(forms) + b")"


def _one64(character: str) -> bytes:
    """The same for one character of base64, where two stand for each other in the alphabet for URLs."""
    other = {"+": b"-", "/": b"_"}.get(character)
    return re.escape(character).encode() if other is None else b"(?:" + _one(character) + b"|" + other + b")"


def _hex(raw: bytes) -> bytes:
    return b"".join(f"[{digit}{digit.upper()}]".encode() if digit.isalpha() else digit.encode() for digit in raw.hex())
