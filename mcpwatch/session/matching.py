"""Whether a value is what somebody wanted, and if not, the first difference in one sentence.

Pure: values in, a sentence out. Rules decide with it whether they are meant, scripts whether an expectation is met.
What may be wanted is what a person writes in YAML: a text, a number with a comparison, a part of an object.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from mcpwatch.errors import UsageError

__all__ = ["comparison_error", "mismatch", "number_matches", "regex_error", "text_matches"]

OPERATORS: Final = frozenset({"equals", "regex", "contains"})
"""The keys of a mapping that says how to match, where a plain value would be matched in the usual way."""
_COMPARISON = re.compile(r"\s*(>=|<=|!=|==|=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "==": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_LONG = 80


def text_matches(want: str | Mapping[str, Any], text: str) -> bool:
    """Whether `text` is wanted: it contains a plain string; a mapping asks for `equals`, `regex` (found anywhere) and
    `contains`, for all that it has. Raises `UsageError` for a regular expression that is none.
    """
    if isinstance(want, str):
        return want in text
    return not any(_refuses(how, wanted, text) for how, wanted in want.items())


def number_matches(want: int | float | str, value: float) -> bool:
    """Whether `value` is wanted: equal to a number, or as a comparison says: `">=3"`, `"<= 5"`, `"!=2"`, and several
    with commas between them. Raises `UsageError` for a text that is no comparison.
    """
    if not isinstance(want, str):
        return want == value
    pairs = [_COMPARISON.fullmatch(part) for part in want.split(",")]
    if not all(pairs):
        raise UsageError(f"{want!r} is no comparison.", hint='Write a number, or ">=3", "<5", "!=2", ">=3, <=5".')
    return all(_COMPARE[pair[1]](value, _number(pair[2])) for pair in pairs if pair is not None)


def comparison_error(want: Any) -> str | None:
    """Why `want` cannot be compared with a number; None where it can."""
    try:
        number_matches(want, 0)
    except UsageError as error:
        return str(error)
    return None


def regex_error(pattern: str) -> str | None:
    """Why `pattern` is no regular expression; None where it is one."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{pattern!r} is no regular expression: {error}."
    return None


def mismatch(want: Any, got: Any, path: str = "") -> str | None:
    """The first difference between what is wanted and what is there, with its path; None where there is none.

    A mapping is a part of what is there, key by key and all the way down; a list is compared item by item and has as
    many; `{equals: …}` is the whole value, `{regex: …}` and `{contains: …}` are about texts; a comparison such as
    `">=3"` is about numbers; anything else is equal. `true` is not `1`. Raises `UsageError` as `text_matches` does.
    """
    if isinstance(want, dict):
        wanted = cast("dict[str, Any]", want)
        if not wanted.keys() <= OPERATORS or not wanted or (isinstance(got, dict) and wanted.keys() <= got.keys()):
            return _part_missing(wanted, got, path)
        refused = next((how for how, value in wanted.items() if _refuses(how, value, got)), None)
        if refused is None:
            return None
        how = "" if refused == "equals" else f"a text that {'contains' if refused == 'contains' else 'matches'} "
        return _differs(path, f"{how}{_shown(wanted[refused])}", got)
    if isinstance(want, list):
        return _items_missing(cast("list[Any]", want), got, path)
    if isinstance(want, str) and _is_number(got) and comparison_error(want) is None:
        return None if number_matches(want, got) else _differs(path, want.strip(), got)
    return None if _same(want, got) else _differs(path, _shown(want), got)


def _part_missing(want: Mapping[str, Any], got: Any, path: str) -> str | None:
    if not isinstance(got, dict):
        return _differs(path, "an object" if want else "{}", got)
    there = cast("dict[str, Any]", got)
    for key, value in want.items():
        inner = f"{path}.{key}" if path else key
        if key not in there:
            others = ", ".join(list(there)[:8]) + (", …" if len(there) > 8 else "")
            return f"{inner}: expected {_shown(value)}, but it is not there" + (
                f" (there is {others})" if there else ""
            )
        wrong = mismatch(value, there[key], inner)
        if wrong is not None:
            return wrong
    return None


def _items_missing(want: Sequence[Any], got: Any, path: str) -> str | None:
    if not isinstance(got, list):
        return _differs(path, f"a list of {len(want)}", got)
    there = cast("list[Any]", got)
    for index, (value, item) in enumerate(zip(want, there, strict=False)):
        wrong = mismatch(value, item, f"{path}[{index}]")
        if wrong is not None:
            return wrong
    return None if len(want) == len(there) else _differs(path, f"{len(want)} items", len(there))


def _refuses(how: str, wanted: Any, got: Any) -> bool:
    """Whether one operator says no."""
    if how == "equals":
        return not _same(wanted, got)
    if not isinstance(got, str) or not isinstance(wanted, str):
        return True
    if how == "contains":
        return wanted not in got
    if (wrong := regex_error(wanted)) is not None:
        raise UsageError(wrong)
    return re.search(wanted, got) is None


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return mine.keys() == theirs.keys() and all(_same(value, theirs[key]) for key, value in mine.items())
    if isinstance(one, list) and isinstance(other, list):
        left, right = cast("list[Any]", one), cast("list[Any]", other)
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _differs(path: str, wanted: str, got: Any) -> str:
    return f"{path + ': ' if path else ''}expected {wanted}, got {_shown(got)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
