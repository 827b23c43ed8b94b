from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.view.form import Field, Mistyped, form, wants


def _field(schema: dict[str, Any], *, required: bool = False) -> Field:
    (field,) = form({"properties": {"f": schema}, "required": ["f"] if required else []})
    return field


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        ({"type": "string"}, " as typed ", " as typed "),
        ({"type": "integer"}, " 1_000 ", 1000),
        ({"type": "integer"}, "2.0", 2),
        ({"type": "integer"}, "1e3", 1000),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "number"}, "3", 3),
        ({"type": ["integer", "null"]}, "3", 3),
        ({"type": "boolean"}, "y", True),
        ({"type": "boolean"}, "YES", True),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "no", False),
        ({"type": "boolean"}, "0", False),
        ({"type": "string", "format": "email"}, "a@b.c", "a@b.c"),
        ({"type": "string", "format": "date"}, "2026-02-28", "2026-02-28"),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, "AB", "AB"),
        ({"enum": ["red", "green"]}, "2", "green"),
        ({"enum": ["red", "green"]}, "RED", "red"),
        ({"enum": ["2", "1"]}, "1", "1"),
        ({"enum": [10, 20]}, "20", 20),
        ({"enum": ["r", "g"], "enumNames": ["Red", "Green"]}, "green", "g"),
        ({"oneOf": [{"const": "v", "title": "Vegan"}, {"const": "f", "title": "Fish"}]}, "Fish", "f"),
        ({"type": "array", "items": {"enum": ["a", "b", "c"]}}, "1, c", ["a", "c"]),
        ({"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}]}}, "1", ["x"]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({}, "[1]", [1]),
    ],
)
def test_what_is_typed_is_read_as_the_schema_has_it(schema: dict[str, Any], typed: str, value: Any) -> None:
    read = _field(schema).read(typed)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "typed", "reason"),
    [
        ({"type": "integer"}, "abc", '"abc" is not an integer'),
        ({"type": "integer"}, "2.5", '"2.5" is not an integer'),
        ({"type": "integer"}, "inf", "not a number that JSON can hold"),
        ({"type": "number"}, "nan", "not a number that JSON can hold"),
        ({"type": "integer", "minimum": 1, "maximum": 8}, "9", "9 is out of bounds: it has to be at most 8"),
        ({"type": "number", "exclusiveMinimum": 0}, "0", "more than 0"),
        ({"type": "boolean"}, "maybe", '"maybe" is neither yes nor no'),
        ({"type": "string", "minLength": 3}, "ab", "at least 3 characters, this has 2"),
        ({"type": "string", "maxLength": 1}, "ab", "at most 1 characters"),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, "abc", "does not match the pattern ^[A-Z]{2}$"),
        ({"type": "string", "format": "email"}, "nobody", "not an e-mail address"),
        ({"type": "string", "format": "uri"}, "nobody", "not an address"),
        ({"type": "string", "format": "date"}, "31.1.2026", "2026-01-31"),
        ({"type": "string", "format": "date-time"}, "today", "2026-01-31T12:00:00Z"),
        ({"enum": ["red", "green"]}, "3", "type a number from 1 to 2"),
        ({"type": "array", "items": {"enum": ["a"]}, "minItems": 1}, ",", "at least 1"),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 1}, "1,2", "at most 1"),
        ({"type": "object"}, "{", "that is not JSON"),
    ],
)
def test_what_does_not_fit_is_explained(schema: dict[str, Any], typed: str, reason: str) -> None:
    with pytest.raises(Mistyped) as caught:
        _field(schema).read(typed)
    assert reason in str(caught.value)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|a)*$", r"^((a{1,9}){1,9})+$"])
def test_no_pattern_keeps_us_busy_for_ever(pattern: str) -> None:
    with pytest.raises(Mistyped, match="does not match the pattern"):
        _field({"type": "string", "pattern": pattern}).read("a" * 40 + "!")


@pytest.mark.parametrize("pattern", ["(" * 600, r"(?=x)y", r"(a)\1"])
def test_a_pattern_that_cannot_be_told_is_left_to_the_server(pattern: str) -> None:
    assert _field({"type": "string", "pattern": pattern}).read("aaa") == "aaa"


def test_the_order_of_the_fields_is_the_servers() -> None:
    fields = form({"properties": {"b": {"type": "string"}, "a": {"type": "string"}}, "required": ["a"]})
    assert [(field.name, field.required) for field in fields] == [("b", False), ("a", True)]
    assert form(None) == form({"properties": 7}) == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string, optional"),
        ({"type": "string", "format": "email", "default": "a@b.c"}, 'email, optional, default "a@b.c"'),
        ({"type": "integer", "minimum": 0, "maximum": 120}, "integer, 0 to 120, optional"),
        ({"type": "string", "minLength": 2}, "string, at least 2 characters, optional"),
        ({"type": "boolean"}, "yes or no, optional"),
        ({"enum": ["a", "b"]}, "one of a, b, optional"),
        ({"type": "array", "items": {"enum": ["a"]}, "maxItems": 3}, "any of a, at most 3, optional"),
        ({"type": "string", "pattern": "^x"}, "string, matching ^x, optional"),
    ],
)
def test_a_field_says_in_words_what_it_takes(schema: dict[str, Any], words: str) -> None:
    assert wants(_field(schema), {}) == words
