"""The live view of a terminal: lines scroll above, and below them a few lines move.

The caller hands over events when it has some (`feed`) and calls `tick` about ten times a second, from one thread; a
second thread may `pause` while a person is asked something. Drawing is one write: the lines that are new, then the
region. Between two refreshes everything waits, and what is too much to read is folded (`fold`), so the screen never
holds anything up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Final

from mcpwatch.events import Event
from mcpwatch.model.hints import Hint
from mcpwatch.model.timeline import Timeline
from mcpwatch.view.bars import region
from mcpwatch.view.below import Below
from mcpwatch.view.fold import MANY, Folded, fold, folded_row
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line
from mcpwatch.view.summary import hint_lines

__all__ = ["TerminalStream"]

INTERVAL: Final = 0.1
"""Seconds between two refreshes."""
_HOARD: Final = 4 * MANY
"""Events that are kept while the view is paused before they are folded: a person may think for an hour."""


class TerminalStream:
    """A sink of lines with a live region. `out` gets the lines, `err` the region and the hints; they may be the same,
    and `out` may be a pipe.

    `recorded`: folded lines may promise that the recording has it all. `again` knows the command for a hint (see
    `hint_lines`). `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        out: Screen,
        timeline: Timeline,
        *,
        err: Screen | None = None,
        look: Look | None = None,
        recorded: bool = True,
        again: Callable[[Hint], str | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeline = timeline
        self.told = 0
        """How many of the timeline's hints were written."""
        self._out = out
        self._err = out if err is None else err
        self._look = Look() if look is None else look
        # Lines that go into a pipe are as complete as any pipe's: progress has lines, nothing is cut and nothing
        # folded.
        self._piped = not out.terminal
        self._look.bars = not self._piped
        self._describer = Describer(timeline, self._look)
        self._recorded = recorded
        self._again = again
        self._clock = clock
        self._lock = threading.RLock()
        self._pending: list[Event | Folded] = []
        self._last = clock() - INTERVAL
        self._ahead: float | None = None
        self._below = Below(self._err)
        self._paused = 0
        self._closed = False

    def feed(self, events: Iterable[Event]) -> None:
        """Take events that the timeline has seen. They are shown now if the last refresh is long enough ago."""
        with self._lock:
            last: float | None = None
            for event in events:
                last = event.t
                # In order and before anything is folded: later lines name the requests that were seen here.
                self._describer.see(event)
                if not self._describer.is_barred(event):
                    self._pending.append(event)
            if last is not None:
                ahead = last - self._clock()
                self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)
            if self._piped:
                found = [self._out.text(line) for line in self._lines()]
                if found:
                    self._out.write("\n".join([*found, ""]))
            if self._paused:
                if len(self._pending) > _HOARD:
                    self._pending = fold(self._pending)
            elif self._clock() - self._last >= INTERVAL:
                self._refresh()

    def tick(self) -> None:
        """Show what is pending, and let bars and waiting times move on. Call it about ten times a second."""
        with self._lock:
            if not self._paused and not self._closed and self._clock() - self._last >= INTERVAL * 0.9:
                self._refresh()

    def pause(self) -> None:
        """Hide the region and hold the lines back, so that the terminal is free; may be called from any thread,
        nested."""
        with self._lock:
            self._paused += 1
            if self._paused == 1 and not self._closed:
                # What led to the question has to be on the screen before the question is.
                self._refresh(region_too=False)

    def resume(self) -> None:
        """Undo one `pause`."""
        with self._lock:
            self._paused = max(self._paused - 1, 0)
            if not self._paused and not self._closed:
                self._refresh()

    @contextmanager
    def paused(self) -> Generator[None]:
        """`pause` and `resume` around a block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def close(self) -> None:
        """Show what is left and take the region away. The cursor is at the beginning of a free line then."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._refresh(region_too=False)

    def _lines(self) -> list[Line]:
        """The lines of what is pending, which is nothing afterwards."""
        self._look.width = None if self._piped else self._out.width
        lines: list[Line] = []
        for entry in self._pending if self._piped else fold(self._pending):
            if isinstance(entry, Folded):
                row = folded_row(entry, recorded=self._recorded)
                lines += self._describer.lines([row], entry.t, entry.event.link)
            else:
                lines += self._describer.describe(entry)
        self._pending = []
        return lines

    def _refresh(self, *, region_too: bool = True) -> None:
        self._last = self._clock()
        lines = self._lines()
        hints = self.timeline.hints[self.told :]
        self.told += len(hints)
        if self._look.asks:
            # Whoever was asked here knows best who was waited for.
            hints = [hint for hint in hints if not hint.id.startswith("waits-")]
        drawn: list[str] = []
        if region_too:
            now = self.timeline.t if self._ahead is None else self._clock() + self._ahead
            rows = max(min(self._err.size()[1] // 2, 12), 3)
            found = region(self.timeline, now, self._err.width, rows)
            drawn = [self._err.text(line) for line in found]
        above = [self._err.text(line) for line in hint_lines(hints, self._err.width, self._again)]
        self._draw([self._out.text(line) for line in lines], above, drawn)

    def _draw(self, lines: list[str], hints: list[str], drawn: list[str]) -> None:
        """One write where there is one terminal."""
        if self._out is not self._err and lines:
            self._below.lift()
            self._out.write("".join(f"{line}\n" for line in lines))
            lines = []
        self._below.draw(drawn, [*lines, *hints])
