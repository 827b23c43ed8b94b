"""The thread that shows: it reads the recording while it is written and feeds a stream, at its own pace.

What it shows is what `mcpwatch show` would show of the same file, because it is the same reader, the same fold and
the same stream. Whoever has something to write in between asks for `flush` or `paused`, and a stream that fails is
dropped with a `Note`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mcpwatch.events import Event, Note
from mcpwatch.hub import Hub
from mcpwatch.recording import Tail

__all__ = ["Follower", "Stream"]

TICK = 0.1
"""Seconds between two looks when nothing wakes the thread: bars and waiting times go on moving."""
REST = 0.02
"""Seconds between two looks when something always does: no eye sees more, and a look at each of a flood of events
would keep the thread that reads them waiting."""


class Stream(Protocol):
    """What the view makes of events; only ever called from one thread at a time."""

    def feed(self, events: Sequence[Event]) -> None: ...
    def tick(self) -> None: ...
    def close(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Follower:
    """Follows the recording at `path` from its own thread until `close`."""

    def __init__(self, path: Path, stream: Stream, hub: Hub) -> None:
        self.stream = stream
        self._hub = hub
        self._tail = Tail(path)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._turn = threading.RLock()
        self._seen = 0
        self._ended = False
        self.failure: str | None = None
        """Why the stream was dropped."""
        self._leave = hub.on_wake(self._woken)
        self._thread = threading.Thread(target=self._run, name="mcpwatch-view", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Show everything published so far, in the caller's thread, or wait until another one has."""
        last = self._hub.seq
        with self._turn:
            # A recorder that failed has numbers that are in no file.
            while self._seen < last and self.failure is None and self._guarded(self._show):
                pass

    @contextmanager
    def paused(self) -> Generator[None]:
        """Show everything so far, then keep still: somebody else writes to the terminal."""
        with self._turn:
            self.flush()
            if self.failure is None:
                self._guarded(self.stream.pause)
            try:
                yield
            finally:
                if self.failure is None:
                    self._guarded(self.stream.resume)

    def close(self) -> None:
        """Show the rest and end the thread; twice is once."""
        if self._ended:
            return
        self.flush()
        self._ended = True
        self._leave()
        self._closing.set()
        self._wake.set()
        self._thread.join()
        with self._turn:
            if self.failure is None:
                self._guarded(self.stream.close)

    def _run(self) -> None:
        while not self._ended and self.failure is None:
            self._wake.wait(TICK)
            self._wake.clear()
            with self._turn:
                if self.failure is None:
                    self._guarded(self._show)
            self._closing.wait(REST)

    def _woken(self) -> None:
        if not self._wake.is_set():  # which costs a tenth of setting it once more
            self._wake.set()

    def _show(self) -> bool:
        """Show what has come; whether that was anything."""
        events = self._tail.read()
        if events:
            self._hub.settle()  # or a line would be made of a timeline that has not heard of its event
            self.stream.feed(events)
            self._seen = events[-1].seq
        self.stream.tick()
        return bool(events)

    def _guarded(self, call: Callable[[], bool | None]) -> bool:
        """Observers cannot break traffic: a stream that raises is let go, and the recording says so."""
        try:
            return bool(call())
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            self._hub.publish(Note(link="", what="view-dropped", data={"error": self.failure}))
            return False
