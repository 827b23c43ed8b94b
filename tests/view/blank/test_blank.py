"""A blank takes any value and gives it back, and says place by place what does not fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.text import sanitize
from mcpwatch.view.blank import ABSENT, Blank, Group, Leaf, Rows, Variant
from mcpwatch.view.blank.node import Node, same

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "address", "shape"],
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None},
        "n": {"type": "integer", "default": 5, "maximum": 9},
        "sure": {"type": "boolean"},
        "colour": {"enum": ["red", "green", 3]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "days": {"type": "array", "uniqueItems": True, "items": {"enum": ["mon", "tue"]}},
        "address": {"$ref": "#/$defs/Address"},
        "shape": {"oneOf": [{"$ref": "#/$defs/Circle"}, {"$ref": "#/$defs/Square"}]},
        "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        "tree": {"$ref": "#/$defs/Tree"},
        "anything": {},
        "id": {"type": ["string", "integer"]},
    },
    "$defs": {
        "Address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}},
        },
        "Circle": {
            "type": "object",
            "required": ["kind", "radius"],
            "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
        },
        "Square": {
            "type": "object",
            "required": ["kind", "side"],
            "properties": {"kind": {"const": "square"}, "side": {"type": "number"}},
        },
        "Tree": {
            "type": "object",
            "properties": {"left": {"$ref": "#/$defs/Tree"}, "value": {"type": "integer"}},
        },
    },
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from([*SCHEMA["properties"], "other", ""])


def member(blank: Blank, *path: str | int) -> Any:
    node: Node | None = blank.root
    for part in path:
        if isinstance(node, Variant):
            node = node.node
        assert isinstance(node, Group | Rows)
        nodes = [*node.members, *node.others] if isinstance(node, Group) else node.items
        node = next(one for one in nodes if one.name == part)
    return node


@given(JSON)
def test_gives_back_any_value_that_was_put_in(value: Any) -> None:
    assert same(Blank(SCHEMA, value).value, value)


@given(st.dictionaries(KEYS, JSON, max_size=5), st.dictionaries(KEYS, JSON, max_size=5))
def test_gives_back_any_object_whatever_was_there_before(first: Any, then: Any) -> None:
    blank = Blank(SCHEMA, first)
    assert same(blank.value, first)
    blank.put(then)
    assert same(blank.value, then)


@given(JSON)
def test_its_text_can_be_read_back_and_shows_every_character(value: Any) -> None:
    blank, other = Blank(SCHEMA, value), Blank(SCHEMA)
    assert sanitize(blank.text, lines=True) == blank.text
    assert other.type_text(blank.text)
    assert same(other.value, value)


@given(JSON)
def test_takes_any_value_as_a_schema(schema: Any) -> None:
    made = Blank({"type": "object", "properties": {"a": schema}}, {"a": 1})
    assert same(made.value, {"a": 1})
    assert isinstance(made.errors, dict)


def test_begins_with_the_defaults_and_with_what_can_be_nothing_else() -> None:
    blank = Blank(SCHEMA)
    assert blank.value == {"n": 5, "address": {}, "shape": {"kind": "circle"}}


def test_a_value_that_is_given_gets_no_defaults() -> None:
    assert Blank(SCHEMA, {}).value == {}
    assert Blank(SCHEMA, {"address": {}}).value == {"address": {}}


def test_says_of_each_place_what_is_missing() -> None:
    assert Blank(SCHEMA).errors == {
        ("name",): "required",
        ("address", "city"): "required",
        ("shape", "radius"): "required",
    }


def test_a_blank_that_fits_has_no_errors() -> None:
    blank = Blank(SCHEMA, {"name": "Ada", "address": {"city": "Oslo"}, "shape": {"kind": "square", "side": 2}})
    assert blank.errors == {}
    assert blank.error() is None


@pytest.mark.parametrize(
    ("path", "typed", "value", "why"),
    [
        (("name",), "A", "A", "too short: at least 2 characters, this has 1."),
        (("n",), "ten", "ten", '"ten" is not an integer.'),
        (("n",), "10", "10", "10 is out of bounds: it has to be at most 9."),
        (("address", "zip"), "1", "1", '"1" does not match the pattern ^[0-9]{5}$'),
        (("shape", "radius"), "wide", "wide", '"wide" is not a number.'),
    ],
)
def test_keeps_what_was_typed_and_says_why_it_does_not_fit(path: Any, typed: str, value: Any, why: str) -> None:
    blank = Blank(SCHEMA)
    node = member(blank, *path)
    assert isinstance(node, Leaf)
    node.type(typed)
    assert node.typed == typed
    assert node.value == value
    assert blank.errors[path] == why


def test_nothing_typed_is_nothing_given_and_two_quotes_are_an_empty_text() -> None:
    blank = Blank({"type": "object", "properties": {"a": {"type": "string"}}})
    node = member(blank, "a")
    node.type("")
    assert blank.value == {}
    node.type('""')
    assert blank.value == {"a": ""}


def test_an_optional_number_may_be_null() -> None:
    blank = Blank(SCHEMA)
    node = member(blank, "age")
    node.type("null")
    assert node.value is None
    node.type("41")
    assert node.value == 41


def test_an_object_that_is_optional_is_there_once_it_is_begun() -> None:
    blank = Blank(SCHEMA)
    tree = member(blank, "tree")
    assert tree.value is ABSENT
    tree.begin()
    member(blank, "tree", "left").begin()
    member(blank, "tree", "left", "value").type("3")
    assert blank.value["tree"] == {"left": {"value": 3}}
    tree.clear()
    assert "tree" not in blank.value


def test_items_are_added_taken_away_and_moved() -> None:
    blank = Blank(SCHEMA)
    tags = member(blank, "tags")
    for text in ("a", "b", "c"):
        node = tags.add()
        node.type(text)
    assert tags.full
    tags.move(tags.items[2], -2)
    assert tags.value == ["c", "a", "b"]
    tags.drop(tags.items[1])
    assert tags.value == ["c", "b"]
    assert [node.name for node in tags.items] == [0, 1]


def test_names_of_ones_own_take_the_values_that_the_schema_wants() -> None:
    blank = Blank(SCHEMA)
    scores = member(blank, "scores")
    node = scores.add("ada")
    assert isinstance(node, Leaf)
    node.type("1.5")
    assert scores.add("ada") is None
    assert blank.value["scores"] == {"ada": 1.5}
    scores.drop(node)
    assert blank.value["scores"] == {}


def test_an_alternative_keeps_what_was_typed_while_another_is_looked_at() -> None:
    blank = Blank(SCHEMA)
    shape = member(blank, "shape")
    assert [one.label for one in shape.alternatives] == ['kind="circle"', 'kind="square"']
    member(blank, "shape", "radius").type("2")
    shape.choose(1)
    assert blank.value["shape"] == {"kind": "square"}
    shape.choose(0)
    assert blank.value["shape"] == {"kind": "circle", "radius": 2}


def test_a_value_chooses_the_alternative_that_it_fits() -> None:
    blank = Blank(SCHEMA, {"shape": {"kind": "square", "side": 1}, "id": 7})
    assert member(blank, "shape").chosen == 1
    assert member(blank, "id").chosen == 1


def test_bad_json_is_told_and_kept_and_changes_nothing() -> None:
    blank = Blank(SCHEMA, {"name": "Ada"})
    assert not blank.type_text('{"name": "Ada",\n}')
    assert blank.text == '{"name": "Ada",\n}'
    assert blank.value == {"name": "Ada"}
    assert list(blank.errors) == [()]
    assert "line 2" in blank.errors[()]
    assert blank.type_text('{"name": "Bob"}')
    assert blank.value == {"name": "Bob"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', 'the key "a" is there twice'),
        ("[NaN]", "NaN is no JSON"),
        ("[" * 100_000, "it is nested too deep"),
    ],
)
def test_json_that_would_not_be_sent_as_it_stands_is_told(text: str, why: str) -> None:
    blank = Blank(SCHEMA)
    assert not blank.type_text(text)
    assert str(blank.bad) == why


def test_what_cannot_be_seen_is_edited_as_its_escape() -> None:
    blank = Blank(SCHEMA, {"name": "a\x1b[31m\u202eb"})
    assert member(blank, "name").json == '"a\\u001b[31m\\u202eb"'


def test_a_place_can_be_edited_as_json_and_in_its_own_kind_again() -> None:
    blank = Blank(SCHEMA, {"tags": ["a"]})
    tags = member(blank, "tags")
    tags.as_json()
    tags.type_json('["a", "b"')
    assert not tags.as_form()
    tags.type_json('["a", "b"]')
    assert tags.as_form()
    assert [node.value for node in tags.items] == ["a", "b"]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/properties/a"},
        {"allOf": [{"$ref": "#/properties/a"}]},
        {"anyOf": [{"$ref": "#/properties/a"}, {"type": "integer"}]},
        {"$ref": "https://example.com/never.json"},
        {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/properties/a"}}},
    ],
)
def test_schemas_that_lead_round_in_circles_come_to_an_end(schema: dict[str, Any]) -> None:
    blank = Blank({"type": "object", "required": ["a"], "properties": {"a": schema}}, {"a": {"a": {"a": 1}}})
    assert blank.value == {"a": {"a": {"a": 1}}}
    assert Blank({"type": "object", "required": ["a"], "properties": {"a": schema}}).errors is not None


def test_very_many_properties_and_items_do_not_become_places() -> None:
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(5_000)}}
    blank = Blank(schema)
    assert isinstance(blank.root, Group)
    assert len(blank.root.members) == 200
    assert blank.root.left_out == 4_800
    many = Blank({"type": "array", "items": {"type": "integer"}}, list(range(5_000)))
    assert many.root.json is not None
    assert many.value == list(range(5_000))


def test_all_parts_of_a_combination_are_asked_for() -> None:
    blank = Blank(
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {"type": "string"}}, "required": ["b"]},
            ]
        }
    )
    assert set(blank.errors) == {("a",), ("b",)}
