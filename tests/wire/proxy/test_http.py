"""The HTTP proxy between raw bytes on one side and raw bytes on the other."""

from __future__ import annotations

import asyncio
import gzip
import socket

import pytest

from mcpwatch.events import Closed, Opened
from mcpwatch.wire.proxy.http import Pair
from tests.servers.http.raw import Request, Wire, chunked, serving, whole
from tests.wire.proxy.web import between, getting, posting, raw_client
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE

pytestmark = pytest.mark.anyio
EVENT = b"id: 7\nretry: 20\n: hello\ndata: " + PONG + b"\n\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_an_exchange_passes_and_is_told_from_the_request_to_the_end() -> None:
    async with serving(whole("200 Fine", JSON, PONG, "X-Odd: 1", "x-odd: 2")) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, PING, "X-Mine: a", "Authorization: Bearer secret-of-mine"))
            head = await client.head()
            assert await client.read(len(PONG)) == PONG
        await proxy.until(lambda: bool(proxy.http("end")))
        assert head.decode().split("\r\n") == [
            "HTTP/1.1 200 Fine",
            f"content-type: {JSON}",
            f"content-length: {len(PONG)}",
            "X-Odd: 1",
            "x-odd: 2",
            "",
            "",
        ]
        assert proxy.shape() == ["opened", "request", "c2s request", "response", "s2c response", "end"]
        opened = proxy.all(Opened)[0]
        assert (opened.link, opened.mode, opened.transport, opened.target) == (
            "web",
            "proxy",
            "http",
            {"url": server.url},
        )
        request, answer = proxy.http("request")[0], proxy.http("response")[0]
        upstream = server.url.split("/")[2]
        assert (request.verb, request.url) == ("POST", server.url)
        assert dict(request.headers)["Host"] == upstream
        assert (answer.status, ("X-Odd", "1") in answer.headers) == (200, True)
        frames = [*proxy.frames("c2s"), *proxy.frames("s2c")]
        assert [frame.data for frame in frames] == [PING, PONG]
        assert {frame.xid for frame in frames} == {request.xid}
        assert frames[1].re == frames[0].seq and frames[0].by is None
        assert server.requests[0].headers == {
            "host": upstream,
            "content-type": JSON,
            "x-mine": "a",
            "authorization": "Bearer secret-of-mine",
            "content-length": str(len(PING)),
        }
        assert server.requests[0].body == PING


async def test_an_event_is_with_the_client_and_recorded_while_the_stream_goes_on() -> None:
    heard = asyncio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b"data: " + LOG + b"\n\n")
        await heard.wait()
        await wire.chunk(EVENT)
        await wire.last_chunk()

    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        head = await client.head()
        assert b"transfer-encoding: chunked" in head and b"content-length" not in head
        first = b"data: " + LOG + b"\n\n"
        assert await client.read(len(first) + 6) == b"%x\r\n%s\r\n" % (len(first), first)
        assert [frame.data for frame in proxy.frames("s2c")] == [LOG]
        heard.set()
        assert await client.read(len(EVENT) + 6 + 5) == b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)
        await proxy.ended()
        assert [(e.event_id, e.retry, e.comment) for e in proxy.http("sse")] == [("7", 20, "hello")]
        assert [frame.data for frame in proxy.frames("s2c")] == [LOG, PONG]


async def test_of_what_came_at_once_each_chunk_is_told_before_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told_when: list[int] = []
    handed_on = Pair.to_client

    def to_client(pair: Pair, data: bytes) -> None:
        told_when.append(len(proxy.frames("s2c")))
        handed_on(pair, data)

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}")

    events = b"".join(
        b'data: {"jsonrpc":"2.0","method":"n","params":{"at":%d}}\n\n' % at for at in range(10_000, 20_000)
    )
    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        await client.head()
        (pair,) = proxy.proxy.pairs
        assert pair.from_server is not None
        monkeypatch.setattr(Pair, "to_client", to_client)
        pair.from_server.data_received(events)
        assert len(proxy.frames("s2c")) == 10_000
        size = len(events) / 10_000
        assert len(told_when) == len(events) // 65_536 + 1
        assert all(abs(told * size - at * 65_536) < 2 * size for at, told in enumerate(told_when))


async def test_half_an_event_is_not_held_back() -> None:
    heard = asyncio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b'data: {"jsonrpc"')
        await heard.wait()
        await wire.chunk(b':"2.0","id":1,"result":{}}\n\n')
        await wire.last_chunk()

    for make in (posting, getting):
        heard.clear()
        async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING) if make is posting else getting(proxy, f"Accept: {SSE}"))
            await client.head()
            assert await client.read(4 + 16) == b'10\r\ndata: {"jsonrpc"'
            heard.set()
            await proxy.ended()
            assert [frame.data for frame in proxy.frames("s2c")] == [PONG]


