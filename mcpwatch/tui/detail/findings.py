"""What the protocol's rules say of each event: they are asked from the first one on, once somebody wants to know.

A rule needs all that came before, so the whole recording has to go by; that takes a while, a moment at a time, in a
thread. What was found is kept by the number of the event that broke the rule, as many as fit into a sensible memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from mcpwatch.check.rules import Checker, ProtocolFinding
from mcpwatch.errors import RecordingError
from mcpwatch.events import Event
from mcpwatch.recording.parse import decode
from mcpwatch.recording.scan import event_at, soon
from mcpwatch.tui.source import Source
from mcpwatch.view.findings import STYLES
from mcpwatch.view.style import Line, clean

__all__ = ["Findings"]

_MOST: Final = 20_000
_EACH: Final = 100
"""Findings of one event that are kept."""
_ROWS: Final = 512
_LARGE: Final = 8 << 20
"""Bytes of a line that is judged by its beginning only."""


class Findings:
    """The findings of a source, as far as it was looked at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._checker = Checker()
        self._found: dict[int, list[ProtocolFinding]] = {}
        self._count = 0
        self.at = 0
        """The row that is looked at next."""

    @property
    def share(self) -> float:
        """How much was looked at, from 0 to 1."""
        return min(self.at / max(len(self._source.index), 1), 1.0)

    def of(self, seq: int) -> list[ProtocolFinding]:
        return self._found.get(seq, [])

    async def run(self, told: Callable[[], None]) -> None:
        """Look at what there is; `told` is called now and then. Ends at the end of what there is by then."""
        while self.at < len(self._source.index):
            try:
                await asyncio.to_thread(self._look, soon())
            except RecordingError:
                self.at = len(self._source.index)
            told()

    def _look(self, enough: Callable[[], bool]) -> None:
        index, read = self._source.index, self._source.bytes_at
        while self.at < len(index) and not enough():
            stop = min(self.at + _ROWS, len(index) - 1)
            begin = index.offsets[self.at]
            if stop <= self.at or index.offsets[stop] - begin > _LARGE:
                stop = self.at + 1
                event, _ = event_at(index, read, self.at, _LARGE)
                events = [event]
            else:
                block = read(begin, index.offsets[stop] - begin)
                ends = [*index.offsets[self.at + 1 : stop], begin + len(block)]
                starts = index.offsets[self.at : stop]
                lines = (block[one - begin : other - begin] for one, other in zip(starts, ends, strict=True))
                events = [_decoded(line.partition(b"\n")[0]) for line in lines]
            for event in events:
                if event is not None:
                    self._keep(self._checker.feed(event))
            self.at = stop

    def _keep(self, findings: Iterable[ProtocolFinding]) -> None:
        for finding in findings:
            if self._count >= _MOST:
                return
            kept = self._found.setdefault(finding.seq, [])
            if len(kept) < _EACH:
                kept.append(finding)
                self._count += 1

    def lines(self, seq: int) -> list[Line]:
        """What is wrong with one event, each with why and what to do. Clean."""
        lines: list[Line] = []
        for finding in self.of(seq):
            rule = finding.rule
            head: Line = [(f"{rule.severity:<8}", STYLES[rule.severity]), (rule.id, "strong"), (f"  {rule.title}", "")]
            lines += [head, [("  ", ""), (finding.message, "")]]
            lines += [[("  why: ", "dim"), (rule.why, "")], [("  do:  ", "dim"), (rule.do, "")]]
            lines.append([("  see: ", "dim"), (" ".join(rule.section(finding.revision)), "dim")])
            lines.append([])
        if self.share < 1:
            lines.append([(f"… {self.share:.0%} of the recording is checked", "hint")])
        elif not lines:
            lines.append([("✓ ", "ok"), ("No rule of the protocol is broken by this.", "dim")])
            if self._count:
                lines.append([(f"  {self._count:,} findings elsewhere: mcpwatch check tells all of them", "dim")])
        return [clean(line) for line in lines]


def _decoded(line: bytes) -> Event | None:
    try:
        return decode(line)
    except ValueError:
        return None
