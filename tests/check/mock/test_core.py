"""A mock: what a client sends, what comes back under its own ids, and what is told where it is not as recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.events import BatchItem, Frame
from tests.check.mock.live import live, played, said, text
from tests.model.story import META, MODERN, Story

LISTEN = META + "subscriptionId"


def test_a_response_is_the_recorded_bytes_under_the_callers_id(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", id=7)
    told.result({}, id=7)
    frame = told.events[-1]
    assert isinstance(frame, Frame)
    told.events[-1] = replace(frame, data=b'{ "id":7,"jsonrpc":"2.0", "result":{"n":1E2,"id":7,"n":1.50}}')
    client = live(told, tmp_path)
    client.calls(id="mine")
    assert client.raw == [b'{ "id":"mine","jsonrpc":"2.0", "result":{"n":1E2,"id":7,"n":1.50}}']


def test_progress_comes_on_the_callers_token(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t")
    told.progress("t", 1, 2)
    told.progress("t", 2, 2)
    told.result(text("done"))
    client = live(told, tmp_path)
    *steps, _ = client.calls(token=99)
    assert [step["params"]["progressToken"] for step in steps] == [99, 99]


def test_without_a_token_there_is_no_progress(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t")
    told.progress("t", 1)
    told.result(text("done"))
    assert said(live(told, tmp_path).calls()) == ["done"]


def test_progress_on_a_token_that_nobody_gave_is_sent_as_it_was(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t")
    told.progress("stray", 1)
    told.result(text("done"))
    step, _ = live(told, tmp_path).calls(token=99)
    assert step["params"]["progressToken"] == "stray"


def test_at_recorded_pace_everything_takes_its_time(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t", at=10.0)
    told.progress("t", 1, at=10.5)
    told.result(text("done"), at=12.0)
    client = live(told, tmp_path, pace="recorded", start=False)
    assert said(client.calls(token=1)) == []
    assert client.mock.next_due() == pytest.approx(client.now + 0.5)
    assert said(client.waits(0.6)) == ["progress"]
    assert said(client.waits(1.3)) == []
    assert said(client.waits(0.2)) == ["done"]
    assert client.mock.next_due() is None


def test_two_calls_at_once_keep_their_own_tokens_and_ids(tmp_path: Path) -> None:
    told = Story().legacy()
    for id, name in ((1, "one"), (2, "two")):
        told.call(name, id=id, token=name, at=10.0)
    told.progress("one", 1, at=11.0)
    told.progress("two", 1, at=11.5)
    told.result(text("1"), id=1, at=12.0)
    told.result(text("2"), id=2, at=12.5)
    client = live(told, tmp_path, pace="recorded", start=False)
    client.calls("two", token="b", id="B")
    client.calls("one", token="a", id="A")
    found = client.waits(3.0)
    assert [one.get("id") or one["params"]["progressToken"] for one in found] == ["a", "b", "A", "B"]


def asking() -> Story:
    told = Story().legacy()
    told.call("work", id=1)
    told.log(data="before")
    told.ask("sampling/createMessage", {"messages": []}, id=1)
    told.result({"role": "assistant", "content": "Paris"}, id=1, dir="c2s")
    told.log(data="after")
    told.result(text("done"), id=1)
    return told


def test_a_question_has_a_fresh_id_and_what_follows_waits_for_the_answer(tmp_path: Path) -> None:
    client = live(asking(), tmp_path)
    *_, question = found = client.calls(id=1)
    assert said(found) == ["message", "sampling/createMessage"]
    assert client.waits(1000.0) == []
    assert said(client.answers(question["id"], {"role": "assistant", "content": "Paris"})) == ["message", "done"]
    assert client.mock.problems == []
    *_, again = client.calls(id=2)
    assert again["id"] != question["id"]


def test_another_answer_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    client = live(asking(), tmp_path)
    question = client.calls()[-1]
    assert said(client.answers(question["id"], {"role": "assistant", "content": "Rome"})) == ["message", "done"]
    assert client.mock.problems == client.told
    assert client.told == ['The answer to sampling/createMessage (event 7) differs: result.content: "Paris" → "Rome".']


def test_a_refusal_instead_of_an_answer_is_told(tmp_path: Path) -> None:
    client = live(asking(), tmp_path)
    question = client.calls()[-1]
    client.sends({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32601, "message": "no"}})
    assert client.told == ["The answer to sampling/createMessage (event 7) was a result, now it is error -32601."]


def test_in_loose_mode_another_answer_is_told_and_does_not_count(tmp_path: Path) -> None:
    client = live(asking(), tmp_path, match="loose")
    client.answers(client.calls()[-1]["id"], {})
    assert client.told
    assert client.mock.problems == []


def test_a_question_that_stays_open_is_a_problem_at_the_end(tmp_path: Path) -> None:
    client = live(asking(), tmp_path)
    client.calls()
    client.mock.finish()
    assert client.mock.problems == ["sampling/createMessage (event 7) was never answered; the recorded client did."]


def test_an_answer_to_nothing_is_a_problem(tmp_path: Path) -> None:
    client = live(asking(), tmp_path)
    assert client.answers(77, {}) == []
    assert client.mock.problems == ["The client answered 77, which was not asked."]


def test_a_question_after_the_handshake_comes_upon_the_handshake(tmp_path: Path) -> None:
    told = Story().legacy()
    told.ask("roots/list", id=0)
    told.result({"roots": []}, id=0, dir="c2s")
    told.log(data="no roots")
    told.request("tools/list", id=5)
    told.result({"tools": []}, id=5)
    client = live(told, tmp_path, start=False)
    client.asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
    (question,) = client.tells("notifications/initialized")
    assert question["method"] == "roots/list"
    assert said(client.answers(question["id"], {"roots": []})) == ["message"]


def test_a_question_that_the_server_takes_back_is_taken_back_under_its_live_id(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", id=1)
    told.ask("elicitation/create", {}, id=40)
    told.tell("notifications/cancelled", {"requestId": 40})
    told.result(text("done"), id=1)
    client = live(told, tmp_path)
    question, cancelled, _ = client.calls(id=1)
    assert cancelled["params"]["requestId"] == question["id"] != 40
    assert client.answers(question["id"], {"action": "accept"}) == []
    assert client.mock.problems == []


def cancelled() -> Story:
    told = Story().legacy()
    told.call("work", id=1, token="t", at=10.0)
    told.progress("t", 1, at=11.0)
    told.tell("notifications/cancelled", {"requestId": 1}, dir="c2s", at=12.0)
    told.log(data="gave up", at=12.5)
    return told


def test_what_the_server_said_after_a_cancellation_comes_after_one(tmp_path: Path) -> None:
    client = live(cancelled(), tmp_path)
    assert said(client.calls(token="t", id="c")) == ["progress"]
    assert client.waits(1000.0) == []
    assert said(client.tells("notifications/cancelled", {"requestId": "c"})) == ["message"]


def test_a_call_that_is_cancelled_says_nothing_more(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t", at=10.0)
    told.progress("t", 1, at=11.0)
    told.result(text("done"), at=12.0)
    client = live(told, tmp_path, pace="recorded", start=False)
    client.calls(token="t", id="c")
    assert client.tells("notifications/cancelled", {"requestId": "c"}) == []
    assert client.waits(1000.0) == []


def test_a_stream_that_is_dropped_is_a_call_that_is_cancelled(tmp_path: Path) -> None:
    told = Story().modern()
    told.call("work", at=10.0)
    told.result(text("done"), at=12.0)
    client = live(told, tmp_path, pace="recorded", start=False)
    client.calls()
    client.mock.dropped("here", client.now)
    assert client.waits(1000.0) == []


def rounds() -> Story:
    told = Story().modern()
    asked = {"who": {"method": "elicitation/create", "params": {"message": "Who?"}}}
    first = {"name": "book", "arguments": {"n": 1}, "_meta": MODERN}
    told.request("tools/call", first, id=1)
    told.result({"resultType": "input_required", "requestState": "s1", "inputRequests": asked}, id=1)
    answer = {"who": {"action": "accept", "content": {"name": "Ada"}}}
    told.request("tools/call", {**first, "requestState": "s1", "inputResponses": answer}, id=2)
    told.result({"resultType": "complete", **text("booked")}, id=2)
    return told


def test_rounds_are_one_conversation_with_the_recorded_state(tmp_path: Path) -> None:
    client = live(rounds(), tmp_path)
    (asked,) = client.calls("book", {"n": 1})
    assert asked["result"]["requestState"] == "s1"
    answer = {"who": {"action": "accept", "content": {"name": "Ada"}}}
    more = {"requestState": "s1", "inputResponses": answer}
    assert said(client.calls("book", {"n": 1}, more=more)) == ["booked"]
    assert client.mock.problems == []


def test_another_answer_in_a_round_is_told(tmp_path: Path) -> None:
    client = live(rounds(), tmp_path)
    client.calls("book", {"n": 1})
    more = {"requestState": "s1", "inputResponses": {"who": {"action": "decline"}}}
    assert said(client.calls("book", {"n": 1}, more=more)) == ["booked"]
    (problem,) = client.mock.problems
    assert problem.startswith('The answers in tools/call "book" (event 6) differ: params.inputResponses.who.action:')


def test_a_state_that_was_altered_is_refused(tmp_path: Path) -> None:
    client = live(rounds(), tmp_path)
    client.calls("book", {"n": 1})
    (refused,) = client.calls("book", {"n": 1}, more={"requestState": "s2", "inputResponses": {"who": {}}})
    assert refused["error"]["message"] == (
        'No recorded round of tools/call "book" has this requestState: it was "s1", it is "s2".'
    )


def test_a_list_change_is_followed_by_the_new_list(tmp_path: Path) -> None:
    told = Story().legacy()
    told.request("tools/list", id=1)
    told.result({"tools": [{"name": "grow"}]}, id=1)
    told.call("grow", id=2)
    told.tell("notifications/tools/list_changed")
    told.result(text("grown"), id=2)
    told.request("tools/list", id=3)
    told.result({"tools": [{"name": "grow"}, {"name": "more"}]}, id=3)
    client = live(told, tmp_path)

    def names() -> list[str]:
        (found,) = client.asks("tools/list")
        return [tool["name"] for tool in found["result"]["tools"]]

    assert names() == names() == ["grow"]  # asked as often as one likes
    assert said(client.calls("grow")) == ["tools/list_changed", "grown"]
    assert names() == names() == ["grow", "more"]


def test_errors_are_the_recorded_ones(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.error("out of order", code=-32042, data={"a": 1})
    (failed,) = live(told, tmp_path).calls(id="mine")
    assert failed == {
        "jsonrpc": "2.0",
        "id": "mine",
        "error": {"code": -32042, "message": "out of order", "data": {"a": 1}},
    }


def test_ping_is_always_answered(tmp_path: Path) -> None:
    assert said(live(Story().legacy(), tmp_path).asks("ping")) == ["result"]


def test_the_question_for_the_modern_era_is_refused_without_alarm(tmp_path: Path) -> None:
    client = live(Story().legacy(), tmp_path)
    assert said(client.asks("server/discover", {"_meta": MODERN})) == ["error -32601"]
    assert client.told == []


def test_initialize_is_refused_where_the_recording_is_of_the_modern_era(tmp_path: Path) -> None:
    client = live(Story().modern(), tmp_path)
    (refused,) = client.asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
    assert refused["error"]["code"] == -32022
    assert refused["error"]["data"] == {"supported": ["2025-11-25", "2026-07-28"], "requested": "2025-11-25"}
    assert "--era legacy" in refused["error"]["message"]


def test_a_lesser_client_of_another_version_is_told_of_and_served(tmp_path: Path) -> None:
    client = live(asking(), tmp_path, start=False)
    (greeted,) = client.asks("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}})
    assert greeted["result"]["protocolVersion"] == "2025-11-25"
    assert client.told == [
        "The client asks for version 2024-11-05; the recorded server speaks 2025-11-25.",
        "The client does not declare sampling, which the recorded server asked for.",
    ]
    assert client.mock.problems == []


def test_a_level_that_nobody_recorded_is_set_where_there_are_logs(tmp_path: Path) -> None:
    told = Story()
    told.opened()
    told.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
    told.result({"protocolVersion": "2025-11-25", "capabilities": {"logging": {}}, "serverInfo": {"name": "s"}})
    told.call("work", id=2)
    told.log("debug")
    told.log("error")
    told.log("odd")
    told.result(text("done"), id=2)
    client = live(told, tmp_path)
    assert said(client.asks("logging/setLevel", {"level": "warning"})) == ["result"]
    *logs, _ = client.calls()
    assert [log["params"]["level"] for log in logs] == ["error", "odd"]


@pytest.mark.parametrize(("level", "count"), [(None, 0), ("warning", 1), ("debug", 2)])
def test_in_the_modern_era_logs_are_for_who_asks_for_them(level: str | None, count: int, tmp_path: Path) -> None:
    told = Story().modern()
    told.call("work", more={"_meta": {**MODERN, META + "logLevel": "debug"}})
    told.log("debug")
    told.log("error")
    told.result(text("done"))
    meta = MODERN if level is None else {**MODERN, META + "logLevel": level}
    assert said(live(told, tmp_path).calls(more={"_meta": meta})) == ["message"] * count + ["done"]


@pytest.mark.parametrize("wanted", [False, True])
def test_junk_is_sent_if_it_is_wanted(wanted: bool, tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.invalid(b"print('here')")
    told.result(text("done"))
    client = live(told, tmp_path, junk=wanted)
    client.calls()
    assert client.raw[:-1] == ([b"print('here')"] if wanted else [])


def test_where_the_server_died_the_mock_ends(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.log(data="about to die")
    told.closed(reason="exit", code=3)
    client = live(told, tmp_path)
    assert said(client.calls()) == ["message"]
    assert client.mock.ended


def test_a_server_that_we_ended_does_not_end_the_mock(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.closed(reason="closed")
    client = live(told, tmp_path)
    assert client.calls() == []
    assert not client.mock.ended


def listening() -> Story:
    told = Story().modern()
    told.request("subscriptions/listen", {"_meta": MODERN, "notifications": {"toolsListChanged": True}}, id="l")
    told.tell("notifications/subscriptions/acknowledged", {"_meta": {LISTEN: "l"}})
    told.call("grow", id=2)
    told.tell("notifications/tools/list_changed", {"_meta": {LISTEN: "l"}})
    told.result(text("grown"), id=2)
    return told


def test_who_listens_hears_of_changes_under_the_id_of_his_own_stream(tmp_path: Path) -> None:
    client = live(listening(), tmp_path)
    (known,) = client.asks("subscriptions/listen", {"notifications": {"promptsListChanged": True}}, id=55)
    assert known["params"]["_meta"][LISTEN] == 55
    changed, _ = client.calls("grow")
    assert changed["params"]["_meta"][LISTEN] == 55


def test_who_does_not_listen_hears_nothing(tmp_path: Path) -> None:
    assert said(live(listening(), tmp_path).calls("grow")) == ["grown"]


def test_a_batch_of_requests_is_answered_one_by_one(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.result(text("done"))
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "work"}}
    found = live(told, tmp_path).sends([{**call, "id": "a"}, {**call, "id": "b"}])
    assert [one["id"] for one in found] == ["a", "b"]


def test_messages_of_a_batch_go_to_whom_they_belong(tmp_path: Path) -> None:
    told = Story().legacy()
    first, second = told.call("one", id=1), told.call("two", id=2)
    one, two = ({"jsonrpc": "2.0", "id": id, "result": text(str(id))} for id in (1, 2))
    told.batch(
        (BatchItem("response", "tools/call", 1, "one", first), one),
        (BatchItem("response", "tools/call", 2, "two", second), two),
    )
    client = live(told, tmp_path)
    assert client.calls("two", id="b") == [{**two, "id": "b"}]
    assert client.calls("one", id="a") == [{**one, "id": "a"}]


@pytest.mark.parametrize("junk", [b"not json", b"7", b'{"jsonrpc":"2.0"}'])
def test_what_is_no_message_is_refused_and_told(junk: bytes, tmp_path: Path) -> None:
    client = live(Story().legacy(), tmp_path)
    assert said(client.sends(junk)) == ["error -32700"]
    assert client.mock.problems


def test_a_response_that_came_twice_comes_twice(tmp_path: Path) -> None:
    told = Story().legacy()
    request = told.call("work")
    told.result(text("done"))
    again = told.events[-1]
    assert isinstance(again, Frame)
    told.add(replace(again, re=request, seq=again.seq + 1, t=again.t + 1))
    assert [one["id"] for one in live(told, tmp_path).calls(id="mine")] == ["mine", "mine"]


def test_a_flood_leaves_in_parts_and_whole(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    for number in range(1000):
        told.log(data=number)
    told.result(text("done"))
    client = live(told, tmp_path)
    client.mock.receive(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"work"}}', client.now)
    parts: list[int] = []
    while found := client.mock.due(client.now):
        parts.append(len(found))
    assert sum(parts) == 1001
    assert max(parts) < 1000


def test_what_was_redacted_in_the_recording_may_be_anything(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("login", more={"arguments": {"key": "[redacted]", "user": "ada"}})
    told.result(text("welcome"))
    client = live(told, tmp_path)
    assert said(client.calls("login", {"key": "s3cret", "user": "ada"})) == ["welcome"]
    assert said(client.calls("login", {"key": "s3cret", "user": "eve"})) == ["error -32602"]


def test_a_recording_of_a_proxy_is_played_like_one_of_a_client(tmp_path: Path) -> None:
    told: Any = Story().legacy(mode="proxy")
    told.call("work", token=3)
    told.progress(3, 1)
    told.result(text("done"))
    assert said(live(told, tmp_path).calls(token="mine")) == ["progress", "done"]


def test_a_link_is_chosen_by_name(tmp_path: Path) -> None:
    told = Story().legacy("a")
    told.legacy("b")
    assert played(told, tmp_path, "b").link.name == "b"
