"""Lines, one after the other, at once: for a pipe, a file, a terminal that cannot move its cursor.

Nothing is folded and nothing is left out because there is much of it: whoever reads a pipe wants all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from mcpwatch.events import Event
from mcpwatch.model.hints import Hint
from mcpwatch.model.timeline import Timeline
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import ansi, plain
from mcpwatch.view.summary import hint_lines

__all__ = ["PlainStream"]


class PlainStream:
    """A sink of lines. `write` gets whole lines, several at a time; `talk`, where given, gets the hints as they come
    up, with the command that `again` knows for one (see `hint_lines`).

    Errors of `write` (a closed pipe) come out of `feed`.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        timeline: Timeline,
        *,
        colour: bool = False,
        look: Look | None = None,
        talk: Callable[[str], object] | None = None,
        again: Callable[[Hint], str | None] | None = None,
    ) -> None:
        self.timeline = timeline
        self.told = 0
        """How many of the timeline's hints were written."""
        self.shown = 0
        """How many lines of events were written."""
        self._write = write
        self._talk = talk
        self._again = again
        self._text = ansi if colour else plain
        self._describer = Describer(timeline, look)

    def feed(self, events: Iterable[Event]) -> None:
        """Write the lines of `events`, which the timeline has seen."""
        describe, text = self._describer.describe, self._text
        found = [text(line) for event in events for line in describe(event)]
        if found:
            self.shown += len(found)
            found.append("")
            self._write("\n".join(found))
        hints = self.timeline.hints
        if self._talk is not None and len(hints) > self.told:
            lines = hint_lines(hints[self.told :], again=self._again)
            self.told = len(hints)
            self._talk("".join(f"{text(line)}\n" for line in lines))

    def tick(self) -> None:
        """Nothing moves here."""

    def pause(self) -> None:
        """Nothing has to make room for a question."""

    def resume(self) -> None:
        """See `pause`."""

    @contextmanager
    def paused(self) -> Generator[None]:
        """As in `TerminalStream`."""
        yield

    def close(self) -> None:
        """Everything is written already."""
