"""Whatever the bodies are, the other side gets them byte for byte, and the recording has them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.servers.http.raw import Request, Wire, serving
from tests.wire.proxy.web import RawClient, between, posting, raw_client
from tests.wire.tapping import JSON, SSE

pytestmark = pytest.mark.anyio
COUNT = 2_000
SEED = 20_261_121


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def bodies(seed: int) -> Iterator[bytes]:
    """Messages, and what should have been some."""
    some = random.Random(seed)
    ids = (b"1", b'"1"', b"null", b"1.5", b"-0", b"1e400", b"true", b"[]", b"12345678901234567890123", b'"\\ud800"')
    values = (b"NaN", b"Infinity", b"1E2", b"1.0", b'{"a":1,"a":2}', b"[[[[[]]]]]", b'"\xff\xfe"', b'"\\u0000"', b"nul")
    while True:
        id, value = some.choice(ids), some.choice(values)
        text = (
            bytes(some.choices(range(32, 127), k=some.choice((0, 3, 40, 900)))).replace(b"\\", b"").replace(b'"', b"")
        )
        if some.random() < 0.002:
            text *= 1_000
        match some.randrange(8):
            case 0:
                yield b'{"jsonrpc":"2.0","id":%s,"method":"x/y","params":{"v":%s,"t":"%s"}}' % (id, value, text)
            case 1:
                yield b'{"jsonrpc":"2.0","id":%s,"result":%s}' % (id, value)
            case 2:
                yield b'[{"jsonrpc":"2.0","method":"a"},{"id":%s,"jsonrpc":"2.0","method":"%s"}]' % (id, text)
            case 3:
                yield b'{"jsonrpc":"2.0","jsonrpc":"2.0","method":"notifications/x","params":{"v":%s}}' % value
            case 4:
                yield b'{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"%s"}}' % (id, text)
            case 5:
                yield b'  {"jsonrpc" : "2.0" ,\t"method":"%s"}  ' % text
            case 6:
                yield b"{" + text + some.randbytes(5).replace(b"\n", b"").replace(b"\r", b"") + b"}"
            case _:
                yield b'{"jsonrpc":"2.0","method":"x","params":["%s"]}' % text


def sums(data: list[bytes]) -> list[str]:
    return [sha256(one).hexdigest() for one in data]


async def body_of(client: RawClient) -> bytes:
    """The next body, without its framing."""
    head = (await client.head()).decode().lower()
    if "chunked" not in head:
        return await client.read(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    found = b""
    while size := int(await client.reader.readline(), 16):
        found += await client.read(size)
        await client.reader.readline()
    await client.reader.readline()
    return found


@pytest.mark.parametrize("kind", [JSON, SSE])
async def test_generated_bodies_pass_each_way_and_are_recorded(kind: str) -> None:
    said: list[bytes] = []
    answers, some = bodies(SEED + 1), random.Random(SEED)

    async def reply(wire: Wire, _request: Request) -> None:
        said.append(next(answers))
        body = said[-1] if kind == JSON else b"id: %d\ndata: %s\n\n" % (len(said), said[-1])
        if kind == JSON and some.random() < 0.5:
            await wire.head("200 OK", f"content-type: {kind}", f"content-length: {len(body)}")
            await wire.send(body)
            return
        await wire.head("200 OK", f"content-type: {kind}", "transfer-encoding: chunked")
        cut = some.randrange(len(body) + 1)
        for piece in (body[:cut], body[cut:]):
            if piece:
                await wire.chunk(piece)
        await wire.last_chunk()

    asked: list[bytes] = []
    async with serving(reply) as server, between(server.url) as proxy, raw_client(proxy) as client:
        for body in bodies(SEED):
            asked.append(body)
            await client.send(posting(proxy, body))
            got = await body_of(client)
            assert got == (said[-1] if kind == JSON else b"id: %d\ndata: %s\n\n" % (len(said), said[-1]))
            if len(asked) == COUNT:
                break
        await proxy.ended(COUNT)
        assert sums([request.body for request in server.requests]) == sums(asked)
        assert sums([frame.data for frame in proxy.frames("c2s")]) == sums(asked)
        heard = {frame.xid: frame.data for frame in proxy.frames("s2c")}
        # What answers no request and is no JSON-RPC is not protocol: of that the recording has the text.
        texts = {event.xid: event.size for event in proxy.http("body")}
        assert len(heard) + len(texts) == COUNT and len(texts) < (COUNT / 4 if kind == JSON else 1)
        assert all(heard.get(xid, one) == one for xid, one in enumerate(said, 1))
        assert all(size == len(said[(xid or 0) - 1]) for xid, size in texts.items())
        assert len(proxy.links()) == 1
