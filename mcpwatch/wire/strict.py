"""JSON twice: what Python makes of it at its most lenient, and whether strict tools would read the same bytes.

This module owns the difference between the two. A recording splices a message in as it was, so one NaN would make the
whole file unreadable for jq or DuckDB; a person wants to see the message with the NaN all the same. What a message
means is left to `framing.py`.

A strict parser (pydantic's) goes first. It is fast and refuses nearly everything that must not be spliced; the rest
(line breaks, numbers out of range, depth) it reads without a word, so that is looked for on the bytes: a value behind a
duplicate key is in the file too, but not in the parsed message.
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Any

from mcpwatch.strictjson import from_json

DEEPEST_SPLICED = 126
"""Levels of nesting that a recording takes as they are. DuckDB stops at 128, and counts two more than the message has:
the recording's own object around it, and a value at the bottom. (jq 1.6 stops at 256.)"""
DEEPEST_READ = 256
"""Levels that are read at all: Python's own parser recurses, and so does whoever walks a message."""
LONGEST_INTEGER = 308
"""Digits of an integer that every double can hold."""

FLAT = 2 * DEEPEST_SPLICED
"""Bytes that cannot hold more levels than that."""
_DIGITS_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_NOT_OF_NUMBERS = bytes(byte for byte in range(256) if byte not in b'0123456789eE",')
_LONG_EXPONENT = b"0e000"
_LONG_RUN = b"0" * 200  # enough to pass 1e308 with an exponent of two digits
_PASSES = 24
"""Levels that are taken away from all brackets at once, before they are looked at one by one."""
_LONG = 2048
"""Bytes from which on it is worth looking for what is not there."""
_FEW_QUOTES = _FEW_CAPITALS = 64
_BACKSLASH = 0x5C
_BRACKETS_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_LONE_SURROGATE = re.compile(
    r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)


def read(data: bytes) -> tuple[Any, list[str], str]:
    """Read one line or body as JSON: its message, what keeps it out of strict JSON lines, why there is no message.

    The last is empty where there is one (which may be None: JSON's null). No flaws either: the bytes are valid JSON on
    one line that jq, DuckDB and the like read. Never raises; time is linear in the length of `data`.
    """
    try:
        message = from_json(data, allow_inf_nan=False)
    except ValueError:
        return _read_leniently(data)
    flaws: list[str] = []
    if _has_line_break(data):
        flaws.append("a raw line break")
    if len(data) > FLAT and (depth := _depth(data)) > DEEPEST_SPLICED:
        flaws.append(_nested(depth, DEEPEST_SPLICED))
    # Base64 and hex look like numbers often enough to be worth a second look before everything is parsed again.
    if may_be_out_of_range(data) and may_be_out_of_range(_outside_strings(data)):
        flaws += _parse(data.decode())[1]
    return message, flaws, ""


def _read_leniently(data: bytes) -> tuple[Any, list[str], str]:
    flaws: list[str] = []
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return None, flaws, f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
    if text.startswith("\ufeff"):
        text = text[1:]
        flaws.append("a byte order mark")
    if _has_line_break(data):
        flaws.append("a raw line break")
    depth = _depth(data)
    if depth > DEEPEST_READ:
        return None, flaws, _nested(depth, DEEPEST_READ)
    if depth > DEEPEST_SPLICED:
        flaws.append(_nested(depth, DEEPEST_SPLICED))
    try:
        message, more = _parse(text)
    except json.JSONDecodeError as error:
        return None, flaws, f"not JSON: {_complaint(text, error)}"
    flaws += more
    # An escaped backslash may stand before a "u", and must not make two neighbours of what it divides.
    if "\\u" in text and _LONE_SURROGATE.search(text.replace("\\\\", "..")):
        flaws.append("a lone surrogate escape")
    return message, flaws, ""


