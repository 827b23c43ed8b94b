"""Servers that die, hang or will not let go, and those of the older transport with a stream for all answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.faults.web import (
    INITIALIZED,
    SSE,
    TOOLS,
    Answer,
    Faults,
    Replies,
    Site,
    answer_of,
    asks,
    event,
    plain,
    typed,
    writes,
)
from tests.servers.http.raw import Request, Wire

FAULTS = Faults()


@FAULTS.made("dies in the middle of a call", "is gone: nobody answers at", 3, goes_on=False)
def dies_in_a_call(site: Site) -> Replies:
    async def work(wire: Wire, request: Request) -> None:
        site.die()

    return {"work": work}


FAULTS.work(
    *("never_answers", "never answers a call", "tools/call (#4) got no answer within 3 s.", 5),
    writes(b"", stays=True),
    scripted=True,
    timeout=3.0,
)
FAULTS.site(
    *("session_that_will_not_end", "does not answer when the session is ended", "● ended         by mcpwatch", 0),
    {"DELETE": writes(b"", stays=True)},
)


# ---- the transport of 2024-11-05: what is sent is only accepted, and answered on the one stream


class Old:
    """A server of that time. `work` does what a call of it does, in place of an answer on the stream."""

    def __init__(self, work: Callable[[Old, Wire, Request], Awaitable[None]], endpoint: str = "/messages") -> None:
        self.stream: Wire | None = None
        self._work = work
        self._endpoint = endpoint
        self._over = asyncio.Event()

    async def get(self, wire: Wire, request: Request) -> None:
        self.stream = wire
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(event(self._endpoint.encode(), "event: endpoint"))
        await wire.gone()

    async def say(self, data: bytes) -> None:
        assert self.stream is not None
        await self.stream.chunk(event(data))

    def replies(self) -> Replies:
        answers: dict[str, Any] = {"initialize": INITIALIZED, "tools/list": {"tools": TOOLS}}

        def accepted(result: Any = None) -> Answer:
            async def reply(wire: Wire, request: Request) -> None:
                await plain("202 Accepted")(wire, request)
                await self.say(answer_of(request, result))

            return reply

        async def refused(wire: Wire, request: Request) -> None:
            await plain("202 Accepted")(wire, request)
            id = b"%d" % asks(request)["id"]
            await self.say(b'{"jsonrpc":"2.0","id":' + id + b',"error":{"code":-32601,"message":"Method not found"}}')

        async def work(wire: Wire, request: Request) -> None:
            await self._work(self, wire, request)

        known = {name: accepted(result) for name, result in answers.items()}
        return {**known, "server/discover": refused, "after": accepted(), "work": work, "GET": self.get}


async def _refused(old: Old, wire: Wire, request: Request) -> None:
    await plain("500 Internal Server Error")(wire, request)


async def _lost(old: Old, wire: Wire, request: Request) -> None:
    await plain("202 Accepted")(wire, request)
    assert old.stream is not None
    old.stream.reset()


async def _junk(old: Old, wire: Wire, request: Request) -> None:
    await plain("202 Accepted")(wire, request)
    await old.say(b"oops")
    await old.say(answer_of(request))


async def _never(old: Old, wire: Wire, request: Request) -> None:
    await plain("202 Accepted")(wire, request)


@FAULTS.made("refuses a call, over HTTP+SSE", "POST /messages 500 Internal Server Error", 1, transport="sse")
def old_refused(site: Site) -> Replies:
    return Old(_refused).replies()


@FAULTS.made("loses the one stream of HTTP+SSE", "was lost: ", 3, transport="sse", goes_on=False)
def old_stream_lost(site: Site) -> Replies:
    return Old(_lost).replies()


@FAULTS.made("sends junk on the one stream of HTTP+SSE", "! not protocol: oops", transport="sse")
def old_junk(site: Site) -> Replies:
    return Old(_junk).replies()


@FAULTS.made(
    *("accepts a call over HTTP+SSE, and never answers", "tools/call (#4) got no answer within 3 s.", 5),
    transport="sse",
    scripted=True,
    timeout=3.0,
)
def old_never_answers(site: Site) -> Replies:
    return Old(_never).replies()


@FAULTS.made("names an address at another origin", "an endpoint at another origin", 3, transport="sse", goes_on=False)
def old_endpoint_elsewhere(site: Site) -> Replies:
    return Old(_never, "http://127.0.0.1:9/messages").replies()


FAULTS.site(
    *("old_no_stream", "has no stream where HTTP+SSE begins", "is no SSE endpoint: HTTP 200 text/html", 3),
    {"GET": typed("text/html", lambda request: b"<html>")},
    transport="sse",
    goes_on=False,
)
