"""The fold of a file, up to where the scrubber stands: which one is wanted, and how far it has got.

Of a small file two are kept, all of it and the past that is looked at, so that going back and forth is quick. Of a
large one, whose fold may take hundreds of megabytes, there is only one at a time: going back begins it anew.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from itertools import islice

from mcpwatch.events import Event
from mcpwatch.model import Timeline
from mcpwatch.recording import Recording

__all__ = ["Folding"]

AT_ONCE = 256
"""Events that are folded between two looks at whether something else is wanted: a few milliseconds."""
LARGE = 200_000
"""Events from which on a file is large."""
FROZEN = 64
"""So many times `AT_ONCE` later a large fold is taken out of the garbage collector's sight: to look through all of it
again and again would stop everything for half a second each time."""


class Folding:
    """`want` is called on the loop, `go_on` in the thread that reads; `pause` is called there after every piece."""

    def __init__(self, recording: Recording, pause: Callable[[float], object]) -> None:
        self._recording = recording
        self._pause = pause
        self._until: float | None = None
        self._past: Timeline | None = None
        self._whole = self._new()
        self._pieces = 0

    @property
    def timeline(self) -> Timeline:
        """What is shown now."""
        return self._whole if self._past is None else self._past

    def want(self, until: float | None, events: int) -> None:
        """Fold up to this time, of so many events in the file; None is all there is."""
        self._until = until
        if events > LARGE or until is None:
            self._past = None
            if until is not None and self._whole.t > until:
                self._whole = self._new()
                gc.unfreeze()
        elif self._past is None or self._past.t > until:
            self._past = self._new()

    def go_on(self) -> Iterator[float]:
        """Fold what is wanted, as far as the file goes; how much of it is done, now and then. Raises
        RecordingError."""
        while True:
            wanted = self._past, self._until, self._whole
            past, until, whole = wanted
            if past is not None and until is not None:
                yield from self._fold(past, until, wanted)
            yield from self._fold(whole, until if past is None else None, wanted)
            if self._is(wanted):
                return

    def _new(self) -> Timeline:
        return Timeline(fetch=self._recording.read)

    def _is(self, wanted: tuple[Timeline | None, float | None, Timeline]) -> bool:
        past, until, whole = wanted
        return past is self._past and until == self._until and whole is self._whole

    def _fold(
        self, timeline: Timeline, until: float | None, wanted: tuple[Timeline | None, float | None, Timeline]
    ) -> Iterator[float]:
        """Fold on until there is no more, or something else is wanted."""
        index = self._recording.known
        events = self._recording.events(timeline.seq + 1)
        more = True
        while more and self._is(wanted):
            more = self._fold_some(timeline, events, until)
            yield index.row_from(timeline.seq + 1) / max(len(index), 1)

    def _fold_some(self, timeline: Timeline, events: Iterator[Event], until: float | None) -> bool:
        """Fold a few; whether there are more."""
        count = 0
        for event in islice(events, AT_ONCE):
            if until is not None and event.t > until:
                return False
            timeline.apply(event)
            count += 1
        self._pieces += 1
        if not self._pieces % FROZEN and len(timeline.exchanges) > LARGE // 10:
            gc.freeze()
        self._pause(0.0005)  # so that whoever types need not wait for this
        return count == AT_ONCE
