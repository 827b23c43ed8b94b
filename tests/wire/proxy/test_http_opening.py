"""The way to the server: straight, over TLS, and through the proxy that the environment names."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.wire.proxy.http_heads import server_at
from mcpwatch.wire.proxy.http_opening import way_to
from tests.wire.proxy.web import between, posting, raw_client
from tests.wire.tapping import PING, PONG

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    found = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-out", str(found[0]), "-keyout", str(found[1])]
    subprocess.run(made, check=True, capture_output=True)
    return found


@asynccontextmanager
async def secured(certificate: tuple[Path, Path]) -> AsyncGenerator[str]:
    """A server over TLS that answers every request."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(PING))
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % len(PONG) + PONG)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield f"https://localhost:{listening.sockets[0].getsockname()[1]}/mcp"


class Other:
    """The proxy on the way: what it was asked, and what it answers a CONNECT with."""

    def __init__(self, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self.url = ""
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        if not head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(PONG))
            writer.write(PONG)
            await reader.read()
        else:
            writer.write(self._answer)
            if b" 200 " in self._answer:
                port = int(head.split()[1].rpartition(b":")[2])
                there = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


@asynccontextmanager
async def other(answer: bytes = b"HTTP/1.1 200 Fine\r\n\r\n") -> AsyncGenerator[Other]:
    found = Other(answer)
    listening = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    async with listening:
        found.url = f"http://me:pass%20word@127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield found


async def test_a_server_over_tls_is_checked_by_its_certificate(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with secured(certificate) as url:
        async with between(url) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING))
            assert b" 502 " in await client.head()
            assert b"certificate verify failed" in await client.rest()
            await proxy.ended()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        async with between(url) as proxy, raw_client(proxy) as client:
            for _ in range(2):
                await client.send(posting(proxy, PING))
                assert b" 200 " in await client.head()
                assert await client.read(len(PONG)) == PONG
            await proxy.ended(2)
            assert proxy.http("request")[0].url == url


async def test_a_tunnel_through_another_proxy_is_asked_for(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with secured(certificate) as url, other() as there:
        way = way_to(server_at(url), there.url)
        async with between(url, way=way) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING))
            assert b" 200 " in await client.head()
            assert await client.read(len(PONG)) == PONG
            await proxy.ended()
        authority = url.split("/")[2]
        assert there.asked == [
            f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
            "Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n\r\n".encode()
        ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 407 Who are you\r\n\r\n", "the proxy answered 'HTTP/1.1 407 Who are you'"),
        (b"", "the proxy closed the connection"),
    ],
)
async def test_a_tunnel_that_is_refused_is_said(answer: bytes, why: str) -> None:
    async with other(answer) as there:
        way = way_to(server_at("https://localhost:9/mcp"), there.url)
        async with between("https://localhost:9/mcp", way=way) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING))
            assert b" 502 " in await client.head()
            assert await client.rest() == f"mcpwatch cannot reach https://localhost:9: {why}.\n".encode()
            await proxy.ended()


async def test_without_tls_another_proxy_is_asked_for_a_whole_address() -> None:
    async with other() as there:
        way = way_to(server_at("http://mcp.example:81/mcp"), there.url)
        async with between("http://mcp.example:81/mcp", way=way) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING))
            assert b" 200 " in await client.head()
            await proxy.ended()
            assert all("Proxy-Authorization" not in dict(event.headers) for event in proxy.http("request"))
        assert there.asked[0].startswith(b"POST http://mcp.example:81/mcp HTTP/1.1\r\nHost: mcp.example:81\r\n")
        assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in there.asked[0]


def test_a_proxy_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        way_to(server_at("http://mcp.example/"), "socks5://127.0.0.1:1080")
