"""How a message is read when nobody promised its shape.

A server may put anything anywhere. These few functions are the only way from `frame.message` to a value of a known
type: what has the wrong type is treated as absent, never as an error, because the bytes are in the recording for
whoever asks.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, TypeAlias, cast

Scalar: TypeAlias = str | int | float | bool | None
EMPTY: Final[Mapping[str, Any]] = {}
_EXACT: Final = 2**53
_LABEL: Final = 200
_HELD: Final = {
    "tools/call": "content",
    "resources/read": "contents",
    "prompts/get": "messages",
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
"""Methods and the list that their results hold."""


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else EMPTY


def items(value: Any) -> Sequence[Any]:
    """`value` if it is an array, else an empty one."""
    return cast(Sequence[Any], value) if isinstance(value, list | tuple) else ()


def text(value: Any) -> str | None:
    """`value` if it is a string, else None."""
    return value if isinstance(value, str) else None


def number(value: Any) -> int | float | None:
    """`value` if it is a number that arithmetic is safe on: finite, no boolean; huge integers become floats or None."""
    if isinstance(value, int):
        if isinstance(value, bool):
            return None
        if -_EXACT < value < _EXACT:
            return value
        try:
            return float(value)
        except OverflowError:
            return None
    return value if isinstance(value, float) and isfinite(value) else None


def params(message: Any) -> Mapping[str, Any]:
    """The params of a request or notification."""
    if isinstance(message, dict):
        found: Any = cast(Mapping[str, Any], message).get("params")
        if isinstance(found, dict):
            return cast(Mapping[str, Any], found)
    return EMPTY


def result(message: Any) -> Mapping[str, Any]:
    """The result of a response."""
    return mapping(mapping(message).get("result"))


def malformed(method: str | None, value: Any) -> str:
    """What keeps `value` from being a result of `method`, in a few words; empty where nothing does.

    Looked at is what every client has to read: the one list that a result of the protocol holds.
    """
    member = _HELD.get(method or "")
    if member is None:
        return ""
    if not isinstance(value, dict):
        return "the result is no object"
    if member not in value and cast(str, method).endswith("/list"):
        return f"it holds no {member}"
    held = cast(Mapping[str, Any], value).get(member, ())
    if not isinstance(held, list | tuple):
        return f"{member} is no list"
    if not all(isinstance(one, dict) for one in cast(Sequence[Any], held)):
        return f"{member} holds what is no object"
    return ""


def label(value: Any) -> str:
    """A short string that stands for any value in a tally; a string stands for itself."""
    if isinstance(value, str):
        return value[:_LABEL]
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    try:
        return repr(value)[:_LABEL]
    except ValueError:  # an integer of more digits than Python prints
        return "(a huge number)"


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same; nested deeper than Python compares, they are not."""
    try:
        return bool(one == other)
    except RecursionError:
        return False


def scalar(value: Any) -> Scalar:
    """`value`, or what stands for it if it is an array or an object."""
    return value if isinstance(value, (str, int, float)) or value is None else label(value)


def key(value: Any) -> Hashable:
    """What an id or a progress token is looked up by: `1`, `"1"`, `1.0` and `true` stay four different things."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return (type(value), value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return (float, value)
    return (object, label(value))
