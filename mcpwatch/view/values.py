"""A value of any shape as one short piece of text: arguments, results, content blocks.

Everything here takes whatever a server sent, also what no specification allows, and never raises. Nothing is cleaned
for a screen yet (see `style.clean`). What is cut says by how much; a value of many megabytes is never written out in
whole only to be cut.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, cast

from mcpwatch.text import size

__all__ = [
    "LIMIT",
    "arguments",
    "block",
    "blocks",
    "compact",
    "cut",
    "entries",
    "in_full",
    "members",
    "most",
    "quoted",
    "text_of",
    "word",
]

LIMIT: Final = 4_000
"""Characters of one value that a line shows at most; a terminal cuts it further, to its width."""
_WHOLE: Final = 256 * 1024
"""Up to this many bytes a value is written out in full before it is cut, which makes the count of what is missing
exact."""
_HOW: Final = ", -v shows all"
"""How to see what was cut; only where `in_full` would show it."""
_DEPTH: Final = 40
_BLOCKS: Final = 20

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


_most: ContextVar[int] = ContextVar("most", default=LIMIT)


@contextmanager
def in_full() -> Generator[None]:
    """While it lasts nothing is cut that is not cut to a given limit (`-v`).

    Around everything instead of a parameter of everything: who asks for all of it does not ask for one value.
    """
    token = _most.set(sys.maxsize)
    try:
        yield
    finally:
        _most.reset(token)


def most() -> int:
    """Characters of one value that are shown where no limit is given: `LIMIT`, or all."""
    return _most.get()


def members(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one: what is of the wrong type has no members."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def entries(value: object) -> Sequence[Any]:
    """`value` if it is an array, else an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()


def text_of(value: object) -> str:
    """A string as it is, None as nothing, anything else as JSON."""
    return value if isinstance(value, str) else "" if value is None else compact(value)


def cut(text: str, limit: int | None = None) -> str:
    """`text`, or its beginning and how much more there is: `… (+12.3 KiB)`."""
    at = most() if limit is None else limit
    if len(text) <= at:
        return text
    return f"{text[:at]}… (+{size(len(text[at:].encode('utf-8', 'surrogatepass')))}{_how(limit)})"


def quoted(text: str, limit: int | None = None) -> str:
    """A string as JSON, cut like `cut`."""
    at = most() if limit is None else limit
    if len(text) <= at:
        return _encode(text)
    return f"{_encode(text[:at])}… (+{size(len(text[at:].encode('utf-8', 'surrogatepass')))}{_how(limit)})"


def _how(limit: int | None) -> str:
    return _HOW if limit is None else ""


def compact(value: object, limit: int | None = None, *, weight: int = 0) -> str:
    """Any value as JSON on one line. `weight`: the bytes it came in, where that is known and may be much."""
    if isinstance(value, str):
        return quoted(value, limit)
    at = most() if limit is None else limit
    if weight <= _WHOLE or at >= weight:
        try:
            return cut(_encode(value), limit)
        except (TypeError, ValueError, RecursionError):
            pass  # not JSON, an integer of more than 4,300 digits, or nested too deep: piece by piece, then
    parts: list[str] = []
    whole = _bounded(value, parts, at, 0) > 0
    text = "".join(parts)
    if whole and len(text) <= at:
        return text
    return f"{text[:at]}… ({size(weight)} in all{_how(limit)})" if weight else f"{text[:at]}…"


def _bounded(value: object, parts: list[str], left: int, depth: int) -> int:
    """Write `value` into `parts` until about `left` characters are used up; returns how many are left, 0 when it was
    cut."""
    if isinstance(value, (dict, list, tuple)):
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        if depth >= _DEPTH:
            return _write(f"{opening}…{closing}", parts, left)
        left = _write(opening, parts, left)
        items = (
            cast("dict[object, object]", value).items()
            if isinstance(value, dict)
            else enumerate(cast("list[object]", value))
        )
        for index, (key, item) in enumerate(items):
            if left <= 0:
                return 0
            if index:
                left = _write(", ", parts, left)
            if isinstance(value, dict):
                left = _write(f"{quoted(str(key), max(left, 1))}: ", parts, left)
            left = _bounded(item, parts, left, depth + 1)
        return _write(closing, parts, left) if left > 0 else 0
    if isinstance(value, str):
        return _write(quoted(value, max(left, 1)), parts, left)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 10_000:
        return _write(f"(an integer of {value.bit_length():,} bits)", parts, left)
    try:
        return _write(_encode(value), parts, left)
    except (TypeError, ValueError):
        return _write(_encode(f"({type(value).__name__})"), parts, left)


def _write(text: str, parts: list[str], left: int) -> int:
    parts.append(text)
    return max(left - len(text), 0)


def word(value: object, limit: int | None = None) -> str:
    """A value after `name=`: a string without quotes where nobody could mistake it for anything else, else JSON."""
    if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
        bare = value.replace("-", "").replace("_", "").replace("/", "").replace(".", "").replace(":", "")
        if bare.isalnum() and not bare.isdigit() and value not in ("true", "false", "null"):
            return value
    return compact(value, limit)


def arguments(value: object, limit: int | None = None, *, weight: int = 0) -> str:
    """The arguments of a call as `n=5 text="hello world"`; what is no object as JSON."""
    given = members(value)
    if given and (weight <= _WHOLE or most() >= weight):
        # Cut once, at the end, so that the count of what is missing is right.
        return cut(" ".join([f"{key}={word(item, sys.maxsize)}" for key, item in given.items()]), limit)
    return "" if value is None or value == {} else compact(value, limit, weight=weight)


def block(content: object, limit: int | None = None) -> str:
    """One content block: text as a JSON string, everything else named with its type and size."""
    item = members(content)
    kind = item.get("type")
    if kind == "text" and isinstance(item.get("text"), str):
        return quoted(item["text"], limit)
    if kind in ("image", "audio"):
        return f"[{kind} {_about(item)}]"
    if kind == "resource_link":
        return f"[link {text_of(item.get('name'))} {_about(item)}]"
    if kind == "resource":
        return f"[resource {_about(members(item.get('resource')))}]"
    if kind == "tool_use":
        return f"[tool use {text_of(item.get('name'))} {arguments(item.get('input'), limit)}]"
    if kind == "tool_result":
        return f"[tool result {text_of(item.get('toolUseId'))} {blocks(item.get('content'), limit)}]"
    return compact(content, limit)


def _about(item: Mapping[str, Any]) -> str:
    """A URI, a type and a size, as far as they are there."""
    known = [text_of(item[key]) for key in ("uri", "mimeType") if item.get(key) is not None]
    data, text = item.get("data", item.get("blob")), item.get("text")
    if isinstance(data, str):
        known.append(size(len(data) * 3 // 4 - data[-2:].count("=")))
    elif isinstance(text, str):
        known.append(size(len(text.encode("utf-8", "surrogatepass"))))
    elif isinstance(item.get("size"), int):
        known.append(size(item["size"]))
    return " ".join(known)


def blocks(content: object, limit: int | None = None) -> str:
    """One content block or an array of them, side by side; of more than 20 the rest is counted."""
    items = entries(content)
    if not items and content != []:
        return block(content, limit)
    few = max(_BLOCKS, most() // LIMIT)
    parts = [block(item, limit) for item in items[:few]]
    shown = parts[0] if len(parts) == 1 else cut(" ".join(parts), limit)
    return f"{shown} … (+{len(items) - few} blocks)" if len(items) > few else shown
