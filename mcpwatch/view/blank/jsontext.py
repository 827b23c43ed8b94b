"""JSON as a person edits it: written so that every character can be seen, and read so that nothing slips through.

What a screen could not show is written as its escape, which in JSON is the same value. A key that is there twice, `NaN`
and a number that is none are told, since whoever typed them meant something else than what would be sent.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from mcpwatch.text import sanitize
from mcpwatch.view.values import compact

__all__ = ["BadJson", "json_text", "read_json"]

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SHOWN: Final = 40


class BadJson(Exception):
    """A text that is no JSON; `str(error)` says why in a sentence. Lines and columns count from 1, 0 where unknown."""

    def __init__(self, why: str, line: int = 0, column: int = 0) -> None:
        super().__init__(why)
        self.line = line
        self.column = column


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """`value` as JSON that `read_json` reads back, with no character in it that does not look like what it is."""
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return compact(value)  # an integer of more digits than Python writes, or nested too deep: at least seen
    return text if sanitize(text, lines=True) == text else _STRING.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    text = match[0]
    return text if sanitize(text) == text else json.dumps(json.loads(text))


def read_json(text: str) -> Any:
    """The value of `text`. Raises `BadJson`."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        where = f" in line {error.lineno}" if "\n" in text.strip() else ""
        raise BadJson(f"not JSON: {error.msg}{where}, column {error.colno}", error.lineno, error.colno) from None
    except RecursionError:
        raise BadJson("it is nested too deep") from None
    except ValueError as error:  # an integer of too many digits
        raise BadJson(f"not JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise BadJson(f"the key {compact(twice, _SHOWN)} is there twice")
    return found


def _constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is no JSON")
