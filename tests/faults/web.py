"""A server on loopback with one fault, in a thread of its own beside the run that meets it, and what it wrote."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.faults.fault import Fault
from tests.servers.http.raw import Request, Wire, serving, whole

__all__ = [
    "DONE",
    "INITIALIZED",
    "JSON",
    "SSE",
    "TOOLS",
    "Answer",
    "Exchange",
    "Faults",
    "Heard",
    "Make",
    "Replies",
    "Site",
    "WebFault",
    "answer_of",
    "asks",
    "chunks",
    "event",
    "plain",
    "says",
    "serve",
    "typed",
    "writes",
]

Answer: TypeAlias = Callable[[Wire, Request], Awaitable[None]]
Replies: TypeAlias = dict[str, Answer]
"""By what is asked: a tool's name, a method, `answer` for an answer of ours, or the verb of what has no body."""
JSON, SSE = "application/json", "text/event-stream"
TOOLS = [{"name": name, "inputSchema": {"type": "object"}} for name in ("work", "after")]
INITIALIZED: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "wrong", "version": "1"},
}
DONE = {"content": [{"type": "text", "text": "done"}]}


def asks(request: Request) -> dict[str, Any]:
    return json.loads(request.body) if request.body else {}


def answer_of(request: Request, result: Any = None) -> bytes:
    """The answer to a call, as it should be, in bytes."""
    answer = {"jsonrpc": "2.0", "id": asks(request).get("id"), "result": DONE if result is None else result}
    return json.dumps(answer).encode()


def event(data: bytes, *fields: str) -> bytes:
    return b"".join(field.encode() + b"\n" for field in fields) + b"data: " + data + b"\n\n"


def says(result: Any = None, *headers: str) -> Answer:
    """A good answer."""

    async def reply(wire: Wire, request: Request) -> None:
        await whole("200 OK", JSON, answer_of(request, result), *headers)(wire, request)

    return reply


def plain(status: str, text: bytes = b"") -> Answer:
    return whole(status, "text/plain", text)


def typed(kind: str, body: Callable[[Request], bytes] = answer_of, *headers: str, status: str = "200 OK") -> Answer:
    """The answer under another content type, or another answer."""

    async def reply(wire: Wire, request: Request) -> None:
        await whole(status, kind, body(request), *headers)(wire, request)

    return reply


def writes(data: bytes, *, stays: bool = False) -> Answer:
    """Exactly these bytes; then the connection is closed, or `stays` until the client goes."""

    async def reply(wire: Wire, request: Request) -> None:
        await wire.send(data)
        if stays:
            await wire.gone()
        wire.close()

    return reply


def chunks(*pieces: bytes, answer: bool = True, stays: bool = False) -> Answer:
    """A stream of these pieces, then the answer; then it ends in order, or `stays` open."""

    async def reply(wire: Wire, request: Request) -> None:
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        for piece in pieces:
            await wire.chunk(piece)
        if answer:
            await wire.chunk(event(answer_of(request)))
        if stays:
            await wire.gone()
        else:
            await wire.last_chunk()

    return reply


class Heard:
    """A stream that goes on once the client has answered what it asks: all that came before was read by then."""

    PING = b'{"jsonrpc":"2.0","id":"p","method":"ping"}'

    def __init__(self) -> None:
        self._answered = asyncio.Event()

    async def answer(self, wire: Wire, request: Request) -> None:
        self._answered.set()
        await plain("202 Accepted")(wire, request)

    async def begin(self, wire: Wire, *fields: str) -> None:
        """The head, and a question with its answer."""
        await wire.head("200 OK", f"content-type: {SSE}", "transfer-encoding: chunked")
        await wire.chunk(event(self.PING, *fields))
        await self._answered.wait()


Make: TypeAlias = "Callable[[Site], Replies]"


def _nothing(site: Site) -> Replies:
    return {}


@dataclass(frozen=True)
class WebFault(Fault):
    """`make` gives the answers of one run. `limit` stands for how much of one message is kept, in bytes."""

    make: Make = field(default=_nothing)
    transport: str = "http"
    limit: int | None = None


class Faults(list[WebFault]):
    """A list of faults that is written down one by one."""

    def work(self, name: str, does: str, says: str, code: int, answer: Answer, **more: Any) -> None:
        """What a call of `work` is answered with."""
        self.site(name, does, says, code, {"work": answer}, **more)

    def site(self, name: str, does: str, says: str, code: int, replies: Replies, **more: Any) -> None:
        """Answers that remember nothing."""
        self.append(WebFault(name, does, says, code, make=lambda site: replies, **more))

    def made(self, does: str, says: str, code: int = 0, **more: Any) -> Callable[[Make], Make]:
        """The function below makes the answers; its name is the fault's."""

        def keep(make: Make) -> Make:
            self.append(WebFault(make.__name__, does, says, code, make=make, **more))
            return make

        return keep


@dataclass(frozen=True)
class Exchange:
    """A request, and all that was written in answer to it."""

    request: Request
    wire: Wire


@dataclass
class Site:
    """`die` ends it as a process that is killed."""

    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    die: Callable[[], object] = lambda: None

    def keep(self, replies: Replies) -> Answer:
        """All answers of the server, each kept."""

        async def reply(wire: Wire, request: Request) -> None:
            self.exchanges.append(Exchange(request, wire))
            message = asks(request)
            key = message.get("method", "answer") if message else request.verb
            if key == "tools/call":
                key = message["params"]["name"]
            await replies.get(key, _otherwise(key, message))(wire, request)

        return reply


def _otherwise(key: str, message: dict[str, Any]) -> Answer:
    match key:
        case "initialize":
            return says(INITIALIZED, "mcp-session-id: s-1")
        case "server/discover":
            return plain("400 Bad Request")
        case "tools/list":
            return says({"tools": TOOLS})
        case "GET":
            return plain("405 Method Not Allowed")
        case "DELETE":
            return plain("200 OK")
        case _:
            return says() if "id" in message and "method" in message else plain("202 Accepted")


@contextmanager
def serve(make: Callable[[Site], Replies]) -> Generator[Site]:
    """Serve on a free port until the block ends."""
    ready, site = threading.Event(), Site()
    stop: list[Callable[[], object]] = []
    failures: list[BaseException] = []

    async def run() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        async with serving(site.keep(make(site))) as server:
            site.url = server.url
            site.die = server.die
            stop.append(lambda: loop.call_soon_threadsafe(over.set))
            ready.set()
            await over.wait()
        for _ in range(3):  # so that the loop sees the ends of the connections that were aborted
            await asyncio.sleep(0)

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failures.append(error)
        finally:
            ready.set()

    running = threading.Thread(target=thread, name="faulty-site")
    running.start()
    ready.wait()
    try:
        yield site
    finally:
        for end in stop:
            end()
        running.join()
    if failures:
        raise failures[0]
