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
from itertools import groupby
from time import perf_counter
from typing import Any, Literal, Protocol, TypeAlias

from mcpwatch.events import Brief, Closed, Direction, Event, Frame, FrameType, JsonId, Note, Stderr
from mcpwatch.wire.brief import Line, in_brief
from mcpwatch.wire.framing import LineSplitter, classify

__all__ = ["Copies", "Door", "Lane"]

Lane: TypeAlias = Literal["c2s", "s2c", "stderr"]

MOST = 64 * 1024
"""Bytes of a direction that may have been read and not yet published: what a pipe holds."""
LAG = 0.005
"""Seconds that they may wait for it while more comes."""
QUIET = 0.001
"""Seconds without a byte after which nothing more is waited for."""
FEW = 4
"""Lines that are not halved any more to find the one among them that is unusual."""
LONGEST = 256 * 1024 * 1024
"""Bytes of a line that are held until its end comes; a longer one is recorded in pieces: memory has an end too."""


class Door(Protocol):
    """The hub, as far as it is needed here. `at`: the `perf_counter` when the bytes came."""

    def publish(self, event: Any, /, *, at: float | None = None) -> Any: ...
    def publish_all(self, events: Sequence[Event], /, *, at: float | None = None) -> None: ...
    @property
    def in_brief(self) -> bool: ...
    def publish_in_brief(self, link: str, briefs: Sequence[Brief], whole: bytes, /) -> int | None: ...


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
        self._told: list[_Told] = []  # what was published together with the client's last chunk

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
        with self._turn:
            hub = self._hub
            if hub is None:
                return
            try:
                lines: list[Line] = []
                told = len(self._told)
                forgotten = False
                while self._came:
                    lane, chunk, at = self._came.popleft()
                    if lane == "stderr":
                        self._publish(lines, hub)
                        lines = []
                        hub.publish(Stderr(link=self._link, data=chunk), at=at)
                    else:
                        if lane == "c2s" and not forgotten:
                            self._told.clear()
                            forgotten = True
                        lines += self._ways[lane].take(chunk, at)
                self._publish(lines, hub)
                if not forgotten:
                    del self._told[told:]  # the server's alone, and it may go on for long
            except Exception as error:
                self._fail(error)
            self._last = perf_counter()

    def end(self, lane: Lane, at: float) -> None:
        """No more comes there: publish the line that has no end, if there is one."""
        with self._turn:
            self.record()
            try:
                if (hub := self._hub) is not None:
                    self._publish(self._ways[lane].close(at), hub)
            except Exception as error:
                self._fail(error)

    def not_sent(self, count: int, error: str) -> None:
        """The last `count` bytes of the client's last chunk could not be handed on."""
        with self._turn:
            self.record()
            way = self._ways["c2s"]
            for seq, type, method, id in _last_within(self._told, count - way.held, way.at):
                self.note("not-sent", re=seq, error=error, type=type, method=method, id=id)

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

    def _publish(self, lines: list[Line], hub: Door) -> None:
        """In brief where it can be: what is unusual, and what may hold a secret, becomes a frame of its own."""
        if not lines:
            return
        if hub.in_brief:
            whole = b"\n".join([line[2] for line in lines])
            briefs = in_brief(lines, whole)
            if briefs is not None and (seq := hub.publish_in_brief(self._link, briefs, whole)) is not None:
                self._told.append((seq, briefs, 1))
                return
            if len(lines) > FEW:
                middle = len(lines) // 2
                self._publish(lines[:middle], hub)
                self._publish(lines[middle:], hub)
                return
        for at, together in groupby(lines, _at):
            frames = [self._frame(line) for line in together]
            hub.publish_all(frames, at=at)
            for frame in frames:
                brief = frame.dir, at, frame.type, frame.data, frame.method, frame.id, None
                self._told.append((frame.seq, [brief], len(frame.eol)))

    def _frame(self, line: Line) -> Frame:
        dir, _, data, eol, flaw = line
        if flaw:
            return Frame(link=self._link, dir=dir, type="invalid", data=data, size=len(data), eol=eol, error=flaw)
        return classify(data, link=self._link, dir=dir, eol=eol)

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
        self._in_pieces = False
        self.held = 0
        """Bytes of a line whose end has not come."""
        self.at = 0.0
        """When the last of them came."""

    def take(self, chunk: bytes, at: float) -> list[Line]:
        """The lines that `chunk` ends, and a piece of one that is too long."""
        self.at = at
        dir = self._dir
        ended = self._splitter.feed(chunk)
        lines: list[Line] = [(dir, at, data, eol, "") for data, eol in ended]
        if lines:
            self.held = len(chunk) - chunk.rfind(b"\n") - 1
            if self._in_pieces:
                self._in_pieces = False
                lines[0] = (dir, at, *ended[0], _piece())
        else:
            self.held += len(chunk)
        if self.held > LONGEST:
            self._in_pieces = True
            lines += self.close(at)
        return lines

    def close(self, at: float) -> list[Line]:
        """The line that has no end, if there is one."""
        self.held = 0
        rest = self._splitter.close()
        if rest is None:
            return []
        return [(self._dir, at, *rest, _piece() if self._in_pieces else "")]


_Told: TypeAlias = tuple[int, list[Brief], int]
"""The `seq` of the first of some frames that follow each other, the frames in brief, the length of their line ends."""


def _piece() -> str:
    return f"a piece of a line of more than {LONGEST >> 20} MiB"


def _at(line: Line) -> float:
    return line[1]


def _last_within(told: Sequence[_Told], count: int, at: float) -> list[tuple[int, FrameType, str | None, JsonId]]:
    """The frames of the client's chunk that came `at` which end in its last `count` bytes."""
    found: list[tuple[int, FrameType, str | None, JsonId]] = []
    for first, briefs, eol in reversed(told):
        for index in reversed(range(len(briefs))):
            dir, came, type, data, method, id, _ = briefs[index]
            if dir != "c2s":
                continue
            if count <= 0 or came != at:
                return found[::-1]
            found.append((first + index, type, method, id))
            count -= len(data) + eol
    return found[::-1]
