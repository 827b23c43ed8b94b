"""The hub: one door, one order, one clock.

Everything that happens on any link comes in through `Hub.publish`, from whatever thread saw it, and leaves in one
order with one numbering. Under a single lock the hub stamps `seq` and `t`, pairs a response with its request,
redacts, and calls the sinks (the recorder first, then the model). Whoever only shows is woken outside the lock and
reads at its own pace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol, TypeAlias, TypeVar, cast

from mcpwatch.errors import RecordingError
from mcpwatch.events import Brief, Closed, Entry, Event, Frame, Note
from mcpwatch.hub.pairing import Pairing

__all__ = ["Cleared", "Hub", "Sink"]

Sink: TypeAlias = Callable[[Event], None]
EventT = TypeVar("EventT", bound=Event)

_complete = object.__setattr__
"""Sets a field of a frozen event: the hub finishes an event that nobody else has seen yet. A copy would cost five
times the rest of `publish`."""


class Cleared(Protocol):
    """What `redact` knows of bytes before they are events."""

    def passes(self, data: bytes) -> bool:
        """Whether there is nothing to redact in any frame made of some of these bytes."""
        ...

    def name(self, name: str, method: str | None) -> str:
        """A frame's `name` as it may be shown."""
        ...


class Hub:
    """One timeline for all links of a session.

    `started` is the wall time that `t` counts from. `failure` is the first error of the recorder, or None; once there
    is one nothing more is recorded, and whoever runs the session is told through `on_failure`.

    `cleared` is what `redact` says of frames in brief; without it (and with `redact`) none are taken.
    """

    def __init__(self, *, redact: Callable[[Event], Event] | None = None, cleared: Cleared | None = None) -> None:
        self.started = datetime.now(UTC)
        self.failure: RecordingError | None = None
        self._zero = perf_counter()
        self._lock = threading.Lock()
        self._seq = 0
        self._last = 0.0
        self._pairing = Pairing()
        self._redact = redact
        self._cleared = cleared
        # Tuples that are replaced and never changed: `publish` walks them while others come and go.
        self._clear: tuple[Sink, ...] = ()
        self._sinks: tuple[Sink, ...] = ()
        self._recorder: Sink | None = None
        self._together: Callable[[Sequence[Event]], None] | None = None
        self._in_brief: Callable[[str, Sequence[Entry]], None] | None = None
        self._wakers: tuple[Callable[[], None], ...] = ()
        self._on_failure: list[Callable[[RecordingError], None]] = []

    @property
    def seq(self) -> int:
        """The number of events so far, which is the `seq` of the last one."""
        return self._seq

    @property
    def last(self) -> float:
        """When the last event was: its `t`."""
        return self._last

    def now(self) -> float:
        """Seconds since `started`, on the clock that stamps events."""
        return perf_counter() - self._zero

    def record(
        self,
        recorder: Sink,
        together: Callable[[Sequence[Event]], None] | None = None,
        in_brief: Callable[[str, Sequence[Entry]], None] | None = None,
    ) -> None:
        """Make `recorder` the first to get every event. Its `RecordingError` is kept, and said through `on_failure`.

        `together`, where it is given, takes the events of one `publish_all` at once, and `in_brief` a link and what is
        to be said of its frames that come in brief.
        """
        self._recorder, self._together, self._in_brief = recorder, together, in_brief

    def attach(self, sink: Sink, *, clear: bool = False) -> None:
        """Call `sink` with every event, in order and under the lock, so it has to be quick and must not publish.

        A sink that raises is dropped with a `Note`; the traffic and the other sinks go on. `clear` gives it the
        events as they were before redaction.
        """
        with self._lock:
            if clear:
                self._clear += (sink,)
            else:
                self._sinks += (sink,)

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`; unknown sinks are ignored."""
        with self._lock:
            self._drop(sink)

    def on_wake(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after each event, outside the lock, from the publishing thread. Returns what undoes it.

        It has to cost next to nothing: set an event, or schedule one call on a loop unless one is scheduled already.
        """
        self._wakers += (callback,)

        def leave() -> None:
            self._wakers = tuple(one for one in self._wakers if one is not callback)

        return leave

    def on_failure(self, callback: Callable[[RecordingError], None]) -> None:
        """Call `callback` once, from the publishing thread, when the recorder fails."""
        self._on_failure.append(callback)

    def redacted(self, event: EventT) -> EventT:
        """`event` as sinks would get it, without publishing it: for what is said beside the events, an error say."""
        with self._lock:
            return event if self._redact is None else cast("EventT", self._redact(event))

    def settle(self) -> None:
        """Wait until every sink has what the recorder has: an event is in the file before the model knows of it."""
        with self._lock:
            pass

    def publish(self, event: EventT, *, at: float | None = None) -> EventT:
        """Stamp `event`, pair it, and hand it on. Returns it, as it was before redaction.

        Safe from any thread. `at` is the reading of `time.perf_counter()` when the bytes were read or written; times
        never go back, so an event that comes late gets the time of the one before it.
        """
        dropped: list[Exception] = []
        failed: RecordingError | None = None
        with self._lock:
            shown = self._entered(event, self._time(at), dropped)
            if self._recorder is not None:
                try:
                    self._recorder(shown)
                except RecordingError as error:
                    failed = self._not_recorded(error)
            if self._sinks:
                self._show(shown, dropped)
        self._after(event.link, dropped, failed)
        return event

    def publish_all(self, events: Sequence[EventT], *, at: float | None = None) -> None:
        """Publish events that came together (in one chunk of bytes, say), in their order: recorded with one write
        where the recorder can."""
        dropped: list[Exception] = []
        failed: RecordingError | None = None
        if not events:
            return
        with self._lock:
            t = self._time(at)
            shown = [self._entered(event, t, dropped) for event in events]
            if self._recorder is not None:
                try:
                    if self._together is not None:
                        self._together(shown)
                    else:
                        for one in shown:
                            self._recorder(one)
                except RecordingError as error:
                    failed = self._not_recorded(error)
            if self._sinks:
                for one in shown:
                    self._show(one, dropped)
        self._after(events[-1].link, dropped, failed)

    @property
    def in_brief(self) -> bool:
        """Whether frames may come in brief: nobody but the recorder wants them, and what is redacted can be told."""
        return (
            self._in_brief is not None
            and self._recorder is not None
            and not (self._sinks or self._clear)
            and (self._redact is None or self._cleared is not None)
        )

    def publish_in_brief(self, link: str, briefs: Sequence[Brief], whole: bytes) -> int | None:
        """Publish frames of one link that nobody but the recorder wants, at a third of the cost of events.

        `whole` holds the data of all of them, one after the other, with anything between. Returns the `seq` of the
        first one, or None, with nothing done, where they have to come as frames: somebody else wants them, or one of
        them may hold a secret.
        """
        failed: RecordingError | None = None
        with self._lock:
            in_brief, cleared = self._in_brief, self._cleared
            if in_brief is None or not self.in_brief or not (cleared is None or cleared.passes(whole)):
                return None
            first = self._seq + 1
            entries = self._entries(link, briefs, None if cleared is None else cleared.name)
            try:
                in_brief(link, entries)
            except RecordingError as error:
                failed = self._not_recorded(error)
        self._after(link, [], failed)
        return first

    def _entries(
        self, link: str, briefs: Sequence[Brief], cleared: Callable[[str, str | None], str] | None
    ) -> list[Entry]:
        entries: list[Entry] = []
        seq, since, t = self._seq, -1.0, 0.0
        asked, answered = self._pairing.asked, self._pairing.answered
        for dir, at, type, data, method, id, name in briefs:
            seq += 1
            if at != since:
                since, t = at, self._time(at)
            re = ms = None
            if type == "request":
                asked(link, dir, id, (seq, t, method, name))
            elif type != "notification" and (question := answered(link, dir, id)) is not None:
                re, began, method, name = question
                ms = round((t - began) * 1000, 3)
            if name is not None and cleared is not None:
                name = cleared(name, method)
            entries.append((seq, t, dir, type, data, method, id, name, re, ms))
        self._seq = seq
        return entries

    def _time(self, at: float | None) -> float:
        # As many digits as a recording keeps, so that what is read back is what was seen.
        t = round((perf_counter() if at is None else at) - self._zero, 6)
        if t < self._last:
            return self._last
        self._last = t
        return t

    def _entered(self, event: Event, t: float, dropped: list[Exception]) -> Event:
        """Stamp it, pair it, and return what of it may be shown."""
        self._seq += 1
        _complete(event, "seq", self._seq)
        _complete(event, "t", t)
        if isinstance(event, Frame):
            if event.type != "notification":
                self._pairing.complete(event)
        elif isinstance(event, Closed):
            self._pairing.forget(event.link)
        # Observers cannot break traffic: one that raises is let go.
        for sink in self._clear:
            try:
                sink(event)
            except Exception as error:
                self._drop(sink)
                dropped.append(error)
        return event if self._redact is None else self._redact(event)

    def _show(self, shown: Event, dropped: list[Exception]) -> None:
        for sink in self._sinks:
            try:
                sink(shown)
            except Exception as error:
                self._drop(sink)
                dropped.append(error)

    def _not_recorded(self, error: RecordingError) -> RecordingError:
        self.failure = error
        self._recorder = None
        return error

    def _after(self, link: str, dropped: list[Exception], failed: RecordingError | None) -> None:
        for error in dropped:
            self.publish(Note(link=link, what="view-dropped", data={"error": f"{type(error).__name__}: {error}"}))
        if failed is not None:
            for callback in self._on_failure:
                callback(failed)
        for wake in self._wakers:
            wake()

    def _drop(self, sink: Sink) -> None:
        self._clear = tuple(one for one in self._clear if one != sink)
        self._sinks = tuple(one for one in self._sinks if one != sink)
