"""What a JSON Schema lets through, as far as reading a word needs to know: types, choices, what is inside.

References inside the document are followed, alternatives are put together. Schemas come from servers: whatever has
the wrong shape says nothing, and one that refers to itself ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from mcpwatch.model.shapes import EMPTY, items, mapping

__all__ = ["Shape", "shape_at", "shape_of"]

MOST_PARTS = 300
"""How many alternatives and references of one schema are looked at."""
MOST_SHOWN = 12


class Shape(NamedTuple):
    """A schema without its detours: the parts that hold for one value, and the document that they refer to."""

    parts: tuple[Mapping[str, Any], ...]
    root: Mapping[str, Any]

    @property
    def types(self) -> frozenset[str]:
        """The JSON types of which any value fits; empty where the schema says nothing, or names choices."""
        return frozenset(self._allowed()[0])

    @property
    def choices(self) -> list[Any]:
        """The values of `enum` and `const`, where the schema has them."""
        return self._allowed()[1]

    def _allowed(self) -> tuple[set[str], list[Any]]:
        types: set[str] = set()
        choices: list[Any] = []
        seen: set[int] = set()
        for part in self.parts:
            more, further = _allowed(part, self.root, seen)
            types |= more
            choices += further
        return types, choices

    @property
    def properties(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for part in self.parts:
            found |= mapping(part.get("properties"))
        return found

    @property
    def items(self) -> Shape:
        """What an array of this shape holds."""
        return _shape([part["items"] for part in self.parts if "items" in part], self.root)

    def __str__(self) -> str:
        """For an error: what would fit."""
        choices = [one if isinstance(one, str) else json.dumps(one) for one in self.choices[:MOST_SHOWN]]
        if len(self.choices) > MOST_SHOWN:
            choices.append("…")
        wanted = [*choices, *(f"a {one}" if choices else one for one in sorted(self.types))]
        return " or ".join((", ".join(wanted[:-1]), wanted[-1])) if len(wanted) > 1 else "".join(wanted)


def shape_of(schema: Any) -> Shape:
    """The shape of a whole schema document; anything else than an object says nothing."""
    return _shape([schema], mapping(schema))


def shape_at(schema: Any, path: Sequence[str]) -> Shape:
    """The shape of what stands at `path` inside an object of this schema."""
    shape = shape_of(schema)
    for key in path:
        inside = shape.properties
        if key in inside:
            shape = _shape([inside[key]], shape.root)
        else:
            shape = _shape(
                [part["additionalProperties"] for part in shape.parts if "additionalProperties" in part], shape.root
            )
    return shape


def _shape(schemas: Sequence[Any], root: Mapping[str, Any]) -> Shape:
    return Shape(tuple(_parts(schemas, root)), root)


def _parts(schemas: Sequence[Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = list(reversed(schemas))
    seen: set[int] = set()
    while waiting and len(seen) < MOST_PARTS:
        part = mapping(waiting.pop())
        if not part or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += reversed(_inner(part, root))


def _inner(part: Mapping[str, Any], root: Mapping[str, Any]) -> list[Any]:
    """The schemas that hold for the same value as `part`: what it refers to, and its alternatives."""
    found: list[Any] = [_target(part.get("$ref"), root)]
    for keyword in ("allOf", "anyOf", "oneOf"):
        found += items(part.get(keyword))
    return found


def _allowed(schema: Any, root: Mapping[str, Any], seen: set[int]) -> tuple[set[str], list[Any]]:
    """Types and choices of a schema. Alternatives that name any stand for what is around them: they narrow it."""
    part = mapping(schema)
    types: set[str] = set()
    choices: list[Any] = []
    if not part or id(part) in seen or len(seen) >= MOST_PARTS:
        return types, choices
    seen.add(id(part))
    for inner in _inner(part, root):
        more, further = _allowed(inner, root, seen)
        types |= more
        choices += further
    if types or choices:
        return types, choices
    if "const" in part or "enum" in part:
        return types, [part["const"]] if "const" in part else list(items(part["enum"]))
    declared: Any = part.get("type")
    types.update([declared] if isinstance(declared, str) else [one for one in items(declared) if isinstance(one, str)])
    if not types:
        types.update(of for keyword, of in (("properties", "object"), ("items", "array")) if keyword in part)
    return types, choices


def _target(reference: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `#/$defs/City` stands for; nothing for a reference that leaves the document."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return EMPTY
    below: Mapping[str, Any] = root
    for step in reference[1:].split("/")[1:]:
        below = mapping(below.get(unquote(step).replace("~1", "/").replace("~0", "~")))
    return below
