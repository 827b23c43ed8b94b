"""Whole sessions with the official SDK's server, over both web transports and in both eras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from mcpwatch.session.answers import Answerer, canned
from mcpwatch.session.target import Target
from tests.servers.http.real import Served, serve, server
from tests.session.linked import Linked, linked

pytestmark = pytest.mark.anyio

WAYS = ["streams", "json", "stateless", "sse"]


@pytest.fixture(scope="module", params=WAYS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Served, str]]:
    """A real server, and the way in which it answers."""
    way: str = request.param
    if way == "sse":
        app, path = server().sse_app(), "/sse"
    else:
        app = server().streamable_http_app(json_response=way == "json", stateless_http=way == "stateless")
        path = "/mcp"
    with serve(app, path) as one:
        yield one, way


def link_to(url: str, *answerers: Answerer, **options: Any) -> Any:
    return linked(Target("real", url, url=url, transport="auto"), *answerers, **options)


def text(reply: Any) -> str:
    assert reply.error is None, reply.error
    return reply.result["content"][0]["text"]


async def talk(link: Linked, *, follow: bool) -> None:
    client = link.client
    listed = await client.catalogue.fetch("tools")
    assert [row["name"] for row in listed or []] == ["echo", "work", "ask", "hang"]
    assert text(await client.call("echo", {"text": "caf\u00e9 \U0001f600"})) == "caf\u00e9 \U0001f600"
    assert text(await client.call("work", {"steps": 5})) == "done"
    progress = [frame.params["progress"] for frame in link.frames("s2c", "notifications/progress")]
    assert progress == ([1, 2, 3, 4, 5] if follow else [])
    texts: dict[int, str] = {}

    async def echo(number: int) -> None:
        texts[number] = text(await client.call("echo", {"text": f"number {number}"}))

    async with anyio.create_task_group() as together:
        for number in range(8):
            together.start_soon(echo, number)
    assert texts == {number: f"number {number}" for number in range(8)}
    unknown = await client.request("x/unknown")
    assert unknown.error is not None and unknown.error["code"] in (-32601, -32602)


async def test_a_session_of_the_handshake_era(served: tuple[Served, str]) -> None:
    at, way = served
    async with link_to(at.url, canned.elicit("name=Paris"), era="legacy") as link:
        assert link.opened() == ["sse" if way == "sse" else "http"]
        assert link.client.negotiated.era == "legacy"
        await talk(link, follow=way != "json")
        if way in ("streams", "sse"):
            assert text(await link.client.call("ask")) == "Paris"
            assert link.notes("answered")[0].data["rule"] == "--elicit"
        assert link.client.closed is None
    assert [closed.reason for closed in link.closed()] == ["closed"]
    assert link.notes("made-up") == []


async def test_a_session_of_the_stateless_era(served: tuple[Served, str]) -> None:
    at, way = served
    async with link_to(at.url, era="auto") as link:
        assert link.client.negotiated.era == "modern"
        await talk(link, follow=way != "json")
    assert link.notes("made-up") == []


async def test_a_call_that_is_given_up_leaves_the_link_as_it_was(served: tuple[Served, str]) -> None:
    at, way = served
    for era in ("legacy", "auto"):
        async with link_to(at.url, era=era) as link:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(link.client.call, "hang")
                if way == "json":
                    await link.until(lambda: link.frames("c2s", "tools/call"))
                else:
                    await link.until(lambda: link.frames("s2c", "notifications/progress"))
                tasks.cancel_scope.cancel()
            assert text(await link.client.call("echo", {"text": "still here"})) == "still here"
            cancelled = link.frames("c2s", "notifications/cancelled")
            # Over Streamable HTTP the stateless era has no such message: the end of the response says it.
            assert len(cancelled) == (1 if era == "legacy" or way == "sse" else 0)


async def test_a_call_without_an_answer_times_out(served: tuple[Served, str]) -> None:
    at, _ = served
    async with link_to(at.url, era="legacy") as link:
        with pytest.raises(Exception, match="tools/call .* got no answer within 0.05 s"):
            await link.client.request("tools/call", {"name": "hang"}, within=0.05)
        assert text(await link.client.call("echo", {"text": "still here"})) == "still here"
