"""Many clients at once, and many requests of each: nobody gets what is another's, and nothing is recorded as it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mcpwatch.cli.listening import allow_files
from mcpwatch.events import Frame
from mcpwatch.wire import address
from tests.wire.proxy import web
from tests.wire.proxy.web import Between, RawClient, between, posting, raw_client

pytestmark = pytest.mark.anyio
CLIENTS = 100
EACH = 10


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def many_files() -> None:
    """All four ends of a connection are in this process."""
    allow_files()


class Meeting:
    """A server that answers nobody before `count` requests are in flight."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.here = 0
        self.all_here = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                asked: dict[str, Any] = json.loads(await reader.readexactly(length))
                session = head.partition("mcp-session-id: ")[2].partition("\r\n")[0]
                more = f"Mcp-Session-Id: s-{asked['params']['who']}\r\n" if asked["method"] == "initialize" else ""
                if asked["method"] != "initialize":
                    self.here += 1
                    if self.here == self.count:
                        self.all_here.set()
                    await self.all_here.wait()
                said = {"who": asked["params"]["who"], "id": asked["id"], "session": session}
                body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": said}).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{more}"
                writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
                event = b"data: " + body + b"\n\n"
                for at in range(0, len(event), 30):
                    piece = event[at : at + 30]
                    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def meeting(count: int) -> AsyncGenerator[Between]:
    served = Meeting(count)
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0, backlog=2000)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with between(f"http://127.0.0.1:{port}/mcp") as proxy:
            yield proxy


def asking(proxy: Between, who: int, id: int, method: str, *headers: str) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": {"who": who}}).encode()
    return posting(proxy, body, "User-Agent: the-same", *headers)


async def answer(client: RawClient) -> dict[str, Any]:
    await client.head()
    body = b""
    while size := int(await client.reader.readline(), 16):
        body += await client.read(size)
        await client.reader.readline()
    await client.reader.readline()
    return json.loads(body.partition(b"data: ")[2])


def assert_kept_apart(proxy: Between, count: int) -> None:
    """Every link has the words of one client, and every request its own answer."""
    asked = {frame.seq: frame for frame in proxy.frames("c2s")}
    who: dict[str, set[int]] = {}
    for frame in asked.values():
        who.setdefault(frame.link, set()).add(frame.message["params"]["who"])
    assert all(len(one) == 1 for one in who.values())
    answers = [frame for frame in proxy.frames("s2c") if frame.type == "response"]
    assert len(answers) == count
    for frame in answers:
        assert frame.re is not None
        request: Frame = asked[frame.re]
        assert (request.link, request.xid, request.id) == (frame.link, frame.xid, frame.id)
        assert request.message["params"]["who"] == frame.message["result"]["who"]
    assert Counter(frame.re for frame in answers).most_common(1)[0][1] == 1


async def test_many_may_wait_to_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Listening(socket.socket):
        def listen(self, backlog: int = 0, /) -> None:
            asked.append(backlog)
            super().listen(backlog)

    def listener(host: str, port: int) -> socket.socket:
        return Listening(fileno=address.listener(host, port).detach())

    monkeypatch.setattr(web, "listener", listener)
    async with between("http://127.0.0.1:9/mcp"):
        pass
    assert set(asked) == {address.BACKLOG}


async def test_a_hundred_sessions_with_a_thousand_requests_in_flight_are_kept_apart() -> None:
    async with meeting(CLIENTS * EACH) as proxy:

        async def ask(who: int, id: int, session: str) -> None:
            async with raw_client(proxy) as client:  # one connection each, as HTTP/1.1 wants it
                await client.send(asking(proxy, who, id, "tools/call", f"Mcp-Session-Id: {session}"))
                found = (await answer(client))["result"]
                assert found == {"who": who, "id": id, "session": session}

        async def be(who: int) -> None:
            async with raw_client(proxy) as client:
                await client.send(asking(proxy, who, 1, "initialize"))
                assert (await answer(client))["result"]["who"] == who
            async with asyncio.TaskGroup() as tasks:
                for id in range(2, EACH + 2):
                    tasks.create_task(ask(who, id, f"s-{who}"))

        async with asyncio.TaskGroup() as tasks:
            for who in range(CLIENTS):
                tasks.create_task(be(who))
        await proxy.ended(CLIENTS * (EACH + 1))
        assert_kept_apart(proxy, CLIENTS * (EACH + 1))
        assert len(proxy.links()) == CLIENTS
        assert proxy.links()[:2] == ["web", "web#2"]


async def test_a_hundred_clients_without_sessions_are_kept_apart_too() -> None:
    async with meeting(CLIENTS) as proxy:

        async def be(who: int) -> None:
            async with raw_client(proxy) as client:
                for id in range(1, 4):
                    await client.send(asking(proxy, who, id, "tools/call"))
                    found = (await answer(client))["result"]
                    assert (found["who"], found["id"]) == (who, id)

        async with asyncio.TaskGroup() as tasks:
            for who in range(CLIENTS):
                tasks.create_task(be(who))
        await proxy.ended(CLIENTS * 3)
        assert_kept_apart(proxy, CLIENTS * 3)
        assert len(proxy.links()) == CLIENTS
