"""Values as YAML that a person would have written: what `read` reads back as the same.

A string stands without quotes only where no YAML, of any version, takes it for anything else; otherwise it is quoted as
in JSON, or, with several lines, a literal block. What is short stands on one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["yaml_lines", "yaml_scalar"]

_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w ./@+()!'-]*[\w./@+()!'-])?")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_UNSEEN: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]")
"""Letters and marks that show nothing: Python takes them for printable."""
_SHORT: Final = 90
"""Characters of a list or mapping that stands on one line."""


def yaml_lines(value: Any, *, name: str | None = None) -> list[str]:
    """The lines of `value`, without their ends; as the member `name` of a mapping where that is given."""
    if name is None:
        return _block(value)
    return _member(yaml_scalar(name) + ":", value)


def yaml_scalar(value: str | float | bool | None) -> str:
    """A string, number, bool or null on one line."""
    if isinstance(value, str):
        shows = _shows(value)
        if shows and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return json.dumps(value, ensure_ascii=not shows)
    return json.dumps(value)


def _block(value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        members = cast("Mapping[str, Any]", value)
        return [line for key, item in members.items() for line in _member(yaml_scalar(str(key)) + ":", item)]
    if isinstance(value, list | tuple) and value:
        return [line for item in cast("list[Any]", value) for line in _item(item)]
    return [_flow(value)]


def _member(key: str, value: Any) -> list[str]:
    if isinstance(value, str) and _is_literal(value):
        return [f"{key} |" if value.endswith("\n") else f"{key} |-", *_indented(value.removesuffix("\n").split("\n"))]
    if _is_short(value):
        return [f"{key} {_flow(value)}"]
    return [key, *_indented(_block(value))]


def _item(value: Any) -> list[str]:
    """One of a list: what it is begins beside the dash."""
    if isinstance(value, str) and _is_literal(value):
        return _member("-", value)
    # An item that is a mapping stays one at first sight, also where it is short.
    lines = [_flow(value)] if _is_short(value) and not isinstance(value, Mapping) else _block(value)
    return [f"- {lines[0]}", *_indented(lines[1:])]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _is_short(value: Any) -> bool:
    if not isinstance(value, Mapping | list | tuple):
        return True
    parts = cast("Any", value).values() if isinstance(value, Mapping) else cast("list[Any]", value)
    return not any(isinstance(part, str) and _is_literal(part) for part in parts) and len(_flow(value)) <= _SHORT


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as a literal block and look like what it is."""
    lines = text.removesuffix("\n").split("\n")
    return len(lines) > 1 and bool(lines[0]) and bool(lines[-1]) and all(map(_is_clean, lines)) and lines[0][0] != " "


def _is_clean(line: str) -> bool:
    return _shows(line) and not line.endswith(" ")


def _shows(text: str) -> bool:
    """Whether all of it can be seen by whoever reviews the file."""
    return text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        inside = ", ".join(f"{yaml_scalar(str(key))}: {_flow(item)}" for key, item in members.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_flow, cast("list[Any]", value)))
        return f"[{inside}]"
    return yaml_scalar(value)
