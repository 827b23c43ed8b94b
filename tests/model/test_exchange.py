from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcpwatch.events import BatchItem, Direction, Frame
from mcpwatch.model import Log, Progress
from tests.model.story import META, MODERN, Story


def test_a_call_ends_with_its_result() -> None:
    story = Story().legacy()
    asked = story.call("work", at=10.0)
    assert story.last.running and story.last.ms is None
    answered = story.result({"content": []}, at=10.25)
    call = story.last
    assert (call.method, call.name, call.state, call.seq, call.answered) == (
        "tools/call",
        "work",
        "done",
        asked,
        answered,
    )
    assert call.ok and call.ms == 250.0
    assert call.result == {"content": []} and call.error is None
    assert call.params == {"name": "work", "_meta": {}}


def test_a_tool_error_an_error_and_a_result_are_three_states() -> None:
    story = Story().legacy()
    for id in (1, 2, 3):
        story.call(id=id)
    story.result({"isError": True, "content": []}, id=1)
    story.error("no", id=2)
    story.result("a result of no shape", id=3)
    assert [one.state for one in story.timeline.exchanges[1:]] == ["tool_error", "failed", "done"]
    assert story.timeline.exchanges[2].error["message"] == "no"


def test_is_error_has_to_be_true_and_not_just_something() -> None:
    story = Story().legacy()
    story.call()
    story.result({"isError": "false"})
    assert story.last.state == "done"


def test_both_sides_count_from_one_and_neither_takes_the_others_answer() -> None:
    story = Story().legacy()
    call = story.call(id=1)
    question = story.ask("sampling/createMessage", {"messages": []}, id=1)
    story.result({"role": "assistant"}, id=1, dir="c2s")
    assert story.found(call).running
    assert not story.found(question).running
    story.result({"content": []}, id=1)
    assert story.timeline.running == {}


def redirected(story: Story, status: int = 307) -> tuple[int, int]:
    """A call whose HTTP exchange is redirected, and sent once more on another; the `seq`s of both."""
    story.http("request", 5, verb="POST", url="https://example.com/mcp")
    first = story.call("work", id=1, token=1, xid=5)
    story.http("response", 5, status=status)
    story.http("end", 5, size=0)
    story.http("request", 6, verb="POST", url="https://example.com/mcp/")
    second = story.call("work", id=1, token=1, xid=6)
    return first, second


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_request_that_http_redirected_is_one_exchange_that_was_answered(status: int, era: str) -> None:
    story = Story().legacy(transport="http") if era == "legacy" else Story().modern(transport="http")
    before = len(story.timeline.exchanges)
    first, second = redirected(story, status)
    (call,) = story.timeline.exchanges[before:]
    assert call.running
    story.http("response", 6, status=200)
    story.progress(1, 1, xid=6)
    story.log(xid=6)
    answered = story.result({"content": []}, id=1, xid=6)
    story.http("end", 6, size=9)
    assert (call.state, call.seq, call.answered, call.sent_again) == ("done", first, answered, (second,))
    assert {first, second, answered} < set(call.seqs())
    assert (call.progress_count, call.log_count) == (1, 1)
    assert story.found(first) is story.found(second) is call
    assert story.timeline.running == {}
    server = story.timeline.links["server"]
    assert server.orphans == 0
    assert server.methods["tools/call"].requests == 1
    assert server.c2s.frames == before + 2 + (era == "legacy"), "each of the two was really sent"


def test_a_redirect_may_lead_to_another() -> None:
    story = Story().legacy(transport="http")
    redirected(story)
    story.http("response", 6, status=308)
    story.http("end", 6, size=0)
    story.call("work", id=1, token=1, xid=7)
    story.result({"content": []}, id=1, xid=7)
    assert [one.state for one in story.timeline.exchanges[1:]] == ["done"]
    assert len(story.last.sent_again) == 2


def test_a_redirect_that_is_not_followed_ends_with_the_note_that_says_so() -> None:
    story = Story().modern(transport="http")
    story.call("work", id=1, xid=5)
    story.http("response", 5, status=307)
    story.http("end", 5, size=0)
    story.note("made-up", id=1, method="tools/call", error="a redirect to elsewhere was not followed")
    assert (story.last.state, story.last.reason) == ("lost", "a redirect to elsewhere was not followed")
    story.call("work", id=1, xid=6)
    assert len(story.timeline.exchanges) == 3, "that is a new one"


