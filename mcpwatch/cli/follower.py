"""The thread that shows: it reads the recording while it is written and feeds a stream, at its own pace.

What it shows is what `mcpwatch show` would show of the same file, because it is the same reader, the same fold and
the same stream. Nobody waits for it but whoever asks for `flush`, and a stream that fails is dropped with a `Note`.
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
        self._turn = threading.RLock()
        self._seen = 0
        self._changed = threading.Condition()
        self._ended = False
        self._failed = False
        self._leave = hub.on_wake(self._wake.set)
        self._thread = threading.Thread(target=self._run, name="mcpwatch-view", daemon=True)
        self._thread.start()

    def flush(self, within: float = 30.0) -> None:
        """Wait until everything published so far has been shown; `within` seconds at the most."""
        last = self._hub.seq
        self._wake.set()
        with self._changed:
            self._changed.wait_for(lambda: self._seen >= last or self._failed, within)

    @contextmanager
    def paused(self) -> Generator[None]:
        """Show everything so far, then keep still: somebody else writes to the terminal."""
        self.flush()
        with self._turn:
            self.stream.pause()
            try:
                yield
            finally:
                self.stream.resume()

    def close(self) -> None:
        """Show the rest and end the thread; twice is once."""
        if self._ended:
            return
        self.flush()
        self._ended = True
        self._leave()
        self._wake.set()
        self._thread.join()
        with self._turn:
            if not self._failed:
                self._guarded(self.stream.close)

    def _run(self) -> None:
        while not self._ended and not self._failed:
            self._wake.wait(TICK)
            self._wake.clear()
            with self._turn:
                self._guarded(self._show)

    def _show(self) -> None:
        events = self._tail.read()
        if events:
            self.stream.feed(events)
        self.stream.tick()
        if events:
            with self._changed:
                self._seen = events[-1].seq
                self._changed.notify_all()

    def _guarded(self, call: Callable[[], None]) -> None:
        """Observers cannot break traffic: a stream that raises is let go, and the recording says so."""
        try:
            call()
        except Exception as error:
            self._failed = True
            with self._changed:
                self._changed.notify_all()
            data = {"error": f"{type(error).__name__}: {error}"}
            self._hub.publish(Note(link="", what="view-dropped", data=data))
