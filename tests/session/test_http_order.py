"""Streamable HTTP: what goes before what, what a cancellation is in either era, and what still gets out at the end."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.session import exchange
from tests.servers.http.raw import Request, Wire
from tests.session.conftest import settled
from tests.session.web import DISCOVERED, hangs, modern, open_until_left, says, status, talking

pytestmark = pytest.mark.anyio


def when(gate: anyio.Event, reply: Any) -> Any:
    """A reply that waits."""

    async def late(wire: Wire, request: Request) -> None:
        await gate.wait()
        await reply(wire, request)

    return late


async def test_a_notification_goes_before_what_is_sent_after_it() -> None:
    gate = anyio.Event()
    async with talking({"x/first": when(gate, status("202 Accepted"))}) as (web, link):
        link.client.notify("x/first")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/second")
            await web.until("x/first")
            await settled()
            assert "x/second" not in web.keys
            gate.set()
        assert web.keys.index("x/first") < web.keys.index("x/second")


async def test_a_notification_that_is_never_taken_holds_nothing_back_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ORDERLY", 0.01)
    monkeypatch.setattr("mcpwatch.session.http.LAST_WORDS", 0.01)
    async with talking({"x/stuck": hangs}) as (_, link):
        link.client.notify("x/stuck")
        assert (await link.client.request("x/y")).result == {}


async def test_requests_go_side_by_side() -> None:
    gate = anyio.Event()
    async with talking({"x/slow": when(gate, says({"slow": 1}))}) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/slow")
            await web.until("x/slow")
            assert (await link.client.request("x/fast")).result == {}
            gate.set()


async def test_the_first_request_waits_until_the_server_knows_that_we_are_initialized() -> None:
    gate = anyio.Event()
    async with talking({"notifications/initialized": when(gate, status("202 Accepted"))}) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/y")
            await web.until("notifications/initialized")
            await settled()
            assert "x/y" not in web.keys and "GET" not in web.keys
            gate.set()


async def test_a_cancellation_of_the_handshake_era_is_a_notification() -> None:
    async with talking({"x/hang": hangs}) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/hang")
            await web.until("x/hang")
            tasks.cancel_scope.cancel()
        told = await web.until("notifications/cancelled")
        assert b'"requestId":2' in told.body
        assert (await link.client.request("x/y")).result == {}


async def test_a_cancellation_of_the_stateless_era_is_the_end_of_the_response() -> None:
    left = anyio.Event()
    begun = {"jsonrpc": "2.0", "method": "x/begun"}
    async with modern({"x/hang": open_until_left(begun, left)}) as (web, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/hang")
            await link.until(lambda: link.frames("s2c", "x/begun"))
            tasks.cancel_scope.cancel()
        await left.wait()
        assert (await link.client.request("x/y")).result == {}
        assert "notifications/cancelled" not in web.keys
        assert [event.error for event in link.http("error")] == ["cancelled by us"]


async def test_a_request_that_was_given_up_before_it_went_out_never_does() -> None:
    async with modern() as (web, link):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await link.client.request("x/never")
        assert (await link.client.request("x/y")).result == {}
        assert "x/never" not in web.keys


async def test_a_cancellation_that_the_user_sends_is_sent_in_either_era() -> None:
    for talk in (talking, modern):
        async with talk() as (web, link):
            link.client.notify("notifications/cancelled", {"requestId": [1]})
            link.client.notify("notifications/cancelled")
            await web.until("notifications/cancelled", 2)


async def test_what_was_sent_last_still_gets_out_when_the_link_is_ended() -> None:
    for talk in (talking, modern):
        async with talk() as (web, link):
            for number in range(5):
                link.client.notify(f"x/{number}")
        assert [key for key in web.keys if key.startswith("x/")] == [f"x/{number}" for number in range(5)]


async def test_what_waits_when_the_link_is_ended_is_given_up_and_told() -> None:
    async with talking({"x/hang": hangs}) as (web, link):
        errors: list[str] = []

        async def ask() -> None:
            with pytest.raises(Exception, match="closed") as caught:
                await link.client.request("x/hang", within=None)
            errors.append(type(caught.value).__name__)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await web.until("x/hang")
            await link.client.aclose()
        assert errors == ["LinkLost"]
        await link.client.aclose()
        assert len(link.closed()) == 1


async def test_a_link_that_has_ended_sends_nothing_more() -> None:
    async with talking() as (web, link):
        await link.client.aclose()
        link.client.notify("x/late")
        await settled()
        assert web.keys[-1] == "DELETE"


async def test_a_subscription_of_the_stateless_era_is_ended_with_the_link() -> None:
    left = anyio.Event()
    acknowledged = {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"}
    capable = {**DISCOVERED, "capabilities": {"tools": {"listChanged": True}}}
    replies = {"server/discover": says(capable), "subscriptions/listen": open_until_left(acknowledged, left)}
    async with talking(replies, era="auto") as (web, link):
        request = await web.until("subscriptions/listen")
        assert b'"toolsListChanged":true' in request.body
        await link.client.aclose()
        await left.wait()
