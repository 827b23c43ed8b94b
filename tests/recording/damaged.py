"""Recordings that something happened to: lines lost, doubled and out of order, values and keys that nobody expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, cast

from mcpwatch.model.shapes import items

__all__ = ["damaged"]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**53, 10**30, 1e308, "", "x", "\x1b[2J\x00", "\ud800", "é" * 300),
    *([], {}, [[]], [{}], [None], {"": None}, {"a": {"a": {"a": []}}}, ["text"], "2025-11-25", "tools/call", "data:,"),
)
"""What stands where something else is meant to."""


def damaged(lines: list[bytes], random: Random, *, changes: int = 3) -> bytes:
    """A recording of `lines` (header, events, footer) with some changes. The numbers of its events still grow."""
    first, *rest = lines
    for _ in range(random.randint(1, changes)):
        at = random.randrange(len(rest)) if rest else 0
        match random.choice(("drop", "double", "move", "value", "value", "value", "key", "tear")):
            case "drop":
                del rest[at : at + random.choice((1, 1, 1, 5))]
            case "double":
                rest[at:at] = rest[at : at + 1]
            case "move":
                rest.insert(random.randrange(len(rest) + 1), rest.pop(at)) if rest else None
            case "tear":
                rest = rest[:at]
            case what:
                if rest:
                    rest[at] = _changed(rest[at], random, remove=what == "key")
    return b"\n".join((first, *_renumbered(rest))) + b"\n"


def _changed(line: bytes, random: Random, *, remove: bool) -> bytes:
    try:
        value: Any = json.loads(line)
    except ValueError:
        return line
    places = list(_places(value))
    # What the reader itself checks is refused at once: most changes are to what it takes as it stands.
    deep = [place for place in places if place[0] is not value]
    holder, key = random.choice(deep if deep and random.random() < 0.9 else places)
    if remove:
        del holder[key]
    elif isinstance(holder, dict) and random.random() < 0.2:
        holder[random.choice(("new", "method", "id", "params", "result", "error", "_meta", "re"))] = random.choice(ODD)
    else:
        holder[key] = random.choice(ODD)
    return json.dumps(value).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a value, as what holds it and the key in that."""
    keys: list[Any] = []
    if isinstance(value, dict | list):
        keys = list(cast("dict[str, Any]", value)) if isinstance(value, dict) else list(range(len(items(value))))
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _renumbered(lines: list[bytes]) -> list[bytes]:
    """The lines with growing numbers, where they have any: what refers to another may then mean a wrong one."""
    found: list[bytes] = []
    for number, line in enumerate(lines, 1):
        try:
            value: Any = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        if isinstance(value.get("seq"), int) and not isinstance(value["seq"], bool) and value["seq"] > 0:
            value["seq"] = number
        found.append(json.dumps(value).encode())
    return found
