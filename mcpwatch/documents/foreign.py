"""Values checked against a JSON Schema that somebody else wrote: a server's form, a tool's arguments.

Nothing that stands in such a schema may fetch anything or keep us busy: patterns are searched in bounded time, and
references followed inside the schema only, and only so often. What cannot be told that way is not refused: the other
side checks too. Our own formats are for `check`, where a sentence can say more than the validator's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from mcpwatch.documents.patterns import found

__all__ = ["schema_checker", "schema_error", "schema_fault"]

Fault: TypeAlias = tuple[tuple[str | int, ...], str]
MOST_FOLLOWED: Final = 10_000
"""References that are followed for one value: a dozen lines of them, two in each alternative, lead to millions."""
_MOST_UNIQUE: Final = 1_000
"""Items of a list that are compared with each other."""
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


class _TooMuch(Exception):
    """The schema would keep us busy."""


def schema_fault(schema: Mapping[str, Any], value: Any) -> Fault | None:
    """Where in `value` it does not fit `schema`, and why; None where it fits, or where the schema itself is none."""
    return _checker(schema)(value)


def schema_checker(schema: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """`schema_error` of one schema, for many values: the schema is looked at once."""
    check = _checker(schema)
    return lambda value: _sentence(check(value))


def schema_error(schema: Mapping[str, Any], value: Any) -> str | None:
    """`schema_fault` as one sentence that begins with the place."""
    return _sentence(schema_fault(schema, value))


def _checker(schema: Mapping[str, Any]) -> Callable[[Any], Fault | None]:
    from jsonschema import Draft202012Validator, ValidationError  # 0.1 s that only a form or a check pays
    from jsonschema.exceptions import best_match  # pyright: ignore[reportUnknownVariableType] - untyped there
    from jsonschema.validators import extend, validator_for  # pyright: ignore[reportUnknownVariableType]
    from referencing import Registry

    followed = 0

    def counted(follow: Any) -> Any:
        def check(validator: Any, reference: Any, value: Any, schema: Any) -> Iterator[Any]:
            nonlocal followed
            followed += 1
            if followed > MOST_FOLLOWED:
                raise _TooMuch
            yield from follow(validator, reference, value, schema)

        return check

    def pattern(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and found(wanted, value) is False:
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    def pattern_properties(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        for name, item in cast("dict[str, Any]", value).items() if isinstance(value, dict) else ():
            for expression, inner in wanted.items():
                if found(expression, name):
                    yield from validator.descend(item, inner, path=name, schema_path=expression)

    def additional(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        patterns = schema.get("patternProperties", {})
        if isinstance(value, dict):
            there = cast("dict[str, Any]", value)
            value = {name: there[name] for name in there if all(found(one, name) is False for one in patterns)}
        rest = {key: one for key, one in schema.items() if key != "patternProperties"}
        yield from keywords["additionalProperties"](validator, wanted, value, rest)

    def unique(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, list) and len(cast("list[Any]", value)) <= _MOST_UNIQUE:
            yield from keywords["uniqueItems"](validator, wanted, value, schema)

    def unchecked(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        return iter(())

    try:
        made: Any = validator_for(dict(schema), default=Draft202012Validator)
        made.check_schema(dict(schema))
        keywords = made.VALIDATORS
        instead = {name: counted(keywords[name]) for name in _REFERENCES if name in keywords}
        instead |= {"pattern": pattern, "patternProperties": pattern_properties, "additionalProperties": additional}
        # It looks for patterns in ways of its own, and hardly anybody writes it.
        instead |= {"uniqueItems": unique, "unevaluatedProperties": unchecked}
        empty: Registry[Any] = Registry()
        validator = cast("Any", extend)(made, instead)(_of_one_draft(dict(schema)), registry=empty)
    except Exception:  # a schema that is none, in one of the many ways
        return lambda _: None

    def check(value: Any) -> Fault | None:
        nonlocal followed
        followed = 0
        try:
            error = cast("ValidationError | None", best_match(validator.iter_errors(value)))  # pyright: ignore
        except Exception:  # what a validator meets in references that lead nowhere, or numbers beyond all bounds
            return None
        if error is None:
            return None
        message = error.message if len(error.message) <= 300 else error.message[:299] + "…"
        return tuple(error.absolute_path), message

    return check


def _of_one_draft(schema: Any) -> Any:
    """The schema without the drafts that parts of it claim for themselves: each would be checked by that draft's own
    validator, which knows no bounds.
    """
    if isinstance(schema, dict):
        members = cast("dict[str, Any]", schema)
        return {key: _of_one_draft(one) for key, one in members.items() if key != "$schema" or not isinstance(one, str)}
    if isinstance(schema, list):
        return [_of_one_draft(one) for one in cast("list[Any]", schema)]
    return schema


def _sentence(fault: Fault | None) -> str | None:
    if fault is None:
        return None
    path, message = fault
    return f"{_place(path)}: {message}" if path else message


def _place(path: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
