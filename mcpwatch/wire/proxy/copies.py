"""Copies of what passes between a client and a server on pipes, as events in the order in which the bytes came.

Sans-IO. A thread that carries bytes says what came before it hands it on (`came`), which costs nothing, and has it
published afterwards (`record`). An answer can be back before its request was published, so whoever publishes takes all
that came before: no answer stands in front of its request, and each direction is behind by one chunk at most.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from mcpwatch.events import Closed, Direction, Frame, Note, Stderr
from mcpwatch.wire.framing import LineSplitter, classify
from mcpwatch.wire.stdio import Publish

__all__ = ["Copies", "Lane"]

Lane: TypeAlias = Literal["c2s", "s2c", "stderr"]

LONGEST = 256 * 1024 * 1024
"""Bytes of a line that are held until its end comes; a longer one is recorded in pieces: memory has an end too."""


class Copies:
    """The events of one link. Everything is safe from any thread, and nothing raises.

    `publish` is the hub's door; None where nobody wants events. `failed(error)` is called once if publishing fails in
    a way that nobody expected; from then on nothing more is published, as after `forget`.
    """

    def __init__(self, link: str, publish: Publish | None, failed: Callable[[Exception], object]) -> None:
        self._link = link
        self._publish = publish
        self._failed = failed
        self._came: deque[tuple[Lane, bytes, float]] = deque()
        self._turn = threading.RLock()
        self._ways: dict[Lane, _Way] = {"c2s": _Way("c2s"), "s2c": _Way("s2c")}

    @property
    def wanted(self) -> bool:
        return self._publish is not None

    def came(self, lane: Lane, chunk: bytes, at: float) -> None:
        """`chunk` was read at `at`, and is handed on next. On `stderr` it has to be what one event holds."""
        if self._publish is not None:
            self._came.append((lane, chunk, at))

    def record(self) -> None:
        """Publish all that came."""
        publish = self._publish
        if publish is None:
            return
        with self._turn:
            try:
                while self._came:
                    lane, chunk, at = self._came.popleft()
                    if lane == "stderr":
                        publish(Stderr(link=self._link, data=chunk), at=at)
                    else:
                        self._ways[lane].take(chunk, at, self._link, publish)
            except Exception as error:
                self._fail(error)

    def end(self, lane: Lane, at: float) -> None:
        """No more comes there: publish the line that has no end, if there is one."""
        with self._turn:
            self.record()
            try:
                if (publish := self._publish) is not None:
                    self._ways[lane].close(at, self._link, publish)
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
        self._publish = None
        self._came.clear()

    def _say(self, event: Note | Closed) -> None:
        try:
            if self._publish is not None:
                self._publish(event)
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

    def take(self, chunk: bytes, at: float, link: str, publish: Publish) -> None:
        lines = self._splitter.feed(chunk)
        self._held = self._held + len(chunk) if not lines else len(chunk) - chunk.rfind(b"\n") - 1
        if self._in_pieces and lines:
            self._in_pieces = False
            data, eol = lines.pop(0)
            publish(self._piece(data, eol, link), at=at)
        dir = self._dir
        self._last = [publish(classify(data, link=link, dir=dir, eol=eol), at=at) for data, eol in lines]
        if self._held > LONGEST:
            self._in_pieces = True
            self.close(at, link, publish)

    def close(self, at: float, link: str, publish: Publish) -> None:
        if rest := self._splitter.close():
            data, eol = rest
            frame = (
                self._piece(data, "", link) if self._in_pieces else classify(data, link=link, dir=self._dir, eol=eol)
            )
            self._last = [*self._last, publish(frame, at=at)]
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
