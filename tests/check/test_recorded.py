"""A recording as exchanges: who belongs to whom, in both eras, from a client or a proxy, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.recorded import Recorded, RecordedExchange, read_recorded
from mcpwatch.errors import RecordingError, UsageError
from tests.check.recordings import Session, asked, keep, log, progress, read, told
from tests.model.story import Story

CHANGED = "notifications/tools/list_changed"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


def roles(one: RecordedExchange) -> list[str]:
    return [message.role for message in one.messages]


def only(recorded: Recorded, method: str) -> RecordedExchange:
    (found,) = [one for one in recorded.link().exchanges if one.method == method]
    return found


def test_a_call_has_everything_that_came_during_it_in_order(file: Path) -> None:
    story = Session().tool(
        "add", {"a": 1}, log("x"), progress(1, 2), asked("roots/list", {}, {"roots": []}), told(CHANGED)
    )
    call = only(read(story.ends(), file), "tools/call")
    assert roles(call) == ["request", "log", "progress", "question", "answer", "other", "response"]
    assert [one.belongs for one in call.messages] == [True, True, True, True, True, False, True]
    assert [one.dir for one in call.sent("c2s")] == ["c2s", "c2s"]
    question = call.messages[3]
    assert question.question is not None and question.question.answer == {"roots": []}
    assert call.params["arguments"] == {"a": 1}


def test_the_handshake_is_apart_and_what_came_between_calls_is_outside(file: Path) -> None:
    story = Session()
    story.tell(CHANGED)
    link = read(story.tool("add", {}).ends(), file).link()
    assert [one.method for one in link.handshake] == ["initialize"]
    assert [one.method for one in link.exchanges] == ["tools/list", "tools/call"]
    assert [one.method for one in link.outside] == [CHANGED]
    assert (link.era, link.mode, link.transport) == ("legacy", "client", "stdio")
    assert link.closed is not None and link.closed.reason == "closed"


def test_the_rounds_of_a_conversation_are_one_exchange(file: Path) -> None:
    story = Story()
    story.opened()
    story.request("tools/call", {"name": "ask"}, id=1)
    wanted = {"who": {"method": "elicitation/create", "params": {"message": "Who?"}}}
    story.result({"resultType": "input_required", "inputRequests": wanted, "requestState": "s"}, id=1)
    again = {"name": "ask", "requestState": "s", "inputResponses": {"who": {"action": "decline"}}}
    story.request("tools/call", again, id=2)
    story.result({"resultType": "complete", "content": []}, id=2)
    call = only(read(story, file), "tools/call")
    assert roles(call) == ["request", "response", "request", "response"]
    assert [one.key for one in call.exchange.questions] == ["who"]


def test_an_incomplete_recording_is_refused_unless_it_is_allowed(file: Path) -> None:
    keep(Session().tool("add", {}), file, complete=False)
    with pytest.raises(RecordingError, match="incomplete: it has no footer") as caught:
        read_recorded(file)
    assert "--allow-incomplete" in caught.value.hint
    recorded = read_recorded(file, allow_incomplete=True)
    assert not recorded.complete
    assert only(recorded, "tools/call").exchange.ok


def test_a_damaged_recording_is_refused_whatever_is_allowed(file: Path) -> None:
    keep(Session().ends(), file)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:3], b"{not json}\n", *lines[3:]]))
    with pytest.raises(RecordingError, match="damaged in line 4"):
        read_recorded(file, allow_incomplete=True)


def test_of_several_links_one_has_to_be_named(file: Path) -> None:
    story = Session(link="a")
    story.opened("b")
    recorded = read(story, file)
    with pytest.raises(UsageError, match="several links: a, b"):
        recorded.link()
    with pytest.raises(UsageError, match="no link 'c'"):
        recorded.link("c")
    assert recorded.link("b").name == "b"


def test_a_proxys_recording_is_read_the_same(file: Path) -> None:
    keep(Session().tool("add", {"a": 1}, log("x")).ends(), file)
    text = file.read_text().replace('"mode":"client"', '"mode":"proxy"').replace('"by":"user",', "")
    file.write_text(text)
    link = read_recorded(file).link()
    assert link.mode == "proxy"
    assert [one.method for one in link.exchanges] == ["tools/list", "tools/call"]
    assert [one.exchange.by for one in link.exchanges] == [None, None]
