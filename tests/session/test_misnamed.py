from __future__ import annotations

import re
from typing import Any

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.arguments import read_arguments
from mcpwatch.session.misnamed import check_names

BAKE: dict[str, Any] = {
    "type": "object",
    "properties": {"loaves": {"type": "integer"}, "size": {"type": "string"}, "oven": {"type": "object"}},
    "required": ["loaves"],
}


def check(words: str, schema: dict[str, Any]) -> None:
    check_names("bake", words.split(), read_arguments(words.split(), schema), schema)


@pytest.mark.parametrize(
    ("words", "schema", "said", "hint"),
    [
        (
            "loafs=1",
            BAKE,
            "bake has no argument 'loafs'.",
            "Did you mean 'loaves'? To send it all the same: loafs:=JSON",
        ),
        ("loaves=1 x.y=1", BAKE, "bake has no argument 'x.y'.", "It takes: loaves, size, oven."),
        ("a=1", {"additionalProperties": False}, "bake has no argument 'a'.", "It takes: none."),
        ("size=big", BAKE, "bake needs loaves.", "Give it as loaves=…"),
        ("", BAKE, "bake needs loaves.", "one JSON object"),
    ],
)
def test_a_slip_in_a_name_is_told_with_what_was_meant(words: str, schema: dict[str, Any], said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        check(words, schema)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        ("loaves=1 oven.heat=2", BAKE),
        ("loaves=1 loafs:=1", BAKE),
        ("{}", BAKE),
        ("a=1", {}),
        ("a=1", {"type": "object", "properties": {}}),
        ("a=1 loaves=1", {**BAKE, "additionalProperties": True}),
        ("a=1 loaves=1", {**BAKE, "patternProperties": {"^a": {}}}),
        ("a=1", {"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"a": {}}}}}),
        ("", {"properties": {"a": {"default": 1}}, "required": ["a"]}),
        ("", {"properties": 5, "required": "a"}),
    ],
)
def test_what_the_schema_allows_or_the_person_insists_on_goes_out(words: str, schema: dict[str, Any]) -> None:
    check(words, schema)
