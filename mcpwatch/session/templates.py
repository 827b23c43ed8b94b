"""`${…}` in what people write: put in from the environment, from the question, or from what a step saved.

What a name means is the caller's: `expand` is given a function that looks names up. `$${` stands for `${` itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from mcpwatch.errors import UsageError

__all__ = ["Unresolved", "environment", "expand", "literal", "names_in", "places_in", "reach"]

_TEMPLATE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d+)\]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Unresolved(UsageError):
    """A name that nothing stands for. `path` leads to the string that has it, from the value given to `expand`."""

    def __init__(self, message: str, path: tuple[str | int, ...], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


def expand(value: Any, look_up: Callable[[str], Any], path: tuple[str | int, ...] = ()) -> Any:
    """`value` with every `${name}` in its strings replaced by what `look_up` returns for it.

    A string that is nothing but one `${name}` becomes that value with its type; inside a longer string a text stands
    as it is and everything else as JSON. Keys are left alone. Raises `Unresolved` where `look_up` raises `LookupError`
    (with a sentence) or `UsageError`.
    """
    if isinstance(value, dict):
        return {key: expand(one, look_up, (*path, key)) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [expand(one, look_up, (*path, at)) for at, one in enumerate(cast("list[Any]", value))]
    if not isinstance(value, str) or "${" not in value:
        return value

    def found(name: str) -> Any:
        try:
            return look_up(name)
        except (LookupError, UsageError) as error:
            said = str(error.args[0]) if error.args else str(error)
            hint = error.hint if isinstance(error, UsageError) else "Write $${ for a ${ that is meant as it stands."
            raise Unresolved(f"${{{name}}}: {said}", path, hint=hint) from None

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        one = found(match[1].strip())
        return one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)

    whole = _TEMPLATE.fullmatch(value)
    return found(whole[1].strip()) if whole and whole[1] is not None else _TEMPLATE.sub(put, value)


def literal(value: Any) -> Any:
    """`value` as it has to be written so that it means itself: every `${` in it as `$${`."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: literal(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [literal(one) for one in cast("list[Any]", value)]
    return value


def places_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each `${name}` in the strings of `value`: where it is, and the name."""
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield from places_in(one, (*path, key))
    elif isinstance(value, list):
        for at, one in enumerate(cast("list[Any]", value)):
            yield from places_in(one, (*path, at))
    elif isinstance(value, str):
        for match in _TEMPLATE.finditer(value):
            if match[1] is not None:
                yield path, match[1].strip()


def names_in(value: Any) -> list[str]:
    """The names in the strings of `value`, in order, each as often as it is there."""
    return [name for _, name in places_in(value)]


def environment(name: str) -> str:
    """The environment variable `NAME`, or the default of `NAME:-default`. Raises `LookupError` where it is not set."""
    variable, has_default, default = name.partition(":-")
    if not _VARIABLE.fullmatch(variable):
        raise LookupError("no name of an environment variable.")
    value = os.environ.get(variable)
    if value is not None:
        return value
    if has_default:
        return default
    raise LookupError("the environment variable is not set.")


def reach(value: Any, path: str) -> Any:
    """What `path` (`data.items[0].x`; also `data.items.0.x`) leads to. Raises `LookupError` with a sentence."""
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise LookupError(f"{path[at:]!r} is no way into a value.")
        key = step[1] or step[2]
        gone, at = path[:at], step.end()
        of = f" in {gone}" if gone else ""
        if isinstance(value, dict) and step[1]:
            there = cast("dict[str, Any]", value)
            if key not in there:
                known = ", ".join(list(there)[:8])
                raise LookupError(f"there is no {key!r}{of}" + (f"; there is {known}." if known else "."))
            value = there[key]
        elif isinstance(value, list) and key.lstrip("-").isdecimal():
            rows, number = cast("list[Any]", value), int(key)
            if not -len(rows) <= number < len(rows):
                raise LookupError(f"there is no item {number}{of}; it has {len(rows)}.")
            value = rows[number]
        else:
            raise LookupError(f"{gone or 'it'} holds no {key!r}.")
    return value
