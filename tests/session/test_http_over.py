"""Streamable HTTP: how a link finds out that it is over, though no connection's end says so."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.events import Closed, Event
from mcpwatch.session import presence, standing
from mcpwatch.session.dispatch import LinkLost
from tests.servers.http.raw import Request, Wire, whole
from tests.session.linked import Linked
from tests.session.web import DISCOVERED, Web, body, event, hangs, modern, says, status, streams, talking

pytestmark = pytest.mark.anyio

LOG: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
LISTENABLE = {"server/discover": says({**DISCOVERED, "capabilities": {"tools": {"listChanged": True}}})}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "RECONNECT_AFTER", 0.0)
    monkeypatch.setattr(presence, "BETWEEN", 0.0)


async def is_lost(web: Web, link: Linked) -> str:
    """Wait until the link is over; why it is."""
    await link.client.wait_closed()
    (closed,) = link.closed()
    assert closed.reason == "lost"
    with pytest.raises(LinkLost) as caught:
        await link.client.request("x/late")
    link.client.notify("x/late")
    assert "x/late" not in web.keys
    assert str(caught.value).rstrip(".").lower().endswith((closed.error or "?").lower())
    return str(caught.value)


def acknowledged(request: Request) -> bytes:
    meta = {"io.modelcontextprotocol/subscriptionId": body(request)["id"]}
    params = {"_meta": meta, "notifications": {}}
    return event({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params})


async def listens(wire: Wire, request: Request) -> None:
    """A subscription that is acknowledged and stays open."""
    await streams(acknowledged(request), end="stays")(wire, request)


async def test_a_server_that_dies_is_missed_by_its_standing_stream() -> None:
    async with talking({"GET": streams(event(LOG), end="stays")}) as (web, link):
        await link.until(lambda: link.frames("s2c", "notifications/message"))
        web.raw.die()
        said = await is_lost(web, link)
    assert said.startswith(f"The server at {web.url} is gone: nobody answers at 127.0.0.1:")
    assert "(connection refused; tried 3 times)" in said
    assert [closed.reason for closed in link.closed()] == ["lost"], "it ended twice"
    assert link.notes("stream-given-up") == []


async def test_a_server_that_dies_is_missed_by_a_subscription_of_the_stateless_era() -> None:
    async with modern({**LISTENABLE, "subscriptions/listen": listens}) as (web, link):
        web.raw.die()
        assert "is gone" in await is_lost(web, link)


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_a_server_that_dies_while_nothing_is_in_flight_is_missed_by_a_knock(
    era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "EVERY", 0.0)
    async with talking() if era == "legacy" else modern() as (web, link):
        if era == "legacy":  # it asks for a standing stream first, and hears that there is none
            await link.until(lambda: len(link.http("end")) == 3)
        seen = len(link.events)
        before = web.raw.connections
        while web.raw.connections < before + 3:
            await anyio.lowlevel.checkpoint()
        assert link.events[seen:] == [], "a knock is no traffic"
        assert link.client.closed is None
        web.raw.die()
        assert "is gone" in await is_lost(web, link)


async def test_nobody_knocks_while_something_is_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "EVERY", 0.0)
    async with talking({"GET": streams(event(LOG), end="stays")}) as (web, link):
        await link.until(lambda: link.frames("s2c", "notifications/message"))
        before = web.raw.connections
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        assert web.raw.connections == before


async def test_a_call_that_the_server_did_not_survive_ends_with_that() -> None:
    async with talking({"x/y": hangs}) as (web, link):
        await web.until("GET")
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                with pytest.raises(LinkLost, match="is gone: nobody answers at"):
                    await link.client.request("x/y")

            tasks.start_soon(ask)
            await web.until("x/y")
            web.raw.die()
        await link.client.wait_closed()


async def test_whoever_is_told_that_a_link_is_closed_finds_its_client_closed() -> None:
    found: list[bool] = []
    async with talking({"x/y": hangs}) as (web, link):

        def told(one: Event) -> None:
            if isinstance(one, Closed):
                found.append(link.client.closed is one)

        link.client._hub.attach(told)  # pyright: ignore[reportPrivateUsage]
        web.raw.die()
        with pytest.raises(LinkLost):
            await link.client.request("x/y")
        await link.client.wait_closed()
    assert found == [True]


async def test_the_end_of_the_link_comes_after_all_that_is_said_of_what_was_in_flight() -> None:
    gone, asked = status("404 Not Found"), anyio.Event()

    async def gone_then(wire: Wire, request: Request) -> None:
        await asked.wait()
        await gone(wire, request)

    async with talking({"GET": [streams(event(LOG)), gone_then], "ping": gone, "x/y": hangs}) as (web, link):
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                with pytest.raises(LinkLost, match="has ended this session"):
                    await link.client.request("x/y")

            tasks.start_soon(ask)
            await web.until("x/y")
            asked.set()
            await link.client.wait_closed()
    assert "cancelled by us" in [event.error for event in link.http("error")]
    assert isinstance(link.events[-1], Closed)


async def test_the_next_request_finds_a_server_that_went_away() -> None:
    async with talking() as (web, link):
        await web.until("GET")
        web.raw.die()
        with pytest.raises(LinkLost, match="is gone"):
            await link.client.request("x/y")
        assert link.client.closed is not None


async def test_a_server_that_is_back_in_time_keeps_its_link(monkeypatch: pytest.MonkeyPatch) -> None:
    missed: list[str | None] = []

    async def knock(host: str, port: int) -> str | None:
        missed.append("connection refused" if len(missed) < 2 else None)
        return missed[-1]

    monkeypatch.setattr(presence, "_knock", knock)
    async with talking({"GET": [streams(event(LOG), end="breaks"), hangs]}) as (web, link):
        await web.until("GET")
        web.replies["x/y"] = [streams(end="breaks"), says({"ok": 1})]
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert missed[:3] == ["connection refused", "connection refused", None]
        assert (await link.client.request("x/y")).result == {"ok": 1}
        assert link.client.closed is None


# ---- sessions


@pytest.mark.parametrize(
    "forgotten",
    [
        whole("404 Not Found", "text/plain", b"no"),
        says(status="404 Not Found", error={"code": -32600, "message": "Session not found"}),
        says(status="400 Bad Request", error={"code": -32000, "message": "Bad Request: No valid session ID provided"}),
    ],
)
async def test_a_session_that_the_server_has_forgotten_is_the_end_of_the_link(forgotten: Any) -> None:
    async with talking({"x/y": forgotten, "ping": forgotten}) as (web, link):
        try:
            await link.client.request("x/y")
        except LinkLost as lost:
            assert "begins a new session" in lost.hint
        assert "has ended this session, or forgot it in a restart (HTTP 4" in await is_lost(web, link)
        (ping,) = link.frames("c2s", "ping")
        assert (ping.by, ping.id) == ("mcpwatch", "ping-1")
        assert web.asked("ping")[0].headers["mcp-session-id"] == "s-1"
    assert "DELETE" not in web.keys, "there is nothing left to end"


async def test_a_404_in_a_session_that_still_answers_is_an_error_reply() -> None:
    async with talking({"x/y": [whole("404 Not Found", "text/html", b""), says({"ok": 1})]}) as (web, link):
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -404, "message": "HTTP 404 Not Found"}
        assert len(web.asked("ping")) == 1
        assert (await link.client.request("x/y")).result == {"ok": 1}
        assert link.client.closed is None


async def test_a_method_that_is_not_found_says_nothing_of_the_session() -> None:
    unknown = says(status="404 Not Found", error={"code": -32601, "message": "Method not found"})
    async with talking({"x/y": unknown, "ping": unknown}) as (web, link):
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -32601, "message": "Method not found"}
        assert web.asked("ping") == []


async def test_a_404_where_there_is_no_session_is_an_error_reply_alone() -> None:
    async with modern({"x/y": status("404 Not Found")}) as (web, link):
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -404, "message": "HTTP 404 Not Found"}
        assert web.keys == ["server/discover", "x/y"]


async def test_a_standing_stream_that_comes_back_as_404_asks_after_the_session() -> None:
    gone = status("404 Not Found")
    async with talking({"GET": [streams(event(LOG)), gone], "ping": gone}) as (web, link):
        assert "has ended this session" in await is_lost(web, link)


async def test_several_that_were_refused_ask_after_the_session_once() -> None:
    gone = status("404 Not Found")
    async with talking({"x/y": gone, "ping": gone}) as (web, link):

        async def ask() -> None:
            with pytest.raises(LinkLost, match="ended this session"):
                await link.client.request("x/y")

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(ask)
        assert len(web.asked("ping")) == 1
