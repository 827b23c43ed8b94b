from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mcpwatch.documents import parse_document
from mcpwatch.documents.write import yaml_lines, yaml_scalar

TEXTS = some.text("ab1 .,:;?!#&*@%-_=+/|<>~^$(){}[]'\"\\\n\té", max_size=12) | some.text(
    some.characters(exclude_categories=["Cs"]), max_size=30
)
VALUES: Any = some.recursive(
    some.none() | some.booleans() | some.integers(-(10**12), 10**12) | some.floats(-1e6, 1e6) | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    text = "\n".join(yaml_lines({"value": value})) + "\n"
    assert parse_document(text, "t").value == {"value": value}


WORDS = ("no", "NULL", "on", "1:30", "0o7", "1e3", "2026-01-31", "- a", "a: b", "a #b", "", " a", "a ", "~", "---")
SIGNS = ("...", "[x]", "'q'", "*a", "&a", "${HOME}", "é\x85", "a?", "? a", "tab\there\n")
LINES = ("line\n  two\nthree", "a\n\nb\n", "a\n\n", "\na", "a\n b ")


@pytest.mark.parametrize("text", WORDS + SIGNS + LINES)
def test_a_string_stays_the_string_that_it_is(text: str) -> None:
    for value in ({"a": text}, [text], {"a": {"b": [text, {"c": text}]}}, {text: 1}):
        assert parse_document("\n".join(yaml_lines(value)) + "\n", "t").value == value


def test_it_looks_like_what_a_person_writes() -> None:
    rule = {
        "sampling": {"text": {"equals": "Capital of France?"}},
        "text": "Paris is it.\n\nReally.",
        "content": [{"type": "text", "text": "x" * 100}, {"type": "text", "text": "no"}],
    }
    assert yaml_lines([rule]) == [
        '- sampling: { text: { equals: "Capital of France?" } }',
        "  text: |-",
        "    Paris is it.",
        "",
        "    Really.",
        "  content:",
        "    - type: text",
        "      text: " + "x" * 100,
        "    - type: text",
        '      text: "no"',
    ]
    assert yaml_lines({"a": 1}, name="accept") == ["accept: { a: 1 }"]


def test_a_scalar_is_json_where_it_is_not_plain() -> None:
    assert [yaml_scalar(value) for value in ("Ada", "a@b.c", "1", True, None, 2.5)] == [
        "Ada",
        "a@b.c",
        json.dumps("1"),
        "true",
        "null",
        "2.5",
    ]


@pytest.mark.parametrize("text", ["\u3164", "a\u115fb", "x\n\uffa0y", "a\u034f", "\u202eexe.", "\x9b2J", "\U000e0041"])
def test_what_cannot_be_seen_is_escaped(text: str) -> None:
    for value in ({"a": text}, {text: [text]}):
        written = "\n".join(yaml_lines(value)) + "\n"
        assert written.isascii()
        assert parse_document(written, "t").value == value
