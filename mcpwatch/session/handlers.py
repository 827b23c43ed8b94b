"""A user's own Python handlers: what they are called with, in which order, and who waits when they are slow.

Events are queued under the hub's lock, so their order is the recording's, and handed over on the loop. None is lost:
a link whose backlog is over `MOST_WAITING` is held back by its own reader, as a slow client would do it, and a `Note`
says so. A reader thread waits in `hold_back`, a reader on the loop in `room`. A handler that raises is a `Note`, and
the others still run.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeAlias

from mcpwatch.events import Event, Frame, Note
from mcpwatch.hub import Hub

__all__ = ["MOST_WAITING", "Handler", "Handlers"]

Handler: TypeAlias = Callable[[Any], Awaitable[None] | None]
MOST_WAITING = 10_000


class Handlers:
    """The handlers of one session. Make it on the loop that they shall run on."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._handlers: list[tuple[str | None, str | None, Handler]] = []
        self._queue: deque[Event] = deque()
        # Each is counted by one thread at a time alone: under the hub's lock, and on the loop.
        self._taken: dict[str, int] = {}
        self._handled: dict[str, int] = {}
        self._room = threading.Condition()
        self._held = 0
        self._waiters: list[tuple[str, asyncio.Event]] = []
        self._needed: Counter[str] = Counter()
        self._scheduled = False
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def on(self, method: str | None, handler: Handler, *, link: str | None = None) -> None:
        """Call `handler(frame)` for every frame of `method`, or `handler(event)` for everything where it is None."""
        if not self._handlers:
            self._hub.attach(self._take, clear=True)
        self._handlers.append((method, link, handler))

    def off(self, handler: Handler) -> None:
        """Stop calling `handler`."""
        self._handlers = [entry for entry in self._handlers if entry[2] != handler]
        if not self._handlers:
            self._hub.detach(self._take)

    def is_behind(self, link: str) -> bool:
        """Whether the backlog of `link` is so long that its reader has to wait."""
        return self._backlog(link) >= MOST_WAITING and not self._may_go_on(link)

    def hold_back(self, link: str) -> None:
        """Wait, in the thread that reads `link`, until its backlog has room. Elsewhere it returns at once."""
        if not self.is_behind(link) or threading.get_ident() == self._thread:
            return
        self._say_so(link)
        with self._room:
            self._held += 1
            self._room.wait_for(lambda: self._may_go_on(link))
            self._held -= 1

    async def room(self, link: str) -> None:
        """The same for a reader of `link` on the loop, which goes on meanwhile."""
        if not self.is_behind(link):
            return
        if all(waiting != link for waiting, _ in self._waiters):
            self._say_so(link)
        waiter = (link, asyncio.Event())
        self._waiters.append(waiter)
        try:
            await waiter[1].wait()
        finally:
            self._waiters.remove(waiter)

    @contextmanager
    def let_through(self, link: str) -> Generator[None]:
        """While a handler itself waits for something from `link`, it is not held back: the handler would wait for ever.

        Nothing changes for anybody else who waits.
        """
        if self._task is None or asyncio.current_task() is not self._task:
            yield
            return
        self._needed[link] += 1
        self._let_go(link)
        try:
            yield
        finally:
            self._needed[link] -= 1

    async def drained(self) -> None:
        """Wait until every event so far has been handled."""
        while self._queue or self._task is not None:
            if self._task is not None:
                await asyncio.wait([self._task])
            else:
                await asyncio.sleep(0)

    def close(self) -> None:
        """Call nobody any more, and let go whoever is held back."""
        self._hub.detach(self._take)
        self._closed = True
        for link in {link for link, _ in self._waiters}:
            self._let_go(link)
        with self._room:
            self._room.notify_all()
        if self._task is not None:
            self._task.cancel()

    def _backlog(self, link: str) -> int:
        return self._taken.get(link, 0) - self._handled.get(link, 0)

    def _may_go_on(self, link: str) -> bool:
        return self._closed or self._needed[link] > 0 or self._backlog(link) < MOST_WAITING // 2

    def _say_so(self, link: str) -> None:
        self._hub.publish(Note(link=link, what="held-back", data={"waiting": self._backlog(link)}))

    def _let_go(self, link: str) -> None:
        """Tell the readers of `link` that they may go on. On the loop."""
        for waiting, event in self._waiters:
            if waiting == link:
                event.set()
        if self._held:
            with self._room:
                self._room.notify_all()

    def _take(self, event: Event) -> None:
        if isinstance(event, Note) and event.what == "handler-failed":
            return
        self._queue.append(event)
        self._taken[event.link] = self._taken.get(event.link, 0) + 1
        if not self._scheduled:
            self._scheduled = True
            try:
                self._loop.call_soon_threadsafe(self._start)
            except RuntimeError:
                pass  # the loop is closed: there is nobody left to call

    def _start(self) -> None:
        if self._task is None and not self._closed:
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._queue:
                event = self._queue.popleft()
                for method, link, handler in tuple(self._handlers):
                    if link is not None and link != event.link:
                        continue
                    if method is None or (isinstance(event, Frame) and event.method == method):
                        await self._call(handler, event)
                self._done(event.link)
        finally:
            self._task = None
            self._scheduled = False
            if self._queue and not self._closed:
                self._scheduled = True
                self._start()

    async def _call(self, handler: Handler, event: Event) -> None:
        try:
            returned = handler(event)
            if inspect.isawaitable(returned):
                await returned
        except Exception as error:
            name = getattr(handler, "__qualname__", repr(handler))
            data = {"handler": name, "error": f"{type(error).__name__}: {error}"}
            self._hub.publish(Note(link=event.link, what="handler-failed", re=event.seq, data=data))

    def _done(self, link: str) -> None:
        self._handled[link] = self._handled.get(link, 0) + 1
        if (self._held or self._waiters) and self._backlog(link) < MOST_WAITING // 2:
            self._let_go(link)