def test_a_later_round_that_is_redirected_goes_on_with_its_conversation() -> None:
    story = Story().modern(transport="http")
    story.call("work", id=1, xid=5)
    asks = {"inputRequests": {"a": {"method": "roots/list"}}, "requestState": "s", "resultType": "input_required"}
    story.result(asks, id=1, xid=5)
    more: dict[str, Any] = {"requestState": "s", "inputResponses": {"a": {}}}
    story.call("work", id=2, more=more, xid=6)
    story.http("response", 6, status=307)
    story.http("end", 6, size=0)
    story.call("work", id=2, more=more, xid=7)
    story.result({"content": []}, id=2, xid=7)
    assert story.last.state == "done"
    assert len(story.last.rounds) == 2
    assert len(story.timeline.exchanges) == 2


def test_a_request_under_the_id_of_a_running_one_is_its_own_where_nothing_was_redirected() -> None:
    story = Story().legacy(transport="http")
    story.call("work", id=1, xid=5)
    story.call("work", id=1, xid=6)
    assert len(story.timeline.exchanges) == 3


def test_an_answer_that_nobody_asked_for_is_counted_and_ends_nothing() -> None:
    story = Story().legacy()
    story.call(id=1)
    story.result({}, id=99)
    story.error("parse error", id=None)
    assert story.timeline.links["server"].orphans == 2
    assert story.last.running


def test_progress_and_logs_are_read_back_in_order() -> None:
    story = Story().legacy()
    story.call(token="p")
    first = story.progress("p", 1, 2, "one", at=20.0)
    log = story.log("warning", {"n": 1}, at=20.5)
    second = story.progress("p", 2, at=21.0)
    story.result({})
    assert story.last.progress == [Progress(1, 2, "one", 20.0, first), Progress(2, None, None, 21.0, second)]
    assert story.last.logs == [Log("warning", None, {"n": 1}, 20.5, log)]
    assert (story.last.progress_count, story.last.log_count) == (2, 1)


def test_all_frames_of_an_exchange_are_named_in_order() -> None:
    story = Story().legacy()
    seqs = [
        story.call(token=1),
        story.progress(1, 1),
        story.log(),
        story.ask("roots/list", id=5),
        story.result({"roots": []}, id=5, dir="c2s"),
        story.result({}),
    ]
    call = story.timeline.exchange(seqs[0])
    assert call is not None and call.seqs() == seqs


def test_without_fetch_messages_are_refused_and_counts_are_there() -> None:
    story = Story(fetch=False).legacy()
    story.call(token=1)
    story.progress(1, 1)
    story.result({})
    assert story.last.progress_count == 1 and story.last.state == "done"
    for read in ("request", "response", "result", "error", "params", "progress"):
        with pytest.raises(LookupError, match="fetch"):
            getattr(story.last, read)


@pytest.mark.parametrize("side", ["c2s", "s2c"])
def test_either_side_may_cancel_what_it_asked(side: Direction) -> None:
    story = Story().legacy()
    other = story.request("x/long", id=4, dir="s2c" if side == "c2s" else "c2s")
    asked = story.request("x/long", id=4, dir=side)
    cancel = story.tell("notifications/cancelled", {"requestId": 4, "reason": "enough"}, dir=side)
    exchange = story.timeline.exchange(asked)
    assert exchange is not None and exchange.state == "cancelled" and exchange.reason == "enough"
    assert exchange.cancellation is not None
    assert (exchange.cancellation.seq, exchange.cancellation.dir) == (cancel, side)
    assert story.found(other).running


def test_a_server_cannot_cancel_a_call_of_the_client() -> None:
    story = Story().legacy()
    story.call(id=4)
    story.tell("notifications/cancelled", {"requestId": 4})
    assert story.last.running


def test_a_result_that_crosses_a_cancellation_is_kept_and_stays_cancelled() -> None:
    story = Story().legacy()
    story.call(id=4)
    story.tell("notifications/cancelled", {"requestId": 4}, dir="c2s")
    late = story.result({"content": []}, id=4)
    assert (story.last.state, story.last.answered) == ("cancelled", late)


def test_the_other_spelling_of_an_id_cancels_too() -> None:
    story = Story().legacy()
    story.call(id=4)
    story.tell("notifications/cancelled", {"requestId": "4"}, dir="c2s")
    assert story.last.state == "cancelled"


