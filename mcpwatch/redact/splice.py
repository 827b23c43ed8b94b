"""Replacing values inside of JSON without touching anything else.

Owns the walk over the bytes of one message: which string values are looked at, which are left alone so that a redacted
recording still replays, and the splicing. Nothing is parsed and written again, because that would rewrite numbers, lose
duplicate keys and change every space. The walk keeps its own stack: 10,000 levels of nesting are fine.

Left alone is what the protocol itself reads, by where it stands: `jsonrpc`, `method` and `id` of a message (and of
the requests inside of `inputRequests`), and below it `progressToken`, `requestState`, `maxTokens`, `requestId`, and
everything in a schema. Inside of what belongs to the user (`arguments`, `structuredContent`, `content`, `data`) these
names mean nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum, auto

from mcpwatch.redact.literals import MARK, Finder, cut


class Area(Enum):
    """What the values at one place of a message are."""

    MESSAGE = auto()
    """The members of a message, or of each message of a batch."""
    BODY = auto()
    """Below `params` or `result`: the protocol's words and the user's, mixed."""
    ERROR = auto()
    QUESTIONS = auto()
    """The members of `inputRequests`: each is a message."""
    FREE = auto()
    """The user's own data: nothing here is the protocol's."""
    FIXED = auto()
    """Never changed."""


_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([{}\[\],:])|(-?[0-9][0-9.eE+\-]*+|true|false|null|NaN|-?Infinity))',
    re.S,
)
_STRING, _MARK, _SCALAR = 1, 2, 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_QUOTED_MARK = b'"' + MARK + b'"'

# What may come next.
_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_VALUES = (_VALUE, _FIRST_VALUE)
_KEYS = (_KEY, _FIRST_KEY)
_ENDS = {True: (_AFTER, _FIRST_KEY), False: (_AFTER, _FIRST_VALUE)}

# What the value of a member is, by what its object is: the names that mean something there, then all others.
_MEMBERS: dict[Area, tuple[dict[bytes, Area], Area]] = {
    Area.MESSAGE: (
        {b"jsonrpc": Area.FIXED, b"method": Area.FIXED, b"id": Area.FIXED, b"error": Area.ERROR},
        Area.BODY,
    ),
    Area.BODY: (
        {
            b"progressToken": Area.FIXED,
            b"requestState": Area.FIXED,
            b"maxTokens": Area.FIXED,
            b"requestId": Area.FIXED,
            b"io.modelcontextprotocol/subscriptionId": Area.FIXED,
            b"inputSchema": Area.FIXED,
            b"outputSchema": Area.FIXED,
            b"requestedSchema": Area.FIXED,
            b"inputRequests": Area.QUESTIONS,
            b"arguments": Area.FREE,
            b"structuredContent": Area.FREE,
            b"content": Area.FREE,
            b"data": Area.FREE,
        },
        Area.BODY,
    ),
    Area.ERROR: ({b"code": Area.FIXED, b"data": Area.FREE}, Area.BODY),
    Area.QUESTIONS: ({}, Area.MESSAGE),
    Area.FREE: ({}, Area.FREE),
    Area.FIXED: ({}, Area.FIXED),
}
# Members that hold a message together: a key that a user names is never one of these.
_FRAMEWORK = frozenset({b"params", b"result", b"error", b"_meta", b"inputRequests", b"inputResponses"})


def splice(
    data: bytes,
    find: Finder | None,
    keyed: Callable[[str], bool] | None = None,
    *,
    area: Area = Area.MESSAGE,
) -> tuple[bytes, int] | None:
    """`data` with what `find` finds in its string values replaced, and the whole value of every `keyed` member.

    `find` is given the bytes between a string's quotes. Returns the new bytes and how many values were replaced (the
    same bytes and 0 if there was nothing), or None if `data` is no JSON, by a reading that also lets NaN, raw newlines,
    a byte order mark and invalid UTF-8 pass.
    """
    edits: list[tuple[int, int, bytes]] = []
    outer: list[tuple[bool, Area]] = []  # of each container around: whether it is an object, and what it is
    in_object, here = False, area  # the same of the innermost one
    coming = area  # what the next value is
    goes = False  # the next value goes, because its key was named
    going, since = 0, 0  # such a value is open: how deep it lies and where it began
    state = _VALUE
    at = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    while (token := _TOKEN.match(data, at)) is not None:
        at = token.end()
        kind = token.lastindex
        if kind == _MARK:
            mark = token[_MARK]
            if mark == b",":
                if state != _AFTER or not outer:
                    return None
                state = _KEY if in_object else _VALUE
            elif mark == b":":
                if state != _COLON:
                    return None
                state = _VALUE
            elif mark in b"{[":
                if state not in _VALUES:
                    return None
                outer.append((in_object, here))
                in_object, here = mark == b"{", coming
                if goes:
                    going, since, goes = len(outer), token.start(_MARK), False
                    here = coming = Area.FIXED
                state = _FIRST_KEY if in_object else _FIRST_VALUE
            else:
                if in_object is not (mark == b"}") or state not in _ENDS[in_object] or not outer:
                    return None
                if going == len(outer):
                    edits.append((since, at, _QUOTED_MARK))
                    going = 0
                in_object, here = outer.pop()
                coming, state = here, _AFTER
        elif kind == _STRING and state in _KEYS:
            key = _read(token[_STRING])
            named, other = _MEMBERS[here]
            coming = named.get(key, other)
            goes = (
                keyed is not None
                and coming is not Area.FIXED
                and here is not Area.QUESTIONS
                and (here is Area.FREE or key not in _FRAMEWORK)
                and keyed(key.decode("utf-8", "replace"))
            )
            state = _COLON
        elif state not in _VALUES:
            return None
        else:
            if kind == _STRING:
                start, end = token.span(_STRING)
                if goes:
                    if token[_STRING] != MARK:
                        edits.append((start - 1, end + 1, _QUOTED_MARK))
                elif find is not None and coming is not Area.FIXED:
                    edits += ((start + a, start + b, MARK) for a, b in find(token[_STRING]))
            elif goes:
                edits.append((*token.span(_SCALAR), _QUOTED_MARK))
            goes = False
            state = _AFTER
    if state != _AFTER or outer or _SPACE.fullmatch(data, at) is None:
        return None
    return (cut(data, edits), len(edits)) if edits else (data, 0)


def _read(content: bytes) -> bytes:
    """A key as a parser reads it."""
    if b"\\" not in content:
        return content
    try:
        text = content.decode("utf-8", "surrogatepass")
        return str(json.loads(f'"{text}"', strict=False)).encode("utf-8", "surrogatepass")
    except ValueError:
        return content
