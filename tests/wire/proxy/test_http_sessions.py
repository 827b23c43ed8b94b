"""Sessions through the HTTP proxy: resumed, ended, and those of the older transport."""

from __future__ import annotations

import json
import zlib

import pytest

from mcpwatch.events import Closed, Opened
from mcpwatch.wire.proxy import http_links
from tests.servers.http.raw import Request, Wire, serving, whole
from tests.wire.proxy.web import between, getting, posting, raw_client
from tests.wire.tapping import JSON, LOG, PONG, SSE

pytestmark = pytest.mark.anyio
SESSION = "Mcp-Session-Id: s-1"
HELLO = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'
CALL = b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add"}}'
CALLED = b'{"jsonrpc":"2.0","id":2,"result":{"content":[]}}'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_stream_that_breaks_is_resumed_by_its_client_on_another_connection() -> None:
    async def reply(wire: Wire, request: Request) -> None:
        if request.verb == "DELETE":
            await whole("204 No Content", "text/plain", b"")(wire, request)
        elif request.body == HELLO:
            await whole("200 OK", JSON, PONG, SESSION)(wire, request)
        elif request.body == CALL:
            await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
            await wire.chunk(b"id: 41\nretry: 5\ndata:\n\n")
            wire.close()
        else:
            await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
            await wire.chunk(b"id: 42\ndata: " + CALLED + b"\n\n")
            await wire.last_chunk()

    async with serving(reply) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, HELLO))
            assert b"Mcp-Session-Id: s-1" in await client.head()
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, CALL, SESSION))
            await client.head()
            assert b"id: 41" in await client.rest()
        async with raw_client(proxy) as client:
            await client.send(getting(proxy, SESSION, "Last-Event-ID: 41", f"Accept: {SSE}"))
            await client.head()
            await client.read(len(CALLED) + 20)
        await proxy.ended(3)
        assert server.requests[2].headers["last-event-id"] == "41"
        assert [event.event_id for event in proxy.http("sse")] == ["41", "42"]
        answer = proxy.frames("s2c")[-1]
        assert (answer.method, answer.name, answer.re) == ("tools/call", "add", proxy.frames("c2s")[-1].seq)
        assert proxy.links() == ["web"] and not proxy.all(Closed)
        async with raw_client(proxy) as client:
            await client.send(f"DELETE /mcp HTTP/1.1\r\nHost: {proxy.host}\r\n{SESSION}\r\n\r\n".encode())
            assert b" 204 " in await client.head()
        await proxy.until(lambda: bool(proxy.all(Closed)))
        assert [(event.link, event.reason) for event in proxy.all(Closed)] == [("web", "left")]


@pytest.mark.parametrize("absolute", [True, False])
async def test_the_older_transport_posts_to_us_wherever_it_is_told_to(absolute: bool) -> None:
    posted: list[str] = []
    streams: list[Wire] = []
    origins: list[str] = []

    async def reply(wire: Wire, request: Request) -> None:
        if request.verb == "GET":
            streams.append(wire)
            where = f"{origins[0] if absolute else ''}/messages/?session={len(streams)}"
            await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
            await wire.chunk(f"event: endpoint\r\ndata: {where}\r\n\r\n".encode())
            await wire.gone()
        else:
            posted.append(request.path)
            await whole("202 Accepted", "text/plain", b"ok")(wire, request)
            id = json.loads(request.body)["id"]
            answer = json.dumps({"jsonrpc": "2.0", "id": id, "result": {"of": posted[-1]}}).encode()
            await streams[int(request.path[-1]) - 1].chunk(b"data: " + answer + b"\n\n")

    async with serving(reply) as server, between(server.url) as proxy:
        origins.append(server.url.removesuffix("/mcp"))
        async with raw_client(proxy) as one, raw_client(proxy) as other, raw_client(proxy) as poster:
            for number, client in enumerate((one, other), 1):
                await client.send(getting(proxy, f"Accept: {SSE}", path="/mcp"))
                await client.head()
                event = (await client.reader.readuntil(b"\r\n\r\n\r\n")).decode()
                where = f"/messages/?session={number}"
                heard = f"http://{proxy.host}{where}" if absolute else where
                assert f"data: {heard}\r\n" in event
                await poster.send(posting(proxy, CALL, path=where))
                assert b" 202 " in await poster.head()
                await poster.read(2)
                assert where.encode() in await client.reader.readuntil(b"\n\n")
        await proxy.ended(4)
        assert posted == ["/messages/?session=1", "/messages/?session=2"]
        assert [(event.link, event.transport) for event in proxy.all(Opened)] == [("web", "sse"), ("web#2", "sse")]
        for number, link in enumerate(("web", "web#2"), 1):
            (asked,), (answer,) = proxy.frames("c2s", link), proxy.frames("s2c", link)
            assert answer.re == asked.seq
            assert answer.message["result"] == {"of": f"/messages/?session={number}"}
        said = [event.text for event in proxy.http("sse") if event.event == "endpoint"]
        assert said == [f"{origins[0] if absolute else ''}/messages/?session={number}" for number in (1, 2)]
        assert len(proxy.notes("rewritten")) == (2 if absolute else 0)
        await proxy.until(lambda: len(proxy.all(Closed)) == 2)
        assert {event.reason for event in proxy.all(Closed)} == {"left"}


