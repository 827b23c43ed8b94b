"""Copies of what passes between a client and a server on pipes, as events in the order in which the bytes came.

Sans-IO. A thread that carries bytes says what came before it hands it on (`came`), which costs nothing, and has it
published afterwards (`record`). An answer can be back before its request was published, so whoever publishes takes all
that came before: no answer stands in front of its request.

Publishing right after each small message would hold up the answer to it: the threads of a Python process take turns.
So it is put off while messages follow each other closely, for `LAG` seconds and `MOST` bytes a direction at most.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Literal, Protocol, TypeAlias

from mcpwatch.events import Closed, Direction, Event, Frame, Note, Stderr
from mcpwatch.wire.framing import LineSplitter, classify

__all__ = ["Copies", "Door", "Lane"]

Lane: TypeAlias = Literal["c2s", "s2c", "stderr"]

MOST = 64 * 1024
"""Bytes of a direction that may have been read and not yet published: what a pipe holds."""
LAG = 0.005
"""Seconds that they may wait for it while more comes."""
QUIET = 0.001
"""Seconds without a byte after which nothing more is waited for."""
LONGEST = 256 * 1024 * 1024
"""Bytes of a line that are held until its end comes; a longer one is recorded in pieces: memory has an end too."""


class Door(Protocol):
    """The hub, as far as it is needed here. `at`: the `perf_counter` when the bytes came."""

    def publish(self, event: Any, /, *, at: float | None = None) -> Any: ...
    def publish_all(self, events: Sequence[Event], /, *, at: float | None = None) -> None: ...


class Copies:
    """The events of one link. Everything is safe from any thread, and nothing raises.

    `hub` is None where nobody wants events. `failed(error)` is called once if publishing fails in
    a way that nobody expected; from then on nothing more is published, as after `forget`.
    """

    def __init__(self, link: str, hub: Door | None, failed: Callable[[Exception], object]) -> None:
        self._link = link
        self._hub = hub
        self._failed = failed
        self._came: deque[tuple[Lane, bytes, float]] = deque()
        self._behind = {"c2s": 0, "s2c": 0, "stderr": 0}
        self._last = 0.0
        self._resting = True
        self._wake = threading.Event()
        self._turn = threading.RLock()
        self._ways: dict[Lane, _Way] = {"c2s": _Way("c2s"), "s2c": _Way("s2c")}

    def came(self, lane: Lane, chunk: bytes, at: float) -> None:
        """`chunk` was read at `at`, and is handed on next. On `stderr` it has to be what one event holds."""
        if self._hub is not None:
            self._came.append((lane, chunk, at))
            if self._resting:
                self._resting = False
                self._wake.set()

    def keep_up(self, lane: Lane, size: int, at: float) -> int:
        """For the thread of `lane`, once it has handed on `size` bytes: publish what came, if it is time to.

        Returns how many bytes may be read next, so that never more than `MOST` wait.
        """
        behind = self._behind[lane] + size
        if at - self._last > LAG or behind >= MOST // 2:
            self.record()
            behind = 0
        self._behind[lane] = behind
        return MOST - behind

    def attend(self, over: threading.Event) -> None:
        """Publish what was put off as soon as nothing more follows, until it is over: for a thread of its own."""
        while not over.is_set():
            self._wake.wait()
            self._wake.clear()
            while not over.wait(QUIET):
                try:
                    if perf_counter() - self._came[-1][2] >= QUIET:
                        self.record()
                except IndexError:
                    self._resting = True
                    if not self._came:  # else it came before it could see that we rest
                        break
                    self._resting = False

    def wake(self) -> None:
        """Let `attend` see that it is over."""
        self._wake.set()

    def record(self) -> None:
        """Publish all that came."""
        hub = self._hub
        if hub is None:
            return
        with self._turn:
            try:
                while self._came:
                    lane, chunk, at = self._came.popleft()
                    if lane == "stderr":
                        hub.publish(Stderr(link=self._link, data=chunk), at=at)
                    else:
                        self._ways[lane].take(chunk, at, self._link, hub)
            except Exception as error:
                self._fail(error)
            self._last = perf_counter()

    def end(self, lane: Lane, at: float) -> None:
        """No more comes there: publish the line that has no end, if there is one."""
        with self._turn:
            self.record()
            try:
                if (hub := self._hub) is not None:
                    self._ways[lane].close(at, self._link, hub)
            except Exception as error:
                self._fail(error)

    def not_sent(self, count: int, error: str) -> None:
        """The last `count` bytes of the client's last chunk could not be handed on."""
        with self._turn:
            self.record()
            for frame in self._ways["c2s"].last_within(count):
                about = {"error": error, "type": frame.type, "method": frame.method, "id": frame.id}
                self.note("not-sent", re=frame.seq, **about)

    def note(self, what: str, *, re: int | None = None, **data: Any) -> None:
        """Publish something that no byte says, after all that came."""
        with self._turn:
            self.record()
            self._say(Note(link=self._link, what=what, re=re, data=data))

    def close(self, closed: Closed) -> None:
        """Publish all that came and the end of the link; nothing is published after it."""
        with self._turn:
            self.record()
            self._say(closed)
            self.forget()

    def forget(self) -> None:
        """Publish nothing any more."""
        self._hub = None
        self._came.clear()

    def _say(self, event: Note | Closed) -> None:
        try:
            if self._hub is not None:
                self._hub.publish(event)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.forget()
        self._failed(error)


class _Way:
    """The lines of one direction."""

    def __init__(self, dir: Direction) -> None:
        self._dir: Direction = dir
        self._splitter = LineSplitter()
        self._held = 0
        self._in_pieces = False
        self._last: list[Frame] = []

    def take(self, chunk: bytes, at: float, link: str, hub: Door) -> None:
        lines = self._splitter.feed(chunk)
        self._held = self._held + len(chunk) if not lines else len(chunk) - chunk.rfind(b"\n") - 1
        dir = self._dir
        if self._in_pieces and lines:
            self._in_pieces = False
            hub.publish(self._piece(*lines.pop(0), link), at=at)
        self._last = [classify(data, link=link, dir=dir, eol=eol) for data, eol in lines]
        hub.publish_all(self._last, at=at)
        if self._held > LONGEST:
            self._in_pieces = True
            self.close(at, link, hub)

    def close(self, at: float, link: str, hub: Door) -> None:
        if rest := self._splitter.close():
            data, eol = rest
            frame = (
                self._piece(data, "", link) if self._in_pieces else classify(data, link=link, dir=self._dir, eol=eol)
            )
            self._last.append(frame)
            hub.publish(frame, at=at)
        self._held = 0

    def last_within(self, count: int) -> list[Frame]:
        """The frames of the last chunk that end in its last `count` bytes."""
        count -= self._held
        found: list[Frame] = []
        for frame in reversed(self._last):
            if count <= 0:
                break
            found.append(frame)
            count -= frame.size + len(frame.eol)
        return found[::-1]

    def _piece(self, data: bytes, eol: str, link: str) -> Frame:
        error = f"a piece of a line of more than {LONGEST >> 20} MiB"
        return Frame(link=link, dir=self._dir, type="invalid", data=data, size=len(data), eol=eol, error=error)
