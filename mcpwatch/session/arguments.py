"""Arguments as a person types them, read with the schema they are for.

`k=text` is read as the schema has it, `k:=json` is JSON, `k=@file` and `k:=@file.json` come from a file, `a.b=1` is
nested, a repeated `k=` fills an array, and one JSON object stands for all. Errors name the argument and what would
fit.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from mcpwatch.errors import UsageError

__all__ = ["read_arguments", "read_value", "split_words"]

JsonObject: TypeAlias = dict[str, Any]
_PAIR = re.compile(r"(?P<key>[^=:]+(?::[^=:]+)*?)(?P<json>:)?=(?P<value>.*)", re.DOTALL)
_TRUE, _FALSE = frozenset({"true", "yes", "y", "on", "1"}), frozenset({"false", "no", "n", "off", "0"})


def split_words(text: str) -> list[str]:
    """Split like a shell would, without a shell; one JSON object stays whole. Raises `UsageError` on an open quote."""
    text = text.strip()
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"Cannot split {text!r}: {error}.", hint="Quote a value that has spaces or quotes.") from None


def read_arguments(words: str | Sequence[str], schema: Mapping[str, Any] | None) -> JsonObject:
    """The arguments that `words` (a list, or a text to be split) mean for `schema`. Raises `UsageError`."""
    whole = words.strip() if isinstance(words, str) else words[0].strip() if len(words) == 1 else ""
    if whole.startswith("{"):
        return _json_object(whole)
    if isinstance(words, str):
        words = split_words(words)
    arguments: JsonObject = {}
    repeated: set[str] = set()
    for word in words:
        match = _PAIR.fullmatch(word)
        if match is None:
            raise UsageError(f"{word!r} is no argument.", hint="Write k=text, k:=json, or one JSON object.")
        path = [match["key"]] if _has(schema, match["key"]) else match["key"].split(".")
        value: Any = match["value"]
        if isinstance(value, str) and value.startswith("@") and len(value) > 1:
            value = _file(value[1:], match["key"])
        below = _schema_at(schema, path)
        if match["json"]:
            value = _json(value, match["key"])
        elif "array" in _types(below) and not value.lstrip().startswith("["):
            value = read_value(value, _items(below), match["key"])
            existing = _get(arguments, path)
            value = [*cast("list[Any]", existing), value] if isinstance(existing, list) else [value]
            repeated.add(match["key"])
        else:
            value = read_value(value, below, match["key"])
        if match["key"] not in repeated and _get(arguments, path) is not None:
            raise UsageError(f"{match['key']} is given twice.")
        _put(arguments, path, value)
    return arguments


def read_value(text: str, schema: Mapping[str, Any] | None, name: str) -> Any:
    """`text` as the schema's type has it; where several would do, the first of integer, number, boolean, null, JSON,
    text.

    Raises `UsageError` naming `name` and what the schema takes.
    """
    schema = schema or {}
    enum = schema.get("enum")
    if isinstance(enum, list):
        for choice in cast("list[Any]", enum):
            if choice == text or (not isinstance(choice, str) and json.dumps(choice) == text):
                return choice
    types = _types(schema)
    if not types:
        return text
    lowered = text.strip().lower()
    if "integer" in types and re.fullmatch(r"[+-]?\d{1,4000}", text.strip()):
        return int(text)
    if "number" in types or "integer" in types:
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            if "number" in types and number == number and abs(number) != float("inf"):
                return int(text) if re.fullmatch(r"[+-]?\d{1,300}", text.strip()) else number
    if "boolean" in types and lowered in _TRUE | _FALSE:
        return lowered in _TRUE
    if "null" in types and lowered == "null":
        return None
    if types & {"object", "array"} and text.lstrip()[:1] in ("{", "["):
        return _json(text, name)
    if "string" in types:
        return text
    wanted = " or ".join(sorted(types))
    raise UsageError(f"{name}={text!r} does not fit: {name} takes {wanted}.", hint=f"Or give JSON with {name}:=…")


def _types(schema: Mapping[str, Any] | None) -> set[str]:
    """The JSON types that a schema lets through, as far as it says; empty where it says nothing."""
    if not schema:
        return set()
    declared = schema.get("type")
    if isinstance(declared, str):
        return {declared}
    if isinstance(declared, list):
        return {one for one in cast("list[Any]", declared) if isinstance(one, str)}
    found: set[str] = set()
    for keyword in ("anyOf", "oneOf"):
        for option in cast("list[Any]", schema.get(keyword) or []):
            if isinstance(option, dict):
                found |= _types(cast("JsonObject", option))
    if not found and isinstance(schema.get("enum"), list):
        return {"string"} if all(isinstance(one, str) for one in schema["enum"]) else {"enum"}
    return found


def _properties(schema: Mapping[str, Any] | None) -> JsonObject:
    found = (schema or {}).get("properties")
    return cast("JsonObject", found) if isinstance(found, dict) else {}


def _has(schema: Mapping[str, Any] | None, key: str) -> bool:
    return key in _properties(schema)


def _schema_at(schema: Mapping[str, Any] | None, path: Sequence[str]) -> JsonObject | None:
    below: Mapping[str, Any] | None = schema
    for key in path:
        found = _properties(below).get(key)
        if not isinstance(found, dict):
            return None
        below = cast("JsonObject", found)
    return cast("JsonObject", below)


def _items(schema: JsonObject | None) -> JsonObject | None:
    found = (schema or {}).get("items")
    return cast("JsonObject", found) if isinstance(found, dict) else None


def _get(arguments: JsonObject, path: Sequence[str]) -> Any:
    below: Any = arguments
    for key in path:
        below = cast("JsonObject", below).get(key) if isinstance(below, dict) else None
    return below


def _put(arguments: JsonObject, path: Sequence[str], value: Any) -> None:
    below = arguments
    for key in path[:-1]:
        inner: Any = below.setdefault(key, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{'.'.join(path)} contradicts an earlier argument.")
        below = cast("JsonObject", inner)
    below[path[-1]] = value


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not JSON: {error}.", hint=f"For a plain text write {name}=… without the colon."
        ) from None


def _json_object(text: str) -> JsonObject:
    value = _json(text, "the argument")
    if not isinstance(value, dict):
        raise UsageError("The arguments have to be one JSON object.")
    return cast("JsonObject", value)


def _file(path: str, name: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name}=@{path} cannot be read: {reason}.") from None
