"""Bodies of the wrong length, type or coding, and heads that are none or do not end."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import suppress
from functools import cache

from tests.faults.web import JSON, SSE, Answer, Faults, Replies, Site, answer_of, event, says, typed, writes
from tests.servers.http.raw import Request, Wire

FAULTS = Faults()
MIB = 1 << 20
ANSWERED = 'work #4  ok … "done"'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
NO_RESPONSE = "the JSON answer holds no response to this request"
GZIP = "content-encoding: gzip"

# ---- lengths

FAULTS.work(
    *("body_too_short", "promises more bytes than it sends", "peer closed connection without sending complete", 1),
    writes(HEAD + b'content-length: 500\r\n\r\n{"jsonrpc":'),
    cut=True,
)
FAULTS.work(
    *("body_too_long", "sends more bytes than it promised", '! not protocol: {"jsonrpc":', 1),
    writes(HEAD + b'content-length: 12\r\n\r\n{"jsonrpc": "2.0", "id": 4}'),
)
FAULTS.work(
    *("bad_chunk", "writes a length of a chunk that is no number", "illegal chunk header", 1),
    writes(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}"),
)
FAULTS.work(
    *("closes_without_a_word", "closes the connection in place of an answer", "disconnected without sending", 1),
    writes(b""),
)
FAULTS.work(
    *("no_http", "answers what is no HTTP", "disconnected without sending", 1),
    writes(b"220 smtp.example.com ESMTP\r\n"),
)
FAULTS.work(*("empty_json", "answers with no bytes at all", NO_RESPONSE, 1), typed(JSON, lambda request: b""))


@FAULTS.made(
    "sends a body that does not end", "a message of more than 4 MiB: the rest is not read", 1, cut=True, limit=4 * MIB
)
def body_without_end(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {JSON}", "transfer-encoding: chunked")
        with suppress(OSError):
            while True:
                await wire.chunk(b"[" * 65536)

    return {"work": work}


@FAULTS.made("drips its answer byte by byte", ANSWERED)
def slow_drip(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        body = answer_of(request)
        await wire.head("200 OK", f"content-type: {JSON}", f"content-length: {len(body)}")
        for byte in body:
            await wire.send(bytes((byte,)))
            await asyncio.sleep(0.001)

    return {"work": work}


@FAULTS.made(
    *("drips for ever", "tools/call (#4) got no answer within 3 s.", 5),
    scripted=True,
    timeout=3.0,
    cut=True,
)
def slow_drip_without_end(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {JSON}", "content-length: 100000")
        with suppress(OSError):
            while True:
                await wire.send(b" ")
                await asyncio.sleep(0.02)

    return {"work": work}


# ---- codings

FAULTS.work(
    *("gzip", "compresses its answer, as it may", ANSWERED, 0), typed(JSON, lambda r: gzip.compress(answer_of(r)), GZIP)
)
FAULTS.work(*("gzip_that_is_none", "says gzip and sends none", "not gzip", 1), typed(JSON, answer_of, GZIP))
FAULTS.work(
    *("gzip_cut_off", "cuts a compressed answer off", "(not JSON: ", 1),
    typed(JSON, lambda request: gzip.compress(answer_of(request))[:-20], GZIP),
    cut=True,
)
FAULTS.work(
    *("unknown_coding", "names a coding that there is not", ANSWERED, 0),
    typed(JSON, answer_of, "content-encoding: x-own"),
)
FAULTS.work(
    *("seven_codings", "says that it compressed seven times over", "more than 5 codings", 1),
    typed(JSON, answer_of, "content-encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip"),
)


@cache
def packed(unit: bytes, mib: int) -> bytes:
    """So many MiB of `unit`, packed to a thousandth."""
    return gzip.compress(unit * (mib * MIB // len(unit)), 1)


def bomb(mib: int) -> Answer:
    return typed(JSON, lambda request: packed(b" ", mib) + gzip.compress(answer_of(request)), GZIP)


LARGE = "too large to keep"
FAULTS.work(
    "gzip_bomb",
    "answers with 24 MiB in 100 KB of gzip, where 16 MiB are kept",
    LARGE,
    1,
    bomb(24),
    cut=True,
    limit=16 * MIB,
)
FAULTS.work(
    "gzip_bomb_of_1_gib",
    "answers with 1 GiB in 5 MB of gzip",
    LARGE,
    1,
    bomb(1024),
    cut=True,
    heavy=True,
    timeout=300.0,
)
FAULTS.work(
    *("gzip_bomb_in_an_error", "explains an error with 24 MiB in 100 KB of gzip", "500 Internal Server Error", 1),
    typed("text/plain", lambda request: packed(b"x", 24), GZIP, status="500 Internal Server Error"),
    cut=True,
    limit=16 * MIB,
)
FAULTS.work(
    *("gzip_bomb_in_a_stream", "packs a stream of comments to less than a hundredth", "it unpacks to more than", 1),
    typed(
        SSE,
        lambda request: packed(b": " + b"x" * 65_532 + b"\n\n", 24) + gzip.compress(event(answer_of(request))),
        GZIP,
    ),
    cut=True,
    limit=4 * MIB,
)
FAULTS.work(
    *("gzip_in_gzip", "packs 10 GiB twice, to 50 KB", LARGE, 1),
    typed(JSON, lambda request: gzip.compress(packed(b" ", 64) * 160, 6), "content-encoding: gzip, gzip"),
    cut=True,
    limit=16 * MIB,
)

# ---- types

FAULTS.work(
    *("html", "answers with a web page", "the answer is text/html, not JSON and no event stream", 1),
    typed("text/html", lambda request: b"<html>Welcome!</html>"),
)
FAULTS.work(
    *("json_as_text", "sends its answer as text/plain", "the answer is text/plain, not JSON", 1), typed("text/plain")
)
FAULTS.work(
    *("no_type", "names no content type", "the answer is untyped", 1),
    writes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
)
FAULTS.work(
    *("stream_as_json", "sends a stream as application/json", "! not protocol: data: {", 1),
    typed(JSON, lambda request: event(answer_of(request))),
)
FAULTS.work(*("json_as_stream", "sends JSON as a stream", "the response stream ended without an answer", 1), typed(SSE))
FAULTS.work(
    *("json_that_is_none", "sends JSON that is none", "could not be read", 1),
    typed(JSON, lambda request: b'{"jsonrpc":"2.0","id":4,"result":'),
)
FAULTS.work(
    *("not_utf8", "sends JSON in Latin-1", "could not be read: not UTF-8", 1),
    typed(JSON, lambda request: answer_of(request).replace(b"done", b"caf\xe9")),
)
FAULTS.work(
    *("another_ones_answer", "answers the id of another", NO_RESPONSE, 1),
    typed(JSON, lambda request: answer_of(request).replace(b'"id": 4', b'"id": 99')),
)
FAULTS.work(
    *("batch_of_answers", "answers with a batch", "← batch         2 messages", 0),
    typed(JSON, lambda request: b'[{"jsonrpc":"2.0","method":"x"},' + answer_of(request) + b"]"),
)

# ---- heads


@FAULTS.made("sends headers for ever", "Receive buffer too long", 1)
def endless_header(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        with suppress(OSError):
            await wire.send(b"HTTP/1.1 200 OK\r\nx: ")
            while True:
                await wire.send(b"x" * 65536)

    return {"work": work}


FAULTS.work(
    *("many_headers", "sends 20,000 headers", "Receive buffer too long", 1),
    writes(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 20_000),
)
FAULTS.work(
    *("header_that_is_none", "sends a line that is no header", "illegal header line", 1),
    writes(b"HTTP/1.1 200 OK\r\n\x00\x01 nonsense\r\n\r\n"),
)
FAULTS.work(
    *("head_that_never_ends", "stops in the middle of its headers", "tools/call (#4) got no answer within 3 s.", 5),
    writes(b"HTTP/1.1 200 OK\r\ncontent-type: applic", stays=True),
    scripted=True,
    timeout=3.0,
)


@FAULTS.made("sends a hundred hints before its answer", ANSWERED)
def informational(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        await wire.send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 100)
        await says()(wire, request)

    return {"work": work}
