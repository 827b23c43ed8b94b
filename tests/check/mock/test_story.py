"""A recording as cues and steps: what the server did, and upon what."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.mock.story import Await, Cancelled, Cue, Gone, Say, Step
from mcpwatch.errors import UsageError
from tests.check.mock.live import played, text
from tests.model.story import Story


def kinds(cue: Cue) -> list[str]:
    return [_kind(step) for step in cue.steps]


def _kind(step: Step) -> str:
    return step.role if isinstance(step, Say) else type(step).__name__


def test_what_came_before_the_client_said_anything_is_the_start(tmp_path: Path) -> None:
    told = Story()
    told.opened()
    told.invalid(b"Welcome!")
    told.request("initialize", {}, id=1)
    told.result({}, id=1)
    story = played(told, tmp_path)
    assert kinds(story.start) == ["junk"]
    assert kinds(story.cues[0]) == ["response"]


def test_what_names_no_request_belongs_to_what_the_client_sent_last(tmp_path: Path) -> None:
    told = Story().legacy()
    told.tell("notifications/tools/list_changed")
    told.call("work", id=1)
    told.result(text("done"), id=1)
    told.log(data="afterwards")
    _, initialized, call = played(told, tmp_path).cues
    assert (initialized.method, kinds(initialized)) == ("notifications/initialized", ["other"])
    assert (call.name, kinds(call)) == ("work", ["response", "log"])


def test_an_answer_a_cancellation_and_the_end_are_waited_for(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("ask", id=1)
    question = told.ask("roots/list", id="q")
    told.result({"roots": []}, id="q", dir="c2s")
    told.result(text("done"), id=1)
    told.call("slow", id=2)
    told.tell("notifications/cancelled", {"requestId": 2}, dir="c2s")
    told.call("die", id=3)
    told.closed(reason="signal", signal="SIGSEGV")
    *_, ask, slow, die = played(told, tmp_path).cues
    assert ask.steps[1] == Await((question, "q"))
    assert kinds(ask) == ["question", "Await", "response"]
    assert slow.steps == [Cancelled()]
    assert die.steps == [Gone(1.0)]


def test_steps_take_as_long_as_they_took(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t", at=10.0)
    told.progress("t", 1, at=10.25)
    told.result(text("done"), at=12.0)
    steps = played(told, tmp_path).cues[-1].steps
    assert [step.after for step in steps if isinstance(step, Say)] == [0.25, 1.75]


def test_over_http_each_message_knows_its_stream_and_its_status(tmp_path: Path) -> None:
    told = Story().opened_http()
    told.request("initialize", {}, id=1, xid=1)
    told.http("response", 1, status=200, headers=(("Content-Type", "application/json"), ("Mcp-Session-Id", "s")))
    told.result({}, id=1, xid=1)
    call = told.call("work", id=2, xid=2)
    told.http("response", 2, status=200, headers=(("content-type", "text/event-stream"),))
    told.log(data="mine", xid=2)
    told.tell("notifications/tools/list_changed", xid=9)
    told.result(text("done"), id=2, xid=2)
    story = played(told, tmp_path)
    greeting, work = story.cues
    assert (story.path, story.has_session) == ("/mcp", True)
    assert (greeting.status, greeting.streamed, work.streamed) == (200, False, True)
    assert [step.to for step in work.steps if isinstance(step, Say)] == [call, None, call]


def test_an_error_without_an_id_answers_the_request_on_whose_stream_it_came(tmp_path: Path) -> None:
    told = Story().opened_http()
    told.request("server/discover", {}, id=1, xid=1)
    told.http("response", 1, status=400, headers=(("content-type", "application/json"),))
    told.error("Bad Request", id=None, xid=1)
    (probe,) = played(told, tmp_path).cues
    assert kinds(probe) == ["response"]
    assert probe.status == 400


def test_without_a_request_there_is_nothing_to_be(tmp_path: Path) -> None:
    told = Story()
    told.opened()
    with pytest.raises(UsageError, match="Nothing was sent to server"):
        played(told, tmp_path)
