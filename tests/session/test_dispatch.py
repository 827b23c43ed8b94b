"""Our requests: ids, answers in every shape, links that end.

Time is in `test_dispatch_time`, what a server asks in `test_dispatch_asked`.
"""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

from mcpwatch.session.dispatch import WITHOUT_ID_AFTER, LinkLost, Reply
from tests.session.conftest import Clock, settled
from tests.session.dispatching import wired

pytestmark = pytest.mark.anyio


def response(id: Any, result: Any = "done") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "result": result}


def error(id: Any, code: int = -32601, message: str = "no") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


async def test_requests_count_their_ids_from_one_and_get_their_own_answers() -> None:
    async with wired() as wire:
        one, two = await wire.asks("a", {"x": 1}), await wire.asks("b")
        assert wire.sent == [
            {"jsonrpc": "2.0", "id": 1, "method": "a", "params": {"x": 1}},
            {"jsonrpc": "2.0", "id": 2, "method": "b"},
        ]
        await wire.receives(response(2, "second"), response(1, "first"))
        assert (one.result, two.result) == ("first", "second")
        assert one.reply is not None and one.reply.frame is not None and one.reply.frame.seq == 2


async def test_a_request_carries_who_asked_and_its_headers() -> None:
    async with wired() as wire:
        await wire.asks("a", by="mcpwatch", headers={"x": "y"})
        assert (wire.by, wire.headers) == (["mcpwatch"], [{"x": "y"}])


async def test_a_progress_token_is_the_requests_id_beside_the_callers_own_meta() -> None:
    async with wired() as wire:
        params = {"name": "work", "_meta": {"own": 1}}
        await wire.asks("tools/call", params, token=True)
        await wire.asks("tools/call", token=True)
        assert wire.sent[0]["params"] == {"name": "work", "_meta": {"own": 1, "progressToken": 1}}
        assert wire.sent[1]["params"] == {"_meta": {"progressToken": 2}}
        assert params == {"name": "work", "_meta": {"own": 1}}, "the caller's own parameters were changed"


async def test_an_error_is_returned_and_not_raised() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(error(1, -5, "why"))
        assert asking.reply is not None
        assert (asking.reply.error, asking.reply.result) == ({"code": -5, "message": "why"}, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"result": None}, Reply(1, result=None)),
        ({"result": 5, "error": None}, Reply(1, result=5)),
        ({"result": None, "error": {"code": 1, "message": "x"}}, Reply(1, error={"code": 1, "message": "x"})),
        ({"error": "text"}, Reply(1, error={"code": 0, "message": "text"})),
        ({"error": None}, Reply(1, error={"code": 0, "message": "None"})),
        ({"result": {}, "method": None}, Reply(1, result={})),
    ],
)
async def test_an_answer_of_an_odd_shape_still_ends_the_call(body: dict[str, Any], expected: Reply) -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives({"jsonrpc": "2.0", "id": 1, **body})
        assert asking.reply is not None
        assert (asking.reply.result, asking.reply.error) == (expected.result, expected.error)


async def test_a_string_stands_for_the_integer_that_was_sent() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(response("1"))
        assert asking.result == "done"


@pytest.mark.parametrize("id", ["one", "01x", True, 1.5, 7, "7", [1], {"id": 1}, "1" * 30])
async def test_an_answer_to_nobodys_id_is_ignored(id: Any) -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(response(id, "wrong"))
        assert not asking.over
        await wire.receives(response(1))
        assert asking.result == "done"


async def test_the_first_of_two_answers_counts() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(response(1, "first"), response(1, "second"), error(1))
        assert asking.result == "first"


async def test_a_batch_is_taken_item_by_item() -> None:
    async with wired() as wire:
        one, two = await wire.asks("a"), await wire.asks("b")
        question = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
        await wire.receives([response(2, "b"), 5, question, changed, error(1)])
        assert two.result == "b"
        assert one.reply is not None and one.reply.error is not None
        assert wire.questions == [question]
        assert response(1, {}) in wire.sent
        assert [frame.method for frame in wire.heard] == ["notifications/tools/list_changed"]
        assert wire.noted("batch") == [{"items": 5}]


