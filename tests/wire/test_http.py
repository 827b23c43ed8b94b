"""The tap against servers on loopback sockets: what passes, in what order, and when."""

from __future__ import annotations

from contextlib import aclosing

import httpx2
import pytest

from mcpwatch.events import Frame, Http
from tests.servers.http.raw import Request, Wire, chunked, serving, whole
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE, Seen, post, tapped

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_an_exchange_is_told_from_the_request_to_the_end() -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG, "X-Odd: 1", "x-odd: 2")) as server, tapped(seen) as client:
        response = await post(client, server.url)
    assert response.content == PONG
    assert seen.shape() == ["request", "c2s request", "response", "s2c response", "end"]
    request, response_head, end = seen.http("request")[0], seen.http("response")[0], seen.http("end")[0]
    assert (request.verb, request.url) == ("POST", server.url)
    assert ("content-type", JSON) in request.headers
    assert response_head.status == 200
    assert [header for header in response_head.headers if "odd" in header[0].lower()] == [
        ("X-Odd", "1"),
        ("x-odd", "2"),
    ]
    assert (end.size, end.text, end.error) == (len(PONG), None, None)
    assert {event.xid for event in seen.events if isinstance(event, Frame | Http)} == {1}
    assert (seen.frames("c2s")[0].data, seen.frames()[0].data, seen.frames()[0].size) == (PING, PONG, len(PONG))
    assert seen.delivered == seen.frames()


async def test_the_server_gets_the_request_that_it_would_get_without_the_tap() -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG)) as server:
        async with httpx2.AsyncClient() as bare:
            await post(bare, server.url)
        async with tapped(seen) as client:
            await post(client, server.url)
    assert server.requests[0] == server.requests[1]
    assert {name.lower(): value for name, value in seen.http("request")[0].headers} == server.requests[1].headers


async def test_an_event_is_published_while_the_stream_goes_on_and_before_the_client_has_it() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b"data: " + LOG + b"\n\n")
        await seen.arrived.wait()  # nothing more comes before the tap has let the first event through
        await wire.chunk(b"data: " + PONG + b"\n\n")
        await wire.last_chunk()

    async with serving(reply) as server, tapped(seen) as client:
        async with client.stream("POST", server.url, content=PING, headers={"content-type": JSON}) as response:
            counts = [(len(seen.delivered), chunk) async for chunk in response.aiter_raw()]
    assert counts == [(1, b"data: " + LOG + b"\n\n"), (2, b"data: " + PONG + b"\n\n")]
    assert seen.shape() == ["request", "c2s request", "response", "s2c notification", "s2c response", "end"]
    assert [frame.data for frame in seen.frames()] == [LOG, PONG]


async def test_nothing_is_read_that_the_client_does_not_ask_for() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"data: " + LOG + b"\n\n", b"data: " + PONG + b"\n\n")) as server:
        async with tapped(seen) as client, client.stream("GET", server.url) as response:
            async with aclosing(response.aiter_raw()) as chunks:
                await anext(chunks)
                assert [frame.data for frame in seen.frames()] == [LOG]
