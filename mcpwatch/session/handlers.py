"""A user's own Python handlers: what they are called with, in which order, and who waits when they are slow.

Events are queued under the hub's lock, so their order is the recording's, and handed over on the loop. Handlers run at
the same time as each other; each gets the events of a link in order, one after the other, and one that takes its time
over a link delays no other link. None is lost: a link of which a handler has `MOST_WAITING` events to go is held back
by its own reader, as a slow client would do it, and a `Note` says so. A reader thread waits in `hold_back`, a reader on
the loop in `room`. A handler that raises is a `Note`, and the others still run.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from mcpwatch.events import Event, Frame, Note
from mcpwatch.hub import Hub

__all__ = ["MOST_WAITING", "Handler", "Handlers"]

Handler: TypeAlias = Callable[[Any], Awaitable[None] | None]
MOST_WAITING = 10_000
AT_ONCE = 256
"""Events that are handed over before the loop gets to do something else."""


class _Entry(NamedTuple):
    """A handler as it was given: for which frames, of which link; None stands for all."""

    method: str | None
    link: str | None
    handler: Handler

    def wants(self, event: Event) -> bool:
        if self.link is not None and self.link != event.link:
            return False
        return self.method is None or (isinstance(event, Frame) and event.method == self.method)


class _Lane:
    """One handler's events of one link while it takes its time: what it is busy with, and what waits, in order."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.waiting: deque[Event] = deque()
        self.task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self.waiting) + (self.task is not None)


class Handlers:
    """The handlers of one session. Make it on the loop that they shall run on."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._entries: list[_Entry] = []
        self._queue: deque[Event] = deque()
        self._lanes: dict[str, dict[int, _Lane]] = {}
        """By link, and in it by entry: those that have something to do."""
        # Each is written by one thread at a time alone: the first under the hub's lock, the others on the loop.
        self._taken: dict[str, int] = {}
        self._handed: dict[str, int] = {}
        self._longest: dict[str, int] = {}
        self._room = threading.Condition()
        self._held = 0
        self._waiters: list[tuple[str, asyncio.Event]] = []
        self._needed: Counter[str] = Counter()
        self._scheduled = False
        self._closed = False

    def on(self, method: str | None, handler: Handler, *, link: str | None = None) -> None:
        """Call `handler(frame)` for every frame of `method`, or `handler(event)` for everything where it is None."""
        if not self._entries:
            self._hub.attach(self._take, clear=True)
        self._entries.append(_Entry(method, link, handler))

    def off(self, handler: Handler) -> None:
        """Stop calling `handler`; what it is busy with it may finish."""
        self._entries = [entry for entry in self._entries if entry.handler != handler]
        for link, lanes in self._lanes.items():
            for lane in lanes.values():
                if lane.handler == handler:
                    lane.waiting.clear()
            self._measure(link)
        if not self._entries:
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
        task = asyncio.current_task()
        if task is None or task not in self._tasks():
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
        while self._queue or self._lanes:
            if tasks := self._tasks():
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(0)

    def close(self) -> None:
        """Call nobody any more, and let go whoever is held back."""
        self._hub.detach(self._take)
        self._closed = True
        self._queue.clear()
        for link in {link for link, _ in self._waiters}:
            self._let_go(link)
        with self._room:
            self._room.notify_all()
        for task in self._tasks():
            task.cancel()

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {lane.task for lanes in self._lanes.values() for lane in lanes.values() if lane.task is not None}

    def _backlog(self, link: str) -> int:
        """Events of `link` that the slowest of its handlers has still to go."""
        return self._taken.get(link, 0) - self._handed.get(link, 0) + self._longest.get(link, 0)

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
                self._loop.call_soon_threadsafe(self._hand_over)
            except RuntimeError:
                pass  # the loop is closed: there is nobody left to call

    def _hand_over(self) -> None:
        """Give the events that have come to whoever wants them. On the loop."""
        self._scheduled = False
        for _ in range(AT_ONCE):
            if not self._queue or self._closed:
                return
            event = self._queue.popleft()
            for entry in tuple(self._entries):
                if entry.wants(event):
                    self._offer(entry, event)
            self._handed[event.link] = self._handed.get(event.link, 0) + 1
            self._ease(event.link)
        self._scheduled = True
        self._loop.call_soon(self._hand_over)

    def _offer(self, entry: _Entry, event: Event) -> None:
        lanes = self._lanes.get(event.link)
        lane = None if lanes is None else lanes.get(id(entry))
        if lane is not None:
            lane.waiting.append(event)
        else:
            returned = self._call(entry.handler, event)
            if returned is None:
                return
            lane = _Lane(entry.handler)
            lane.task = self._loop.create_task(self._follow(entry, lane, returned, event))
            self._lanes.setdefault(event.link, {})[id(entry)] = lane
        self._longest[event.link] = max(self._longest.get(event.link, 0), len(lane))

    async def _follow(self, entry: _Entry, lane: _Lane, returned: Awaitable[None] | None, event: Event) -> None:
        """See one event of a link handled to its end, then those that have come meanwhile."""
        link = event.link
        try:
            while True:
                if returned is not None:
                    await self._finish(entry.handler, returned, event)
                if not lane.waiting:
                    return
                event = lane.waiting.popleft()
                self._measure(link)
                returned = self._call(entry.handler, event)
        finally:
            lane.task = None
            lanes = self._lanes[link]
            del lanes[id(entry)]
            if not lanes:
                del self._lanes[link]
            self._measure(link)

    def _call(self, handler: Handler, event: Event) -> Awaitable[None] | None:
        """What is left to be awaited; None where it is done."""
        try:
            returned = handler(event)
        except Exception as error:
            self._failed(handler, event, error)
            return None
        return returned if inspect.isawaitable(returned) else None

    async def _finish(self, handler: Handler, returned: Awaitable[None], event: Event) -> None:
        try:
            await returned
        except Exception as error:
            self._failed(handler, event, error)

    def _failed(self, handler: Handler, event: Event, error: Exception) -> None:
        name = getattr(handler, "__qualname__", repr(handler))
        data = {"handler": name, "error": f"{type(error).__name__}: {error}"}
        self._hub.publish(Note(link=event.link, what="handler-failed", re=event.seq, data=data))

    def _measure(self, link: str) -> None:
        """Find out anew how far the slowest handler of `link` is behind."""
        self._longest[link] = max(map(len, self._lanes.get(link, {}).values()), default=0)
        self._ease(link)

    def _ease(self, link: str) -> None:
        if (self._held or self._waiters) and self._backlog(link) < MOST_WAITING // 2:
            self._let_go(link)
