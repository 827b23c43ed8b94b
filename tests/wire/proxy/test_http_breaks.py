"""What one side does to its connection the other one meets, and the recording says who it was."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from mcpwatch.wire.proxy import http as module
from mcpwatch.wire.proxy.http_opening import Way
from tests.ports import free_port
from tests.servers.http.raw import Reply, Request, Wire, serving, whole
from tests.wire.proxy.web import Between, RawClient, between, getting, posting, raw_client
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE

pytestmark = pytest.mark.anyio
LOGGED = b"data: " + LOG + b"\n\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def asked(reply: Reply) -> AsyncGenerator[tuple[Between, RawClient]]:
    """A client that has posted a request to a server that does this."""
    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        yield proxy, client


async def test_a_reset_in_mid_stream_is_a_reset_for_the_client() -> None:
    heard = asyncio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(LOGGED + b"data: {")
        await heard.wait()
        wire.reset()

    async with asked(reply) as (proxy, client):
        await client.head()
        assert LOGGED + b"data: {" in await client.read(len(LOGGED) + 7 + 6)
        heard.set()
        with pytest.raises(ConnectionResetError):
            await client.rest()
        await proxy.ended()
        assert [frame.data for frame in proxy.frames("s2c")] == [LOG, b"{"]
        (error,) = proxy.http("error")
        assert (error.error, error.text) == (
            "ConnectionResetError: Connection reset by peer",
            "stream ended inside an event",
        )


async def test_a_stream_that_is_closed_too_early_is_closed_too_early_for_the_client() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(LOGGED)
        wire.close()

    async with asked(reply) as (proxy, client):
        await client.head()
        assert await client.rest() == b"%x\r\n%s\r\n" % (len(LOGGED), LOGGED)  # and no last chunk
        await proxy.ended()
        assert "without sending complete message" in str(proxy.http("error")[0].error)


async def test_a_body_shorter_than_its_length_is_shorter_for_the_client() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {JSON}", f"content-length: {len(PONG) + 5}")
        await wire.send(PONG)
        wire.close()

    async with asked(reply) as (proxy, client):
        assert f"content-length: {len(PONG) + 5}".encode() in await client.head()
        assert await client.rest() == PONG
        await proxy.ended()
        assert [frame.data for frame in proxy.frames("s2c")] == [PONG]
        assert "without sending complete message" in str(proxy.http("error")[0].error)


async def test_a_body_longer_than_its_length_ends_the_connection_behind_it() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {JSON}", f"content-length: {len(PONG)}")
        await wire.send(PONG + b"and more")

    async with asked(reply) as (proxy, client):
        await client.head()
        assert await client.rest() == PONG
        await proxy.until(lambda: bool(proxy.notes("unasked")))
        assert [frame.data for frame in proxy.frames("s2c")] == [PONG]


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}")
        await wire.send(LOGGED)
        await wire.send(LOGGED)
        wire.close()

    async with asked(reply) as (proxy, client):
        assert b"chunked" not in await client.head()
        assert await client.rest() == LOGGED * 2
        await proxy.ended()
        assert len(proxy.frames("s2c")) == 2 and [event.error for event in proxy.http("end")] == [None]


async def test_a_stream_that_drips_passes_byte_for_byte() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        for byte in LOGGED:
            await wire.chunk(bytes((byte,)))
        await wire.last_chunk()

    async with asked(reply) as (proxy, client):
        await client.head()
        expected = b"".join(b"1\r\n%c\r\n" % byte for byte in LOGGED) + b"0\r\n\r\n"
        assert await client.read(len(expected)) == expected
        await proxy.ended()
        assert [frame.data for frame in proxy.frames("s2c")] == [LOG]


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_server_that_says_nothing_and_goes_is_met_as_such(how: str) -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        wire.close() if how == "close" else wire.reset()

    async with asked(reply) as (proxy, client):
        if how == "close":
            assert await client.rest() == b""
        else:
            with pytest.raises(ConnectionResetError):
                await client.rest()
        await proxy.ended()
        said = {"close": "the server closed the connection without an answer", "reset": "ConnectionResetError"}[how]
        assert str(proxy.http("error")[0].error).startswith(said)


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_that_the_server_closes_between_two_requests_is_replaced(how: str) -> None:
    async def reply(wire: Wire, request: Request) -> None:
        await whole("200 OK", JSON, PONG)(wire, request)
        wire.close() if how == "close" else wire.reset()

    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        for _ in range(20):  # at once, so that some of them meet a connection whose end is not seen yet
            await client.send(posting(proxy, PING))
            assert b" 200 " in await client.head()
            assert await client.read(len(PONG)) == PONG
        await proxy.ended(20)
        assert server.connections == 20
        assert proxy.links() == ["web"] and not proxy.http("error")


async def test_an_answer_that_is_the_last_is_the_last() -> None:
    async with asked(whole("200 OK", JSON, PONG, "connection: close")) as (proxy, client):
        assert b"connection: close" in await client.head()
        assert await client.rest() == PONG
        await proxy.ended()


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_client_that_goes_drops_the_request_at_the_server(how: str) -> None:
    gone = asyncio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(LOGGED)
        await wire.gone()
        gone.set()

    async with asked(reply) as (proxy, client):
        await client.head()
        client.close() if how == "close" else client.reset()
        await proxy.ended()
        await gone.wait()
        assert [event.error for event in proxy.http("error")] == ["cancelled by the client"]


async def test_a_client_that_goes_before_the_answer_drops_the_request_too() -> None:
    gone = asyncio.Event()
    came = asyncio.Event()

    async def reply(wire: Wire, _request: Request) -> None:
        came.set()
        await wire.gone()
        gone.set()

    async with asked(reply) as (proxy, client):
        await came.wait()
        client.close()
        await gone.wait()
        assert proxy.shape() == ["opened", "request", "c2s request", "error"]


async def test_a_client_that_goes_in_the_middle_of_its_request_is_told_with_what_came() -> None:
    async with serving(whole("200 OK", JSON, PONG)) as server, between(server.url) as proxy:
        async with raw_client(proxy) as client:
            await client.send(posting(proxy, PING)[:-5])
            client.close()
            await proxy.ended()
        assert [frame.data for frame in proxy.frames("c2s")] == [PING[:-5]]
        assert [frame.type for frame in proxy.frames("c2s")] == ["invalid"]
        assert [event.error for event in proxy.http("error")] == ["cancelled by the client"]


async def test_nobody_at_the_servers_address_is_a_bad_gateway() -> None:
    port = free_port()
    async with between(f"http://127.0.0.1:{port}/mcp") as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        assert (await client.head()).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        body = await client.rest()
        assert body == f"mcpwatch cannot reach http://127.0.0.1:{port}: connection refused.\n".encode()
        await proxy.ended()
        assert proxy.shape() == ["opened", "request", "c2s request", "error"]
        assert proxy.http("error")[0].error == "ConnectionRefusedError: connection refused"


async def test_a_name_that_cannot_even_be_looked_up_is_a_bad_gateway() -> None:
    way = Way(via=("a..b", 80), absolute=True)
    async with between("http://mcp.example/mcp", way=way) as proxy, raw_client(proxy) as client:
        await client.send(posting(proxy, PING))
        assert (await client.head()).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert (await client.rest()).startswith(b"mcpwatch cannot reach http://mcp.example: ")
        await proxy.ended()
        assert str(proxy.http("error")[0].error).startswith("UnicodeError: ")


async def test_an_answer_that_does_not_wait_for_the_request_comes_at_once() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await writer.drain()
        writer.write_eof()
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with between(f"http://127.0.0.1:{port}/mcp") as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING + b" " * 10_000)[:-9_000])
            assert (await client.head()).startswith(b"HTTP/1.1 413 Too Large\r\n")
            assert await client.rest() == b"no"
            await proxy.ended()
            assert proxy.http("response")[0].status == 413


async def test_an_answer_that_is_no_http_breaks_off() -> None:
    async def reply(wire: Wire, _request: Request) -> None:
        await wire.send(b"220 smtp.example ready\r\n\r\n")

    async with asked(reply) as (proxy, client):
        assert await client.rest() == b""
        await proxy.ended()
        assert str(proxy.http("error")[0].error).startswith("RemoteProtocolError: ")


async def test_a_client_that_reads_late_gets_the_end_of_the_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LINGER", 0)
    body, loop = b"x" * 60_000, asyncio.get_running_loop()
    reply = whole("200 OK", "text/plain", body, "connection: close")
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        async with serving(reply) as server, between(server.url) as proxy:
            await loop.sock_connect(raw, ("127.0.0.1", int(proxy.host.rpartition(":")[2])))
            await loop.sock_sendall(raw, posting(proxy, PING)[: -len(PING)])
            while not proxy.proxy.pairs:  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(0)
            (pair,) = proxy.proxy.pairs
            pair.client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            await loop.sock_sendall(raw, PING)
            await proxy.ended()
            for _ in range(20):  # turns of the loop, each of which would be the time for an abort
                await asyncio.sleep(0)
            assert pair.client.get_write_buffer_size()
            got = b""
            while piece := await loop.sock_recv(raw, 65536):
                got += piece
            assert got.endswith(b"\r\n\r\n" + body)


async def test_a_slow_reader_holds_back_the_server_and_loses_nothing() -> None:
    piece = b": " + b"x" * 1_000_000 + b"\n\n"

    async def reply(wire: Wire, _request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}")
        for _ in range(40):
            await wire.send(piece)
        wire.close()

    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        await client.send(getting(proxy))
        await client.head()
        (pair,) = proxy.proxy.pairs
        assert pair.server is not None
        while pair.server.is_reading():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
        assert pair.client.get_write_buffer_size() < 2_000_000
        assert len(await client.rest()) == 40 * len(piece)
        await proxy.ended()
        assert proxy.http("end")[0].size == 40 * len(piece)
