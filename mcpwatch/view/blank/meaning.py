"""What a schema says about one place of a form, with its references, combinations and null followed.

Servers write the same thing in many ways: pydantic's `anyOf` with null, `$ref` into `$defs`, `allOf` of several, a list
of types. This module brings them into one shape, boundedly: a schema that leads round in circles means nothing. What is
left over (`if`, `not`, `dependentRequired`, …) is the validator's to judge, not the form's to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from mcpwatch.view.form import options_of
from mcpwatch.view.schema import Schema, type_name, types_of
from mcpwatch.view.values import compact, entries, members, text_of

__all__ = ["Alternative", "Meaning", "meaning_of"]

_MOST_FOLLOWED: Final = 64
"""References and parts of combinations that are followed for one place: two in each lead to millions."""
_MOST_ALTERNATIVES: Final = 50
_WHOLE: Final = ("$defs", "definitions")
"""Where references lead: what a part of a schema needs from the whole to be one itself."""


class Alternative(NamedTuple):
    """One of several schemas that a value may have. `label` is a server's text."""

    label: str
    schema: Schema


class Meaning(NamedTuple):
    """`schema` without references and combinations. With `alternatives` it says only what they have in common."""

    schema: Schema
    nullable: bool = False
    alternatives: tuple[Alternative, ...] = ()


def meaning_of(schema: object, root: Schema) -> Meaning:
    """What `schema`, a part of `root`, means. Never raises, whatever it holds."""
    return _meaning(schema, root, _Budget())


class _Budget:
    """How many steps are left."""

    def __init__(self) -> None:
        self.left = _MOST_FOLLOWED

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _meaning(schema: object, root: Schema, budget: _Budget) -> Meaning:
    found = _followed(schema, root, budget)
    if options_of(found):
        return Meaning(found)
    choices = [_followed(choice, root, _Budget()) for choice in entries(found.get("anyOf", found.get("oneOf")))]
    raw = entries(found.get("anyOf", found.get("oneOf")))
    if 0 < len(choices) <= _MOST_ALTERNATIVES:
        rest = {key: item for key, item in found.items() if key not in ("anyOf", "oneOf")}
        real = [(given, choice) for given, choice in zip(raw, choices, strict=True) if types_of(choice) != ["null"]]
        nullable = len(real) < len(choices)
        if len(real) == 1:
            if not budget.spend():
                return Meaning({})
            inner = _meaning(_merged(rest, real[0][1], last=rest), root, budget)
            return inner._replace(nullable=inner.nullable or nullable)
        if real:
            several = tuple(Alternative(_label(given, one, root), _merged(rest, one)) for given, one in real)
            return Meaning(rest, nullable, several)
    kinds = types_of(found)
    real_kinds = [kind for kind in kinds if kind != "null"]
    nullable = len(real_kinds) < len(kinds)
    if len(real_kinds) > 1:
        several = tuple(Alternative(kind, {**found, "type": kind}) for kind in real_kinds)
        return Meaning(found, nullable, several)
    if nullable and real_kinds:
        found = {**found, "type": real_kinds[0]}
    return Meaning(found, nullable)


def part(schema: Schema, root: Schema) -> Schema:
    """`schema` as one that can be checked without the whole."""
    return {**{name: root[name] for name in _WHOLE if name in root}, **schema}


def _followed(schema: object, root: Schema, budget: _Budget) -> Schema:
    found = members(schema)
    while budget.spend():
        reference = found.get("$ref")
        if isinstance(reference, str):
            rest = {key: item for key, item in found.items() if key != "$ref"}
            if not reference.startswith("#"):
                return rest  # it is never fetched
            target: object = root
            for step in reference.lstrip("#/").split("/") if reference != "#" else ():
                target = members(target).get(step.replace("~1", "/").replace("~0", "~"))
            found = {**members(target), **rest}
        elif parts := entries(found.get("allOf")):
            merged: Schema = {}
            for one in parts:
                merged = _merged(merged, _followed(one, root, budget))
            found = _merged(merged, {key: item for key, item in found.items() if key != "allOf"})
        else:
            return found
    return {}


def _merged(one: Schema, other: Schema, last: Schema | None = None) -> Schema:
    """Both at once: the properties and the required names of either, else what the second says (`last` over all)."""
    merged: dict[str, Any] = {**one, **other, **(last or {})}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**members(one["properties"]), **members(other["properties"])}
    if "required" in one and "required" in other:
        merged["required"] = [*entries(one["required"]), *entries(other["required"])]
    return merged


def _label(given: object, schema: Schema, root: Schema) -> str:
    """What one alternative is called: its title, the constants that tell it from others, its name, else its type."""
    if title := text_of(schema.get("title")):
        return title
    constants: list[str] = []
    for name, item in list(members(schema.get("properties")).items())[:50]:
        inner: Mapping[str, Any] = members(item)
        if "const" in inner:
            constants.append(f"{name}={compact(inner['const'], 30)}")
    if constants:
        return ", ".join(constants[:3])
    reference = members(given).get("$ref")
    if isinstance(reference, str):
        return reference.rsplit("/", 1)[-1]
    return type_name(schema, root) or "any JSON"
