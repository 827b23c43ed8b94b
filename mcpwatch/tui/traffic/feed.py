"""Rows for the list: what is wanted is looked for in a thread, a moment at a time, and shown as it is found.

The next thing that is wanted ends the search for the one before. Everything is taken up on the loop, so nobody ever
sees half of it; what is left for the loop to do for a hundred thousand rows is to copy four bytes each.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable

from mcpwatch.events import Event, Http
from mcpwatch.recording import Entry
from mcpwatch.recording.query import Query
from mcpwatch.recording.scan import Scan, soon
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.family import Family
from mcpwatch.tui.traffic.repeats import Folded
from mcpwatch.tui.traffic.shown import Flat, Shown
from mcpwatch.tui.traffic.tree import Tree

__all__ = ["Feed", "Interest"]

_LINKED = 8_192
"""Rows that are put into the tree at once."""


class Interest:
    """What a query wants, but of HTTP, unless the query asks for it, only what went wrong: each message that HTTP
    carried has a line of its own."""

    def __init__(self, query: Query, *, everything: bool = False) -> None:
        self._query = query
        self.everything = everything or any("http" in one.types for one in query.wanted)

    @property
    def narrow(self) -> bool:
        """Whether something is asked for: each line that has it is wanted then, also one like the one before it."""
        return bool(self._query)

    @property
    def timed(self) -> bool:
        return self._query.timed

    @property
    def searches(self) -> bool:
        return self._query.searches

    def timely(self, t: float) -> bool:
        return self._query.timely(t)

    def glance(self, entry: Entry) -> bool | None:
        verdict = self._query.glance(entry)
        return None if verdict and entry.kind == "http" and not (self.everything or entry.wrong) else verdict

    def precheck(self, lines: bytes) -> bool:
        return self._query.precheck(lines)

    def decide(self, line: bytes) -> bool | None:
        verdict = self._query.decide(line)
        return None if verdict and not self.everything and b'"kind":"http"' in line else verdict

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        if isinstance(event, Http) and not self.everything and not _matters(event):
            return False
        return self._query.accepts(event, line)


def _matters(event: Http) -> bool:
    return event.phase == "error" or (event.phase == "response" and (event.status or 0) >= 400)


class Feed:
    """Fills one `Shown`, from the first row to the last and then on as rows come. Run it in one task."""

    def __init__(self, source: Source, wanted: Interest, *, tree: bool = False, unfolded: bool = False) -> None:
        self.source = source
        self.timeline = source.timeline
        self.at = 0
        """The row that is looked at next."""
        self._scan = Scan(source.index, source.bytes_at, wanted)
        every = wanted.everything
        self._family = Family(source.index, self.timeline, source.bytes_at, every_step=every) if tree else None
        self.tree = Tree(self._family, unfolded=unfolded) if self._family is not None else None
        flat = Flat() if wanted.narrow else Folded()
        self.shown: Shown = flat if self.tree is None else self.tree
        self._last: int | None = None
        """The last row that was found."""
        self._more = asyncio.Event()

    def grew(self) -> None:
        """There may be more rows."""
        self._more.set()

    async def run(self, found: Callable[[], None]) -> None:
        """Look until cancelled; `found` is called after each piece. Raises RecordingError."""
        while True:
            stop = self._stop()
            if self.at >= stop:
                self._more.clear()
                found()
                await self._more.wait()
                continue
            if self._family is not None and self.tree is not None:
                if len(self._family) <= self.at:
                    known = min(stop, self.at + _LINKED)
                    pairs = await asyncio.to_thread(self._family.find, known)
                    before = len(self._family)
                    self.tree.gained(self._family.take(pairs, known))
                    self.tree.adopted(row for row, _ in pairs if row < before)
                stop = len(self._family)
            rows, repeats, self.at = await asyncio.to_thread(self._look, stop)
            self.shown.add(rows, repeats)
            found()

    @property
    def searching(self) -> bool:
        """Whether there are rows that were not looked at."""
        return self.at < self._stop()

    def _stop(self) -> int:
        if self._family is None:
            return len(self.source.index)
        return min(self._family.reach(), self.source.rows)

    def _look(self, stop: int) -> tuple[array[int], bytes, int]:
        rows, at = self._scan.rows(self.at, stop, soon())
        repeats = self.source.index.repeats(rows, self._last) if isinstance(self.shown, Folded) else b""
        if rows:
            self._last = rows[-1]
        return rows, repeats, at