def test_a_closed_link_loses_what_was_running_on_it_and_nothing_else() -> None:
    story = Story().legacy("alpha").legacy("beta")
    alpha, beta = story.call(link="alpha"), story.call(link="beta")
    end = story.closed("alpha", "signal", signal="SIGSEGV")
    lost, running = story.timeline.exchange(alpha), story.timeline.exchange(beta)
    assert lost is not None and (lost.state, lost.reason, lost.ended) == ("lost", "the link closed", end - 1.0)
    assert running is not None and running.running


def test_a_reconnected_link_starts_with_no_memory_of_the_old_one() -> None:
    story = Story().legacy("alpha")
    old = story.call(token=1, link="alpha")
    story.closed("alpha", "exit", code=1)
    story.legacy("alpha#2")
    new = story.call(token=1, link="alpha#2")
    story.progress(1, 5, link="alpha#2")
    counts = [story.found(seq).progress_count for seq in (old, new)]
    assert counts == [0, 1]


def test_a_request_that_http_refused_is_lost_and_the_retry_is_another_exchange() -> None:
    story = Story().opened_http()
    story.call(id=1, xid=1)
    story.http("response", 1, status=503)
    story.http("end", 1)
    refused = story.last
    story.call(id=1, xid=2)
    story.result({}, id=1, xid=2)
    assert (refused.state, refused.reason) == ("lost", "HTTP 503")
    assert story.last.state == "done" and len(story.timeline.exchanges) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_request_that_lacked_a_login_is_lost_until_it_is_sent_once_more_with_one(status: int) -> None:
    story = Story().opened_http()
    story.call(id=1, xid=1, token="bar")
    story.http("response", 1, status=status)
    story.http("end", 1)
    turned_away = story.last
    assert (turned_away.state, turned_away.reason) == ("lost", f"HTTP {status}")
    assert not story.timeline.running
    story.call(id=1, xid=2, token="bar")
    assert (turned_away.state, turned_away.reason, turned_away.ended) == ("running", None, None)
    story.progress("bar", 1)
    story.result({}, id=1, xid=2)
    assert turned_away.state == "done" and len(story.timeline.exchanges) == 1
    assert [bar.progress for bar in turned_away.bars] == [1]


def test_another_request_under_the_id_of_one_that_lacked_a_login_is_another_exchange() -> None:
    story = Story().opened_http()
    story.call(id=1, xid=1)
    story.http("response", 1, status=401)
    story.http("end", 1)
    story.request("tools/list", {}, id=1, xid=2)
    assert len(story.timeline.exchanges) == 2


def test_a_legacy_stream_that_ends_early_may_be_taken_up_again() -> None:
    story = Story().legacy(transport="http")
    story.call(id=1, xid=5)
    story.http("response", 5, status=200)
    story.http("end", 5)
    assert story.last.running
    story.result({}, id=1, xid=6)
    assert story.last.state == "done"


def test_a_modern_stream_that_ends_without_an_answer_has_lost_it() -> None:
    story = Story().modern(transport="http")
    story.call(id=1, xid=5)
    story.http("response", 5, status=200)
    story.http("end", 5)
    assert story.last.state == "lost"


def test_giving_up_a_modern_stream_is_a_cancellation() -> None:
    story = Story().modern(transport="http")
    story.call(id=1, xid=5)
    story.http("response", 5, status=200)
    story.http("error", 5, error="cancelled by us")
    assert story.last.state == "cancelled"


def test_what_the_session_took_for_an_answer_ends_the_exchange() -> None:
    story = Story().legacy()
    for id in (1, 2, 3, 4):
        story.call(id=id)
    junk = story.invalid(b'{"id": 1, "result": ')
    story.note("unreadable", junk, id=1, error="it could not be read")
    orphan = story.error("who?", id=None)
    story.note("answer-without-id", orphan, id=2)
    story.note("made-up", None, id=3, error="the stream broke")
    story.note("not-sent", None, id=4, type="request", error="stdin is closed")
    calls = story.timeline.exchanges[1:]
    assert [one.state for one in calls] == ["lost", "failed", "lost", "lost"]
    assert [one.answered for one in calls] == [junk, orphan, None, None]
    assert calls[1].error["message"] == "who?"


def test_an_early_end_of_the_probe_ends_it() -> None:
    story = Story()
    story.opened()
    story.request("server/discover", {"_meta": MODERN}, id=0)
    story.note("probe-ended")
    assert story.last.state == "lost"


