"""Where every pane reads: the events of a recording by rows, and the model that they are folded into.

One interface over two origins: a session of ours (`live.Live`), and a file (`reading.Reading`), which may be written
by somebody else still. A pane cannot tell which, and need not ask: it reads `index` and `timeline`, gets events back
by their rows, and is told when there is more. This module owns that telling: however fast events come, panes hear of
them at most twenty times a second, on the loop of the app.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcpwatch.errors import ExitCode
from mcpwatch.events import Event, Frame, Stderr
from mcpwatch.model import Timeline
from mcpwatch.recording import Index

if TYPE_CHECKING:
    from mcpwatch.api import Session

__all__ = ["Source"]

APART = 0.05
"""Seconds between two times that panes are told of growth."""
MOST_CACHED = 2_000
LARGEST_CACHED = 1 << 16
"""Bytes of a message that is kept after it was read back; a larger one is read again when it is wanted again."""


class Source:
    """Events and what they mean, for the panes. Everything here is called on the loop of the app."""

    def __init__(self, path: Path, index: Index, timeline: Timeline) -> None:
        self.path = path
        self.index = index
        """Grows; its length may be read at any time."""
        self.header: Mapping[str, Any] | None = None
        self.footer: Mapping[str, Any] | None = None
        self.live = False
        """Whether more may come."""
        self.written = False
        """Whether it was still written when it was opened: a session of ours, or one that somebody else runs."""
        self.reading: float | None = None
        """How much of a file was read so far, from 0 to 1; None where all of it was."""
        self.problem: str | None = None
        """Why there is no more than this, where that is somebody's fault: one sentence."""
        self.code = ExitCode.OK
        """What the process is to return, as far as it is for the source to say; final once it is closed."""
        self.session: Session | None = None
        """What calls and answers go through; only there for a session of ours."""
        self._timeline = timeline
        self._until: float | None = None
        self._subscribers: list[Callable[[], None]] = []
        self._cache: OrderedDict[int, Event] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()
        self._told = 0.0
        self._pending = False

    # ---- what panes use

    @property
    def timeline(self) -> Timeline:
        """The fold, up to `until`. It may lag behind the index while a file is being read, and be another object after
        `until` has changed: ask for it each time.
        """
        return self._timeline

    @property
    def until(self) -> float | None:
        """Up to which time (`t`) the panes show what there is; None is all of it. Setting it tells the subscribers."""
        return self._until

    @until.setter
    def until(self, t: float | None) -> None:
        if t != self._until:
            self._until = t
            self._rewound()
            self.grew()

    @property
    def rows(self) -> int:
        """How many rows there are up to `until`: usually all of the index."""
        count = len(self.index)
        if self._until is None:
            return count
        # By hand, since the times may grow meanwhile and `bisect` needs an end that does not move.
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if self.index.times[middle] <= self._until:
                low = middle + 1
            else:
                high = middle
        return low

    def event(self, row: int) -> Event:
        """The event of a row, read back from the file. Raises RecordingError, IndexError."""
        found = self._cache.get(row)
        if found is not None:
            self._cache.move_to_end(row)
            return found
        found = self._read(row)
        held = found.data if isinstance(found, Frame | Stderr) else b""
        if len(held) <= LARGEST_CACHED:
            self._cache[row] = found
            if len(self._cache) > MOST_CACHED:
                self._cache.popitem(last=False)
        return found

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the recording's plain text from `offset`, from any thread. Raises RecordingError."""
        raise NotImplementedError

    def read(self, row: int) -> Event:
        """The same, for who reads many, once: nothing is kept. From any thread. Raises RecordingError, IndexError."""
        return self._read(row)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` on the loop after growth and whatever else changed, many at once. Returns what undoes it."""
        self._subscribers.append(callback)

        def leave() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return leave

    def now(self) -> float:
        """The `t` of now: the session's clock, or where the scrubber or the file ends."""
        if self._until is not None:
            return self._until
        count = len(self.index)
        return self.index.times[count - 1] if count else 0.0

    # ---- for the shell

    def start(self) -> None:
        """Begin to tell of growth, on the loop that runs now; in this context, which knows what the app is."""
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()

    async def close(self) -> None:
        """Let go of whatever is read or running. Nothing is told afterwards."""
        self._subscribers.clear()
        self._loop = None

    def grew(self) -> None:
        """There is more, or something changed. From any thread; many calls are one."""
        loop = self._loop
        if self._pending or loop is None:
            return
        self._pending = True
        try:
            loop.call_soon_threadsafe(self._soon, context=self._context)
        except RuntimeError:
            pass  # the loop has ended before the thread did

    # ---- for the origins

    def _read(self, row: int) -> Event:
        raise NotImplementedError

    def _rewound(self) -> None:
        """`until` has changed."""

    def _apart(self) -> float:
        """Seconds between two times that panes are told."""
        return APART

    def _settle(self) -> None:
        """Before panes look: wait until the model has what the index has."""

    def _soon(self) -> None:
        loop = self._loop
        if loop is None:
            self._pending = False
            return
        wait = self._told + self._apart() - loop.time()
        if wait > 0:
            loop.call_later(wait, self._tell, context=self._context)
        else:
            self._tell()

    def _tell(self) -> None:
        self._pending = False  # first: what comes from here on is told again
        if self._loop is None:
            return
        self._told = self._loop.time()
        self._settle()
        for callback in list(self._subscribers):
            callback()
