"""A child on its three pipes as one link: bytes in and out become events, as they pass.

Owns four threads: one reads stdout, one drains stderr, one writes stdin, one watches for the end. Blocking threads and
not a loop, so that a time stamp says when bytes were read however busy everything else is. What the frames mean, which
answers go back and who waits for them is left to the session; what the bytes are to `framing.py`; the process and its
end to `process.py`.

Every wait of a reader is a `poll` on its pipe and on a descriptor of ours. A descendant of the server may hold a pipe
open for ever; once the server is gone a reader can then still be stopped, after it has read all that was in the pipe.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Protocol, TypeVar

from mcpwatch.events import Closed, Event, Frame, Note, Stderr
from mcpwatch.wire.framing import LineSplitter, classify
from mcpwatch.wire.pipes import Gathered, Source, Stop, unread
from mcpwatch.wire.process import Child, Exit

_EventT = TypeVar("_EventT", bound=Event)

_POSIX = os.name == "posix"
_CHUNK = 256 * 1024
_EXIT_PATIENCE = 0.5  # seconds between the end of stdout and that of a process that is just exiting
_DRAIN_PATIENCE = 1.0  # seconds that pipes may stay open behind a process that is gone
_STUCK = 30.0  # seconds without a frame or byte after which a thread of ours counts as stuck in its consumer
_LAST_WORDS = 4096


class Publish(Protocol):
    """The hub's door: stamps the event and returns it, not redacted. `at`: the `perf_counter` when its bytes came."""

    def __call__(self, event: _EventT, /, *, at: float | None = None) -> _EventT: ...


