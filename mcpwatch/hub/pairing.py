"""Which request a response answers: (link, sender, id) → the request.

Ids are unique per link and per sender, never more: both sides count from 1. A response is matched by an id of the same
JSON type and value first (`1` is not `"1"`, nor `true`), else by the same integer spelled otherwise: `"7"` for `7`,
because the official client library accepts it, and `7.0`, because to JavaScript it is `7`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from mcpwatch.events import BatchItem, Direction, Frame, JsonId

__all__ = ["Pairing"]

_complete = object.__setattr__
_MOST_PENDING = 200_000
"""A peer that never answers must not grow our memory for ever; the oldest request is forgotten then."""


_Asked: TypeAlias = tuple[int, float, str | None, str | None]
"""A request's `seq`, `t`, `method` and `name`."""
_Key = tuple[str, Direction, type, JsonId]


class Pairing:
    """The requests that wait for an answer, on all links and in both directions."""

    def __init__(self) -> None:
        self._pending: dict[_Key, _Asked] = {}

    def complete(self, frame: Frame) -> None:
        """Remember a request; give a response the `re`, `ms`, `method` and `name` of its request."""
        if frame.type == "request":
            self.asked(frame.link, frame.dir, frame.id, (frame.seq, frame.t, frame.method, frame.name))
        elif frame.type == "response" or frame.type == "error":
            asked = self.answered(frame.link, frame.dir, frame.id)
            if asked is not None:
                seq, t, method, name = asked
                _complete(frame, "re", seq)
                _complete(frame, "ms", round((frame.t - t) * 1000, 3))
                _complete(frame, "method", method)
                _complete(frame, "name", name)
        elif frame.type == "batch":
            _complete(frame, "items", tuple(self._item(frame, item) for item in frame.items))

    def forget(self, link: str) -> None:
        """Drop what waits on a link that ended."""
        for key in [key for key in self._pending if key[0] == link]:
            del self._pending[key]

    def _item(self, frame: Frame, item: BatchItem) -> BatchItem:
        if item.type == "request":
            self.asked(frame.link, frame.dir, item.id, (frame.seq, frame.t, item.method, item.name))
        elif item.type in ("response", "error"):
            asked = self.answered(frame.link, frame.dir, item.id)
            if asked is not None:
                seq, _, method, name = asked
                return replace(item, re=seq, method=method, name=name)
        return item

    def asked(self, link: str, dir: Direction, id: JsonId, asked: _Asked) -> None:
        """Remember a request that went `dir`."""
        if len(self._pending) >= _MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[link, dir, type(id), id] = asked

    def answered(self, link: str, dir: Direction, id: JsonId) -> _Asked | None:
        """The request, remembered no more, that an answer that went `dir` belongs to; None where there is none."""
        sender: Direction = "c2s" if dir == "s2c" else "s2c"
        asked = self._pending.pop((link, sender, type(id), id), None)
        if asked is not None or isinstance(id, bool):
            return asked
        if isinstance(id, float) and id.is_integer():
            return self._pending.pop((link, sender, int, int(id)), None)
        if isinstance(id, int):
            return self._pending.pop((link, sender, str, str(id)), None)
        if isinstance(id, str) and len(id) <= 20 and id.lstrip("-").isdecimal():
            return self._pending.pop((link, sender, int, int(id)), None)
        return None