async def test_a_connection_is_used_for_many_exchanges_and_ahead_of_their_answers() -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, PING) * 3)
            for _ in range(3):
                await client.head()
                assert await client.read(len(PONG)) == PONG
        await proxy.ended(3)
        assert server.connections == 1 and len(server.requests) == 3
        assert [event.xid for event in proxy.http("request")] == [1, 2, 3]
        assert proxy.links() == ["web"]


async def test_a_large_body_passes_both_ways_in_pieces() -> None:
    large = b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * 5_000_000 + b'"}'
    asked = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"t":"' + b"y" * 5_000_000 + b'"}}'
    async with serving(whole("200 OK", JSON, large)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, asked))
            await client.head()
            assert await client.read(len(large)) == large
        await proxy.ended()
        assert server.requests[0].body == asked
        assert (proxy.frames("c2s")[0].data, proxy.frames("s2c")[0].data) == (asked, large)


async def test_a_client_that_sends_chunks_has_them_passed_on() -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            lines = ("POST /mcp HTTP/1.1", f"Host: {proxy.host}", f"Content-Type: {JSON}", "Transfer-Encoding: chunked")
            await client.send("\r\n".join((*lines, "", "")).encode() + b"5\r\n" + PING[:5] + b"\r\n")
            await client.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PING) - 5, PING[5:]))
            await client.head()
        await proxy.ended()
        assert server.requests[0].body == PING
        assert server.requests[0].headers["transfer-encoding"] == "chunked"
        assert [frame.data for frame in proxy.frames("c2s")] == [PING]


async def test_compressed_bodies_pass_as_they_are_and_are_recorded_readable() -> None:
    packed = gzip.compress(PONG)
    async with serving(whole("200 OK", JSON, packed, "content-encoding: gzip")) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, gzip.compress(PING), "Content-Encoding: gzip", "Accept-Encoding: gzip"))
            await client.head()
            assert await client.read(len(packed)) == packed
        await proxy.ended()
        assert (proxy.frames("c2s")[0].data, proxy.frames("s2c")[0].data) == (PING, PONG)
        assert proxy.http("end")[0].size == len(packed)


async def test_what_belongs_to_one_connection_stays_there() -> None:
    answer = ("connection: keep-alive, x-hop", "x-hop: 1", "keep-alive: timeout=5", "upgrade: h2c", "x-end: 1")
    async with serving(whole("200 OK", JSON, PONG, *answer)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            hops = ("Connection: keep-alive, Upgrade, X-Hop", "Upgrade: websocket", "TE: trailers", "X-Hop: 1")
            await client.send(posting(proxy, PING, *hops, "Proxy-Connection: keep-alive", "X-End: 1"))
            head = (await client.head()).decode().lower()
        assert set(server.requests[0].headers) == {"host", "content-type", "connection", "x-end", "content-length"}
        assert server.requests[0].headers["connection"] == "keep-alive"
        assert "x-hop: 1" not in head and "upgrade" not in head
        assert "connection: keep-alive\r\n" in head and "keep-alive: timeout=5" in head and "x-end: 1" in head


async def test_an_interim_answer_passes_so_that_the_client_sends_its_body() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        got = await reader.readexactly(len(PING))
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(got) + got
        )
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with between(f"http://127.0.0.1:{port}/mcp") as proxy, raw_client(proxy) as client:
            whole_ = posting(proxy, PING, "Expect: 100-continue")
            await client.send(whole_[: -len(PING)])
            assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(PING)
            await client.head()
            assert await client.read(len(PING)) == PING
            await proxy.ended()


async def test_a_client_of_http_1_0_gets_a_body_that_ends_with_the_connection() -> None:
    async with serving(chunked(JSON, PONG[:9], PONG[9:])) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, PING).replace(b"HTTP/1.1", b"HTTP/1.0"))
            assert b"chunked" not in await client.head()
            assert await client.rest() == PONG
        await proxy.ended()
        assert [frame.data for frame in proxy.frames("s2c")] == [PONG]


async def test_an_answer_to_head_has_no_body() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", "content-type: text/plain", "transfer-encoding: chunked")

    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        for _ in range(2):
            await client.send(f"HEAD /x HTTP/1.1\r\nHost: {proxy.host}\r\n\r\n".encode())
            assert (await client.head()).startswith(b"HTTP/1.1 200 OK")
        await proxy.ended(2)


async def test_metadata_and_every_other_path_go_to_the_servers_origin() -> None:
    async with serving(whole("200 OK", JSON, b'{"issuer":"x"}')) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(getting(proxy, path="/.well-known/oauth-protected-resource/mcp?a=b%20c"))
            await client.head()
            await client.read(14)
        await proxy.ended()
        assert server.requests[0].path == "/.well-known/oauth-protected-resource/mcp?a=b%20c"
        assert proxy.shape() == ["opened", "request", "response", "body", "end"]


