"""A JSON Schema as a person reads it: the type of a field in a word, a signature, an example of a value.

Used for the catalogue, for pasteable calls and for forms. It reads what servers really send (pydantic's `anyOf` with
null, `$ref` into `$defs`, `allOf` of one) and takes anything else for "no idea", never for an error. Checking a value
against a schema is left to the validator that the caller passes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from mcpwatch.view.values import compact, entries, members, text_of

__all__ = ["Schema", "example", "fields", "resolve", "signature", "type_name", "types_of"]

Schema: TypeAlias = Mapping[str, Any]

_DEPTH: Final = 8
_ENUM: Final = 4
_FORMATS: Final[dict[str, str]] = {
    "email": "a@example.com",
    "uri": "https://example.com",
    "url": "https://example.com",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}


def resolve(schema: object, root: Schema) -> Schema:
    """`schema` with its `$ref`s into `root`, its `allOf`s and a nullable `anyOf` followed; `{}` when there is nothing
    to follow."""
    found = members(schema)
    for _ in range(_DEPTH):
        reference = found.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            target: object = root
            for step in reference.lstrip("#/").split("/") if reference != "#" else ():
                target = members(target).get(step.replace("~1", "/").replace("~0", "~"))
            found = {**members(target), **{key: item for key, item in found.items() if key != "$ref"}}
            continue
        if parts := entries(found.get("allOf")):
            merged: dict[str, Any] = {}
            for part in parts:
                merged.update(members(part))
            found = {**merged, **{key: item for key, item in found.items() if key != "allOf"}}
            continue
        choices = [c for c in entries(found.get("anyOf", found.get("oneOf"))) if members(c).get("type") != "null"]
        if len(choices) == 1:
            found = {**members(choices[0]), **{k: v for k, v in found.items() if k not in ("anyOf", "oneOf")}}
            continue
        break
    return found


def fields(schema: object, root: Schema | None = None) -> list[tuple[str, Schema, bool]]:
    """The members an object may have: (name, schema, required), the required ones first, each in the schema's order.

    `root` is where `$ref`s lead, by default `schema` itself.
    """
    root = members(schema) if root is None else root
    whole = resolve(schema, root)
    required = {name for name in entries(whole.get("required")) if isinstance(name, str)}
    properties = members(whole.get("properties"))
    found = [(name, resolve(item, root), name in required) for name, item in properties.items()]
    return sorted(found, key=lambda field: not field[2])


def types_of(schema: Schema) -> list[str]:
    """The JSON types that `schema` allows as far as it says so: its `type`, or what its constants are."""
    named = schema.get("type")
    if isinstance(named, str):
        return [named]
    if found := [item for item in entries(named) if isinstance(item, str)]:
        return found
    constants = entries(schema.get("enum")) or ([schema["const"]] if "const" in schema else [])
    if constants and all(isinstance(item, str) for item in constants):
        return ["string"]
    return ["object"] if "properties" in schema else ["array"] if "items" in schema else []


def type_name(schema: Schema, root: Schema, depth: int = 0) -> str:
    """The type in a word or two: `integer`, `string[]`, `"red"|"green"`, `string|integer`; empty when anything goes."""
    if "const" in schema:
        return compact(schema["const"], 40)
    if options := entries(schema.get("enum")):
        shown = [compact(option, 40) for option in options[:_ENUM]]
        return "|".join([*shown, "…"] if len(options) > _ENUM else shown)
    if depth < _DEPTH and (choices := entries(schema.get("anyOf", schema.get("oneOf")))):
        names = [type_name(resolve(choice, root), root, depth + 1) for choice in choices]
        return "|".join(dict.fromkeys(name for name in names if name))
    names = [name for name in types_of(schema) if name != "null"]
    if names == ["array"] and depth < _DEPTH:
        inner = type_name(resolve(schema.get("items"), root), root, depth + 1)
        return f"({inner})[]" if "|" in inner else f"{inner}[]" if inner else "array"
    return "|".join(names)


def signature(schema: object) -> str:
    """The arguments as a person would write them: `n: integer, *, verbose: boolean = false`."""
    root = members(schema)
    parts: list[str] = []
    optional = False
    for name, field, required in fields(root):
        if not required and not optional:
            optional = True
            parts.append("*")
        kind = type_name(field, root)
        part = f"{name}: {kind}" if kind else name
        if not required and field.get("default") is not None:
            part += f" = {compact(field['default'], 40)}"
        parts.append(part)
    return ", ".join(parts)


def example(schema: object, root: Schema, depth: int = 0) -> Any:
    """A value that fits `schema` as well as can be guessed: what it names itself, else by its type, format and
    bounds."""
    field = resolve(schema, root)
    for named in ("const", "default"):
        if field.get(named) is not None:
            return field[named]
    for named in ("examples", "enum"):
        if options := entries(field.get(named)):
            return options[0]
    if (choices := entries(field.get("anyOf", field.get("oneOf")))) and depth < _DEPTH:
        return example(choices[0], root, depth + 1)
    kinds: Sequence[str] = [kind for kind in types_of(field) if kind != "null"]
    match kinds[0] if kinds else "":
        case "integer":
            return _number(field, whole=True)
        case "number":
            return _number(field, whole=False)
        case "boolean":
            return True
        case "array" if depth < _DEPTH:
            least = field.get("minItems")
            count = least if isinstance(least, int) and 0 < least <= 10 else 1
            return [example(field.get("items"), root, depth + 1)] * count
        case "object" if depth < _DEPTH:
            return {name: example(item, root, depth + 1) for name, item, required in fields(field, root) if required}
        case "array":
            return []
        case "object":
            return {}
        case _:
            return _string(field)


def _number(field: Schema, *, whole: bool) -> int | float:
    low, high, beyond = field.get("minimum"), field.get("maximum"), field.get("exclusiveMinimum")
    value: int | float = 1
    if isinstance(beyond, (int, float)) and not isinstance(beyond, bool) and value <= beyond:
        value = beyond + 1
    if isinstance(low, (int, float)) and not isinstance(low, bool) and value < low:
        value = low
    if isinstance(high, (int, float)) and not isinstance(high, bool) and value > high:
        value = high
    return int(value) if whole or value == int(value) else value


def _string(field: Schema) -> str:
    value = _FORMATS.get(text_of(field.get("format")), "text")
    least, most = field.get("minLength"), field.get("maxLength")
    if isinstance(least, int) and len(value) < least <= 200:
        value = value.ljust(least, "x")
    if isinstance(most, int) and len(value) > most >= 0:
        value = value[:most]
    return value
