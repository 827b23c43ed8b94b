"""What the recorded client did, in order, and what it had waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.replay.moves import Move, moves_of
from tests.check.recordings import Session, log, progress, read, told
from tests.model.story import Story


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


def moves(story: Story, file: Path) -> list[Move]:
    return moves_of(read(story, file).links)


def test_requests_and_notifications_come_in_their_order_without_the_handshake(file: Path) -> None:
    story = Session()
    story.tell("notifications/initialized", dir="c2s")
    story.tool("add", {"a": 1})
    story.tell("x/y", {"b": 1}, dir="c2s")
    found = moves(story.ends(), file)
    assert [move.kind for move in found] == ["open", "request", "request", "notify", "close", "end"]
    assert [move.exchange.method for move in found if move.exchange is not None] == ["tools/list", "tools/call"]


def test_a_request_waits_for_the_answers_that_had_come_before_it(file: Path) -> None:
    found = moves(Session().tool("add", {"a": 1}).tool("add", {"a": 2}).ends(), file)
    second = [move for move in found if move.kind == "request"][-1]
    assert [one.params["arguments"] for one in second.ended] == [{"a": 1}]


def test_what_was_in_flight_together_stays_so(file: Path) -> None:
    story = Session()
    for id in (7, 8):
        story.request("tools/call", {"name": "add"}, id=id)
    for id in (7, 8):
        story.result({"content": []}, id=id)
    found = [move for move in moves(story.ends(), file) if move.kind == "request"][-1]
    assert [one.exchange.method for one in found.ended] == []


def test_a_cancellation_waits_for_as_much_progress_and_not_for_its_own_end(file: Path) -> None:
    story = Session()
    meta = {"_meta": {"progressToken": "t"}}
    story.request("tools/call", {"name": "work", **meta}, id=9)
    story.progress("t", 1)
    story.progress("t", 2)
    story.tell("notifications/cancelled", {"requestId": 9}, dir="c2s")
    (cancel,) = [move for move in moves(story.ends(), file) if move.kind == "cancel"]
    assert cancel.exchange is not None
    assert cancel.exchange not in cancel.ended
    assert cancel.progress == {cancel.exchange.exchange.number: 2}


def test_notifications_outside_of_calls_are_waited_for_and_those_of_ended_calls_are_not(file: Path) -> None:
    story = Session().tool("add", {}, log("x"), progress(1), told("notifications/tools/list_changed"))
    story.tell("notifications/prompts/list_changed")
    found = moves(story.tool("add", {}).ends(), file)
    second = [move for move in found if move.kind == "request"][-1]
    assert (dict(second.others), dict(second.progress)) == ({"server": 1}, {})
