from __future__ import annotations

from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from mcpwatch.documents import check_document, parse_document
from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.schema import ANSWERS_SCHEMA
from tests.conftest import CHECKOUT
from tests.docs.schemas import answers_schema


def test_the_published_schema_is_the_programs() -> None:
    published = (CHECKOUT / "docs" / "answers.schema.json").read_text(encoding="utf-8")
    assert published == answers_schema(), "python -m tests.docs.schemas answers > docs/answers.schema.json"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(ANSWERS_SCHEMA)


def every_description(schema: Any) -> list[str]:
    """The properties of a schema that say nothing about themselves."""
    if isinstance(schema, list):
        return [one for each in cast("list[Any]", schema) for one in every_description(each)]
    if not isinstance(schema, dict):
        return []
    known = cast("dict[str, Any]", schema)
    silent = [name for name, one in mapping(known.get("properties")).items() if not one.get("description")]
    return silent + [one for each in known.values() for one in every_description(each)]


def test_an_editor_has_something_to_say_about_nearly_every_key() -> None:
    plain = {
        "text",
        "equals",
        "contains",
        "regex",
        "type",
        "mimeType",
        "annotations",
        "_meta",
        "code",
        "message",
        "data",
    }
    plain |= {"method", "each", "turns"}  # the former in a matcher; the others again in the part about one kind
    assert set(every_description(ANSWERS_SCHEMA)) <= plain


GOOD = """
mcpwatch: 1
roots: [ ./fixtures, "https://x.example/repo" ]
answers:
  - sampling: capital of France
    text: Paris
  - sampling:
    text: [ a, b ]
    model: small
  - sampling: { text: { regex: a+ }, any: b, system: c, tool: d, tools: [ e ], model: f, nth: ">=2" }
    content: [ { type: text, text: fine }, { type: image, file: a.png }, { type: audio, data: aGk=, mimeType: a/wav } ]
  - sampling: { tools: add, metadata: { g: 1 }, link: h, params: { maxTokens: "<=200" } }
    turns: [ { tool_use: { name: add, input: { a: 1 } }, delay: 2s }, { text: three, stopReason: endTurn } ]
  - sampling: {}
    tool_use: [ { name: a }, { name: b, id: mine } ]
  - elicitation: { message: { regex: 'e-?mail' }, mode: form, fields: email, nth: 1 }
    accept: { email: a@b.c }
  - elicitation: { url: { contains: example.com } }
    action: accept
  - elicitation:
    each: [ { accept: {} }, { action: cancel }, { error: no, delay: 0.5 } ]
  - roots: { link: alpha }
    folders: [ . ]
  - roots:
    error: { code: -5, message: no, data: { a: 1 } }
  - request: x/custom
    result: null
  - request: { method: { regex: ^x/ }, params: { a: 1 }, nth: 1 }
    each: [ { result: 1 }, { error: no } ]
""".replace("error: no", 'error: "no"').replace("message: no", 'message: "no"')


def test_every_form_of_a_rule_is_taken() -> None:
    check_document(parse_document(GOOD, "a.yaml"), ANSWERS_SCHEMA)


@pytest.mark.parametrize(
    ("rule", "said", "hint"),
    [
        ("{sampling: a, txt: b}", "3:19: unknown key 'txt'.", "Did you mean 'text'?"),
        ("{sampling: a, accept: {}}", "3:19: 'accept' is not an answer to sampling.", "Known here: sampling, text"),
        ("{elicitation: a, text: b}", "3:22: 'text' is not an answer to elicitation.", "accept"),
        (
            "{text: b}",
            "3:5: answers: exactly one of sampling, elicitation, roots, request belongs here; it has none.",
            "",
        ),
        ("{sampling: a, roots: , text: b}", "3:5: answers: exactly one of sampling, elicitation", ""),
        ("{sampling: a}", "3:5: answers: exactly one of text, content, tool_use", ""),
        ("{sampling: a, text: b, error: c}", "3:5: answers: exactly one of text, content", ""),
        ("{sampling: {sytem: b}, text: c}", "3:17: unknown key 'sytem'.", "Did you mean 'system'?"),
        ("{sampling: {text: {like: b}}, text: c}", "3:24: unknown key 'like'.", "contains, equals, regex"),
        ("{sampling: 3, text: c}", "3:16: sampling: expected a text or a mapping or nothing, not 3.", ""),
        ("{sampling: {nth: 0}, text: c}", "3:22: nth: 0 is less than the minimum of 1.", ""),
        ("{sampling: {nth: second}, text: c}", "3:22: nth: 'second' does not", ""),
        ("{elicitation: {mode: forms}, action: cancel}", "3:26: mode: 'forms' is not one of: form, url.", "'form'"),
        (
            "{elicitation: a, action: acept}",
            "3:30: action: 'acept' is not one of: accept, decline, cancel.",
            "'accept'",
        ),
        ("{elicitation: a, accept: yes}", "3:30: accept: expected a mapping, not 'yes'.", ""),
        ("{sampling: a, content: {type: video}}", "3:35: type: 'video' is not one of: text, image", ""),
        ("{sampling: a, content: [{text: b}]}", "3:29: content: 'type' missing.", ""),
        ("{sampling: a, content: []}", "3:28: content: it must not be empty.", ""),
        ("{sampling: a, tool_use: {input: {}}}", "3:29: tool_use: 'name' missing.", ""),
        ("{sampling: a, text: b, delay: soon}", "3:35: delay: 'soon' does not", ""),
        ("{sampling: a, each: [{accept: {}}]}", "3:27: unknown key 'accept'.", ""),
        ("{sampling: a, turns: [{text: a, error: b}]}", "3:27: turns: exactly one of", ""),
        ("{roots: a, folders: []}", "3:13: roots: expected a mapping or nothing, not 'a'.", ""),
        ("{request: {params: {}}, result: 1}", "3:15: request: 'method' missing.", ""),
        ("{request: a, error: {code: 1}}", "3:25: error: 'message' missing.", ""),
        ("sampling", "3:5: answers: expected a mapping, not 'sampling'.", ""),
    ],
)
def test_a_rule_of_the_wrong_shape_is_told_with_its_place(rule: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_document(parse_document(f"mcpwatch: 1\nanswers:\n  - {rule}\n", "a.yaml"), ANSWERS_SCHEMA)
    assert str(caught.value).startswith(f"a.yaml:{said}")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answer: []", "a.yaml:1:1: unknown key 'answer'."),
        ("mcpwatch: 2", "a.yaml:1:11: mcpwatch: 2 is not 1."),
        ("answers: {}", "a.yaml:1:10: answers: expected a list, not a mapping."),
        ("roots: .", "a.yaml:1:8: roots: expected a list, not '.'."),
        ("- sampling: a", "a.yaml:1:1: expected a mapping, not a list."),
        ("", "a.yaml:1:1: expected a mapping, not nothing."),
    ],
)
def test_a_file_of_the_wrong_shape_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_document(parse_document(text, "a.yaml"), ANSWERS_SCHEMA)
    assert str(caught.value).startswith(said)