def _parse(text: str) -> tuple[Any, list[str]]:
    """Parse as leniently as Python can. Sees every number, also those behind duplicate keys."""
    constants: set[str] = set()
    beyond: set[str] = set()

    def constant(word: str) -> float:
        constants.add(word)
        return float(word)

    def real(literal: str) -> float:
        value = float(literal)
        if isinf(value):
            beyond.add(literal)
        return value

    def integer(literal: str) -> int | float:
        if len(literal.lstrip("-")) > LONGEST_INTEGER:
            beyond.add(literal)
            return float(literal)  # int() raises for some thousands of digits
        return int(literal)

    message = json.JSONDecoder(parse_constant=constant, parse_float=real, parse_int=integer).decode(text)
    flaws = [f"{word} is not JSON" for word in sorted(constants)]
    if beyond:
        shortest = min(sorted(beyond), key=len)
        flaws.append(f"a number out of range ({shortest if len(shortest) <= 24 else shortest[:20] + '…'})")
    return message, flaws


def _complaint(text: str, error: json.JSONDecodeError) -> str:
    """Python's reason in lower case, with a position in characters: it never quotes the text, which may be secret."""
    if not text.strip(" \t\r\n"):
        return "nothing there"
    reason = error.msg.removesuffix(" at")
    return f"{reason[:1].lower()}{reason[1:]} at character {error.pos + 1}"


def _has_line_break(data: bytes) -> bool:
    return 0x0A in data or 0x0D in data  # as numbers, because bytes are searched for bytes four times as slowly


def _depth(data: bytes) -> int:
    """How deep the brackets outside strings go; 0 where there are too few of them to matter."""
    if len(data) <= FLAT or has_few_brackets(data):
        return 0
    brackets = _outside_strings(data).translate(_BRACKETS_ALIKE, _NO_BRACKETS)
    left = brackets
    for depth in range(_PASSES):
        if not left:
            return depth
        left = left.replace(b"[]", b"")  # takes the innermost away
    depth = deepest = 0
    for bracket in brackets:
        if bracket == 0x5B:
            depth += 1
            if depth > deepest:
                deepest = depth
        else:
            depth -= 1
    return deepest


def has_few_brackets(data: bytes) -> bool:
    """Whether there are too few of them to be nested more deeply than a recording takes."""
    if len(data) < _LONG:
        return data.count(b"[") + data.count(b"{") <= DEEPEST_SPLICED
    opened = _places(b"[", data, DEEPEST_SPLICED)
    return opened is not None and _places(b"{", data, DEEPEST_SPLICED - len(opened)) is not None


def _places(character: bytes, data: bytes, most: int) -> list[int] | None:
    """Where it stands; None where it does more than so many times. Ten times as fast as counting where it is rare."""
    places: list[int] = []
    at = data.find(character)
    while at >= 0:
        if len(places) >= most:
            return None
        places.append(at)
        at = data.find(character, at + 1)
    return places


def _outside_strings(data: bytes) -> bytes:
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(data.split(b'"')[::2])


def may_be_out_of_range(data: bytes) -> bool:
    """Whether something looks like a number with three digits of exponent or very many digits, in one message or in
    any of several that are joined by something else than digits."""
    if len(data) >= _LONG:
        quotes = _places(b'"', data, _FEW_QUOTES)
        if quotes is not None and all(data[place - 1] != _BACKSLASH for place in quotes):
            data = b"".join(data.split(b'"')[::2])  # a few long strings: without them nearly nothing is left
    # What stands between two numbers or words of JSON is a comma or a quote at least; nothing else has to be kept.
    alike = data.translate(_DIGITS_ALIKE, _NOT_OF_NUMBERS)
    if _LONG_EXPONENT not in alike and _LONG_RUN not in alike:
        return False
    alike = data.translate(_DIGITS_ALIKE, b"+")
    return _LONG_EXPONENT in alike or (len(data) > len(_LONG_RUN) and _LONG_RUN in alike)


def may_name_numbers(data: bytes) -> bool:
    """Whether it names a number that strict JSON has not, NaN or Infinity, be it inside a string."""
    return _holds(data, b"NaN") or _holds(data, b"Infinity")


def _holds(data: bytes, word: bytes) -> bool:
    """The same as `word in data`, ten times as fast where its first byte is rare."""
    places = _places(word[:1], data, _FEW_CAPITALS)
    return word in data if places is None else any(data.startswith(word, place) for place in places)


def _nested(depth: int, limit: int) -> str:
    return f"nested {depth:,} levels deep, more than {limit}"
