"""One session over HTTP: its mock, its clock, and the streams on which messages leave.

Owns when what is due goes out and where to; requests and headers are `http`'s. All of it runs on one event loop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.play import Out

if TYPE_CHECKING:
    import asyncio

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["STREAM", "Post", "Session", "event_stream", "unless_dropped"]

STREAM = "text/event-stream"
_BACKLOG = 10_000
"""Messages that wait for somebody to open the standing stream."""
PATIENCE = 1.0
"""Seconds that a call waits for a client to open it, where a question on it has to be answered first."""


class Post:
    """What is to leave on one stream: the answer to one POST, or the standing one. None ends it."""

    def __init__(self, number: int = 0) -> None:
        import asyncio

        self.number = number
        """Ids alone would not do: where there are no sessions, two clients may both count from 1."""
        self._queue: asyncio.Queue[Out | None] = asyncio.Queue()
        self.put = self._queue.put_nowait
        self.get = self._queue.get
        self.size = self._queue.qsize


class Session:
    """One mock, its clock, and the streams that are open."""

    def __init__(self, mock: Mock, gone: Callable[[], None]) -> None:
        self.mock = mock
        self._gone = gone
        self._posts: dict[Hashable, Post] = {}
        self._standing = Post()
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._listening = 0
        self._unheard: list[tuple[Out, float]] = []
        """Questions for which nobody has opened the standing stream, each with the time when it was due."""
        mock.open(perf_counter())
        self._pump()

    def receive(self, body: bytes, *, answers: bool) -> Post | None:
        """Take what a client posted. Returns the stream on which all that belongs to it leaves, if it `answers`."""
        self._count += 1
        post = Post(self._count)
        if answers:
            self._posts[post.number] = post
        self.mock.receive(body, perf_counter(), post.number)
        self._pump()
        return post if answers else None

    def forget(self, post: Post, *, cancel: bool = False) -> None:
        """Nobody reads this stream any more; `cancel` gives its requests up."""
        self._posts.pop(post.number, None)
        if cancel:
            self.mock.dropped(post.number, perf_counter())
            self._pump()

    async def standing(self) -> AsyncGenerator[Out]:
        """What belongs to no request, for whoever listens."""
        for out, _ in self._unheard:
            self._standing.put(out)
        self._unheard.clear()
        self._listening += 1
        try:
            while (out := await self._standing.get()) is not None:
                yield out
        finally:
            self._listening -= 1

    def close(self) -> None:
        self._closed = True
        self._give_up_asking(at_the_end=True)
        if self._timer is not None:
            self._timer.cancel()
        for queue in (self._standing, *self._posts.values()):
            queue.put(None)

    def _pump(self) -> None:
        """Put what is due on its streams, and come again when more is."""
        import asyncio

        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed:
            return
        self._deliver()
        while self._give_up_asking():
            self._deliver()
        when = self.mock.next_due()
        if self.mock.ended:
            self._gone()
        elif when is not None and when < inf:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, when - perf_counter()), self._pump)

    def _deliver(self) -> None:
        import asyncio

        for out in self.mock.due(perf_counter()):
            queue = self._posts.get(out.to)
            if queue is not None:
                queue.put(out)
            elif out.asks is not None and not self._listening:
                self._unheard.append((out, perf_counter()))
                asyncio.get_running_loop().call_later(PATIENCE, self._pump)
            elif self._standing.size() < _BACKLOG:
                self._standing.put(out)

    def _give_up_asking(self, *, at_the_end: bool = False) -> bool:
        """Let go of questions that nobody hears: those that something has waited for long enough, at the end all.

        Whether there were any.
        """
        now, before = perf_counter(), len(self._unheard)
        for entry in tuple(self._unheard):
            out, due = entry
            if at_the_end or (now - due >= PATIENCE and self.mock.waits_for(out.asks)):
                self._unheard.remove(entry)
                self.mock.unheard(out.asks, now)
        return len(self._unheard) < before


async def unless_dropped(request: Request, stream: Post) -> Out | None:
    """The first message on a stream; None where the client has gone, or the server."""
    import asyncio

    first, gone = asyncio.ensure_future(stream.get()), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({first, gone}, return_when=asyncio.FIRST_COMPLETED)
        return first.result() if first.done() else None
    finally:
        for task in (first, gone):
            task.cancel()


def event_stream(outs: AsyncGenerator[Out], headers: dict[str, str]) -> Response:
    """A response that is a stream of messages, as they come."""
    from starlette.responses import StreamingResponse

    async def events() -> AsyncGenerator[bytes]:
        async for out in outs:
            yield b"event: message\r\ndata: " + out.data.translate(_ONE_LINE) + b"\r\n\r\n"

    return StreamingResponse(events(), headers={**headers, "cache-control": "no-cache"}, media_type=STREAM)


_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
