"""The published schema says what the format is: it takes every line of ours, and no key of ours is missing in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from mcpwatch.events import Event
from mcpwatch.recording import encode, footer_line, header_line
from tests.recording.samples import EVERY_KIND, GOLDEN, STARTED, events

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "recording.schema.json").read_text("utf-8"))
VALIDATOR: Any = Draft202012Validator(SCHEMA)


def complaints(line: bytes) -> list[str]:
    members = json.loads(line)
    found = [error.message for error in VALIDATOR.iter_errors(members)]
    known = SCHEMA["$defs"].get(members.get("kind"), {}).get("properties", {})
    if members.get("kind") != "note":
        found += [f"{key} is not in the schema" for key in members if key not in known]
    return found


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_it_takes_every_line_of_the_golden_recording() -> None:
    lines = (GOLDEN / "v1-every-kind.mcpw.jsonl").read_bytes().splitlines()
    assert {json.loads(line)["kind"] for line in lines} == set(SCHEMA["$defs"]) & {
        "header", "opened", "frame", "stderr", "http", "note", "closed", "footer"
    }  # fmt: skip
    for line in lines:
        assert complaints(line) == []


def test_it_takes_what_another_tool_may_add() -> None:
    for line in (GOLDEN / "v1-foreign.mcpw.jsonl").read_bytes().splitlines()[:-1]:
        assert list(VALIDATOR.iter_errors(json.loads(line))) == []


@given(event=events)
def test_it_takes_whatever_is_written(event: Event) -> None:
    assert complaints(encode(event)) == []


def test_it_takes_the_first_line_and_the_last() -> None:
    assert complaints(header_line(STARTED)) == []
    assert complaints(footer_line(seq=1, t=0, events=0, exit=130)) == []


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: f"{event.seq}-{type(event).__name__}")
def test_it_refuses_a_line_that_lacks_what_it_must_have(event: Event) -> None:
    members = json.loads(encode(event))
    for key in ("seq", "t", "kind", "link"):
        assert list(VALIDATOR.iter_errors({each: value for each, value in members.items() if each != key}))
    if members["kind"] == "frame":
        for key in ("dir", "type", "bytes", "raw" if "raw" in members else "msg"):
            assert list(VALIDATOR.iter_errors({each: value for each, value in members.items() if each != key}))


def test_it_refuses_a_newer_version() -> None:
    line = (GOLDEN / "v2-newer.mcpw.jsonl").read_bytes().splitlines()[0]
    assert complaints(line) == ["1 was expected"]
