"""What a change of a schema means to whoever sends, and to whoever receives."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.narrowing import schema_changes

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
MAYBE = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def members(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def told(before: Any, after: Any, *, sent: bool = True) -> list[tuple[str, bool]]:
    found = schema_changes(before, after, sent=sent, noun="argument")
    return [(f"{one.place}: {one.message}".removeprefix(": "), one.breaking) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "message", "sent", "received"),
    [
        (members(a=TEXT), members(), "argument a: is gone", True, True),
        (members(), members(a=TEXT), "argument a: is new", False, False),
        (members(), members(("a",), a=TEXT), "argument a: is new and required", True, False),
        (members(a=TEXT), members(("a",), a=TEXT), "argument a: is required now", True, False),
        (members(("a",), a=TEXT), members(a=TEXT), "argument a: is optional now", False, True),
        (members(a=NUMBER), members(a=INTEGER), "argument a: type number → integer", True, False),
        (members(a=INTEGER), members(a=NUMBER), "argument a: type integer → number", False, True),
        (members(a=TEXT), members(a=INTEGER), "argument a: type string → integer", True, True),
        (members(a=TEXT), members(a=MAYBE), "argument a: type string → string or null", False, True),
        (members(a={}), members(a=TEXT), "argument a: type any → string", True, False),
        (
            members(a={"enum": ["x", "y"]}),
            members(a={"enum": ["x"]}),
            'argument a: not a value any more: "y"',
            True,
            False,
        ),
        (members(a={"enum": ["x"]}), members(a={"enum": ["x", "y"]}), 'argument a: a value now too: "y"', False, False),
        (members(a=TEXT), members(a={**TEXT, "enum": ["x"]}), 'argument a: only these values: "x"', True, False),
        (
            members(a={**TEXT, "minLength": 1}),
            members(a={**TEXT, "minLength": 2}),
            "argument a: minLength 1 → 2",
            True,
            False,
        ),
        (
            members(a={**NUMBER, "maximum": 5}),
            members(a={**NUMBER, "maximum": 9}),
            "argument a: maximum 5 → 9",
            False,
            True,
        ),
        (
            members(a=TEXT),
            members(a={**TEXT, "pattern": "^x"}),
            'argument a: pattern "^x" is new',
            True,
            False,
        ),
        (
            {"type": "object"},
            {"type": "object", "additionalProperties": False},
            "takes no other arguments any more",
            True,
            False,
        ),
        (
            members(a={**TEXT, "description": "x"}),
            members(a={**TEXT, "description": "y"}),
            'argument a: description "x" → "y"',
            False,
            False,
        ),
        (members(a=TEXT), members(a={**TEXT, "default": "x"}), 'argument a: default "x" is new', False, False),
        (
            members(a=members(b=TEXT)),
            members(a=members(b=NUMBER)),
            "argument a.b: type string → number",
            True,
            True,
        ),
        (
            members(a={"type": "array", "items": TEXT}),
            members(a={"type": "array", "items": NUMBER}),
            "argument a[]: type string → number",
            True,
            True,
        ),
    ],
)
def test_each_side_has_its_own_view_of_what_breaks(
    before: Any, after: Any, message: str, sent: bool, received: bool
) -> None:
    assert told(before, after) == [(message, sent)]
    assert told(before, after, sent=False) == [(message, received)]


def test_a_schema_that_is_only_written_in_another_way_has_not_changed() -> None:
    one = members(a={"$ref": "#/$defs/A"}) | {"$defs": {"A": TEXT}}
    assert told(one, members(a=TEXT)) == []
    assert told(members(a=MAYBE), members(a={"type": ["null", "string"]})) == []


def test_what_a_reference_points_to_is_compared() -> None:
    def schema(inner: Any) -> Any:
        return members(a={"$ref": "#/$defs/A"}) | {"$defs": {"A": inner}}

    assert told(schema(TEXT), schema(INTEGER)) == [("argument a: type string → integer", True)]


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    def tree(leaf: Any) -> Any:
        node = members(left={"$ref": "#/$defs/T"}, right={"$ref": "#/$defs/T"}, leaf=leaf)
        return {"$ref": "#/$defs/T", "$defs": {"T": node}}

    assert told(tree(TEXT), tree(INTEGER)) == [("argument leaf: type string → integer", True)]
    assert told(tree(TEXT), tree(TEXT)) == []


@pytest.mark.parametrize(
    "odd", [None, 7, [], "x", {"type": 7}, {"properties": []}, {"required": "a"}, {"$ref": "#/no"}]
)
def test_what_is_no_schema_does_no_harm(odd: Any) -> None:
    told(odd, members(a=TEXT))
    told(members(a=TEXT), odd)
    told(members(a=odd), members(a=TEXT))
