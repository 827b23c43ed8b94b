"""What of a message counts, and what is never the same twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch import UsageError
from mcpwatch.check.normalize import IGNORED, Normalizer, same
from mcpwatch.events import Direction, Frame
from mcpwatch.wire.framing import classify


def frame(message: Any, dir: Direction = "c2s", link: str = "server") -> Frame:
    return classify(json.dumps(message).encode(), link=link, dir=dir)


def request(id: Any, token: Any = None, **meta: Any) -> dict[str, Any]:
    meta |= {} if token is None else {"progressToken": token}
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "add", "_meta": meta}}


def test_ids_are_numbered_by_first_appearance_for_each_link_and_sender() -> None:
    normal = Normalizer()
    ours = [normal.message(frame(request(id)))["id"] for id in ("x", 7, "x", "7")]
    assert ours == [1, 2, 1, 3]
    assert normal.message(frame(request(7), "s2c"))["id"] == 1
    assert normal.message(frame(request(7), link="other"))["id"] == 1


def test_an_answer_has_the_number_of_its_question() -> None:
    normal = Normalizer()
    normal.message(frame(request("a")))
    normal.message(frame(request("b")))
    assert normal.message(frame({"jsonrpc": "2.0", "id": "b", "result": {}}, "s2c"))["id"] == 2
    assert normal.message(frame({"jsonrpc": "2.0", "id": None, "error": {}}, "s2c"))["id"] is None


def test_progress_has_the_number_of_the_token_that_it_was_asked_for_with() -> None:
    normal = Normalizer()
    first = normal.message(frame(request(1, "t1")))
    second = normal.message(frame(request(2, 99)))
    assert [one["params"]["_meta"]["progressToken"] for one in (first, second)] == [1, 2]
    tell = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 99, "progress": 1}}
    assert normal.message(frame(tell, "s2c"))["params"] == {"progressToken": 2, "progress": 1}


def test_a_cancellation_has_the_number_of_its_request() -> None:
    normal = Normalizer()
    normal.message(frame(request("a")))
    normal.message(frame(request("b")))
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "b"}}
    assert normal.message(frame(cancel))["params"] == {"requestId": 2}


def test_every_message_of_a_batch_is_made_comparable() -> None:
    normal = Normalizer()
    assert [one["id"] for one in normal.message(frame([request("a"), request("b")]))] == [1, 2]


def test_what_is_no_message_is_its_text() -> None:
    assert Normalizer().message(classify(b"hello pid=17", link="server", dir="s2c")) == "hello pid=<pid>"


def test_meta_of_the_protocol_and_of_tracing_goes_and_other_meta_stays() -> None:
    meta = {"traceparent": "00-1", "io.modelcontextprotocol/logLevel": "debug", "progressToken": 1, "com.acme/x": 2}
    assert Normalizer().value({"_meta": meta}) == {"_meta": {"com.acme/x": 2}}
    assert Normalizer().value({"_meta": {"progressToken": 1}, "a": 1}) == {"a": 1}


def test_what_is_somebodys_own_business_has_a_placeholder() -> None:
    given = {"nextCursor": "abc", "requestState": "x", "sessionId": 7, "taskId": "t", "pid": 12, "cursor": None}
    assert Normalizer().value(given) == {
        "nextCursor": "<cursor>",
        "requestState": "<state>",
        "sessionId": "<session>",
        "taskId": "<task>",
        "pid": "<pid>",
        "cursor": None,
    }


def test_a_schema_may_speak_of_cursors_and_ports() -> None:
    schema = {"properties": {"cursor": {"type": "string"}, "port": {"default": 8080}, "pid": {"type": "integer"}}}
    assert Normalizer().value(schema) == schema


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ({"host": "127.0.0.1", "port": 8080}, {"host": "127.0.0.1", "port": "<port>"}),
        ({"host": "db.example", "port": 5432}, {"host": "db.example", "port": 5432}),
        ({"port": 45123}, {"port": "<port>"}),
        ({"created_at": 1763710452}, {"created_at": "<time>"}),
        ({"createdAt": 1763710452123}, {"createdAt": "<time>"}),
        ({"count": 1763710452}, {"count": 1763710452}),
        ({"updated": 12}, {"updated": 12}),
        ({"started": True}, {"started": True}),
    ],
)
def test_a_number_is_judged_by_its_name(given: Any, normal: Any) -> None:
    assert Normalizer().value(given) == normal


def test_json_in_a_block_is_read_and_elsewhere_spelled_in_one_way() -> None:
    normal = Normalizer().value({"text": ' {"b": 1, "a": [2]}\n', "result": '{"b": 1, "a": [2]}'})
    assert normal == {"text": {"b": 1, "a": [2]}, "result": '{"a":[2],"b":1}'}
    assert Normalizer().value({"text": "{not json}"}) == {"text": "{not json}"}


def test_times_inside_of_json_inside_of_a_text_are_found() -> None:
    assert Normalizer().value({"text": '{"at": "2026-11-21T07:34:12Z"}'}) == {"text": {"at": "<time>"}}


def test_pictures_are_not_searched_for_times() -> None:
    block = {"type": "image", "mimeType": "image/png", "data": "12:34:56"}
    assert Normalizer().value(block) == block


def test_ids_of_tool_uses_are_the_models_own() -> None:
    assert Normalizer().value({"type": "tool_use", "id": "call_1", "name": "x"})["id"] == "<tool use>"
    assert Normalizer().value({"toolUseId": "call_1"}) == {"toolUseId": "<tool use>"}


def test_ignored_members_go_and_ignored_items_keep_their_place() -> None:
    normal = Normalizer(["result.at", "result.items.0", "**.took", "result.rows[*].id"])
    given = {"at": 1, "items": [1, 2], "deep": {"took": 3, "x": 4}, "rows": [{"id": 1, "n": 2}]}
    expected = {"items": [IGNORED, 2], "deep": {"x": 4}, "rows": [{"n": 2}]}
    assert normal.value({"result": given}) == {"result": expected}
    assert normal.value(given, ("result",)) == expected
    assert normal.value(5, ("result", "at")) == IGNORED


def test_a_path_goes_on_inside_of_json_in_a_text() -> None:
    assert Normalizer(["text.at"]).value({"text": '{"at": 1, "b": 2}'}) == {"text": {"b": 2}}


def test_a_bad_path_is_an_error_of_whoever_wrote_it() -> None:
    with pytest.raises(UsageError, match="is no path"):
        Normalizer(["result..x"])


def test_redacted_texts_equal_what_they_may_have_been() -> None:
    normal = Normalizer().value({"whole": "[redacted]", "part": "Bearer [redacted]."})
    assert same(normal, {"whole": {"any": "thing"}, "part": "Bearer abc."})
    assert not same(normal, {"whole": 1, "part": "Basic abc."})
    assert json.dumps(normal) == '{"whole": "[redacted]", "part": "Bearer [redacted]."}'


def test_what_a_value_is_made_from_is_not_changed() -> None:
    given = {"_meta": {"progressToken": 1}, "a": ["2026-11-21T07:34:12Z"]}
    before = json.dumps(given)
    Normalizer(["a.0"]).value(given)
    assert json.dumps(given) == before


def test_nesting_without_end_is_left_as_it_is() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert Normalizer().value(deep) is not None
