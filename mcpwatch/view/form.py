"""One field of a form: what it wants, and what a person typed for it as a value.

Sans-IO: `Field` comes from a schema's property, `read` turns what was typed into a value or says in one sentence why
it cannot. Who asks and in which order is `ask`'s matter. A mistyped field is an everyday thing, so it is an exception
of its own that carries the sentence for the person, never an error of the call.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from mcpwatch.documents.patterns import found
from mcpwatch.view.schema import Schema, fields, resolve, type_name, types_of
from mcpwatch.view.values import compact, entries, members, quoted, text_of

__all__ = ["Field", "Mistyped", "form", "options_of", "wants"]

_TRUE: Final = frozenset({"y", "yes", "true", "on", "1"})
_FALSE: Final = frozenset({"n", "no", "false", "off", "0"})
_CHECKS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("minimum", "at least", operator.ge),
    ("maximum", "at most", operator.le),
    ("exclusiveMinimum", "more than", operator.gt),
    ("exclusiveMaximum", "less than", operator.lt),
)


class Mistyped(Exception):
    """What was typed is no value for the field; `str(error)` says why, in a sentence for the person."""


class Field(NamedTuple):
    """One member of a form. `options` are (value, title) where there is a choice, `many` when several may be chosen."""

    name: str
    schema: Schema
    required: bool
    kind: str
    """`string`, `integer`, `number`, `boolean`, `choice`, or `json` for what none of these fits."""
    options: tuple[tuple[Any, str], ...] = ()
    many: bool = False
    default: Any = None

    @property
    def has_default(self) -> bool:
        return self.default is not None

    def read(self, typed: str) -> Any:
        """The value of what was typed. Raises `Mistyped`."""
        match self.kind:
            case "choice":
                return self._choice(typed)
            case "boolean":
                low = typed.strip().lower()
                if low in _TRUE or low in _FALSE:
                    return low in _TRUE
                raise Mistyped(f"{_echo(typed)} is neither yes nor no: type y or n.")
            case "integer" | "number":
                return self._number(typed)
            case "json":
                try:
                    return json.loads(typed)
                except ValueError as error:
                    raise Mistyped(f"that is not JSON: {error}.") from None
            case _:
                return self._string(typed)

    def _number(self, typed: str) -> int | float:
        text = typed.strip().replace("_", "")
        try:
            value: int | float = int(text) if re.fullmatch(r"[+-]?\d{1,400}", text) else float(text)
        except ValueError:
            raise Mistyped(f"{_echo(typed)} is not {'an integer' if self.kind == 'integer' else 'a number'}.") from None
        if isinstance(value, float) and not -float("inf") < value < float("inf"):
            raise Mistyped(f"{_echo(typed)} is not a number that JSON can hold.")
        if self.kind == "integer" and isinstance(value, float):
            if not value.is_integer():
                raise Mistyped(f"{_echo(typed)} is not an integer.")
            value = int(value)
        for key, words, holds in _CHECKS:
            bound = self.schema.get(key)
            if isinstance(bound, (int, float)) and not isinstance(bound, bool) and not holds(value, bound):
                raise Mistyped(f"{typed.strip()} is out of bounds: it has to be {words} {bound}.")
        return value

    def _string(self, typed: str) -> str:
        least, most = self.schema.get("minLength"), self.schema.get("maxLength")
        if isinstance(least, int) and len(typed) < least:
            raise Mistyped(f"too short: at least {least} characters, this has {len(typed)}.")
        if isinstance(most, int) and len(typed) > most:
            raise Mistyped(f"too long: at most {most} characters, this has {len(typed)}.")
        pattern = self.schema.get("pattern")
        if isinstance(pattern, str) and found(pattern, typed) is False:  # where it cannot be told, the server tells
            raise Mistyped(f"{_echo(typed)} does not match the pattern {pattern}")
        format_ = self.schema.get("format")
        if isinstance(format_, str) and (shape := _FORMATS.get(format_)) and not re.fullmatch(shape[0], typed):
            raise Mistyped(f"{_echo(typed)} is not {shape[1]}.")
        return typed

    def _choice(self, typed: str) -> Any:
        if not self.many:
            return self._option(typed.strip())
        chosen = [self._option(part.strip()) for part in typed.split(",") if part.strip()]
        least, most = self.schema.get("minItems"), self.schema.get("maxItems")
        if isinstance(least, int) and len(chosen) < least:
            raise Mistyped(f"choose at least {least}.")
        if isinstance(most, int) and len(chosen) > most:
            raise Mistyped(f"choose at most {most}.")
        return chosen

    def _option(self, typed: str) -> Any:
        """An option by its value or its title, exactly; else by its number, counted from 1; else in any case of
        letters."""
        named = [(text_of(value), title, value) for value, title in self.options]
        for value_text, title, value in named:
            if typed in (value_text, title):
                return value
        if typed.isascii() and typed.isdigit() and len(typed) < 9 and 1 <= int(typed) <= len(named):
            return named[int(typed) - 1][2]
        for value_text, title, value in named:
            if typed.lower() in (value_text.lower(), title.lower()):
                return value
        raise Mistyped(f"{_echo(typed)} is none of the options: type a number from 1 to {len(named)}, or the name.")


_FORMATS: Final = {
    "email": (r"[^@\s]{1,200}@[^@\s]{1,200}", "an e-mail address"),
    "uri": (r"[A-Za-z][A-Za-z0-9+.-]{0,50}:\S+", "an address (such as https://example.com)"),
    "date": (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date (such as 2026-01-31)"),
    "date-time": (
        r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)",
        "a date and time (such as 2026-01-31T12:00:00Z)",
    ),
}


def _echo(typed: str) -> str:
    return quoted(typed, 60)


def form(schema: object) -> list[Field]:
    """The fields of a form, in the schema's order (which is how the server wants it read)."""
    root = members(schema)
    order = list(members(resolve(root, root).get("properties")))
    found = [_field(name, item, required, root) for name, item, required in fields(root)]
    return sorted(found, key=lambda each: order.index(each.name))