async def test_an_empty_batch_is_noted() -> None:
    async with wired() as wire:
        await wire.receives(b"[]")
        assert wire.noted("batch") == [{"items": 0}]


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":1,"result":{"text":"\xff"',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":1}} trailing',
        b'{"jsonrpc":"2.0","id":"1","result":{"a":',
        b'{"jsonrpc":"2.0","id":1}',
    ],
)
async def test_a_line_that_cannot_be_read_but_names_a_request_ends_it_with_the_reason(line: bytes) -> None:
    async with wired() as wire:
        asking, other = await wire.asks("a"), await wire.asks("b")
        await wire.receives(line)
        assert asking.reply is not None and asking.reply.error is not None
        assert asking.reply.error["code"] == -32700
        assert "could not be read" in asking.reply.error["message"]
        assert asking.reply.frame is None, "what we make up ourselves is never a frame"
        assert [(note, re) for note, re, _ in wire.notes] == [("unreadable", 1)]
        assert wire.noted("unreadable")[0]["method"] == "a"
        assert not other.over


@pytest.mark.parametrize("line", [b"hello", b"\xff\xfe", b"", b'{"jsonrpc":"2.0","id":99,"result":', b"{}", b"5"])
async def test_any_other_line_that_cannot_be_read_ends_nothing(line: bytes) -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(line)
        assert not asking.over
        assert wire.notes == []


@pytest.mark.parametrize("body", [{"id": None}, {}])
@pytest.mark.parametrize("said", [{"error": {"code": -32600, "message": "bad"}}, {"result": "fine"}])
async def test_what_has_no_id_is_the_answer_to_the_only_request(
    body: dict[str, Any], said: dict[str, Any], clock: Clock
) -> None:
    async with wired() as wire:
        asking = await wire.asks("server/discover")
        await wire.receives({"jsonrpc": "2.0", **said, **body})
        await clock.pass_(WITHOUT_ID_AFTER)
        assert asking.reply is not None
        assert (asking.reply.result, asking.reply.error) == (said.get("result"), said.get("error"))
        assert wire.noted("answer-without-id") == [{"id": 1, "method": "server/discover"}]


async def test_the_real_answer_goes_before_one_without_an_id(clock: Clock) -> None:
    async with wired() as wire:
        asking = await wire.asks()
        await wire.receives(error(None), response(1))
        await clock.pass_(WITHOUT_ID_AFTER)
        assert asking.result == "done"
        assert wire.notes == []


async def test_what_has_no_id_answers_nothing_while_several_wait_or_none(clock: Clock) -> None:
    async with wired() as wire:
        await wire.receives(error(None))
        one, two = await wire.asks("a"), await wire.asks("b")
        await wire.receives(error(None), response(None))
        await clock.pass_(WITHOUT_ID_AFTER)
        assert not one.over and not two.over
        assert wire.notes == []


async def test_a_request_can_be_ended_from_outside_once_with_a_note() -> None:
    async with wired() as wire:
        asking = await wire.asks("a")
        assert wire.dispatcher.is_waiting(1)
        assert [(id, method) for id, method, _ in wire.dispatcher.unanswered()] == [(1, "a")]
        assert wire.dispatcher.resolve(1, code=-32000, message="HTTP 500")
        assert not wire.dispatcher.is_waiting(1)
        assert wire.dispatcher.unanswered() == []
        assert not wire.dispatcher.resolve(1, code=-32000, message="again")
        assert not wire.dispatcher.resolve(2, code=-32000, message="nobody")
        await settled()
        assert asking.reply == Reply(1, error={"code": -32000, "message": "HTTP 500"})
        assert wire.noted("made-up") == [{"id": 1, "method": "a", "error": "HTTP 500"}]


