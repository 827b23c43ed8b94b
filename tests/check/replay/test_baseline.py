"""A recording is no baseline where something in it failed that should not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.replay.baseline import failed_calls
from tests.check.recordings import Session, read, text
from tests.model.story import Story


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


def failed(story: Story, file: Path) -> list[str]:
    return failed_calls(read(story, file).links)


def test_what_went_well_is_one(file: Path) -> None:
    assert failed(Session().tool("add", {}).ends(), file) == []


def test_errors_of_tools_and_of_the_protocol_and_silence_are_named(file: Path) -> None:
    story = Session().tool("add", {}, result=text("no", isError=True)).tool("add", {}, error="worse")
    story.request("resources/read", {"uri": "x:y"}, id=99)
    said = failed(story.ends(), file)
    assert [one.rpartition(") ")[2] for one in said] == [
        "ended in a tool's error",
        "ended in an error",
        "never got an answer",
    ]
    assert said[0].startswith("tools/call add (#")


def test_a_list_that_a_server_does_not_have_is_no_failure(file: Path) -> None:
    story = Session()
    story.request("prompts/list", id=50)
    story.error("Method not found", code=-32601, id=50)
    assert failed(story.ends(), file) == []


def test_what_the_client_took_back_did_not_fail(file: Path) -> None:
    story = Session()
    story.request("tools/call", {"name": "add"}, id=50)
    story.tell("notifications/cancelled", {"requestId": 50}, dir="c2s")
    assert failed(story.ends(), file) == []
