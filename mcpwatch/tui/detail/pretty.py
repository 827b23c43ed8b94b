"""A JSON value written out with a line for each member, as people read it; at most so many lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from mcpwatch.view.style import Line, clean
from mcpwatch.view.values import compact, entries, members

__all__ = ["MOST_LINES", "pretty"]

MOST_LINES: Final = 20_000
_LONGEST: Final = 16_384
"""Characters of one text; the bytes have all of it."""
_DEEPEST: Final = 60


def pretty(value: Any, rest: str = "") -> list[Line]:
    """The lines, clean. `rest` is said at the end, where the value is not all of it."""
    lines = [clean(line) for line in islice(_lines(value, 0, [], ""), MOST_LINES + 1)]
    if len(lines) > MOST_LINES:
        lines[-1] = [("… more lines: the tree unfolds all of them", "hint")]
    if rest:
        lines.append([(rest, "hint")])
    return lines


def _lines(value: Any, depth: int, before: Line, after: str) -> Iterator[Line]:
    lead: Line = [("  " * depth, ""), *before]
    found: list[tuple[Line, Any]]
    is_object, is_array = isinstance(value, dict), isinstance(value, list)
    if is_object:
        brackets = "{}"
        found = [([(compact(str(key), _LONGEST), "name"), (": ", "dim")], item) for key, item in members(value).items()]
    elif is_array:
        brackets = "[]"
        found = [([], item) for item in entries(value)]
    else:
        yield [*lead, (compact(value, _LONGEST), "in" if isinstance(value, str) else "junk"), (after, "dim")]
        return
    if not found or depth >= _DEEPEST:
        yield [*lead, (brackets if not found else f"{brackets[0]}…{brackets[1]}", "dim"), (after, "dim")]
        return
    yield [*lead, (brackets[0], "dim")]
    for number, (key, item) in enumerate(found, 1):
        yield from _lines(item, depth + 1, key, "," if number < len(found) else "")
    yield [("  " * depth, ""), (brackets[1] + after, "dim")]
