from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.documents import schema_error

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
