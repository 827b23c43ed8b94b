"""Which request a response answers: (link, sender, id) → the request.

Ids are unique per link and per sender, never more: both sides count from 1. A response is matched by an id of the same
JSON type and value first (`1` is not `"1"`, nor `true`), else by the same integer spelled otherwise: `"7"` for `7`,
because the official client library accepts it, and `7.0`, because to JavaScript it is `7`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from mcpwatch.events import BatchItem, Direction, Frame, JsonId

__all__ = ["Pairing"]

_complete = object.__setattr__
_MOST_PENDING = 200_000
"""A peer that never answers must not grow our memory for ever; the oldest request is forgotten then."""


class _Asked(NamedTuple):
    seq: int
    t: float
    method: str | None
    name: str | None


_Key = tuple[str, Direction, type, JsonId]


class Pairing:
    """The requests that wait for an answer, on all links and in both directions."""

    def __init__(self) -> None:
        self._pending: dict[_Key, _Asked] = {}

    def complete(self, frame: Frame) -> None:
        """Remember a request; give a response the `re`, `ms`, `method` and `name` of its request."""
        if frame.type == "request":
            self._remember(frame, frame.id, frame.method, frame.name)
        elif frame.type == "response" or frame.type == "error":
            asked = self._take(frame, frame.id)
            if asked is not None:
                _complete(frame, "re", asked.seq)
                _complete(frame, "ms", round((frame.t - asked.t) * 1000, 3))
                _complete(frame, "method", asked.method)
                _complete(frame, "name", asked.name)
        elif frame.type == "batch":
            _complete(frame, "items", tuple(self._item(frame, item) for item in frame.items))

    def forget(self, link: str) -> None:
        """Drop what waits on a link that ended."""
        for key in [key for key in self._pending if key[0] == link]:
            del self._pending[key]

    def _item(self, frame: Frame, item: BatchItem) -> BatchItem:
        if item.type == "request":
            self._remember(frame, item.id, item.method, item.name)
        elif item.type in ("response", "error"):
            asked = self._take(frame, item.id)
            if asked is not None:
                return replace(item, re=asked.seq, method=asked.method, name=asked.name)
        return item

    def _remember(self, frame: Frame, id: JsonId, method: str | None, name: str | None) -> None:
        if len(self._pending) >= _MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[frame.link, frame.dir, type(id), id] = _Asked(frame.seq, frame.t, method, name)

    def _take(self, frame: Frame, id: JsonId) -> _Asked | None:
        sender: Direction = "c2s" if frame.dir == "s2c" else "s2c"
        asked = self._pending.pop((frame.link, sender, type(id), id), None)
        if asked is not None or isinstance(id, bool):
            return asked
        if isinstance(id, float) and id.is_integer():
            return self._pending.pop((frame.link, sender, int, int(id)), None)
        if isinstance(id, int):
            return self._pending.pop((frame.link, sender, str, str(id)), None)
        if isinstance(id, str) and len(id) <= 20 and id.lstrip("-").isdecimal():
            return self._pending.pop((frame.link, sender, int, int(id)), None)
        return None
