"""Calls against their tools: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.rules.tools import plainly_fits
from tests.check.rules.told import DONE, Case, Told, hit, miss

NUMBER = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
WORK = {"name": "work", "inputSchema": NUMBER, "outputSchema": NUMBER}
PLAIN = {"name": "work", "inputSchema": {"type": "object"}}


def called(arguments: Any, tool: Any = WORK) -> Told:
    return Told().legacy().lists(tool).calls(arguments=arguments)


def result(**more: Any) -> Told:
    return called({"n": 1}).done({**DONE, **more})


CASES = [
    hit("tool-not-listed", "it is not in the list", lambda: Told().legacy().lists(PLAIN).calls("play")),
    miss("tool-not-listed", "it is", lambda: Told().legacy().lists(PLAIN).calls()),
    miss("tool-not-listed", "nothing was listed", lambda: Told().legacy().calls("play")),
    miss(
        "tool-not-listed",
        "the list has changed since",
        lambda: Told().legacy().lists(PLAIN).tells("notifications/tools/list_changed").calls("play"),
    ),
    miss(
        "tool-not-listed",
        "there are more pages",
        lambda: (
            Told()
            .legacy()
            .asks("tools/list", id="l")
            .answers({"tools": [PLAIN], "nextCursor": "2"}, id="l")
            .calls("play")
        ),
    ),
    miss(
        "tool-not-listed",
        "it is on the second page",
        lambda: (
            Told()
            .legacy()
            .asks("tools/list", id="l")
            .answers({"tools": [], "nextCursor": "2"}, id="l")
            .asks("tools/list", {"cursor": "2"}, id="m")
            .answers({"tools": [PLAIN]}, id="m")
            .calls()
        ),
    ),
    hit("input-schema", "a text for a number", lambda: called({"n": "1"})),
    hit("input-schema", "none where one is needed", lambda: called(None)),
    hit("input-schema", "too small", lambda: called({"n": 0})),
    miss("input-schema", "they fit", lambda: called({"n": 1})),
    miss("input-schema", "none, and none is needed", lambda: called(None, PLAIN)),
    miss(
        "input-schema",
        "the schema is none",
        lambda: called({"n": 1}, {"name": "work", "inputSchema": {"type": "nonsense"}}),
    ),
    hit("output-schema", "no structured content", lambda: result()),
    hit("output-schema", "a member is missing", lambda: result(structuredContent={})),
    hit("output-schema", "a list for an object", lambda: result(structuredContent=[1])),
    miss("output-schema", "it fits", lambda: result(structuredContent={"n": 3})),
    miss("output-schema", "it failed", lambda: result(isError=True)),
    miss("output-schema", "there is none", lambda: called({}, PLAIN).done({**DONE, "structuredContent": 1})),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


def test_the_sentence_names_the_tool_and_the_place() -> None:
    (finding,) = called({"n": "1"}).findings()
    assert finding.message == "work: n: '1' is not of type 'integer'"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, 1),
        ({"type": "string"}, "x"),
        ({"type": "number"}, 1),
        ({"type": "array", "items": {"type": "string"}}, ["x"]),
        ({"type": "object", "properties": {"a": {"enum": ["x"]}}}, {"a": "x", "b": 1}),
        ({}, None),
    ],
)
def test_what_plainly_fits_needs_no_validator(schema: Any, value: Any) -> None:
    assert plainly_fits(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (False, 1),
        ({"type": "integer"}, True),
        ({"type": ["string", "null"]}, "x"),
        ({"type": "array", "items": {"type": "string"}}, [1]),
        ({"type": "object", "additionalProperties": False}, {"a": 1}),
        ({"type": "object", "required": ["a"]}, {}),
        ({"enum": ["x"]}, "y"),
        ({"minimum": 3}, 2),
        ({"minimum": "3"}, 2),
        ({"pattern": "x"}, "x"),
    ],
)
def test_what_is_in_doubt_is_left_to_the_validator(schema: Any, value: Any) -> None:
    assert not plainly_fits(schema, value)