class StdioPipe:
    """The traffic of one child. Reading begins with the construction: publish `Opened` first.

    Every line of stdout is published as a frame, and what publish returns is given to `deliver`, in the thread that
    read it; a `deliver` that blocks holds back this server, as a slow client would. `on_end(reason)` is called once,
    when nothing more will be delivered: `exit`, `signal`, `closed` (by us), `eof` (stdout is closed, the process lives)
    or `failed` (publish or deliver raised: see `failure`). Neither may call `close`. `Closed` is published once, as
    the link's last event.
    """

    def __init__(
        self,
        child: Child,
        *,
        link: str,
        publish: Publish,
        deliver: Callable[[Frame], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.child = child
        self.link = link
        self.failure: Exception | None = None
        """The first error that publish, deliver or on_end raised in a thread of ours."""
        self.last_words = b""
        """The last 4 KiB of stderr."""
        self.heard = True
        """Once the child is gone: False where it is sure that it read nothing of what was sent to it."""
        self._publish, self._deliver, self._on_end = publish, deliver, on_end
        self._queue: SimpleQueue[tuple[bytes, str] | None] = SimpleQueue()
        if _POSIX:
            os.set_blocking(child.stdin, False)  # so that a server that does not read cannot hold the writer for ever
        self._deaf = ""  # why nothing can be written any more
        self._lock = threading.Lock()
        self._by_us = self._closing = self._told = self._over = False
        self._moved = self._written = 0
        self._stop_reading, self._stop_writing = Stop(), Stop()
        self._writer = self._thread("stdin", self._write)
        self._readers = self._thread("stdout", self._read), self._thread("stderr", self._drain)
        self._watcher = self._thread("watch", self._watch)
        for thread in (*self._readers, self._writer, self._watcher):
            thread.start()

    def send(self, data: bytes, *, by: str) -> None:
        """Queue one message, without its line end. Any thread; never blocks.

        Its frame is published before its bytes are written. What cannot be written gets a `Note` (`not-sent`, with `re`
        where there is a frame, and `error`, `type`, `method` and `id`); what is sent after the end is dropped.
        """
        self._queue.put((data, by))

    def close(self, *, grace: float = 2.0) -> Exit:
        """End the child; returns when all it wrote and `Closed` are published. Any thread, any number of times.

        What is queued is written first; that and the server's own end have `grace` seconds before it is terminated.
        """
        with self._lock:
            self._by_us = self._by_us or (self.child.exit is None and not self._closing)
            self._closing = True
        until = perf_counter() + grace
        self._end_writing(grace)
        exit_ = self.child.end(grace=max(0.0, until - perf_counter()))
        if self.child.exit is not None:  # else it is stuck in the kernel, and nobody can wait for that
            self._watcher.join()
        return self.child.exit or exit_

    # -- the four threads

    def _read(self) -> None:
        try:
            source, splitter = Source(self.child.stdout, self._stop_reading), LineSplitter()
            at = perf_counter()
            while chunk := source.read(_CHUNK):
                at = perf_counter()
                self._moved += 1
                for data, eol in splitter.feed(chunk):
                    self._take(data, eol, at)
                    if self._over:
                        return
            if rest := splitter.close():
                self._take(*rest, at)
            self._tell(self._how_it_ended())
        finally:
            self.child.close_stdout()

    def _take(self, data: bytes, eol: str, at: float) -> None:
        frame = self._publish(classify(data, link=self.link, dir="s2c", eol=eol), at=at)
        self._moved += 1
        if self._told:
            return
        try:
            self._deliver(frame)
        except Exception as error:  # the traffic goes on, and all of it is published
            self._fail(error)

    def _drain(self) -> None:
        try:
            source, gathered = Source(self.child.stderr, self._stop_reading), Gathered()
            chunk: bytes | None = None
            while chunk != b"":
                chunk = source.read(gathered.room, gathered.left(perf_counter()))
                if chunk:
                    self._moved += 1
                    self.last_words = (self.last_words + chunk)[-_LAST_WORDS:]
                piece = gathered.take(chunk, perf_counter())
                if self._over:
                    return
                if piece is not None:
                    self._publish(Stderr(link=self.link, data=piece[0]), at=piece[1])
        finally:
            self.child.close_stderr()

    def _write(self) -> None:
        while item := self._queue.get():
            data, by = item
            frame = classify(data, link=self.link, dir="c2s", by=by)
            if self._deaf:
                self._not_sent(frame, None)
                continue
            frame = self._publish(frame, at=perf_counter())
            self._deaf = self._deaf or self._put(data + b"\n")
            if self._deaf:
                self._not_sent(frame, frame.seq)

    def _watch(self) -> None:
        self.child.wait()
        until = perf_counter() + _DRAIN_PATIENCE
        for reader in self._readers:
            reader.join(max(0.0, until - perf_counter()))
        self._end_writing(0)
        self.heard = self._written > unread(self.child.stdin)
        exit_ = self.child.end(grace=0)  # what outlived the server: now nobody writes to the pipes any more
        self._stop_reading.set()
        for reader in self._readers:
            self._settle(reader)
        with contextlib.suppress(Empty):
            while True:
                if item := self._queue.get_nowait():
                    self._not_sent(classify(item[0], link=self.link, dir="c2s", by=item[1]), None)
        self._over = True
        try:
            self._publish(Closed(link=self.link, reason=self._reason(exit_), code=exit_.code, signal=exit_.signal))
        finally:
            for stop in (self._stop_reading, self._stop_writing):
                stop.release()

    # -- what they share

    def _put(self, data: bytes) -> str:
        """Write it all; returns why that was not possible, or an empty string."""
        rest = memoryview(data)
        try:
            while rest:
                try:
                    put = os.write(self.child.stdin, rest)
                    rest = rest[put:]
                    self._written += put
                except BlockingIOError:
                    if self._stop_writing.before_writable(self.child.stdin):
                        return f"the server read only {len(data) - len(rest):,} of {len(data):,} bytes"
        except OSError:
            return "the server's stdin is closed"
        return ""

    def _not_sent(self, frame: Frame, re: int | None) -> None:
        if not self._over:
            about = {"error": self._deaf, "type": frame.type, "method": frame.method, "id": frame.id}
            self._publish(Note(link=self.link, what="not-sent", re=re, data=about))

    def _how_it_ended(self) -> str:
        """At the end of stdout: the reason, once it is known, or `eof` and a `Note` when the process goes on."""
        exit_ = self.child.wait(_EXIT_PATIENCE)
        if exit_ is not None:
            self._readers[1].join(_EXIT_PATIENCE)  # whoever is told may want to quote the last words
            return self._reason(exit_)
        if self._closing:
            return "closed"
        self._publish(Note(link=self.link, what="stdout-closed", data={"pid": self.child.pid}))
        return "eof"

    def _reason(self, exit_: Exit) -> str:
        return "closed" if self._by_us else "signal" if exit_.signal else "exit"

    def _tell(self, reason: str) -> None:
        with self._lock:
            if self._told:
                return
            self._told = True
        self._on_end(reason)

    def _fail(self, error: Exception) -> None:
        self.failure = self.failure or error
        with contextlib.suppress(Exception):
            self._tell("failed")

    def _end_writing(self, grace: float) -> None:
        self._queue.put(None)
        self._writer.join(grace)
        self._stop_writing.set()
        self._settle(self._writer)
        self._deaf = self._deaf or "the link has ended"  # also for a writer that was given up: stdin is closed next

    def _settle(self, thread: threading.Thread) -> None:
        """Join it, as long as it gets anywhere: one that is stuck in a consumer must not keep the link from ending."""
        while thread.is_alive():
            before = self._moved
            thread.join(_STUCK)
            if self._moved == before:
                return

    def _thread(self, name: str, run: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                run()
            except Exception as error:
                self._fail(error)

        return threading.Thread(target=guarded, name=f"mcpwatch-{name}-{self.link}", daemon=True)
