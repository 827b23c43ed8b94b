"""Files checked against the JSON Schema of our own formats, with the first thing that is wrong in one sentence.

A sentence here can say more than the validator's: what key was meant, what else is possible. Schemas that somebody else
wrote are for `foreign`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from mcpwatch.documents.document import Document

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["check_document"]

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def check_document(document: Document, schema: Mapping[str, Any]) -> None:
    """Raises `UsageError` for the first thing in the file that does not fit `schema`, with its line and column.

    Of alternatives (`anyOf`, `oneOf`) the one is meant whose type fits. A `description` beside a `pattern` says what
    was expected there; alternatives that only differ in `required` read as "one of".
    """
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(dict(schema))
    errors = cast("Iterator[ValidationError]", validator.iter_errors(document.value))  # pyright: ignore[reportUnknownMemberType]
    wrong = [one for error in errors for one in _explain(error)]
    # What is missing is most often there under a name that is unknown: that is the thing to say.
    unknown = [one.path[:-1] for one in wrong if one.key]
    wrong = [one for one in wrong if not (one.absent and one.path in unknown)]
    if wrong:
        first = min(wrong, key=lambda one: document.where(one.path, key=one.key))
        raise document.error(first.path, first.message, first.hint, key=first.key)


@dataclass(frozen=True, slots=True)
class _Wrong:
    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    key: bool = False
    """Whether it is about the key at `path`, not its value."""
    absent: bool = False
    """Whether something is not there that should be."""


def _explain(error: ValidationError) -> Iterator[_Wrong]:
    path = tuple(error.absolute_path)
    schema = cast("Mapping[str, Any]", error.schema)
    wanted: Any = error.validator_value
    if "propertyNames" in error.schema_path:
        known = list(wanted) if error.validator == "enum" else []
        said = f"{_shown(error.instance)} is not {schema.get('description', 'a name that may stand here')}."
        yield _Wrong((*path, str(error.instance)), said, _meant(error.instance, known), key=True)
        return
    match error.validator:
        case "additionalProperties" if wanted is False:
            known = list(cast("Mapping[str, Any]", schema.get("properties", {})))
            for key in cast("Mapping[str, Any]", error.instance):
                if key not in known:
                    yield _Wrong((*path, key), f"unknown key {_shown(key)}.", _meant(key, known), key=True)
        case "required":
            missing = [key for key in wanted if key not in error.instance]
            yield _Wrong(path, f"{_named(path)}{' and '.join(map(repr, missing))} missing.", absent=True)
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            said = f"{_named(path)}expected {_expected(kinds)}, not {_shown(error.instance)}."
            yield _Wrong(path, said, _laid_out(kinds, error.instance) if path else "")
        case "enum" | "const":
            known = [str(one) for one in (wanted if error.validator == "enum" else [wanted])]
            said = f"{_named(path)}{_shown(error.instance)} is not {'one of: ' if len(known) > 1 else ''}"
            yield _Wrong(path, f"{said}{', '.join(known)}.", _meant(error.instance, known, listed=False))
        case "pattern" if "description" in schema:
            yield _Wrong(path, f"{_named(path)}{_shown(error.instance)} does not fit: {schema['description']}")
        case "minItems" | "minProperties" | "minLength":
            yield _Wrong(path, f"{_named(path)}it must not be empty.")
        case "anyOf" | "oneOf":
            yield from _alternatives(error, path)
        case _:
            message = error.message if len(error.message) <= 200 else error.message[:199] + "…"
            yield _Wrong(path, f"{_named(path)}{message}.")


def _alternatives(error: ValidationError, path: tuple[str | int, ...]) -> Iterator[_Wrong]:
    branches = [cast("Mapping[str, Any]", branch) for branch in cast("list[Any]", error.validator_value)]
    if all(set(branch) == {"required"} for branch in branches):
        given = cast("object", error.instance)
        if not isinstance(given, dict):
            return  # that is said already: it has the wrong type
        names = [" with ".join(branch["required"]) for branch in branches]
        there = [name for branch in branches for name in branch["required"] if name in cast("Mapping[str, Any]", given)]
        few = f"it has {', '.join(there)}" if there else "it has none"
        yield _Wrong(path, f"{_named(path)}exactly one of {', '.join(names)} belongs here; {few}.", absent=not there)
        return
    by_branch: dict[int, list[ValidationError]] = {}
    for inner in error.context or []:
        by_branch.setdefault(cast("int", inner.relative_schema_path[0]), []).append(inner)
    meant = [
        inner
        for inner in by_branch.values()
        if not any(one.validator in ("type", "const", "enum") and not one.relative_path for one in inner)
    ]
    if meant:
        fewest = min(meant, key=len)
        for inner in fewest:
            yield from _explain(inner)
        return
    kinds = [kind for branch in branches for kind in ([branch["type"]] if isinstance(branch.get("type"), str) else [])]
    others = [inner for one in by_branch.values() for inner in one if inner.validator in ("enum", "const")]
    if others and isinstance(error.instance, str):
        yield from _explain(others[0])
    elif kinds:
        kinds = list(dict.fromkeys(kinds))
        yield _Wrong(path, f"{_named(path)}expected {_expected(kinds)}, not {_shown(error.instance)}.")
    else:
        yield _Wrong(path, f"{_named(path)}{_shown(error.instance)} does not fit.")


def _laid_out(kinds: Sequence[str], given: Any) -> str:
    """How what was meant is written, where it may only be laid out wrongly."""
    if given is None and {"object", "array"} & set(kinds):
        return "What belongs to it stands below it, indented deeper."
    return "Begin each entry with '- '." if isinstance(given, dict) and "array" in kinds else ""


def _named(path: Sequence[str | int]) -> str:
    """The last key on the way, so that the sentence says what it is about where the reader sees only a line."""
    names = [part for part in path if isinstance(part, str)]
    return f"{names[-1]}: " if names else ""


def _expected(kinds: Sequence[str]) -> str:
    return " or ".join(_TYPES.get(kind, kind) for kind in kinds)


def _meant(given: Any, known: Sequence[str], *, listed: bool = True) -> str:
    lowered = {one.lower(): one for one in known}
    near = get_close_matches(str(given).lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {lowered[near[0]]!r}?"
    return f"Known here: {', '.join(known)}." if known and listed else ""


def _shown(value: Any) -> str:
    """A value in a sentence: texts quoted and cut, what holds others by what it is."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
