"""A thing made into another that is nearly the same: bytes, lines, JSON inside lines, and two things put together.

Everything is drawn from one `random.Random`, so a case is what its number says, on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, TypeAlias, cast

__all__ = ["mutated"]

Change: TypeAlias = Callable[[bytes, Random, Sequence[bytes]], bytes]

ODD_BYTES: Final = (
    *(b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\x1b[2J"),
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\t", b'"', b"\\", b"\\u", b"\\ud800", b"{", b"}", b"[", b"]", b",", b":"),
    *(b"{{", b"}}", b"${", b"${HOME}", b"$${", b"%s", b"%00", b"../", b"&a ", b"*a", b"<<: ", b"!!python/x ", b"- "),
    *(b"? ", b"| ", b"> ", b"# ", b"' ", b"data: ", b"id: ", b"event: ", b"retry: 1e9", b"0x", b"1e999", b"-0", b"NaN"),
    *(b"Infinity", b"null", b"true", b"9" * 400, b"A" * 5_000, b"[" * 2_000, b'{"a":' * 1_500, b"- " * 1_500),
)
ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**400, 1.5, -0.0, 1e308, 5e-324, 1e400),
    *(float("nan"), "", " ", "\n", "\x00", "\x1b]52;c;eA==\x07", "\u202e", "\ud800", "\ufeff", "a" * 10_000, "é" * 300),
    *("0", "-1", "1e999", "NaN", "null", "true", "{", "[]", "${HOME}", "${", "$${x}", "http://[", "http://a@b:99999/"),
    *(
        "https://user:pw@xn--e1afmkfd.example/%00?token=x#y",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "#/",
        "#/$defs/",
    ),
    *(
        "#/properties/a",
        "../../x",
        "/",
        "c2s",
        "s2c",
        "request",
        "response",
        "frame",
        "closed",
        "(a+)+$",
        "^(([a-z])+.)+$",
    ),
    *(
        "[",
        "(?P<",
        "\\",
        "2026-11-21T25:61:61Z",
        "date-time",
        "object",
        "array",
        "string",
        "integer",
        "number",
        "boolean",
    ),
    *([], {}, [[]], [{}], [None], {"": ""}, {"a": {}}, {"$ref": "#"}, {"type": "object", "properties": None}),
    *({"type": ["string", "null"]}, {"enum": []}, {"oneOf": [{}, {"const": None}]}, {"jsonrpc": "2.0", "id": None}),
    *({"pattern": "(a+)+$"}, {"additionalProperties": {"$ref": "#"}}, {"items": [{"type": "string"}]}),
)
_LARGEST: Final = 200_000
"""Bytes of a case: what takes its time because there is much of it is for the bench."""


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds, changed in one to six ways."""
    data = random.choice(seeds)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(_CHANGES)(data, random, seeds)[:_LARGEST]
    return data


# ---- bytes


def _at(data: bytes, random: Random) -> int:
    return random.randrange(len(data) + 1)


