"""What a change of a JSON Schema means for whoever relies on it: what is taken no more, what is promised no more.

What goes to a server (arguments) may be demanded less of, never more; what comes from it (results) may promise more,
never less. A change that only speaks to people, such as a description, breaks nothing. Where a keyword is not
understood its change counts as breaking: better one look too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mcpwatch.check.change import shown
from mcpwatch.check.same import fingerprint, same
from mcpwatch.model.shapes import items, mapping

__all__ = ["SchemaChange", "schema_changes"]

_SAID: Final = frozenset(
    "title description default examples example $comment deprecated $schema $id $anchor readOnly writeOnly "
    "enumNames enumTitles".split()
)
"""Keywords that decide nothing."""
_LOWER: Final = frozenset("minimum exclusiveMinimum minLength minItems minProperties minContains".split())
_UPPER: Final = frozenset("maximum exclusiveMaximum maxLength maxItems maxProperties maxContains".split())
_STRUCTURE: Final = frozenset(
    "$ref $defs definitions type enum const properties required items additionalProperties".split()
)
_EITHER: Final = ("anyOf", "oneOf")
_EVERY: Final = frozenset("string number integer boolean object array null".split())
_DEEPEST: Final = 40


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """`place` is what the sentence is about: `argument items[].name`; empty for the schema as a whole."""

    place: str
    message: str
    breaking: bool


def schema_changes(before: Any, after: Any, *, sent: bool, noun: str) -> Iterator[SchemaChange]:
    """How the schema of what is sent to a server, or of what comes from it, has changed. `noun` names a member:
    `argument`, `field`."""
    yield from _Comparison(mapping(before), mapping(after), sent, noun).changes()


class _Comparison:
    def __init__(self, before: Mapping[str, Any], after: Mapping[str, Any], sent: bool, noun: str) -> None:
        self._roots = before, after
        self._sent = sent
        self._noun = noun
        self._met: set[tuple[str, str]] = set()
        """Pairs of references that were followed: a schema may hold itself."""

    def changes(self) -> Iterator[SchemaChange]:
        yield from self._walk(*self._roots, "", 0)

    def _walk(self, before: Any, after: Any, place: str, depth: int) -> Iterator[SchemaChange]:
        if isinstance(before, bool) or isinstance(after, bool):
            if before is not after:
                yield self._change(place, f"schema {shown(before)} → {shown(after)}", True)
            return
        refs = str(mapping(before).get("$ref", "")), str(mapping(after).get("$ref", ""))
        if all(refs):
            if refs in self._met:
                return
            self._met.add(refs)
        old, new = _resolved(before, self._roots[0]), _resolved(after, self._roots[1])
        if depth > _DEEPEST or (same(old, new) and not _refers(old)):
            return
        old, new = _flat(old, self._roots[0]), _flat(new, self._roots[1])
        yield from self._types(old, new, place)
        yield from self._values(old, new, place)
        yield from self._members(old, new, place, depth)
        if "items" in old and "items" in new and not isinstance(old["items"], list):
            yield from self._walk(old["items"], new["items"], f"{place}[]", depth + 1)
        elif not same(old.get("items"), new.get("items")):
            yield self._one_sided(old, new, "items", place)
        for word in sorted((old.keys() | new.keys()) - _STRUCTURE):
            if not same(old.get(word), new.get(word)):
                yield self._keyword(word, old, new, place)

    # ---- one aspect each

    def _types(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> Iterator[SchemaChange]:
        was, now = _types(old), _types(new)
        if was == now:
            return
        less, more = not _covers(now, was), not _covers(was, now)
        yield self._change(place, f"type {_named(was)} → {_named(now)}", less if self._sent else more)

    def _values(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> Iterator[SchemaChange]:
        was, now = _enum(old), _enum(new)
        if was is None and now is None:
            return
        if was is None or now is None:
            if now is not None:
                yield self._change(place, f"only these values: {_listed(now)}", self._sent)
            elif was is not None:
                yield self._change(place, "any value, not only the listed ones", False)
            return
        gone, new_ones = _without(was, now), _without(now, was)
        if gone:
            yield self._change(place, f"not a value any more: {_listed(gone)}", self._sent)
        if new_ones:
            yield self._change(place, f"a value now too: {_listed(new_ones)}", False)

    def _members(
        self, old: Mapping[str, Any], new: Mapping[str, Any], place: str, depth: int
    ) -> Iterator[SchemaChange]:
        was, now = mapping(old.get("properties")), mapping(new.get("properties"))
        needed, needs = _names(old), _names(new)
        for name, member in was.items():
            inner = f"{place}.{name}" if place else name
            if name not in now:
                yield self._change(inner, "is gone", True)
                continue
            if name in needs and name not in needed:
                yield self._change(inner, "is required now", self._sent)
            elif name in needed and name not in needs:
                yield self._change(inner, "is optional now", not self._sent)
            yield from self._walk(member, now[name], inner, depth + 1)
        for name in now:
            if name not in was:
                inner = f"{place}.{name}" if place else name
                required = name in needs
                yield self._change(inner, "is new and required" if required else "is new", required and self._sent)
        for name in needs:
            if name not in needed and name not in now:
                yield self._change(f"{place}.{name}" if place else name, "is required now", self._sent)
        for name in needed:
            if name not in needs and name not in was:
                yield self._change(f"{place}.{name}" if place else name, "is optional now", not self._sent)
        yield from self._others(old, new, place, depth)

    def _others(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str, depth: int) -> Iterator[SchemaChange]:
        """Members that are not listed."""
        was, now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if same(was, now) or same(was or False, now or False):
            return
        if now is False:
            yield self._change(place, f"takes no other {self._noun}s any more", self._sent)
        elif was is False or now is True:
            yield self._change(place, f"takes other {self._noun}s too", not self._sent)
        elif was is True:
            yield self._change(place, f"other {self._noun}s have a schema now", self._sent)
        else:
            yield from self._walk(was, now, f"{place}.*" if place else "*", depth + 1)

    def _keyword(self, word: str, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> SchemaChange:
        was, now = old.get(word), new.get(word)
        if word in _SAID or word.startswith("x-"):
            said = f"{word} {shown(was)} → {shown(now)}" if word in old and word in new else self._came(word, old, new)
            return self._change(place, said, False)
        if word in _EITHER:
            lost = _without(items(was), items(now)) if word in new else ()
            more = _without(items(now), items(was)) if word in old else ()
            breaks = bool(lost or word not in old) if self._sent else bool(more or word not in new)
            return self._change(place, f"{word} is another", breaks)
        if word not in old or word not in new:
            return self._one_sided(old, new, word, place)
        breaks = True
        if word in _LOWER | _UPPER and isinstance(was, int | float) and isinstance(now, int | float):
            tighter = now > was if word in _LOWER else now < was
            breaks = tighter if self._sent else not tighter
        return self._change(place, f"{word} {shown(was)} → {shown(now)}", breaks)

    def _one_sided(self, old: Mapping[str, Any], new: Mapping[str, Any], word: str, place: str) -> SchemaChange:
        """A demand that was made, or given up."""
        return self._change(place, self._came(word, old, new), (word in new) == self._sent)

    def _came(self, word: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        return f"{word} {shown(new[word])} is new" if word in new else f"{word} {shown(old.get(word))} is gone"

    def _change(self, place: str, message: str, breaking: bool) -> SchemaChange:
        return SchemaChange(f"{self._noun} {place}" if place else "", message, breaking)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a schema says, its `$ref` within the same document followed."""
    found = mapping(schema)
    for _ in range(_DEEPEST):
        ref = found.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            break
        there: Any = root
        for part in ref[2:].split("/"):
            there = mapping(there).get(part.replace("~1", "/").replace("~0", "~"))
        found = {**mapping(there), **{key: value for key, value in found.items() if key != "$ref"}}
        if not isinstance(there, dict):
            break
    return found


