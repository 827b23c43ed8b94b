"""The transport of 2024-11-05: one stream, which names the address to POST to."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.events import Closed
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.target import Target
from tests.servers.http.raw import Request, Wire, serving
from tests.session.conftest import settled
from tests.session.linked import linked
from tests.session.old import Old, old
from tests.session.web import breaks, event, hangs, says, status

pytestmark = pytest.mark.anyio


async def test_the_stream_names_the_address_and_carries_the_answers() -> None:
    async with old() as (server, link):
        assert (await link.client.request("x/echo", {"a": 1})).result["a"] == 1
        assert server.keys == ["GET", "initialize", "notifications/initialized", "x/echo"]
        (stream, *posts) = [request for _, request in server.seen]
        assert stream.headers["accept"] == "text/event-stream"
        assert {(post.verb, post.path) for post in posts} == {("POST", "/messages?session=1")}
        assert {request.headers["x-own"] for _, request in server.seen} == {"1"}
        assert {post.headers["content-type"] for post in posts} == {"application/json"}
        assert link.opened() == ["sse"]
    assert [closed.reason for closed in link.closed()] == ["closed"]


async def test_what_a_server_asks_is_answered_with_a_post() -> None:
    async def yes(question: Question) -> Answer:
        return Answer("test", result={"roots": []})

    async with old({}, yes) as (server, _):
        server.push({"id": 0, "method": "roots/list"})
        request = await server.until("answer")
        assert request.body == b'{"jsonrpc":"2.0","id":0,"result":{"roots":[]}}'


@pytest.mark.parametrize("endpoint", ["messages", "/mcp", "?a=b", "/"])
async def test_an_address_inside_the_origin_is_taken_as_it_stands(endpoint: str) -> None:
    paths = {"messages": "/messages", "/mcp": "/mcp", "?a=b": "/mcp?a=b", "/": "/"}
    async with old(endpoint=endpoint) as (server, _):
        assert server.asked("initialize")[0].path == paths[endpoint]


async def test_an_absolute_address_inside_the_origin_is_taken() -> None:
    server = Old()
    async with serving(server.answer) as raw:
        server.opening = [event(raw.url.replace("/mcp", "/absolute").encode(), "event: endpoint")]
        async with linked(Target("web", raw.url, url=raw.url, transport="sse"), era="legacy"):
            assert server.asked("initialize")[0].path == "/absolute"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/messages",
        "http://127.0.0.1:1/messages",
        "//evil.example/messages",
        "http://user:pass@127.0.0.1/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[",
        "http://127.0.0.1:port/messages",
        "//[::1",
    ],
)
async def test_an_address_at_another_origin_is_refused_and_nothing_is_sent(endpoint: str) -> None:
    async with old(endpoint=endpoint, connect=False) as (server, link):
        with pytest.raises(ConnectError, match="endpoint") as caught:
            await link.client.connect()
        assert endpoint in str(caught.value)
        assert server.keys == ["GET"]


async def test_an_address_with_a_name_and_a_password_of_its_own_is_refused() -> None:
    server = Old()
    async with serving(server.answer) as raw:
        server.opening = [event(raw.url.replace("http://", "http://user:pass@").encode(), "event: endpoint")]
        target = Target("web", raw.url, url=raw.url, transport="sse")
        async with linked(target, connect=False, era="legacy") as link:
            with pytest.raises(ConnectError, match="another origin"):
                await link.client.connect()
    assert server.keys == ["GET"]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (status("404 Not Found"), "HTTP 404"),
        (says({}), "HTTP 200 application/json"),
        (breaks, ""),
    ],
)
async def test_what_is_no_stream_is_a_connect_error_with_what_it_is(reply: Any, why: str) -> None:
    async with old({"GET": reply}, connect=False) as (_, link):
        with pytest.raises(ConnectError, match=f"is no SSE endpoint: {why}") as caught:
            await link.client.connect()
        assert "--transport http" in caught.value.hint
        assert [closed.reason for closed in link.closed()] == ["lost"]


async def test_a_stream_that_ends_before_it_named_an_address_is_a_connect_error() -> None:
    async with old(connect=False) as (server, link):
        server.opening = [b": hello\n\n", event(b"x", "event: other")]
        server.ends.set()
        with pytest.raises(ConnectError, match="is no SSE endpoint"):
            await link.client.connect()


@pytest.mark.parametrize("line", ["400 Bad Request", "404 Not Found", "500 Internal Server Error", "307 Elsewhere"])
async def test_a_post_that_is_refused_is_an_error_reply_and_the_link_lives_on(line: str) -> None:
    async with old({"x/y": status(line)}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -int(line[:3]), "message": f"HTTP {line}"}
        assert (await link.client.request("x/echo", {"a": 1})).error is None


async def test_a_post_that_breaks_is_an_error_reply_and_the_link_lives_on() -> None:
    async with old({"x/y": breaks}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.error is not None and reply.error["code"] == -32000
        assert (await link.client.request("x/echo", {"a": 1})).error is None


@pytest.mark.parametrize("end", ["ends", "breaks"])
async def test_the_end_of_the_stream_is_the_end_of_the_link(end: str) -> None:
    async with old() as (server, link):
        errors: list[str] = []

        async def ask() -> None:
            with pytest.raises(LinkLost) as caught:
                await link.client.request("x/never")
            errors.append(str(caught.value))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await server.until("x/never")
            server.end = end
            server.ends.set()
        assert "The connection to http://" in errors[0] and "was lost" in errors[0]
        await link.client.wait_closed()
        assert link.client.closed is not None and link.client.closed.reason == "lost"
        with pytest.raises(LinkLost, match="was lost"):
            await link.client.request("x/late")
        link.client.notify("x/late")
        await settled()
        assert "x/late" not in server.keys
    assert [closed.reason for closed in link.closed()] == ["lost"], "it ended twice"


async def test_the_end_of_the_link_comes_after_all_that_is_said_of_what_was_in_flight() -> None:
    async with old({"x/y": hangs}) as (server, link):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_is_lost, link.client, "x/y")
            await server.until("x/y")
            server.ends.set()
    assert [event.error for event in link.http("error")] == ["cancelled by us"]
    assert isinstance(link.events[-1], Closed)


async def _is_lost(client: Client, method: str) -> None:
    with pytest.raises(LinkLost):
        await client.request(method)


async def test_a_notification_goes_before_what_is_sent_after_it() -> None:
    gate = anyio.Event()

    async def late(wire: Wire, request: Request) -> None:
        await gate.wait()
        await status("202 Accepted")(wire, request)

    async with old({"x/first": late}) as (server, link):
        link.client.notify("x/first")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.request, "x/echo", {"a": 1})
            await server.until("x/first")
            await settled()
            assert "x/echo" not in server.keys
            gate.set()


async def test_what_was_sent_last_still_gets_out_when_the_link_is_ended() -> None:
    async with old() as (server, link):
        link.client.notify("x/last")
    assert server.keys[-1] == "x/last"


async def test_what_waits_when_the_link_is_ended_is_given_up() -> None:
    async with old({"x/hang": hangs}) as (server, link):
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                with pytest.raises(LinkLost):
                    await link.client.request("x/hang", within=None)

            tasks.start_soon(ask)
            await server.until("x/hang")
            await link.client.aclose()
        assert [closed.reason for closed in link.closed()] == ["closed"]
