"""Other ids and tokens in a message, every other byte as it was recorded.

Owns the walk over one message's bytes to the few values that belong to a session. Nothing is parsed and written again:
that would change numbers, lose duplicate keys and every space, and a client under test is to see what the server wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["Path", "replaced"]

Path: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:("[^"\\]*+(?:\\.[^"\\]*+)*+")|([{}\[\],:])|(-?[0-9][0-9.eE+\-]*+|true|false|null|NaN|-?Infinity))',
    re.S,
)
_STRING, _MARK = 1, 2


def replaced(data: bytes, values: Mapping[Path, Any]) -> bytes:
    """`data` with the strings, numbers and other scalars at these paths replaced; a path that is not there is passed
    over, and so are duplicates of a key after which nothing can be read. `("params", "progressToken")` is a path.
    """
    if not values:
        return data
    deepest = max(map(len, values))
    edits: list[tuple[int, int, bytes]] = []
    path: list[str | int] = []  # of the value that comes next; its last part is the key or the position
    objects: list[bool] = []  # of each container around, whether it is an object
    key_next = False
    at = len(data) - len(data.removeprefix(b"\xef\xbb\xbf"))
    while (token := _TOKEN.match(data, at)) is not None:
        at = token.end()
        if token.lastindex != _MARK:
            if key_next:
                path[-1] = _key(token[_STRING]) if token.lastindex == _STRING else ""
                key_next = False
            elif len(path) <= deepest and (found := tuple(path)) in values:
                edits.append((*token.span(token.lastindex or 0), json.dumps(values[found]).encode()))
            continue
        mark = token[_MARK]
        if mark in b"{[":
            objects.append(mark == b"{")
            path.append("" if mark == b"{" else 0)
            key_next = mark == b"{"
        elif mark in b"}]":
            if not objects:
                break
            objects.pop()
            path.pop()
            key_next = False
        elif mark == b"," and objects:
            last = path[-1]
            key_next = objects[-1]
            if isinstance(last, int):
                path[-1] = last + 1
    for start, end, text in reversed(edits):
        data = data[:start] + text + data[end:]
    return data


def _key(quoted: bytes) -> str:
    if b"\\" not in quoted:
        return quoted[1:-1].decode("utf-8", "replace")
    try:
        return str(json.loads(quoted.decode("utf-8", "replace"), strict=False))
    except ValueError:
        return ""