def _field(name: str, schema: Schema, required: bool, root: Schema) -> Field:
    kinds: Sequence[str] = [kind for kind in types_of(schema) if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 else ""
    default = schema.get("default")
    items = resolve(schema.get("items"), root)
    if options := options_of(schema):
        return Field(name, schema, required, "choice", options, default=default)
    if kind == "array" and (options := options_of(items)):
        return Field(name, schema, required, "choice", options, many=True, default=default)
    if kind not in ("string", "integer", "number", "boolean"):
        kind = "json"
    return Field(name, schema, required, kind, default=default)


def options_of(schema: Schema) -> tuple[tuple[Any, str], ...]:
    """The choices of a field: `enum` (with `enumNames`), or constants with titles, alone or under `oneOf`/`anyOf`."""
    if values := entries(schema.get("enum")):
        names = entries(schema.get("enumNames"))
        return tuple(
            (value, text_of(names[index]) if index < len(names) else text_of(value))
            for index, value in enumerate(values)
        )
    if "const" in schema:
        return ((schema["const"], text_of(schema.get("title", schema["const"]))),)
    choices = [members(choice) for choice in entries(schema.get("oneOf", schema.get("anyOf")))]
    if choices and all("const" in choice for choice in choices):
        return tuple((choice["const"], text_of(choice.get("title", choice["const"]))) for choice in choices)
    return ()


def wants(field: Field, root: Schema) -> str:
    """What a field takes, in words: `integer, 0 to 120, required`, `email, default a@b.c`."""
    schema = field.schema
    if field.options:
        titles = [title for _, title in field.options]
        kind = f"{'any' if field.many else 'one'} of {', '.join(titles[:12])}{', …' if len(titles) > 12 else ''}"
    else:
        kind = text_of(schema.get("format")) or type_name(schema, root) or "any JSON"
        kind = {"boolean": "yes or no"}.get(kind, kind)
    parts = [kind, *_bounds(schema)]
    parts.append("required" if field.required else "optional")
    if field.has_default:
        parts.append(f"default {compact(field.default, 60)}")
    return ", ".join(parts)


def _bounds(schema: Schema) -> list[str]:
    found: list[str] = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", ""),
    ):
        least, most = schema.get(low), schema.get(high)
        if least is not None and most is not None:
            found.append(f"{compact(least)} to {compact(most)}{unit}")
        elif least is not None:
            found.append(f"at least {compact(least)}{unit}")
        elif most is not None:
            found.append(f"at most {compact(most)}{unit}")
    for key, words in (("exclusiveMinimum", "more than"), ("exclusiveMaximum", "less than"), ("pattern", "matching")):
        if schema.get(key) is not None:
            found.append(f"{words} {text_of(schema[key])}")
    return found
