from __future__ import annotations

import warnings
from typing import Any

import pytest

from mcpwatch.documents import schema_checker, schema_error

FORM = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}


def test_a_value_that_fits_has_no_error() -> None:
    assert schema_error(FORM, {"n": 3}) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [({}, "'n' is a required property"), ({"n": 0}, "n: 0 is less than the minimum of 1"), ([], "is not of type")],
)
def test_the_first_thing_that_is_wrong_is_said_with_its_place(value: Any, said: str) -> None:
    error = schema_error(FORM, value)
    assert error is not None
    assert said in error


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "https://example.invalid/x"}, {"$ref": "#/nowhere"}])
def test_a_schema_that_is_none_or_elsewhere_refuses_nothing(schema: dict[str, Any]) -> None:
    assert schema_error(schema, {"n": 1}) is None


def test_a_long_value_is_not_repeated_in_full() -> None:
    error = schema_error({"type": "integer"}, "x" * 10_000)
    assert error is not None
    assert len(error) <= 300


REFERENCES: dict[str, Any] = {
    "$defs": {
        **{f"n{at}": {"anyOf": [{"$ref": f"#/$defs/n{at + 1}"}] * 2} for at in range(40)},
        "n40": {"type": "integer"},
    },
    "$ref": "#/$defs/n0",
}


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "^(a+)+$"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"},
        {"allOf": [{"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"}]},
    ],
)
def test_a_pattern_that_would_keep_us_busy_for_ever_is_told_at_once(schema: dict[str, Any]) -> None:
    assert "does not match '^(a+)+$'" in (schema_error(schema, "a" * 60 + "!") or "")


@pytest.mark.parametrize(
    "more", [{}, {"additionalProperties": False}, {"unevaluatedProperties": False}, {"propertyNames": {"minLength": 2}}]
)
def test_no_pattern_of_names_keeps_us_busy_for_ever(more: dict[str, Any]) -> None:
    schema = {"patternProperties": {"^(a+)+$": {"type": "integer"}}, **more}
    assert (schema_error(schema, {"a" * 60 + "!": "x"}) is None) == ("additionalProperties" not in more)
    assert "is not of type 'integer'" in (schema_error(schema, {"aaa": "x"}) or "")


def test_a_name_that_no_pattern_takes_is_refused_where_there_may_be_no_others() -> None:
    schema: dict[str, Any] = {"properties": {"n": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False}
    assert schema_error(schema, {"n": 1, "x-y": 2}) is None
    assert "'z' was unexpected" in (schema_error(schema, {"z": 3}) or "")


def test_references_that_lead_to_more_and_more_of_them_are_given_up() -> None:
    assert schema_error(REFERENCES, "x") is None


def test_each_value_has_its_references_followed_anew() -> None:
    check = schema_checker(
        {
            "$ref": "#/$defs/n",
            "$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/i"}}, "i": {"type": "integer"}},
        }
    )
    for _ in range(3):
        assert check([1] * 4_000) is None
    assert check(["x"]) == "[0]: 'x' is not of type 'integer'"


def test_items_that_are_there_twice_are_told_as_long_as_they_are_few() -> None:
    schema = {"uniqueItems": True}
    assert "has non-unique elements" in (schema_error(schema, [{"a": 1}, {"a": 1}]) or "")
    assert schema_error(schema, [{"a": 1}] * 50_000) is None


def test_a_number_beyond_all_bounds_is_no_reason_to_fail() -> None:
    assert schema_error({"multipleOf": 0.1}, 10**400) is None


@pytest.mark.parametrize("pattern", ["[[a]--b]", "([a", "(?P<x>a)(?P<x>b)", "[a&&b]"])
def test_a_pattern_that_python_has_not_is_no_reason_to_warn_or_to_look_at_nothing_else(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"pattern": pattern}, "n": {"type": "integer"}}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = schema_error(schema, {"n": "x"})
    assert error == "n: 'x' is not of type 'integer'"