def test_requests_in_a_batch_are_exchanges_of_their_own() -> None:
    story = Story().legacy()
    asked = story.batch(
        (BatchItem("request", "tools/call", 1, "a"), {"id": 1, "method": "tools/call", "params": {"name": "a"}}),
        (BatchItem("request", "tools/call", 2, "b"), {"id": 2, "method": "tools/call", "params": {"name": "b"}}),
        dir="c2s",
    )
    answered = story.batch(
        (BatchItem("error", "tools/call", 2, "b", asked), {"id": 2, "error": {"code": 1, "message": "b"}}),
        (BatchItem("response", "tools/call", 1, "a", asked), {"id": 1, "result": {"text": "a"}}),
    )
    first, second = story.timeline.exchanges[1:]
    assert (first.state, first.name, first.params, first.result) == ("done", "a", {"name": "a"}, {"text": "a"})
    assert (second.state, second.name, second.error) == ("failed", "b", {"code": 1, "message": "b"})
    assert first.answered == second.answered == answered


def test_the_other_half_of_a_frame_is_found_from_any_of_them() -> None:
    story = Story().legacy()
    story.call(token="p")
    story.progress("p", 1)
    story.log()
    story.result({})
    story.log()
    frames = story.events[4:]
    owners = [story.timeline.exchange_of(frame) for frame in frames]
    assert owners == [story.last] * 4 + [None]


def test_the_owner_of_an_old_frame_is_found_in_a_file_that_went_on_for_long() -> None:
    story = Story().legacy()
    call = story.call(token="p")
    progress = story.progress("p", 1)
    story.result({})
    for id in range(2, 400):
        story.call(id=id)
        story.result({}, id=id)
    assert story.timeline.exchange_of(story.fetch(progress)) is story.found(call)


def test_a_conversation_of_the_modern_era_is_one_exchange() -> None:
    story = Story().modern()
    first = story.call("book", id=1, token=1)
    story.progress(1, 1)
    asks: dict[str, Any] = {
        "who": {"method": "elicitation/create", "params": {"message": "Who?", "requestedSchema": {}}}
    }
    asked = story.result({"resultType": "input_required", "inputRequests": asks, "requestState": "s1"}, id=1)
    call = story.last
    assert call.state == "input_required" and story.timeline.running == {}
    given = {"inputResponses": {"who": {"action": "accept", "content": {"name": "Ada"}}}, "requestState": "s1"}
    second = story.call("book", id=2, token=2, more=given)
    assert story.last is call and call.running and call.ended is None
    story.progress(2, 2)
    end = story.result({"resultType": "complete", "content": []}, id=2)
    assert call.state == "done" and call.answered == end
    assert [(one.seq, one.id, one.answered, one.asked) for one in call.rounds] == [
        (first, 1, asked, ("who",)),
        (second, 2, end, ()),
    ]
    assert [one.progress for one in call.progress] == [1, 2]
    assert call.result == {"resultType": "complete", "content": []}
    assert call.ms == (end - first) * 1000.0
    assert story.timeline.exchange(second) is call
    assert second in call.seqs() and asked in call.seqs()


def test_two_conversations_with_one_tool_are_told_apart_by_their_state() -> None:
    story = Story().modern()
    for id in (1, 2):
        story.call("book", id=id)
        asks: dict[str, Any] = {"resultType": "input_required", "inputRequests": {"k": {}}, "requestState": f"s{id}"}
        story.result(asks, id=id)
    one, two = story.timeline.exchanges[1:]
    story.call("book", id=3, more={"inputResponses": {"k": {}}, "requestState": "s1"})
    story.call("book", id=4, more={"inputResponses": {"k": {}}, "requestState": "s2"})
    assert [len(one.rounds), len(two.rounds)] == [2, 2]
    assert (one.rounds[1].id, two.rounds[1].id) == (3, 4)


def test_two_conversations_with_one_state_are_told_apart_by_their_arguments() -> None:
    story = Story().modern()
    for id in (1, 2):
        story.call("book", id=id, more={"arguments": {"n": id}})
        story.result({"resultType": "input_required", "requestState": "again"}, id=id)
    story.call("book", id=3, more={"arguments": {"n": 2}, "requestState": "again"})
    one, two = story.timeline.exchanges[1:]
    assert (one.state, two.state) == ("input_required", "running")