@pytest.mark.parametrize(
    ("location", "heard"),
    [
        ("{origin}/mcp/", "http://{here}/mcp/"),
        ("{origin}/mcp/?a=1#b", "http://{here}/mcp/?a=1#b"),
        ("/mcp/", "/mcp/"),
        ("https://elsewhere.example/mcp", "https://elsewhere.example/mcp"),
    ],
)
async def test_a_redirect_is_passed_on_and_one_inside_the_server_leads_to_us(location: str, heard: str) -> None:
    origins: list[str] = []

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head(
            "307 Temporary Redirect", f"Location: {location.format(origin=origins[0])}", "content-length: 0"
        )

    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        origins.append(server.url.removesuffix("/mcp"))
        await client.send(posting(proxy, PING))
        head = (await client.head()).decode()
        said, went = location.format(origin=origins[0]), heard.format(here=proxy.host)
        assert f"Location: {went}\r\n" in head
        await proxy.ended()
        assert ("Location", said) in proxy.http("response")[0].headers
        notes = [{"part": "location", "said": said, "heard": went}] if said != went else []
        assert [note.data for note in proxy.notes("rewritten")] == notes
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "500 Oops", "503 Service Unavailable"])
async def test_what_is_refused_there_is_refused_here_with_its_reason(status: str) -> None:
    answer = whole(status, "text/plain", b"because", 'WWW-Authenticate: Bearer resource_metadata="https://a/b"')
    async with serving(answer) as server, between(server.url) as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        head = await client.head()
        assert head.startswith(f"HTTP/1.1 {status}\r\n".encode())
        assert b'WWW-Authenticate: Bearer resource_metadata="https://a/b"' in head
        assert await client.read(7) == b"because"
        await proxy.ended()
        assert [event.text for event in proxy.http("body")] == ["because"]


@pytest.mark.parametrize(
    ("host", "more", "why"),
    [
        ("evil.example", "", "The Host 'evil.example' is not served here."),
        ("127.0.0.1", "Origin: https://evil.example\r\n", "The Origin 'https://evil.example' is not served here."),
        ("127.0.0.1", "Origin: null\r\n", "The Origin 'null' is not served here."),
    ],
)
async def test_a_page_in_a_browser_does_not_reach_the_server(host: str, more: str, why: str) -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server:
        async with between(server.url) as proxy, raw_client(proxy) as client:
            await client.send(f"POST /mcp HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 99\r\n\r\n".encode())
            assert (await client.head()).startswith(b"HTTP/1.1 403 Forbidden\r\n")
            assert why.encode() in await client.rest()
            assert proxy.shape() == ["note refused"]
            assert proxy.refused == [why]
        async with between(server.url, allowed=("*",)) as proxy, raw_client(proxy) as client:
            await client.send(f"POST /mcp HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 0\r\n\r\n".encode())
            assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["MyMac.local", "mymac.local:8000"])
async def test_a_host_is_allowed_however_its_name_is_written(name: str) -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server:
        async with between(server.url, allowed=(name,)) as proxy, raw_client(proxy) as client:
            await client.send(b"GET /mcp HTTP/1.1\r\nHost: mymac.local:9000\r\n\r\n")
            assert (await client.head()).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_whole_address_in_place_of_a_path_is_for_its_host() -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(b"GET http://evil.example/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 403 " in await client.head()
        async with raw_client(proxy) as client:
            await client.send(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 400 " in await client.head()
        async with raw_client(proxy) as client:
            await client.send(f"GET http://{proxy.host}/mcp?x HTTP/1.1\r\nHost: {proxy.host}\r\n\r\n".encode())
            assert b" 200 " in await client.head()
        assert [request.path for request in server.requests] == ["/mcp?x"]


async def test_what_is_no_http_is_refused_and_said() -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(b"\x16\x03\x01 hello there\r\n\r\n")
            assert (await client.head()).startswith(b"HTTP/1.1 400 ")
            await client.rest()
        assert server.connections == 0
        assert [note.data["reason"][:16] for note in proxy.notes("refused")] == ["no HTTP request:"]


async def test_links_end_when_the_proxy_does_and_so_do_open_streams() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(b": hi\n\n")
        await wire.gone()

    async with serving(reply) as server:
        async with between(server.url) as proxy:
            async with raw_client(proxy) as client:
                await client.send(posting(proxy, PING))
                await proxy.until(lambda: bool(proxy.http("sse")))
                proxy.proxy.stop()
                await client.rest()
        assert [event.error for event in proxy.http("error")] == ["the proxy ended"]
        assert [(event.link, event.reason) for event in proxy.all(Closed)] == [("web", "closed")]
        assert proxy.shape()[-2:] == ["error", "closed"]


@pytest.mark.parametrize("turns", range(6))
async def test_a_client_that_comes_while_the_proxy_ends_is_let_go_with_the_others(turns: int) -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server:
        async with between(server.url) as proxy:
            async with raw_client(proxy) as first:
                await first.send(posting(proxy, PING))
                await first.head()
            host, _, port = proxy.host.partition(":")
            client = socket.create_connection(
                (host, int(port))
            )  # the system takes it, and then the loop, in a few turns
            for _ in range(turns):
                await asyncio.sleep(0)
            proxy.proxy.stop()
        for _ in range(20):
            await asyncio.sleep(0)
        assert proxy.proxy.pairs == {}
        client.close()
