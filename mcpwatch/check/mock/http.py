"""A mock at a URL: Streamable HTTP on loopback, a `Mock` for each session.

Owns the address, who may come (the Host and Origin of a request have to be ours: a page in a browser must not reach a
server on this machine), sessions, and on which stream a message leaves. What is said is `core`'s. It runs on a thread
and an event loop of its own, so that it serves a command, a test and a client in the same process alike.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.play import Out
from mcpwatch.check.mock.story import META, Story
from mcpwatch.check.mock.streams import STREAM, Post, Session, event_stream, unless_dropped
from mcpwatch.events import Frame
from mcpwatch.model.shapes import mapping
from mcpwatch.wire.address import listener, netloc, refusal, served_names

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["HttpMock"]

SESSION = "mcp-session-id"
_GRACE = 1
"""Seconds that open streams have at the end."""


class HttpMock:
    """`make` gives a new mock for each session. `url` is there once it is entered; it ends when it is left.

    `allow_hosts` are names that a request may be addressed to beside those of loopback; `*` is any.
    Raises `UsageError` where the address cannot be had.
    """

    def __init__(
        self,
        story: Story,
        make: Callable[[], Mock],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        self.mocks: list[Mock] = []
        """Every session's, the first first."""
        self.gone = threading.Event()
        """Set when the recorded server was gone, which ends this one."""
        self._story, self._make = story, make
        self._address = (host, port)
        self._hosts = served_names(allow_hosts)
        self._sessions: dict[str | None, Session] = {}
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], None] = lambda: None
        self.url = ""

    def __enter__(self) -> Self:
        host, port = self._address
        taken = listener(host, port)
        self.url = f"http://{netloc(host, taken.getsockname()[1])}{self._story.path}"
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(taken, ready), name="mcpwatch-mock-http", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if self._thread is not None:
            self._thread.join()

    # The thread

    def _run(self, taken: socket.socket, ready: threading.Event) -> None:
        import asyncio

        with taken:
            try:
                asyncio.run(self._serve(taken, ready))
            finally:
                ready.set()

    async def _serve(self, taken: socket.socket, ready: threading.Event) -> None:
        import asyncio

        import uvicorn
        from starlette.applications import Starlette
        from starlette.routing import Route

        methods = ["GET", "POST", "DELETE"]
        paths = dict.fromkeys((self._story.path, "/mcp", "/"))
        app = Starlette(routes=[Route(path, self._answer, methods=methods) for path in paths])
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE,
        )
        server = uvicorn.Server(config)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for session in list(self._sessions.values()):
                session.close()
            server.should_exit = True

        def stop_soon() -> None:
            with suppress(RuntimeError):  # the loop is closed: it has stopped already
                loop.call_soon_threadsafe(stop)

        self._stop = stop_soon
        ready.set()
        await server.serve(sockets=[taken])

    # Who may come, and to which session

    async def _answer(self, request: Request) -> Response:
        from starlette.responses import Response

        if (refused := self._refused(request)) is not None:
            return refused
        session = self._sessions.get(request.headers.get(SESSION))
        if request.method == "POST":
            return await self._post(request, session)
        if session is None:
            given = SESSION in request.headers
            return _plain(404 if given else 405, "This session is not there." if given else "There is no session.")
        if request.method == "GET":
            return event_stream(session.standing(), {})
        session.close()
        self._sessions.pop(request.headers.get(SESSION), None)
        return Response(status_code=204)

    def _refused(self, request: Request) -> Response | None:
        why = refusal(request.headers.get("host", ""), request.headers.get("origin"), self._hosts)
        return None if why is None else _plain(403, why)

    async def _post(self, request: Request, session: Session | None) -> Response:
        from starlette.responses import Response

        from mcpwatch.wire.framing import classify

        body = await request.body()
        frame = classify(body, link=self._story.link.name, dir="c2s")
        headers: dict[str, str] = {}
        if session is None:
            if SESSION in request.headers:
                return _plain(404, "This session is not there.")
            has_session = self._story.has_session and self._story.era == "legacy"
            if has_session and frame.method == "initialize":
                name = uuid4().hex
                headers[SESSION] = name
            elif has_session and not _is_modern(frame, request):
                return _plain(400, f"There is no {SESSION}.")
            else:
                name = None
            session = self._sessions.get(name)
            if session is None:
                session = self._sessions[name] = Session(self._new(), self._end)
        items = frame.items if frame.type == "batch" else [frame]
        asked = sum(item.type == "request" for item in items)
        post = session.receive(body, answers=asked > 0)
        if frame.type == "invalid":
            return _plain(400, "This is no JSON-RPC message.")
        if post is None:
            return Response(status_code=202, headers=headers)
        return await self._respond(request, session, post, asked, headers)

    async def _respond(
        self, request: Request, session: Session, post: Post, asked: int, headers: dict[str, str]
    ) -> Response:
        from starlette.responses import Response

        modern = self._story.era == "modern"
        first = await unless_dropped(request, post)
        if first is None:
            session.forget(post, cancel=modern)
            return _plain(503, "The server is gone.")
        accepted = request.headers.get("accept", "")
        takes_stream = STREAM in accepted or "*/*" in accepted
        if first.last and asked == 1 and not (first.streamed and takes_stream):
            session.forget(post)
            return Response(first.data, first.status or 200, headers, "application/json")

        async def rest() -> AsyncGenerator[Out]:
            out: Out | None = first
            left = asked
            try:
                while out is not None:
                    yield out
                    left -= out.last
                    if not left:
                        return
                    out = await post.get()
            finally:
                # A stream that is dropped is, in the modern era, a request that is cancelled.
                session.forget(post, cancel=modern and left > 0)

        return event_stream(rest(), headers)

    def _new(self) -> Mock:
        self.mocks.append(self._make())
        return self.mocks[-1]

    def _end(self) -> None:
        self.gone.set()
        self._stop()


def _plain(status: int, text: str) -> Response:
    import json

    from starlette.responses import Response

    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": text}}
    return Response(json.dumps(error), status, media_type="application/json")


def _is_modern(frame: Frame, request: Request) -> bool:
    meta: Any = mapping(frame.params.get("_meta"))
    return META + "protocolVersion" in meta or request.headers.get("mcp-protocol-version", "") >= "2026"