def test_a_conversation_without_state_goes_on_by_the_keys_it_answers() -> None:
    story = Story().modern()
    story.call("book", id=1)
    story.result({"resultType": "input_required", "inputRequests": {"a": {}, "b": {}}}, id=1)
    story.call("book", id=2, more={"inputResponses": {"a": {}, "b": {}}})
    assert len(story.timeline.exchanges) == 2 and len(story.last.rounds) == 2


def test_a_call_that_answers_nobodys_question_is_one_of_its_own() -> None:
    story = Story().modern()
    story.call("book", id=1, more={"inputResponses": {"a": {}}, "requestState": "from last week"})
    assert story.last.id == 1 and len(story.last.rounds) == 1
    story.result({}, id=1)
    assert story.last.state == "done"


def test_a_server_ends_a_listen_stream_by_cancelling_it() -> None:
    story = Story().modern()
    story.request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id="listen-1")
    assert story.last.long_running and story.timeline.waiting() == []
    acknowledged = {"notifications": {"toolsListChanged": True}, "_meta": {META + "subscriptionId": "listen-1"}}
    story.tell("notifications/subscriptions/acknowledged", acknowledged)
    open_ = list(story.timeline.links["server"].subscriptions.values())
    assert [(one.lists, one.acknowledged) for one in open_] == [(("tools",), True)]
    story.tell("notifications/cancelled", {"requestId": "listen-1"})
    assert story.last.state == "cancelled"
    assert story.timeline.links["server"].subscriptions == {}


def test_an_answer_counts_only_on_its_link_from_the_other_side_and_for_the_round_in_flight() -> None:
    story = Story().modern("alpha").modern("beta")
    first = story.call("book", id=1, link="alpha")
    asks = {"resultType": "input_required", "requestState": "s"}
    story.result(asks, id=1, link="alpha")
    second = story.call("book", id=2, more={"requestState": "s"}, link="alpha")
    for link, dir, re in (("beta", "s2c", second), ("alpha", "c2s", second), ("alpha", "s2c", first)):
        frame = story.fetch(second)
        assert isinstance(frame, Frame)
        message: Any = {"id": frame.id, "result": {}}
        answer = replace(frame, link=link, dir=dir, type="response", message=message, re=re, seq=len(story.events) + 1)
        story.add(answer)
    assert story.last.running
    assert [server.orphans for server in story.timeline.links.values()] == [2, 1]
    story.result({}, id=2, link="alpha")
    assert story.last.state == "done"


def test_frames_of_a_conversation_with_cancellation_are_all_named() -> None:
    story = Story().modern()
    seqs = [story.call("book", id=1)]
    wanted = {"k": {"method": "roots/list"}}
    seqs.append(story.result({"resultType": "input_required", "inputRequests": wanted, "requestState": "s"}, id=1))
    seqs.append(story.call("book", id=2, more={"inputResponses": {"k": {}}, "requestState": "s"}))
    seqs.append(story.tell("notifications/cancelled", {"requestId": 2}, dir="c2s"))
    assert story.last.seqs() == seqs and story.last.state == "cancelled"
    assert story.timeline.exchange_of(story.fetch(seqs[-1])) is story.last


def test_what_is_no_frame_belongs_to_nothing_and_cannot_be_read_as_one() -> None:
    story = Story().legacy()
    story.call()
    note = story.note("relist")
    assert story.timeline.exchange_of(story.fetch(note)) is None
    with pytest.raises(LookupError, match="no frame"):
        story.last.frame(note)


def test_a_token_is_remembered_for_a_while_after_its_call() -> None:
    story = Story(fetch=False).legacy()
    for id in range(1, 4200):
        story.call(id=id, token=id)
        story.result({}, id=id)
    story.progress(4199, 1)
    story.progress(1, 1)
    assert story.last.bar is not None and story.last.bar.after_end
    assert list(story.timeline.links["server"].unknown_progress) == [1]


def test_conversations_that_are_never_continued_are_given_up_for_matching() -> None:
    story = Story(fetch=False).modern()
    for id in range(1, 300):
        story.call(id=id)
        story.result({"resultType": "input_required", "requestState": f"s{id}"}, id=id)
    story.call(id=301, more={"requestState": "s1"})
    story.call(id=302, more={"requestState": "s299"})
    assert [len(one.rounds) for one in story.timeline.exchanges[-2:]] == [2, 1]
