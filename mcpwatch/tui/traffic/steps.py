"""The steps of an HTTP exchange, and the message that it carried: so that a tree shows them below that message.

The head of a request comes before the message in it, so the first step is told to belong to a row behind it. A stream
that carries no message of the client's has its first step in that place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event, Frame, Http
from mcpwatch.recording import Index
from mcpwatch.recording.scan import Read, event_at

__all__ = ["Steps"]

_BACK: Final = 200
"""Rows before a step in which its message is looked for, where not all steps are shown."""
_Key: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class _Leader:
    """The row that steps belong to, and whether it has any yet."""

    row: int
    step: bool
    followed: bool = False


class Steps:
    """Of one index. `every`: all of them are shown, else only those that went wrong."""

    def __init__(self, index: Index, read: Read, *, every: bool) -> None:
        self._index, self._read, self._every = index, read, every
        self._leaders: dict[_Key, _Leader] = {}
        self._web = False
        """Whether there was any HTTP yet: a pipe's frames need not be looked at."""

    def find(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Pairs of rows, a step and what it belongs to, for the rows from `start` to `stop`."""
        for row in range(start, stop):
            kind = self._index.kind(row)
            if kind == "http":
                self._web = True
                if self._every or self._index.entry(row).wrong:
                    yield from self._step(row)
            elif kind == "frame" and self._every and self._web and self._index.entry(row).dir == "c2s":
                yield from self._message(row)

    def _step(self, row: int) -> Iterator[tuple[int, int]]:
        event = self._event(row)
        if not isinstance(event, Http):
            return
        key = (event.link, event.xid)
        leader = self._leaders.get(key)
        if leader is None and not self._every:
            found = self._before(row, key)
            if found is not None:
                yield row, found
            return
        if leader is None:
            self._leaders[key] = _Leader(row, step=True)
            return
        leader.followed = True
        yield row, leader.row
        if event.phase in ("end", "error"):
            del self._leaders[key]

    def _message(self, row: int) -> Iterator[tuple[int, int]]:
        event = self._event(row)
        if not isinstance(event, Frame) or event.xid is None:
            return
        key = (event.link, event.xid)
        leader = self._leaders.get(key)
        if leader is None or (leader.step and not leader.followed):
            self._leaders[key] = _Leader(row, step=False)
            if leader is not None:
                yield leader.row, row

    def _before(self, row: int, key: _Key) -> int | None:
        """The message of the client that the exchange carried, where that is near."""
        for one in range(row - 1, max(row - _BACK, 0) - 1, -1):
            if self._index.kind(one) != "frame" or self._index.entry(one).dir != "c2s":
                continue
            event = self._event(one)
            if isinstance(event, Frame) and (event.link, event.xid) == key:
                return one
        return None

    def _event(self, row: int) -> Event | None:
        try:
            return event_at(self._index, self._read, row)[0]
        except RecordingError:
            return None
