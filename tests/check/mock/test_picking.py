"""Which recorded request a live one is: in three modes, whose turn it is, and what is said where none is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.check.mock.live import Live, live, said, text
from tests.model.story import MODERN, Story


def counting() -> Story:
    """One call twice, another once, and a page that was read before and after."""
    told = Story().legacy()
    told.request("resources/read", {"uri": "a://n"}, id=1)
    told.result({"contents": [{"uri": "a://n", "text": "0"}]}, id=1)
    for id, (name, answer) in enumerate([("count", "1"), ("other", "x"), ("count", "2")], 2):
        told.call(name, id=id, more={"arguments": {"by": 1}})
        told.result(text(answer), id=id)
    told.request("resources/read", {"uri": "a://n"}, id=9)
    told.result({"contents": [{"uri": "a://n", "text": "2"}]}, id=9)
    return told


def message_of(client: Live, method: str, params: Any) -> str:
    (refused,) = client.asks(method, params)
    return refused["error"]["message"]


def test_equal_calls_have_their_turn_and_the_last_stays(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)
    assert [said(client.calls("count", {"by": 1})) for _ in range(3)] == [["1"], ["2"], ["2"]]


def test_other_orders_are_fine_by_default(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)
    assert said(client.calls("other", {"by": 1})) == ["x"]
    assert said(client.calls("count", {"by": 1})) == ["1"]


def test_what_is_read_is_as_it_was_at_that_time(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)

    def read() -> str:
        (found,) = client.asks("resources/read", {"uri": "a://n"})
        return found["result"]["contents"][0]["text"]

    assert [read(), read()] == ["0", "0"]
    client.calls("count", {"by": 1})
    client.calls("count", {"by": 1})
    assert read() == "2"


def test_parameters_are_compared_without_what_is_about_the_request(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work", token="t", more={"arguments": {}})
    told.result(text("done"))
    client = live(told, tmp_path)
    assert said(client.calls("work")) == said(client.calls("work", {}, token=5)) == ["done"]


def test_times_and_paths_of_this_machine_do_not_count(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("at", more={"arguments": {"when": "2026-11-21T07:00:00Z", "what": "x"}})
    told.result(text("done"))
    client = live(told, tmp_path)
    assert said(client.calls("at", {"when": "2027-01-01T12:34:56Z", "what": "x"})) == ["done"]
    assert said(client.calls("at", {"when": "2027-01-01T12:34:56Z", "what": "y"})) == ["error -32602"]


def test_pages_are_told_apart_by_their_cursors(tmp_path: Path) -> None:
    told = Story().legacy()
    for id, cursor in enumerate([None, "p2", "p3"], 1):
        told.request("tools/list", {} if cursor is None else {"cursor": cursor}, id=id)
        told.result({"tools": [{"name": f"tool {id}"}], "nextCursor": f"p{id + 1}"}, id=id)
    client = live(told, tmp_path)
    (third,) = client.asks("tools/list", {"cursor": "p3"})
    assert third["result"]["tools"] == [{"name": "tool 3"}]


def test_a_method_that_was_never_asked_names_the_nearest(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)
    assert message_of(client, "tools/cal", {}) == "The recording has no tools/cal; the nearest is tools/call."
    (refused,) = client.asks("tools/list")
    assert refused["error"]["code"] == -32601
    assert refused["error"]["data"]["recorded"] == "initialize, resources/read, tools/call"
    assert len(client.mock.problems) == 2


def test_a_tool_that_was_never_called_names_the_nearest(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)
    assert message_of(client, "tools/call", {"name": "cuont", "arguments": {"by": 1}}) == (
        'The recording has no tools/call "cuont"; the nearest is tools/call "count" (event 7).'
    )


def test_other_arguments_name_the_nearest_and_what_differs(tmp_path: Path) -> None:
    client = live(counting(), tmp_path)
    (refused,) = client.calls("count", {"by": 2})
    assert refused["error"] == {
        "code": -32602,
        "message": 'The recording has no such tools/call "count"; the nearest (event 7) differs: '
        "params.arguments.by: 1 → 2.",
        "data": {"nearest": {"event": 7, "method": "tools/call", "params": {"name": "count", "arguments": {"by": 1}}}},
    }


def test_what_is_ignored_does_not_count(tmp_path: Path) -> None:
    from mcpwatch.check.normalize import Normalizer

    client = live(counting(), tmp_path, normalizer=Normalizer(["params.arguments.by"]))
    assert said(client.calls("count", {"by": 2})) == ["1"]


def test_in_loose_mode_the_nearest_arguments_will_do(tmp_path: Path) -> None:
    told = Story().legacy()
    for id, city in enumerate(["Oslo", "Rome"], 1):
        told.call("weather", id=id, more={"arguments": {"city": city, "unit": "C"}})
        told.result(text(city), id=id)
    client = live(told, tmp_path, match="loose")
    assert said(client.calls("weather", {"city": "Rome", "unit": "F"})) == ["Rome"]
    assert said(client.calls("wether", {"city": "Rome", "unit": "F"})) == ["error -32602"]


def test_in_sequence_each_has_its_turn_once(tmp_path: Path) -> None:
    client = live(counting(), tmp_path, match="sequence")
    assert message_of(client, "tools/call", {"name": "other", "arguments": {"by": 1}}) == (
        'tools/call "other" comes out of turn: the next is tools/call "count" (event 7).'
    )
    assert message_of(client, "tools/call", {"name": "count", "arguments": {"by": 3}}) == (
        'tools/call "count" comes out of turn: the next is tools/call "count" (event 7), which differs: '
        "params.arguments.by: 1 → 3."
    )
    for name in ("count", "other", "count"):
        client.asks("resources/read", {"uri": "a://n"})  # what changes nothing may be asked at any time
        client.calls(name, {"by": 1})
    assert message_of(client, "tools/call", {"name": "count", "arguments": {"by": 1}}) == (
        'tools/call "count" comes after all that was recorded.'
    )


def test_in_sequence_what_never_came_is_a_problem(tmp_path: Path) -> None:
    client = live(counting(), tmp_path, match="sequence")
    client.calls("count", {"by": 1})
    client.mock.finish()
    assert client.mock.problems == [
        'Of the recorded sequence never came: resources/read "a://n", tools/call "other", tools/call "count", '
        'resources/read "a://n".'
    ]


@pytest.mark.parametrize("mode", ["strict", "sequence", "loose"])
def test_the_recorded_session_itself_is_without_problems_in_every_mode(mode: Any, tmp_path: Path) -> None:
    client = live(counting(), tmp_path, match=mode)
    client.asks("resources/read", {"uri": "a://n"})
    assert [said(client.calls(name, {"by": 1})) for name in ("count", "other", "count")] == [["1"], ["x"], ["2"]]
    client.asks("resources/read", {"uri": "a://n"})
    client.mock.finish()
    assert client.mock.problems == client.mock.left == []


def test_two_conversations_with_one_state_are_told_apart_by_their_arguments(tmp_path: Path) -> None:
    told = Story().modern()
    for id, name in ((1, "a"), (11, "b")):
        params = {"name": "ask", "arguments": {"who": name}, "_meta": MODERN}
        asked = {
            "resultType": "input_required",
            "requestState": "same",
            "inputRequests": {"q": {"method": "roots/list"}},
        }
        told.request("tools/call", params, id=id)
        told.result(asked, id=id)
        told.request(
            "tools/call", {**params, "requestState": "same", "inputResponses": {"q": {"roots": []}}}, id=id + 1
        )
        told.result({"resultType": "complete", **text(name)}, id=id + 1)
    client = live(told, tmp_path)
    more: dict[str, Any] = {"requestState": "same", "inputResponses": {"q": {"roots": []}}}
    for name in ("b", "a"):
        client.calls("ask", {"who": name})
        assert said(client.calls("ask", {"who": name}, more=more)) == [name]


def test_a_conversation_that_was_not_gone_on_with_says_so(tmp_path: Path) -> None:
    told = Story().modern()
    told.call("ask")
    told.result({"resultType": "input_required", "requestState": "s", "inputRequests": {}})
    client = live(told, tmp_path)
    assert message_of(client, "tools/call", {"name": "ask", "requestState": "s"}) == (
        'The recorded conversation of tools/call "ask" ends before this round.'
    )