def _put(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    at = _at(data, random)
    return data[:at] + random.choice(ODD_BYTES) + data[at:]


def _replace(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    at = _at(data, random)
    odd = random.choice(ODD_BYTES)
    return data[:at] + odd + data[at + len(odd) :]


def _flip(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 4, 30)) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _drop(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    at = _at(data, random)
    return data[:at] + data[at + random.choice((1, 2, 8, 64, 512)) :]


def _cut(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    return data[: _at(data, random)]


def _repeat(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    at = _at(data, random)
    piece = data[at : at + random.choice((1, 4, 30, 300))]
    return data[:at] + piece * random.choice((2, 3, 200)) + data[at:]


def _splice(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    other = random.choice(seeds)
    return data[: _at(data, random)] + other[_at(other, random) :]


# ---- lines


def _lines(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    """Lines that are left out, said twice, put elsewhere or taken from another thing."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at, to = random.randrange(len(lines)), random.randrange(len(lines) + 1)
    match random.randrange(5):
        case 0:
            del lines[at : at + random.choice((1, 1, 5))]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.insert(min(to, len(lines) - 1), lines.pop(at))
        case 3:
            lines[to:to] = random.choice(seeds).splitlines(keepends=True)[at : at + 3]
        case _:
            # Of what remains each line is more likely to matter.
            lines = [*lines[:2], *lines[max(2, at) : at + 12], *lines[-1:]]
    return b"".join(lines)


# ---- JSON, in a line or as a whole


def _json(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    whole = len(lines) < 2 or data[:1] in (b"[", b"{") and not lines[0].rstrip().endswith(b"}")
    for _ in range(1 if whole else 4):
        at = random.randrange(len(lines)) if lines else 0
        text = data if whole else lines[at]
        start = text.find(b"{")
        try:
            value: Any = json.loads(text[start:])
        except (ValueError, RecursionError):
            continue
        try:
            changed = _dumped(_changed(value, random), random)
        except (ValueError, RecursionError):
            return data
        said = text[:start] + changed + (b"\n" if text.endswith(b"\n") else b"")
        return said if whole else b"".join((*lines[:at], said, *lines[at + 1 :]))
    return data


def _message(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    """What a recording carries, and nothing of what it says about it: the file stays one that is read to its end."""
    lines = data.splitlines(keepends=True)
    for _ in range(8 if len(lines) > 2 else 0):
        at = random.randrange(1, len(lines))
        try:
            line: Any = json.loads(lines[at])
            held = [key for key in _CARRIED if isinstance(line.get(key), dict | list)]
            if not held:
                continue
            key = random.choice(held)
            line[key] = (
                _changed(line[key], random) if key == "msg" or random.random() < 0.5 else _other(line[key], random)
            )
            lines[at] = json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        except (ValueError, RecursionError, AttributeError):
            continue
        if random.random() < 0.5:
            break
    return b"".join(lines)


_CARRIED: Final = ("msg", "msg", "msg", "target", "headers", "data", "items")


def _other(value: Any, random: Random) -> Any:
    """Texts in it are other ones; its shape stays."""
    for held, key in _places(value):
        if isinstance(held[key], str) and random.random() < 0.4:
            held[key] = random.choice([odd for odd in ODD_VALUES if isinstance(odd, str)])
    return value


def _dumped(value: Any, random: Random) -> bytes:
    text = json.dumps(value, ensure_ascii=random.random() < 0.3, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass" if random.random() < 0.2 else "replace")


def _changed(value: Any, random: Random) -> Any:
    """The value with something in it that is not as it was; containers are changed where they are."""
    places = list(_places(value))
    if not places:
        return random.choice(ODD_VALUES)
    for _ in range(random.choice((1, 1, 2, 5))):
        held, key = random.choice(places)
        if not (key in held if isinstance(held, dict) else key < len(held)):
            continue
        match random.randrange(7):
            case 0 | 1 | 2:
                held[key] = random.choice(ODD_VALUES)
            case 3:
                held[key] = _nested(held[key], random)
            case 4:
                other, name = random.choice(places)
                if name in other if isinstance(other, dict) else name < len(other):
                    held[key] = json.loads(json.dumps(other[name]))
            case 5 if isinstance(held, dict):
                held = cast("dict[str, Any]", held)
                held[
                    random.choice(("", "id", "method", "params", "type", "$ref", "\x1b[1m", "__proto__", "x" * 500))
                ] = held.pop(key)
            case _:
                del held[key]
    return value


def _nested(value: Any, random: Random) -> Any:
    for _ in range(random.choice((1, 3, 60, 400))):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def _places(value: Any, depth: int = 0) -> Any:
    """Every member and item, however deep: what holds it, and its key there."""
    if depth > 40:
        return
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        for key, item in held.items():
            yield held, key
            yield from _places(item, depth + 1)
    elif isinstance(value, list):
        listed = cast("list[Any]", value)
        for at, item in enumerate(listed):
            yield listed, at
            yield from _places(item, depth + 1)


# What knows the form reaches further in than bytes do, so it is drawn more often.
_CHANGES: Final[tuple[Change, ...]] = (
    *(_put, _replace, _flip, _drop, _cut, _repeat, _splice),
    *(_lines, _lines, _lines),
    *(_message, _message, _message, _message, _message, _message),
    *(_json, _json, _json, _json, _json, _json, _json, _json),
)
