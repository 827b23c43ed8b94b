"""Values checked against a JSON Schema that somebody else wrote: a server's form, a tool's arguments.

Nothing that stands in such a schema may fetch anything or keep us busy: patterns are searched in bounded time, and
references followed inside the schema only, and only so often. What cannot be told that way is not refused: the other
side checks too. Our own formats are for `check`, where a sentence can say more than the validator's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from mcpwatch.documents.patterns import found

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = ["schema_checker", "schema_error", "schema_fault", "schema_faults"]

Fault: TypeAlias = tuple[tuple[str | int, ...], str]
MOST_FOLLOWED: Final = 10_000
"""References that are followed for one value: a dozen lines of them, two in each alternative, lead to millions."""
_MOST_UNIQUE: Final = 1_000
"""Items of a list that are compared with each other."""
_MOST_TOLD: Final = 100
"""Faults of one value that are told at once."""
_DEEPEST: Final = 20
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


class _TooMuch(Exception):
    """The schema would keep us busy."""


def schema_fault(schema: Mapping[str, Any], value: Any) -> Fault | None:
    """Where in `value` it does not fit `schema`, and why; None where it fits, or where the schema itself is none."""
    return _first(_checker(schema), value)


def schema_faults(schema: Mapping[str, Any]) -> Callable[[Any], list[Fault]]:
    """Every place that does not fit, and why, for many values of one schema; of very many the first."""
    check = _checker(schema)
    return lambda value: check(value, True)


def schema_checker(schema: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """`schema_error` of one schema, for many values: the schema is looked at once."""
    check = _checker(schema)
    return lambda value: _sentence(_first(check, value))


def schema_error(schema: Mapping[str, Any], value: Any) -> str | None:
    """`schema_fault` as one sentence that begins with the place."""
    return _sentence(schema_fault(schema, value))


def _first(check: Callable[[Any, bool], list[Fault]], value: Any) -> Fault | None:
    found = check(value, False)
    return found[0] if found else None


def _checker(schema: Mapping[str, Any]) -> Callable[[Any, bool], list[Fault]]:
    """A function of a value, and of whether all its faults are wanted or only the one that says most."""
    # 0.1 s that only a form or a check pays.
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError
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
        # Not whether a pattern is one that Python has: it would compile what a server wrote, and warn on stderr of it.
        made.check_schema(dict(schema), format_checker=FormatChecker(()))
        keywords = made.VALIDATORS
        instead = {name: counted(keywords[name]) for name in _REFERENCES if name in keywords}
        instead |= {"pattern": pattern, "patternProperties": pattern_properties, "additionalProperties": additional}
        # It looks for patterns in ways of its own, and hardly anybody writes it.
        instead |= {"uniqueItems": unique, "unevaluatedProperties": unchecked}
        empty: Registry[Any] = Registry()
        validator = cast("Any", extend)(made, instead)(_of_one_draft(dict(schema)), registry=empty)
    except Exception:  # a schema that is none, in one of the many ways
        return lambda value, every: []

    def check(value: Any, every: bool) -> list[Fault]:
        nonlocal followed
        followed = 0
        try:
            errors: Any = validator.iter_errors(value)
            if every:
                told = islice((one for error in errors for one in _meant(error, 0)), _MOST_TOLD)
                return [_fault(error) for error in told]
            error = cast("ValidationError | None", best_match(errors))  # pyright: ignore
        except Exception:  # what a validator meets in references that lead nowhere, or numbers beyond all bounds
            return []
        return [] if error is None else [_fault(error)]

    return check


def _meant(error: ValidationError, depth: int) -> Iterator[ValidationError]:
    """What is wrong with the one alternative that is of the right type; where there are several, that none fits."""
    if error.validator in ("anyOf", "oneOf") and depth < _DEEPEST:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context or ():
            branches.setdefault(inner.relative_schema_path[0], []).append(inner)
        near = [inner for inner in branches.values() if not any(_is_other(one) for one in inner)]
        if len(near) == 1:
            for inner in near[0]:
                yield from _meant(inner, depth + 1)
            return
        error.message = "it fits none of the alternatives" if branches else "it fits more than one of the alternatives"
    yield error


def _is_other(error: ValidationError) -> bool:
    """Whether the value is of another type altogether."""
    return error.validator == "type" and not error.relative_path


def _fault(error: ValidationError) -> Fault:
    message = error.message if len(error.message) <= 300 else error.message[:299] + "…"
    return tuple(error.absolute_path), message


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
