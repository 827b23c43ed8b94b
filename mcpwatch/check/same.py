"""Whether two normalised values are the same: as JSON means it, and with what was redacted equal to anything.

`1` and `1.0` are one number, `true` and `1` are two things. A redacted text is a `Redacted`: still a string, to be
shown and written, that equals whatever it may have been.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

__all__ = ["REDACTED", "Redacted", "fingerprint", "same"]

REDACTED: Final = "[redacted]"
_DEEPEST = 300


class Redacted(str):
    """A text of which `[redacted]` stands for anything; where it is nothing else it may have been any value at all."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if str.__eq__(self, REDACTED):
            return True
        return isinstance(other, str) and (_fits(self, other) or (isinstance(other, Redacted) and _fits(other, self)))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)


def _fits(pattern: str, text: str) -> bool:
    """Whether `text` is `pattern` with something in place of each mark."""
    first, *rest = str.split(pattern, REDACTED)
    if not rest:
        return str.__eq__(pattern, text)
    last = rest.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in rest:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same. Nested deeper than a message may be, they are not."""
    return _same(one, other, 0)


def _same(one: Any, other: Any, depth: int) -> bool:
    if isinstance(one, Redacted) or isinstance(other, Redacted):
        return bool(one == other)
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("Mapping[str, Any]", one), cast("Mapping[str, Any]", other)
        if depth > _DEEPEST or left.keys() != right.keys():
            return False
        return all(_same(value, right[key], depth + 1) for key, value in left.items())
    if isinstance(one, list) and isinstance(other, list):
        mine, yours = cast("Sequence[Any]", one), cast("Sequence[Any]", other)
        if depth > _DEEPEST or len(mine) != len(yours):
            return False
        return all(_same(value, theirs, depth + 1) for value, theirs in zip(mine, yours, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other) or (one != one and other != other)  # NaN, which some servers send, is what it is


def fingerprint(value: Any) -> str:
    """A text that is equal for values that are the same, unless something in them is redacted or a number's spelling
    differs: to look partners up by, where `same` is asked afterwards.
    """
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return "?"
