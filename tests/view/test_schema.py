from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.view.schema import example, fields, signature, type_name

PYDANTIC: dict[str, Any] = {
    "$defs": {
        "Colour": {"enum": ["red", "green"], "type": "string"},
        "Point": {
            "type": "object",
            "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
            "required": ["x"],
        },
    },
    "properties": {
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "colour": {"$ref": "#/$defs/Colour"},
        "at": {"allOf": [{"$ref": "#/$defs/Point"}], "description": "where"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        "verbose": {"type": "boolean", "default": False},
    },
    "required": ["at", "colour"],
    "type": "object",
}


def test_a_signature_has_what_is_required_first() -> None:
    assert signature(PYDANTIC) == (
        'colour: "red"|"green", at: object, *, limit: integer, tags: string[] = [], verbose: boolean = false'
    )
    assert signature({"properties": {"a": {}}, "required": ["a"]}) == "a"
    assert signature({}) == signature(None) == signature("nonsense") == ""


def test_an_example_follows_references_and_fills_in_what_is_required() -> None:
    assert {name: example(item, PYDANTIC) for name, item, required in fields(PYDANTIC) if required} == {
        "colour": "red",
        "at": {"x": 1},
    }


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "email"}, "a@example.com"),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "examples": ["Lisbon"]}, "Lisbon"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "number", "exclusiveMinimum": 1.5}, 2.5),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array"}, ["text"]),
        ({"type": "object"}, {}),
        ({"const": 7}, 7),
        ({"enum": ["a", "b"]}, "a"),
        ({"default": "d", "enum": ["a"]}, "d"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        ({"type": ["null", "integer"]}, 1),
        ({}, "text"),
    ],
)
def test_an_example_is_of_the_type_that_is_asked_for(schema: dict[str, Any], value: Any) -> None:
    assert example(schema, schema) == value


def test_schemas_that_go_round_in_circles_end() -> None:
    ring: dict[str, Any] = {"$ref": "#"}
    tree = {"type": "object", "properties": {"child": {"$ref": "#"}}, "required": ["child"]}
    both = {
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        "properties": {"x": {"$ref": "#/$defs/a"}},
    }

    assert signature(ring) == ""
    assert signature(tree) == "child: object"
    assert isinstance(example(tree, tree), dict)
    assert signature(both) == "*, x"
    assert type_name({"anyOf": [{"$ref": "#"}, {"type": "string"}]}, {"anyOf": [{"$ref": "#"}]}) == "string"
