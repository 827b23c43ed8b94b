"""How an exchange begins, how it ends and who ended it, against servers that break off."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing

import anyio
import httpx2
import pytest

from mcpwatch.events import Frame
from tests.servers.http.raw import Request, Wire, chunked, serving, whole
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE, Seen, post, tapped

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_exchanges_are_numbered_by_the_counter_that_was_passed_in() -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG)) as server:
        async with tapped(seen, next_xid=itertools.count(40).__next__) as client:
            await post(client, server.url)
            await post(client, server.url)
    assert [event.xid for event in seen.http("request")] == [40, 41]
    assert [frame.xid for frame in seen.frames()] == [40, 41]


async def test_who_sent_a_message_is_asked_for_messages_of_ours_only() -> None:
    seen = Seen()
    asked: list[Frame] = []

    def by(frame: Frame) -> str:
        asked.append(frame)
        return "user"

    async with serving(whole("200 OK", JSON, PONG)) as server, tapped(seen, by=by) as client:
        await post(client, server.url)
    assert [frame.data for frame in asked] == [PING]
    assert (seen.frames("c2s")[0].by, seen.frames()[0].by) == ("user", None)


async def test_a_reset_in_mid_stream_keeps_what_came_and_says_what_broke() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b"data: " + LOG + b'\n\ndata: {"jsonrpc"')
        await seen.arrived.wait()
        wire.reset()

    async with serving(reply) as server, tapped(seen) as client:
        with pytest.raises(httpx2.ReadError):
            await post(client, server.url)
    assert [(frame.data, frame.eol) for frame in seen.frames()] == [(LOG, "\n"), (b'{"jsonrpc"', "")]
    (error,) = seen.http("error")
    assert (error.error, error.text) == ("ReadError: Connection reset by peer", "stream ended inside an event")
    assert seen.events[-1] is error
    assert seen.http("end") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_connection_that_is_refused_is_told_in_these_words(host: str) -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG)) as server:
        server.die()
        async with tapped(seen) as client:
            with pytest.raises(httpx2.ConnectError):
                await post(client, server.url.replace("127.0.0.1", host))
    assert [event.error for event in seen.http("error")] == ["ConnectError: connection refused"]
    assert seen.frames("c2s") == [], "nothing was sent"


async def test_a_json_body_that_is_cut_off_is_an_invalid_frame_and_an_error() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {JSON}", f"content-length: {len(PONG)}")
        await wire.send(PONG[:20])
        wire.close()

    async with serving(reply) as server, tapped(seen) as client:
        with pytest.raises(httpx2.RemoteProtocolError) as raised:
            await post(client, server.url)
    assert [(frame.type, frame.data, frame.eol) for frame in seen.frames()] == [("invalid", PONG[:20], "")]
    assert seen.http("error")[0].error == f"RemoteProtocolError: {raised.value}"
    assert seen.http("error")[0].size == 20


async def test_a_server_that_hangs_up_without_an_answer_is_an_error_of_the_network() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        wire.close()

    async with serving(reply) as server, tapped(seen) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await post(client, server.url)
    assert seen.shape() == ["request", "c2s request", "error"]
    assert seen.http("error")[0].error == "RemoteProtocolError: Server disconnected without sending a response."


async def test_a_message_that_never_left_is_no_frame() -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG)) as server:
        pass
    async with tapped(seen) as client:
        with pytest.raises(httpx2.ConnectError):
            await post(client, server.url)
    assert seen.shape() == ["request", "error"]
    assert (seen.http("error")[0].error or "").startswith("ConnectError: ")


async def test_a_silent_server_is_an_error_that_names_the_time_out() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.gone()

    async with serving(reply) as server, tapped(seen) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(server.url, content=PING, timeout=httpx2.Timeout(60, read=0.01))
    assert seen.http("error")[0].error == "ReadTimeout"


@pytest.mark.parametrize("answered", [False, True])
async def test_a_cancelled_exchange_is_an_error_of_ours(answered: bool) -> None:
    seen = Seen()
    waiting = anyio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        if answered:
            await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
            await wire.chunk(b"data: " + LOG + b"\n\n")
            await seen.arrived.wait()
        waiting.set()
        await wire.gone()

    async with serving(reply) as server, tapped(seen) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(post, client, server.url)
        await waiting.wait()
        tasks.cancel_scope.cancel()
    assert [frame.data for frame in seen.frames()] == ([LOG] if answered else [])
    assert [event.error for event in seen.http("error")] == ["cancelled by us"]
    assert seen.http("end") == []


async def test_a_client_that_is_cancelled_while_it_holds_a_chunk_cancels_the_exchange() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b"data: " + LOG + b"\n\n")
        await wire.gone()

    async def hold(client: httpx2.AsyncClient, url: str) -> None:
        async with client.stream("GET", url) as response:
            async for _ in response.aiter_raw():
                await anyio.sleep_forever()

    async with serving(reply) as server, tapped(seen) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(hold, client, server.url)
        await seen.arrived.wait()
        tasks.cancel_scope.cancel()
    assert [event.error for event in seen.http("error")] == ["cancelled by us"]


async def test_a_client_that_has_what_it_wanted_ends_the_exchange_and_breaks_nothing() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b"data: " + PONG + b"\n\n")
        await wire.gone()

    async with serving(reply) as server, tapped(seen) as client:
        try:
            raise LookupError("an older error that is being handled says nothing about this exchange")
        except LookupError:
            async with client.stream("GET", server.url) as response, aclosing(response.aiter_raw()) as chunks:
                await anext(chunks)
    assert [event.text for event in seen.http("end")] == ["closed by us"]
    assert seen.http("error") == []


async def test_a_client_that_gives_up_with_an_error_says_it_at_the_end() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"data: " + LOG + b"\n\n", b": more\n\n")) as server, tapped(seen) as client:
        with pytest.raises(httpx2.SSEError):
            async with client.stream("GET", server.url) as response:
                async for _ in httpx2.EventSource(response, max_event_size=10):
                    pass
    assert [event.text for event in seen.http("end")] == [
        "closed by us: SSEError: Server-sent event exceeded the 10 byte limit."
    ]


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        ("401 Unauthorized", JSON, b'{"error":"invalid_token","error_description":"expired"}'),
        ("401 Unauthorized", "text/html; charset=iso-8859-1", "<p>caf\u00e9".encode("latin-1")),
        ("404 Not Found", "text/plain", b"no such session"),
        ("405 Method Not Allowed", JSON, b'{"detail":"Method Not Allowed"}'),
        ("500 Internal Server Error", JSON, b"oops"),
        ("202 Accepted", "text/plain", b"Accepted"),
        ("200 OK", "text/plain", PONG),
    ],
)
async def test_a_body_that_is_no_protocol_is_text_even_where_the_client_never_reads_it(
    status: str, content_type: str, body: bytes
) -> None:
    seen = Seen()
    async with serving(whole(status, content_type, body, "WWW-Authenticate: Bearer")) as server, tapped(seen) as client:
        async with client.stream("POST", server.url, content=PING, headers={"content-type": JSON}):
            pass
    assert seen.shape() == ["request", "c2s request", "response", "body", "end"]
    assert seen.http("response")[0].status == int(status[:3])
    assert seen.http("body")[0].text == body.decode("latin-1" if "8859" in content_type else "utf-8")
    assert seen.http("body")[0].size == seen.http("end")[0].size == len(body)
    assert seen.http("end")[0].text is None


async def test_an_error_status_with_a_json_rpc_error_is_a_frame() -> None:
    body = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session not found"}}'
    seen = Seen()
    async with serving(whole("404 Not Found", JSON, body)) as server, tapped(seen) as client:
        async with client.stream("POST", server.url, content=PING, headers={"content-type": JSON}):
            pass
    assert [(frame.type, frame.data) for frame in seen.frames()] == [("error", body)]


async def test_a_body_that_is_not_there_is_no_event() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("202 Accepted", "content-length: 0")

    async with serving(reply) as server, tapped(seen) as client:
        async with client.stream("POST", server.url, content=PING, headers={"content-type": JSON}):
            pass
    assert seen.shape() == ["request", "c2s request", "response", "end"]
    assert (seen.http("end")[0].size, seen.http("end")[0].text) == (0, None)


async def test_a_body_that_nobody_reads_and_that_never_ends_does_not_hold_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mcpwatch.wire.http.UNREAD_SECONDS", 0.01)
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("503 Busy", "content-type: text/plain", "transfer-encoding: chunked")
        await wire.chunk(b"try later")
        await wire.gone()

    async with serving(reply) as server, tapped(seen) as client:
        async with client.stream("GET", server.url):
            pass
    assert seen.http("body")[0].text == "try later"
    assert seen.http("end")[0].text == "closed by us"


async def test_each_step_of_a_redirect_is_an_exchange() -> None:
    seen = Seen()
    moved = whole("307 Temporary Redirect", "text/plain", b"over there", "location: /mcp/")
    async with serving(moved, whole("200 OK", JSON, PONG)) as server, tapped(seen) as client:
        response = await client.post(server.url, content=PING, headers={"content-type": JSON}, follow_redirects=True)
    assert response.content == PONG
    assert [event.url for event in seen.http("request")] == [server.url, server.url + "/"]
    assert [event.status for event in seen.http("response")] == [307, 200]
    assert [(frame.xid, frame.data) for frame in seen.frames("c2s")] == [(1, PING), (2, PING)]
    assert [(event.xid, event.text) for event in seen.http("body")] == [(1, "over there")]


async def test_a_request_that_is_streamed_goes_out_as_it_is_and_is_one_frame() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in PING:
            yield bytes([byte])

    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG)) as server, tapped(seen) as client:
        await client.post(server.url, content=pieces(), headers={"content-type": JSON})
    assert server.requests[0].body == PING
    assert [frame.data for frame in seen.frames("c2s")] == [PING]
    assert seen.shape() == ["request", "c2s request", "response", "s2c response", "end"]


async def test_a_header_that_is_not_ascii_keeps_its_letters() -> None:
    seen = Seen()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.send(b"HTTP/1.1 204 No Content\r\nx-utf8: \xc3\xa9\r\nx-latin: \xe9\r\n\r\n")

    async with serving(reply) as server, tapped(seen) as client:
        await post(client, server.url)
    assert seen.http("response")[0].headers == (("x-utf8", "\u00e9"), ("x-latin", "\u00e9"))
