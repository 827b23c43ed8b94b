"""Arguments as a person types them, read with the schema they are for.

`k=text` is read as the schema has it, `k:=json` is JSON, `k=@file` and `k:=@file.json` come from a file, `a.b=1` is
nested, a repeated `k=` fills an array, and one JSON object stands for all. Errors name the argument and what would
fit. What a schema means beyond types (`shape.py`) is not judged here: that is the server's to say.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

from mcpwatch.errors import UsageError
from mcpwatch.session.shape import Shape, shape_at, shape_of

__all__ = ["read_arguments", "read_value", "split_words"]

JsonObject: TypeAlias = dict[str, Any]
_PAIR = re.compile(r"(?P<key>[^=:]+(?::[^=:]+)*?)(?P<json>:)?=(?P<value>.*)", re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,300}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TRUE, _FALSE = frozenset({"true", "yes", "y", "on", "1"}), frozenset({"false", "no", "n", "off", "0"})


def split_words(text: str) -> list[str]:
    """Split like a shell would, without a shell. Raises `UsageError` on an open quote."""
    text = text.strip()
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"Cannot split {text!r}: {error}.", hint="Quote a value that has spaces or quotes.") from None


@dataclass(slots=True)
class _Given:
    """One key as it was given: its texts, in order, and whether they are JSON."""

    path: tuple[str, ...]
    json: bool
    texts: list[str] = field(default_factory=list[str])


def read_arguments(words: str | Sequence[str], schema: Mapping[str, Any] | None) -> JsonObject:
    """The arguments that `words` (a list, or a text to be split) mean for `schema`. Raises `UsageError`."""
    whole = words.strip() if isinstance(words, str) else words[0].strip() if len(words) == 1 else ""
    if whole.startswith("{"):
        return _json_object(whole)
    if isinstance(words, str):
        words = split_words(words)
    arguments: JsonObject = {}
    for key, given in _gather(words, schema).items():
        if given.json:
            value = _json(given.texts[0], key, hint=f"For a plain text write {key}=… without the colon.")
        elif len(given.texts) == 1:
            value = _read_one(given.texts[0], shape_at(schema, given.path), key)
        else:
            value = _read_many(given.texts, shape_at(schema, given.path), key)
        _put(arguments, given.path, value)
    return arguments


def _gather(words: Sequence[str], schema: Mapping[str, Any] | None) -> dict[str, _Given]:
    found: dict[str, _Given] = {}
    for word in words:
        match = _PAIR.fullmatch(word)
        if match is None:
            raise UsageError(f"{word!r} is no argument.", hint="Write k=text, k:=json, or one JSON object.")
        key, text, is_json = match["key"], match["value"], match["json"] is not None
        if text.startswith("@") and len(text) > 1:
            text = _file(text[1:], key)
        # A name with a dot that the schema knows is that name; any other dot leads inside.
        path = (key,) if key in shape_of(schema).properties else tuple(key.split("."))
        if not all(path):
            raise UsageError(
                f"{word!r} is no argument: {key!r} has an empty part.", hint="Write a.b=1 for a nested one."
            )
        given = found.setdefault(key, _Given(path, is_json))
        if given.texts and (is_json or given.json):
            raise UsageError(f"{key} is given twice.", hint=f"A list as JSON: {key}:='[…]'.")
        given.texts.append(text)
    return found


def read_value(text: str, schema: Mapping[str, Any] | None, name: str) -> Any:
    """`text` as the schema's type has it; where several would do, the first of integer, number, boolean, null, JSON,
    text. A schema that names no type takes the text.

    Raises `UsageError` naming `name` and what the schema takes.
    """
    return _read_one(text, shape_of(schema), name)


def _read_one(text: str, shape: Shape, name: str) -> Any:
    for choice in shape.choices:
        if choice == text or (not isinstance(choice, str) and _as_json(choice) == text.strip()):
            return choice
    types = shape.types
    if not types:
        if shape.choices:
            raise _misfit(text, shape, name)
        return text
    plain = text.strip()
    if "integer" in types and _INTEGER.fullmatch(plain):
        return int(plain)
    if "number" in types and _NUMBER.fullmatch(plain):
        number = float(plain)
        if abs(number) != float("inf"):
            return int(plain) if _INTEGER.fullmatch(plain) else number
    if "boolean" in types and plain.lower() in _TRUE | _FALSE:
        return plain.lower() in _TRUE
    if "null" in types and plain.lower() == "null":
        return None
    if types & {"object", "array"} and plain[:1] in ("{", "["):
        return _json(text, name, hint=f"For a plain text give it as JSON: {name}:='\"…\"'.")
    if "string" in types:
        return text
    if "array" in types:
        return [_read_one(text, shape.items, name)]
    raise _misfit(text, shape, name)


def _read_many(texts: Sequence[str], shape: Shape, name: str) -> list[Any]:
    if "array" not in shape.types:
        raise UsageError(f"{name} is given twice.", hint=f"It takes {shape}, not a list." if shape.types else "")
    return [_read_one(text, shape.items, name) for text in texts]


def _misfit(text: str, shape: Shape, name: str) -> UsageError:
    return UsageError(
        f"{name}={_short(text)!r} does not fit: {name} takes {shape}.", hint=f"To send it all the same: {name}:=JSON"
    )


def _put(arguments: JsonObject, path: Sequence[str], value: Any) -> None:
    below = arguments
    for key in path[:-1]:
        inner: Any = below.setdefault(key, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{'.'.join(path)} contradicts an earlier argument.")
        below = cast("JsonObject", inner)
    if path[-1] in below:
        raise UsageError(f"{'.'.join(path)} contradicts an earlier argument.")
    below[path[-1]] = value


def _json(text: str, name: str, *, hint: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}.", hint=hint) from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply.") from None


def _json_object(text: str) -> JsonObject:
    # It begins with a brace, so that what can be read is an object.
    return _json(text, "The argument", hint="""Quote it as a whole: '{"a": 1}'.""")


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value)
    except (ValueError, RecursionError):
        return ""


def _file(path: str, name: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = f"A text that begins with @ is given as JSON: {name}:='\"@…\"'."
        raise UsageError(f"{name}=@{path} cannot be read: {reason}.", hint=hint) from None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