def _refers(schema: Any) -> bool:
    """Whether something in it stands elsewhere, where it may have changed."""
    return "$ref" in fingerprint(schema)


def _flat(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """`anyOf` of something and null, as many generators write what is optional, as one schema of two types."""
    for word in _EITHER:
        either = [_resolved(one, root) for one in items(schema.get(word))]
        rest = [one for one in either if one.get("type") != "null"]
        plain = all(isinstance(one.get("type"), str) and len(one.keys() - _SAID) == 1 for one in either)
        if either and (plain or (len(rest) == 1 and len(either) == 2)):
            outer = {key: value for key, value in schema.items() if key != word}
            types = sorted({name for one in either for name in _types(one)})
            kept = dict(rest[0]) if len(rest) == 1 else {}
            if "enum" in kept:
                kept["enum"] = [*items(kept["enum"]), None]
            return {**kept, **outer, "type": types}
    return schema


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    if isinstance(said, str):
        return frozenset((said,))
    named = frozenset(one for one in items(said) if isinstance(one, str))
    if named:
        return named
    return frozenset(("object",)) if "properties" in schema else _EVERY


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Whether whatever is of one of `narrow`'s types is of one of `wide`'s: an integer is a number."""
    return all(one in wide or (one == "integer" and "number" in wide) for one in narrow)


def _named(types: frozenset[str]) -> str:
    return "any" if types >= _EVERY else " or ".join(sorted(types, key=lambda one: (one == "null", one)))


def _enum(schema: Mapping[str, Any]) -> Sequence[Any] | None:
    if "const" in schema:
        return (schema["const"],)
    return items(schema["enum"]) if "enum" in schema else None


def _names(schema: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(one for one in items(schema.get("required")) if isinstance(one, str))


def _without(some: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    known = {fingerprint(one) for one in others}
    return [one for one in some if fingerprint(one) not in known]


def _listed(values: Sequence[Any]) -> str:
    named = [shown(one, 30) for one in values[:8]]
    return ", ".join(named) + (", …" if len(values) > len(named) else "")
