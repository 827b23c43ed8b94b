"""The next line that something is on: looked for in a thread, both ways, round the end once."""

from __future__ import annotations

import asyncio

from mcpwatch.recording.scan import Scan, Wanted, soon
from mcpwatch.tui.source import Source

__all__ = ["search"]


async def search(source: Source, wanted: Wanted, start: int, *, back: bool = False) -> tuple[int | None, bool]:
    """The nearest wanted row behind `start` (before it, with `back`), and whether the search went round the end.

    `start` itself comes last. Raises RecordingError.
    """
    scan = Scan(source.index, source.bytes_at, wanted)
    rows = source.rows
    ways = ((start, 0), (rows, start)) if back else ((start + 1, rows), (0, min(start + 1, rows)))
    for around, (begin, stop) in enumerate(ways):
        at = begin
        while at > stop if back else at < stop:
            if back:
                found, at = await asyncio.to_thread(scan.back, at, stop, soon())
            else:
                some, at = await asyncio.to_thread(scan.rows, at, stop, soon())
                found = some[0] if some else None
            if found is not None:
                return found, bool(around)
    return None, False
