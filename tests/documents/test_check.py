from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.documents import check_document, parse_document, schema_checker
from mcpwatch.errors import UsageError

RULES: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["mcpwatch"],
    "properties": {
        "mcpwatch": {"const": 1},
        "delay": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9]+s$", "description": "10s."}]},
        "action": {"enum": ["accept", "decline"]},
        "answers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "oneOf": [{"required": ["text"]}, {"required": ["result"]}],
                "properties": {
                    "text": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                    "result": {},
                },
                "additionalProperties": False,
            },
        },
    },
}


def _complaint(text: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        check_document(parse_document(text, "a.yaml"), RULES)
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("mcpwatch: 1\nanswer: []", "a.yaml:2:1: unknown key 'answer'.", "Did you mean 'answers'?"),
        ("answers: [{text: a}]", "a.yaml:1:1: 'mcpwatch' missing.", ""),
        ("mcpwatch: 2", "a.yaml:1:11: mcpwatch: 2 is not 1.", ""),
        (
            "mcpwatch: 1\nanswers: {}",
            "a.yaml:2:10: answers: expected a list, not a mapping.",
            "Begin each entry with '- '.",
        ),
        ("mcpwatch: 1\nanswers: []", "a.yaml:2:10: answers: it must not be empty.", ""),
        (
            "mcpwatch: 1\nanswers:\n- {}",
            "a.yaml:3:3: answers: exactly one of text, result belongs here; it has none.",
            "",
        ),
        ("mcpwatch: 1\nanswers:\n- {text: a, result: 1}", "a.yaml:3:3: answers: exactly one of text, result", ""),
        ("mcpwatch: 1\nanswers:\n- text: 3", "a.yaml:3:9: text: expected a text or a list, not 3.", ""),
        ("mcpwatch: 1\nanswers:\n- text: [a, 3]", "a.yaml:3:13: text: expected a text, not 3.", ""),
        ("mcpwatch: 1\ndelay: soon", "a.yaml:2:8: delay: 'soon' does not fit: 10s.", ""),
        ("mcpwatch: 1\naction: declin", "a.yaml:2:9: action: 'declin' is not one of", "Did you mean 'decline'?"),
        ("mcpwatch: 1\nanswers:\n- 5", "a.yaml:3:3: answers: expected a mapping, not 5.", ""),
        (
            "mcpwatch: 1\nanswers:\n-",
            "a.yaml:3:2: answers: expected a mapping, not nothing.",
            "stands below it, indented deeper.",
        ),
        ("- 1", "a.yaml:1:1: expected a mapping, not a list.", ""),
        ("mcpwatch: 1\ndelay: x\nanswers: 1\nfoo: 2", "a.yaml:2:8: delay", ""),
    ],
)
def test_the_first_thing_in_a_file_that_does_not_fit_is_said_for_a_person(text: str, said: str, hint: str) -> None:
    message, hinted = _complaint(text)
    assert message.startswith(said)
    assert hint in hinted


def test_a_file_that_fits_passes() -> None:
    check_document(parse_document("mcpwatch: 1\nanswers:\n- text: [a]\n", "a.yaml"), RULES)


def test_one_schema_checks_many_values() -> None:
    check = schema_checker({"type": "object", "properties": {"n": {"type": "integer"}}})
    assert [check({"n": 1}), check({"n": "1"}), check({})] == [None, "n: '1' is not of type 'integer'", None]


def test_a_schema_that_is_none_finds_nothing_wrong() -> None:
    assert schema_checker({"type": "nonsense"})(1) is None