async def test_a_request_can_be_given_up_from_outside_and_its_caller_hears_of_it() -> None:
    async with wired() as wire:
        asking = await wire.asks("a")
        assert wire.dispatcher.cancel(1, "the person cancelled it")
        assert not wire.dispatcher.cancel(1, "twice")
        assert not wire.dispatcher.cancel(2, "nobody's")
        await settled()
        assert asking.reply == Reply(1, error={"code": -32800, "message": "cancelled: the person cancelled it"})
        assert wire.last("notifications/cancelled")["params"] == {
            "requestId": 1,
            "reason": "the person cancelled it",
        }


async def test_the_handshake_cannot_be_given_up_from_outside() -> None:
    async with wired() as wire:
        await wire.asks("initialize")
        assert not wire.dispatcher.cancel(1, "impatient")
        assert wire.dispatcher.is_waiting(1)


async def test_a_lost_link_ends_everyone_who_waits_and_everyone_who_comes() -> None:
    async with wired() as wire:
        one, two = await wire.asks("a"), await wire.asks("b", within=None)
        wire.dispatcher.lose(LinkLost("The server exited with code 3."))
        wire.dispatcher.lose(LinkLost("The link was closed."))
        await settled()
        assert [str(asking.error) for asking in (one, two)] == ["The server exited with code 3."] * 2
        late = await wire.asks("c")
        assert isinstance(late.error, LinkLost)
        assert len(wire.sent) == 2


async def test_the_end_of_the_link_is_the_last_that_is_said_of_what_waited() -> None:
    async with wired() as wire:
        asking = await wire.asks("a")
        wire.dispatcher.lose(LinkLost("gone"))
        assert not wire.dispatcher.resolve(1, code=-32000, message="connection reset")
        await settled()
        assert str(asking.error) == "gone"
        assert wire.notes == []


async def test_what_came_before_the_end_of_the_link_still_counts() -> None:
    async with wired() as wire:
        one, two = await wire.asks("a"), await wire.asks("b")

        def read() -> None:
            wire.dispatcher.deliver(wire.frame(response(1)))
            wire.dispatcher.lose(LinkLost("gone"))

        await anyio.to_thread.run_sync(read)
        await settled()
        assert one.result == "done"
        assert str(two.error) == "gone"


async def test_frames_of_another_thread_keep_their_order() -> None:
    async with wired() as wire:
        number = 2_000
        frames = [wire.frame({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"n": n}})
                  for n in range(number)]  # fmt: skip
        begun = threading.Event()

        def read() -> None:
            for index, frame in enumerate(frames):
                wire.dispatcher.deliver(frame)
                if index == number // 2:
                    begun.set()

        thread = threading.Thread(target=read)
        thread.start()
        begun.wait()
        wire.dispatcher.deliver(wire.frame({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}))
        await anyio.to_thread.run_sync(thread.join)
        await settled()
        ours, theirs = [f for f in wire.heard if not f.params], [f for f in wire.heard if f.params]
        assert [frame.params["n"] for frame in theirs] == list(range(number))
        assert len(ours) == 1
        assert wire.heard.index(ours[0]) >= number // 2, "it went before what had been delivered earlier"


def test_a_frame_that_comes_after_the_loop_has_closed_is_dropped() -> None:
    async def made() -> Any:
        async with wired() as wire:
            return wire

    wire = anyio.run(made)
    thread = threading.Thread(target=wire.dispatcher.deliver, args=(wire.frame(response(1)),))
    thread.start()
    thread.join()
    wire.dispatcher.lose(LinkLost("gone"))


async def test_only_the_notifications_that_concern_the_client_reach_it() -> None:
    async with wired() as wire:
        await wire.receives(
            {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}},
            {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"},
            {"jsonrpc": "2.0", "method": "x/unknown"},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        )
        methods = [frame.method for frame in wire.heard]
        assert methods == ["notifications/tools/list_changed", "notifications/cancelled"]


async def test_a_notification_goes_out_without_an_id() -> None:
    async with wired() as wire:
        wire.dispatcher.notify("a/b", {"x": 1}, by="mcpwatch")
        wire.dispatcher.notify("c")
        assert wire.sent == [{"jsonrpc": "2.0", "method": "a/b", "params": {"x": 1}}, {"jsonrpc": "2.0", "method": "c"}]
        assert wire.by == ["mcpwatch", "user"]
