"""Whole sessions of the official SDK, client and server, with the tap in between and a witness at the server's door."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult, TextContent

from mcpwatch.events import Frame, Http
from mcpwatch.wire.http import Tap
from tests.servers.http.real import Exchange, Served, serve, server
from tests.wire.tapping import Seen

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["streams", "json", "stateless"])
def streamable(request: pytest.FixtureRequest) -> Iterator[tuple[Served, str]]:
    """A Streamable HTTP server, and how it answers."""
    kind: str = request.param
    app = server().streamable_http_app(json_response=kind == "json", stateless_http=kind == "stateless")
    with serve(app, "/mcp") as served:
        yield served, kind


async def _answer(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "Paris"})


def _tap(seen: Seen, **options: Any) -> Tap:
    return Tap(httpx2.AsyncHTTPTransport(), link="web", publish=seen.publish, deliver=seen.deliver, **options)


@asynccontextmanager
async def _over_http(seen: Seen, url: str, mode: str) -> AsyncGenerator[Client]:
    with anyio.fail_after(30):
        async with httpx2.AsyncClient(transport=_tap(seen)) as http:
            async with Client(
                streamable_http_client(url, http_client=http), mode=mode, cache=None, elicitation_callback=_answer
            ) as client:
                yield client


async def _talk(client: Client, *, follow: bool, ask: bool) -> None:
    """List, call, follow, call eight at once, and be asked; the SDK has to hear it all through the tap."""
    heard: list[float] = []

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    await client.list_tools()
    result = await client.call_tool("echo", {"text": "caf\u00e9 \U0001f600"})
    assert result.content == [TextContent(type="text", text="caf\u00e9 \U0001f600")]
    await client.call_tool("work", {"steps": 5}, progress_callback=progressed)
    assert heard == ([1, 2, 3, 4, 5] if follow else [])
    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(client.call_tool, "echo", {"text": f"number {number}"})
    if ask:
        assert (await client.call_tool("ask", {})).content == [TextContent(type="text", text="Paris")]


def _events_of(sent: bytes) -> list[bytes]:
    """The data of the events in an SSE body, as the SDK's own HTTP library reads them."""
    response = httpx2.Response(
        200, headers={"content-type": "text/event-stream"}, content=sent, request=httpx2.Request("GET", "http://x")
    )
    return [event.data.encode() for event in httpx2.EventSource(response, max_event_size=None) if event.data]


def _check(seen: Seen, served: Served) -> None:
    """Each exchange that the witness saw was published once, with the same bytes, in order, and nothing else was."""
    told: dict[int, list[Frame | Http]] = {}
    for event in seen.events:
        assert isinstance(event, Frame | Http)
        assert event.xid is not None
        told.setdefault(event.xid, []).append(event)
    witnessed = list(served.exchanges)
    assert len(told) == len(witnessed)
    for events in told.values():
        asked, out, head, *back, last = _parts(events)
        assert (asked.phase, head.phase) == ("request", "response")
        assert last.phase in ("end", "error")
        match = _match(witnessed, asked, out)
        witnessed.remove(match)
        assert head.status == match.status
        frames = [event for event in back if isinstance(event, Frame)]
        if match.content_type.startswith("application/json"):
            assert [frame.data for frame in frames] == ([match.sent] if match.sent else [])
        elif match.content_type.startswith("text/event-stream"):
            sent = [data for data in _events_of(match.sent) if data.startswith(b"{")]
            assert [frame.data for frame in frames] == sent
        else:
            assert frames == []
        assert all(frame.type != "invalid" and frame.error is None for frame in frames)
    assert seen.delivered == seen.frames()


def _parts(events: list[Frame | Http]) -> list[Any]:
    asked, second, *rest = events
    if isinstance(second, Frame) and second.dir == "c2s":
        return [asked, second, *rest]
    return [asked, None, second, *rest]


def _match(witnessed: list[Exchange], asked: Http, out: Frame | None) -> Exchange:
    body = b"" if out is None else out.data
    path = httpx2.URL(asked.url or "").path
    (match,) = [each for each in witnessed if (each.verb, each.path, each.received) == (asked.verb, path, body)]
    return match


async def test_every_message_of_a_session_with_a_handshake_is_told_once(streamable: tuple[Served, str]) -> None:
    served, kind = streamable
    seen = Seen()
    async with _over_http(seen, served.url, "legacy") as client:
        await _talk(client, follow=kind != "json", ask=kind == "streams")
    _check(seen, served)
    assert [frame.method for frame in seen.frames("c2s")][:2] == ["initialize", "notifications/initialized"]


async def test_every_message_of_a_modern_session_is_told_once(streamable: tuple[Served, str]) -> None:
    served, kind = streamable
    seen = Seen()
    async with _over_http(seen, served.url, "auto") as client:
        await _talk(client, follow=kind != "json", ask=False)
    _check(seen, served)
    assert seen.frames("c2s")[0].method == "server/discover"


async def test_every_message_of_a_session_over_the_old_sse_transport_is_told_once() -> None:
    seen = Seen()
    counter = itertools.count(1).__next__

    def factory(headers: Any = None, timeout: Any = None, auth: Any = None) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=_tap(seen, next_xid=counter), headers=headers, timeout=timeout, auth=auth)

    with serve(server().sse_app(), "/sse") as served, anyio.fail_after(30):
        transport = sse_client(served.url, httpx_client_factory=factory)
        async with Client(transport, mode="legacy", cache=None, elicitation_callback=_answer) as client:
            await _talk(client, follow=True, ask=True)
        _check(seen, served)
    (endpoint,) = [event for event in seen.http("sse") if event.event == "endpoint"]
    assert (endpoint.text or "").startswith("/messages/?session_id=")


async def test_a_call_that_the_sdk_cancels_by_closing_its_stream_is_told_as_ours() -> None:
    seen = Seen()
    with serve(server().streamable_http_app(), "/mcp") as served:
        async with _over_http(seen, served.url, "auto") as client, anyio.create_task_group() as tasks:
            progressed = anyio.Event()

            async def heard(progress: float, total: float | None, message: str | None) -> None:
                progressed.set()

            tasks.start_soon(partial(client.call_tool, "hang", {}, progress_callback=heard))
            await progressed.wait()
            tasks.cancel_scope.cancel()
        assert [event.error for event in seen.http("error")] == ["cancelled by us"]
