"""What the client adds on its own: tokens, levels, re-lists, subscriptions, and a note for every question."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.session.answers import canned
from mcpwatch.session.target import Target
from tests.session.linked import linked
from tests.session.web import (
    DISCOVERED,
    INITIALIZED,
    body,
    event,
    hangs,
    modern,
    open_until_left,
    says,
    streams,
    talking,
)

pytestmark = pytest.mark.anyio

LEVEL = "io.modelcontextprotocol/logLevel"
ACKNOWLEDGED: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"}


def able(**capabilities: Any) -> dict[str, Any]:
    return {"initialize": says({**INITIALIZED, "capabilities": capabilities})}


def able_modern(**capabilities: Any) -> dict[str, Any]:
    return {"server/discover": says({**DISCOVERED, "capabilities": capabilities})}


def token_of(request: Any) -> Any:
    return body(request).get("params", {}).get("_meta", {}).get("progressToken")


@pytest.mark.parametrize("talk", [talking, modern])
async def test_every_request_that_may_take_one_carries_a_progress_token(talk: Any) -> None:
    async with talk() as (web, link):
        client = link.client
        await client.call("work", {"n": 5})
        await client.read("file:///x")
        await client.prompt("greet")
        await client.complete("greet", "name", "A")
        await client.request("x/custom", {"a": 1})
        await client.catalogue.fetch("tools")
        await client.request("ping")
    tokens = {key: token_of(request) == body(request)["id"] for key, request in web.seen if "id" in body(request)}
    with_one = {"tools/call", "resources/read", "prompts/get", "completion/complete", "x/custom"}
    assert {key for key, has in tokens.items() if has} == with_one
    assert {"tools/list", "ping"} <= tokens.keys() - with_one


async def test_a_lesser_client_asks_for_no_progress_and_no_logs() -> None:
    without = frozenset({"progress", "logs"})
    async with talking(able(logging={}), without=without) as (web, link):
        await link.client.call("work")
        assert token_of(web.asked("tools/call")[0]) is None
        assert "logging/setLevel" not in web.keys
    async with modern(without=without) as (web, link):
        await link.client.call("work")
        meta = body(web.asked("tools/call")[0])["params"]["_meta"]
        assert LEVEL not in meta and "progressToken" not in meta


async def test_the_handshake_era_sets_the_level_once_where_the_server_logs() -> None:
    async with talking(able(logging={}), log_level="warning") as (web, _):
        assert body(web.asked("logging/setLevel")[0])["params"] == {"level": "warning"}
    async with talking() as (web, _):
        assert "logging/setLevel" not in web.keys


async def test_the_stateless_era_asks_for_the_level_with_each_request() -> None:
    async with modern(able_modern(logging={}), log_level="warning") as (web, link):
        await link.client.call("work")
        assert body(web.asked("tools/call")[0])["params"]["_meta"][LEVEL] == "warning"
        assert "logging/setLevel" not in web.keys


async def test_each_call_says_what_it_is_about() -> None:
    async with talking() as (web, link):
        await link.client.call("work", {"n": 5})
        await link.client.call("work")
        await link.client.prompt("greet", {"name": "Ada"})
        await link.client.complete("file:///{x}", "x", "a")
        await link.client.subscribe("file:///x")
    sent = [{**body(request)["params"]} for key, request in web.seen if "/" in key and key.partition("/")[0] in
            ("tools", "prompts", "completion", "resources")]  # fmt: skip
    for params in sent:
        params.pop("_meta", None)
    assert sent == [
        {"name": "work", "arguments": {"n": 5}},
        {"name": "work", "arguments": {}},
        {"name": "greet", "arguments": {"name": "Ada"}},
        {"ref": {"type": "ref/resource", "uri": "file:///{x}"}, "argument": {"name": "x", "value": "a"}},
        {"uri": "file:///x"},
    ]


async def test_a_subscription_of_the_stateless_era_is_there_when_it_was_acknowledged() -> None:
    left = anyio.Event()
    async with modern({"subscriptions/listen": open_until_left(ACKNOWLEDGED, left)}) as (web, link):
        assert await link.client.subscribe("file:///x") is None
        assert link.frames("s2c", "notifications/subscriptions/acknowledged")
        params = body(web.asked("subscriptions/listen")[0])["params"]
        assert params["notifications"] == {"resourceSubscriptions": ["file:///x"]}
        assert [frame.by for frame in link.frames("c2s", "subscriptions/listen")] == ["user"]


async def test_a_subscription_that_is_refused_does_not_hold_anything_up() -> None:
    refused = says(error={"code": -32601, "message": "no"})
    async with modern({"subscriptions/listen": refused}) as (_, link):
        await link.client.subscribe("file:///x")
        assert (await link.client.request("ping")).result == {}


async def test_the_changes_that_a_stateless_server_offers_are_subscribed_to_and_listed_again() -> None:
    changed: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
    tell = anyio.Event()

    async def listens(wire: Any, request: Any) -> None:
        await wire.head("200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")
        await wire.chunk(event(ACKNOWLEDGED))
        await tell.wait()
        await wire.chunk(event(changed))
        await wire.gone()

    replies = {
        **able_modern(tools={"listChanged": True}, prompts={}, resources={"listChanged": False}),
        "subscriptions/listen": listens,
        "tools/list": [says({"tools": []}), says({"tools": [{"name": "new"}]})],
    }
    for relist in (True, False):
        tell = anyio.Event()
        async with talking(dict(replies), era="auto", relist=relist) as (web, link):
            await link.client.catalogue.fetch("tools")
            wanted = body(web.asked("subscriptions/listen")[0])["params"]["notifications"]
            assert wanted == {"toolsListChanged": True}
            tell.set()
            await link.until(lambda: link.frames("s2c", "notifications/tools/list_changed"))
            if relist:
                await web.until("tools/list", 2)
            await link.client.request("ping")
            assert len(web.asked("tools/list")) == (2 if relist else 1)


ELICIT: dict[str, Any] = {"jsonrpc": "2.0", "id": 0, "method": "elicitation/create",
                          "params": {"message": "?", "requestedSchema": {}}}  # fmt: skip


@pytest.mark.parametrize(
    ("answerers", "what", "data"),
    [
        ([canned.elicit("accept")], "answered", {"rule": "--elicit", "action": "accept"}),
        ([], "unanswered", {"rule": "nobody", "action": "decline", "wanted": "--elicit accept"}),
    ],
)
async def test_a_note_says_who_answered_a_question_and_what_would_have(
    answerers: list[Any], what: str, data: dict[str, Any]
) -> None:
    async with talking({"GET": streams(event(ELICIT), end="stays")}, *answerers) as (web, link):
        await web.until("answer")
        (note,) = link.notes(what)
        assert note.data == {"method": "elicitation/create", **data}
        (asked,) = link.frames("s2c", "elicitation/create")
        assert note.re == asked.seq
        (one,) = link.client.asked
        assert (one.question.seq, one.answer.answered) == (asked.seq, what == "answered")


async def test_a_ping_is_answered_and_said_to_be_automatic() -> None:
    ping: dict[str, Any] = {"jsonrpc": "2.0", "id": None, "method": "ping"}
    async with talking({"GET": streams(event(ping), end="stays")}) as (web, link):
        request = await web.until("answer")
        assert body(request) == {"jsonrpc": "2.0", "id": None, "result": {}}
        assert link.notes("answered")[0].data["auto"] is True


async def test_an_input_round_is_a_conversation_with_notes_that_name_its_keys() -> None:
    asks = {"resultType": "input_required", "requestState": "s-1",
            "inputRequests": {"form": {"method": "elicitation/create", "params": ELICIT["params"]}}}  # fmt: skip
    done: dict[str, Any] = {"resultType": "complete", "content": []}
    replies = {"tools/call": [says(asks), says(done)]}
    async with modern(replies, canned.elicit("accept")) as (web, link):
        assert (await link.client.call("work", {"n": 5})).result == done
        again = body(web.asked("tools/call")[1])["params"]
        assert again["inputResponses"] == {"form": {"action": "accept", "content": {}}}
        assert (again["requestState"], again["arguments"]) == ("s-1", {"n": 5})
        assert [frame.by for frame in link.frames("c2s", "tools/call")] == ["user", "answer"]
        assert link.notes("answered")[0].data["key"] == "form"


async def test_before_it_is_connected_a_client_can_only_say_so() -> None:
    async with linked(Target("x", "x", url="http://127.0.0.1:1"), connect=False) as link:
        with pytest.raises(ConnectError, match="alpha is not connected"):
            await link.client.request("ping")
        assert link.client.unanswered() == []
        await link.client.aclose()


async def test_what_is_unanswered_can_be_told() -> None:
    async with talking({"x/hang": hangs}) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/hang")
            await web.until("x/hang")
            assert [(id, method) for id, method, _ in link.client.unanswered()] == [(2, "x/hang")]
            tasks.cancel_scope.cancel()
        assert link.client.unanswered() == []
