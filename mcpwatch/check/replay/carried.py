"""Values that a server hands out and its client sends back: cursors, identities, temporary paths.

A recording holds those of its own session, which no other server knows. Where a live answer has another value in the
place of one that is never the same twice, the live one stands for it in everything that is sent afterwards. Which
values these are is what `normalize` and `volatile` say: what they would compare as different stays as it is, since then
it is the difference that is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from mcpwatch.check.normalize import OPAQUE, Normalizer
from mcpwatch.check.volatile import pieces, steady
from mcpwatch.model.shapes import items
from mcpwatch.redact import REDACTED

__all__ = ["Carried"]

_SHORTEST = 4
_DEEPEST = 100


class Carried:
    """What of the recording is called what today."""

    def __init__(self) -> None:
        self._today: dict[str, str] = {}
        self._opaque: dict[str, str] = {}
        self._normalizer = Normalizer()

    def learn(self, recorded: Any, live: Any) -> None:
        """Two results that stand for each other."""
        self._learn(recorded, live, "", 0)

    def renewed(self, value: Any) -> Any:
        """`value` as it is to be sent today."""
        return value if not self._today and not self._opaque else self._renewed(value, "", 0)

    def _learn(self, recorded: Any, live: Any, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(recorded, dict) and isinstance(live, dict):
            there = cast("Mapping[str, Any]", live)
            for key, value in cast("Mapping[str, Any]", recorded).items():
                if key in there:
                    self._learn(value, there[key], key, depth + 1)
        elif isinstance(recorded, list) and isinstance(live, list):
            for one, other in zip(items(recorded), items(live), strict=False):
                self._learn(one, other, name, depth + 1)
        elif isinstance(recorded, str) and isinstance(live, str) and recorded != live:
            self._text(recorded, live, name)

    def _text(self, recorded: str, live: str, name: str) -> None:
        if name in OPAQUE:
            self._opaque[recorded] = live  # however short it is: it says nothing anywhere else
            return
        if len(recorded) < _SHORTEST or REDACTED in recorded:
            return
        if steady(recorded) != recorded:
            # A sentence, or JSON in the form of a text: what of it changes, piece by piece.
            was, now = pieces(recorded), pieces(live)
            if len(was) == len(now):
                self._today |= {one: other for one, other in zip(was, now, strict=True) if len(one) >= _SHORTEST}
        normal = self._normalizer
        if normal.value(recorded, (name,)) == normal.value(live, (name,)):
            self._today[recorded] = live

    def _renewed(self, value: Any, name: str, depth: int) -> Any:
        if isinstance(value, str):
            if name in OPAQUE and value in self._opaque:
                return self._opaque[value]
            if (today := self._today.get(value)) is not None:
                return today
            for piece in pieces(value):
                value = value.replace(piece, self._today.get(piece, piece))
            return value
        if depth > _DEEPEST:
            return value
        if isinstance(value, dict):
            members = cast("Mapping[str, Any]", value)
            return {key: self._renewed(one, key, depth + 1) for key, one in members.items()}
        if isinstance(value, list):
            return [self._renewed(one, name, depth + 1) for one in items(value)]
        return value
