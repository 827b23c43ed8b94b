"""Subscriptions of the stateless era: opened again where their stream broke, left where the server has ended them."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.session import subscriptions
from tests.servers.http.raw import Request, Wire
from tests.session.web import DISCOVERED, Web, body, event, modern, says, status, streams

pytestmark = pytest.mark.anyio

LISTABLE = {"server/discover": says({**DISCOVERED, "capabilities": {"tools": {"listChanged": True}}})}
CHANGED: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "REOPEN_AFTER", 0.0)


def acknowledged(request: Request) -> bytes:
    meta = {"io.modelcontextprotocol/subscriptionId": body(request)["id"]}
    params = {"_meta": meta, "notifications": {"toolsListChanged": True}}
    return event({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params})


def listens(*more: bytes, end: str = "stays") -> Any:
    """It is acknowledged, says more, and ends in this way."""

    async def reply(wire: Wire, request: Request) -> None:
        await streams(acknowledged(request), *more, end=end)(wire, request)

    return reply


def ids(web: Web) -> list[str]:
    return [body(request)["id"] for request in web.asked("subscriptions/listen")]


@pytest.mark.parametrize("end", ["ends", "breaks"])
async def test_one_whose_stream_broke_is_opened_again_as_a_new_request(end: str) -> None:
    tools = [says({"tools": []}), says({"tools": [{"name": "new"}]})]
    listening = [listens(end=end), listens(end=end), listens(event(CHANGED))]
    async with modern({**LISTABLE, "tools/list": tools, "subscriptions/listen": listening}) as (web, link):
        await link.client.catalogue.fetch("tools")
        await web.until("tools/list", 2)
        assert ids(web) == ["listen-1", "listen-2", "listen-3"]
        assert {frame.by for frame in link.frames("c2s", "subscriptions/listen")} == {"mcpwatch"}
        wanted = [body(request)["params"]["notifications"] for request in web.asked("subscriptions/listen")]
        assert wanted == [{"toolsListChanged": True}] * 3
    assert link.notes("stream-given-up") == []


async def test_one_that_is_never_acknowledged_again_is_given_up_and_says_so() -> None:
    listening = [listens(end="breaks"), streams()]
    async with modern({**LISTABLE, "subscriptions/listen": listening}) as (web, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert len(web.asked("subscriptions/listen")) == 1 + subscriptions.MAX_REOPENED + 1
        assert (await link.client.request("x/y")).result == {}
        assert link.client.closed is None
    (note,) = link.notes("stream-given-up")
    assert note.data == {
        "attempts": 3,
        "reason": "the response stream ended without an answer",
        "id": f"listen-{2 + subscriptions.MAX_REOPENED}",
    }


REFUSED = {"code": -32000, "message": "no more"}


@pytest.mark.parametrize(
    ("second", "why"), [(says(error=REFUSED), "no more"), (status("403 Forbidden"), "HTTP 403 Forbidden")]
)
async def test_one_that_the_server_refuses_later_is_given_up_at_once(second: Any, why: str) -> None:
    listening = [listens(end="breaks"), second]
    async with modern({**LISTABLE, "subscriptions/listen": listening}) as (web, link):
        await link.until(lambda: link.notes("stream-given-up"))
        assert (await link.client.request("x/y")).result == {}
        assert ids(web) == ["listen-1", "listen-2"]
    (note,) = link.notes("stream-given-up")
    assert note.data == {"id": "listen-2", "attempts": 1, "reason": why}


async def test_one_that_the_server_ends_with_an_answer_is_left() -> None:
    listening = [listens(end="breaks"), says({})]
    async with modern({**LISTABLE, "subscriptions/listen": listening}) as (web, link):
        await web.until("subscriptions/listen", 2)
        for _ in range(5):
            await link.client.request("x/y")
        assert ids(web) == ["listen-1", "listen-2"]
    assert link.notes("stream-given-up") == []


async def test_one_that_the_server_takes_back_is_left() -> None:
    async def takes_back(wire: Wire, request: Request) -> None:
        params = {"requestId": body(request)["id"]}
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
        await streams(acknowledged(request), event(cancelled))(wire, request)

    async with modern({**LISTABLE, "subscriptions/listen": takes_back}) as (web, link):
        for _ in range(5):
            await link.client.request("x/y")
        assert ids(web) == ["listen-1"]
    assert link.notes("stream-given-up") == []


async def test_one_that_never_began_is_not_tried_again() -> None:
    async with modern({**LISTABLE, "subscriptions/listen": streams()}) as (web, link):
        await link.client.request("x/y")
        assert ids(web) == ["listen-1"]
    (note,) = link.notes("stream-given-up")
    assert note.data["attempts"] == 1