@pytest.mark.parametrize("newer", [False, True])
async def test_a_compressed_stream_of_the_older_transport_tells_its_client_to_post_to_us(newer: bool) -> None:
    packed: list[bytes] = []

    async def reply(wire: Wire, request: Request) -> None:
        pack = zlib.compressobj(wbits=31)
        await wire.head("200 OK", f"content-type: {SSE}", "content-encoding: gzip", "transfer-encoding: chunked")
        for event in (f"event: endpoint\ndata: {server.url}\n\n", "data: {}\n\n"):
            packed.append(pack.compress(event.encode()) + pack.flush(zlib.Z_SYNC_FLUSH))
            await wire.chunk(packed[-1])
        await wire.gone()

    async with serving(reply) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            named = ("MCP-Protocol-Version: 2025-11-25",) if newer else ()
            await client.send(getting(proxy, f"Accept: {SSE}", "Accept-Encoding: gzip", *named))
            head = await client.head()
            assert (b"content-encoding" in head.lower()) is newer
            if newer:  # it has no such event, and its stream goes on byte for byte
                await client.reader.readuntil(packed[0] + b"\r\n")
            else:
                assert f"data: http://{proxy.host}/mcp\n".encode() in await client.reader.readuntil(b"data: {}\n\n")
        await proxy.ended(1)
        said = [event.text for event in proxy.http("sse") if event.event == "endpoint"]
        assert said == [server.url]
        assert len(proxy.notes("rewritten")) == (0 if newer else 1)


async def test_a_log_on_a_standing_stream_belongs_to_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reply(wire: Wire, request: Request) -> None:
        if request.verb == "GET":
            await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
            await wire.chunk(b"data: " + LOG + b"\n\n")
            await wire.gone()
        else:
            await whole("200 OK", JSON, PONG, f"Mcp-Session-Id: {request.headers['x-who']}")(wire, request)

    async with serving(reply) as server, between(server.url) as proxy:
        for who in ("a", "b"):
            async with raw_client(proxy) as client:
                await client.send(posting(proxy, HELLO, f"X-Who: {who}"))
                await client.head()
        for who in ("b", "a"):
            async with raw_client(proxy) as client:
                await client.send(getting(proxy, f"Mcp-Session-Id: {who}", f"Accept: {SSE}"))
                await client.head()
                await client.reader.readuntil(b"\n\n")
        await proxy.ended(4)
        assert [frame.link for frame in proxy.frames("s2c")] == ["web", "web#2", "web#2", "web"]
        # Both broke off the stream on which they listened, and are not waited for as long as a session may last.
        monkeypatch.setattr(http_links, "LINGER", 0.0)
        proxy.proxy.teller.links.sweep()
        await proxy.until(lambda: len(proxy.all(Closed)) == 2)
        assert {event.reason for event in proxy.all(Closed)} == {"left"}
