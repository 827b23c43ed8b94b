"""JSON as the clients' files have it: with comments and trailing commas, and with the place of every member.

What is blanked keeps its length, so that a position in the plain JSON is one in the file. This is what lets `edit.py`
change one entry and nothing else.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, TypeAlias

__all__ = ["JsonObject", "Span", "items_of", "members_of", "plain_json"]

JsonObject: TypeAlias = dict[str, Any]
_COMMENT = r"//[^\n]*+|(?>/\*.*?\*/)"
# Possessive and atomic throughout: a line of slashes after a comma could else be read in exponentially many ways.
_TOKENS = re.compile(rf'"(?:[^"\\]|\\.)*+"|{_COMMENT}|,(?=(?:\s|{_COMMENT})*+[}}\]])', re.DOTALL)
_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Span(NamedTuple):
    """Where a value stands in its text: from `start` to before `end`, in characters."""

    start: int
    end: int


def plain_json(text: str) -> str:
    """JSON without comments and trailing commas; what goes is replaced by blanks, so that lines and columns stay
    true."""

    def blank(match: re.Match[str]) -> str:
        token = match[0]
        return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)

    return _TOKENS.sub(blank, text)


def members_of(plain: str, start: int = 0) -> list[tuple[str, Span]]:
    """The members of the object that begins at `start`, in order, each with the place of its value; [] where there is
    no object. `plain` has to be JSON: an error in it raises ValueError.
    """
    at = _skip(plain, start)
    if plain[at : at + 1] != "{":
        return []
    found: list[tuple[str, Span]] = []
    at = _skip(plain, at + 1)
    while plain[at] != "}":
        key, at = _DECODER.raw_decode(plain, at)
        at = _skip(plain, _skip(plain, at) + 1)  # past the colon
        end = _DECODER.raw_decode(plain, at)[1]
        found.append((key, Span(at, end)))
        at = _skip(plain, end)
        if plain[at] == ",":
            at = _skip(plain, at + 1)
    return found


def items_of(plain: str, start: int) -> list[Span]:
    """Where the items of the array that begins at `start` stand; as `members_of`."""
    at = _skip(plain, start)
    if plain[at : at + 1] != "[":
        return []
    found: list[Span] = []
    at = _skip(plain, at + 1)
    while plain[at] != "]":
        end = _DECODER.raw_decode(plain, at)[1]
        found.append(Span(at, end))
        at = _skip(plain, end)
        if plain[at] == ",":
            at = _skip(plain, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return at if match is None else match.end()
