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
from mcpwatch.recording.scan import Scan, Wanted, soon
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.family import Family
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
        self._everything = everything or any("http" in one.types for one in query.wanted)

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
        return None if verdict and entry.kind == "http" and not (self._everything or entry.wrong) else verdict

    def precheck(self, lines: bytes) -> bool:
        return self._query.precheck(lines)

    def decide(self, line: bytes) -> bool | None:
        verdict = self._query.decide(line)
        return None if verdict and not self._everything and b'"kind":"http"' in line else verdict

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        if isinstance(event, Http) and not self._everything and not _matters(event):
            return False
        return self._query.accepts(event, line)


def _matters(event: Http) -> bool:
    return event.phase == "error" or (event.phase == "response" and (event.status or 0) >= 400)


class Feed:
    """Fills one `Shown`, from the first row to the last and then on as rows come. Run it in one task."""

    def __init__(self, source: Source, wanted: Wanted, *, tree: bool = False, unfolded: bool = False) -> None:
        self.source = source
        self.timeline = source.timeline
        self.at = 0
        """The row that is looked at next."""
        self._scan = Scan(source.index, source.bytes_at, wanted)
        self._family = Family(source.index, self.timeline, source.bytes_at) if tree else None
        self.tree = Tree(self._family, unfolded=unfolded) if self._family is not None else None
        self.shown: Shown = self.tree if self.tree is not None else Flat()
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
                    self.tree.gained(self._family.take(pairs, known))
                stop = len(self._family)
            rows, self.at = await asyncio.to_thread(self._look, stop)
            self.shown.add(rows)
            found()

    @property
    def searching(self) -> bool:
        """Whether there are rows that were not looked at."""
        return self.at < self._stop()

    def _stop(self) -> int:
        if self._family is None:
            return len(self.source.index)
        return min(self._family.reach(), self.source.rows)

    def _look(self, stop: int) -> tuple[array[int], int]:
        return self._scan.rows(self.at, stop, soon())
