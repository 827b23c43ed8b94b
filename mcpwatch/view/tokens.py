"""Which request a progress message belongs to, and what is odd about it, one message after the other.

The timeline knows it too, but as it is now, which may be later than the message; and asking it for every message of a
flood would take longer than the flood.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from mcpwatch.events import Frame
from mcpwatch.model.timeline import Timeline
from mcpwatch.view.messages import progress
from mcpwatch.view.rows import ARROWS, Row, ident, owner
from mcpwatch.view.style import Line
from mcpwatch.view.values import members, text_of

__all__ = ["Tokens"]

_KEPT: Final = 4_096


class Tokens:
    """The progress tokens of one stream of lines."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._known: dict[Hashable, tuple[Line | None, Any]] = {}
        """Token to the spans that name its request (None: no request carried it), and the last value."""

    def see(self, request: Frame) -> None:
        """A request: the token it carries is its own from now on."""
        token = members(members(members(request.message).get("params")).get("_meta")).get("progressToken")
        if token is not None:
            name = owner(request.name, request.method or "?", request.id)
            self._keep(_key(request.link, request.dir, token), name, None)

    def knows(self, frame: Frame) -> bool:
        """Whether some request carried the token of this progress message."""
        token = members(members(frame.message).get("params")).get("progressToken")
        found = self._known.get(_key(frame.link, "c2s" if frame.dir == "s2c" else "s2c", token))
        return found is not None and found[0] is not None

    def row(self, frame: Frame, *, known_too: bool) -> Row | None:
        """The row of one progress message; None for one that a bar shows, unless `known_too`."""
        said = members(members(frame.message).get("params"))
        token, value, total = said.get("progressToken"), said.get("progress"), said.get("total")
        key = _key(frame.link, "c2s" if frame.dir == "s2c" else "s2c", token)
        name, before = self._known[key] if key in self._known else (self._look_up(frame), None)
        if name is not None and not known_too:
            return None
        odd: list[str] = []
        # A timeline that has not seen the event cannot know its token either.
        if name is None and self._timeline.seq >= frame.seq:
            odd.append("unknown token")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if before is not None and value < before:
                odd.append("backwards")
            if isinstance(total, (int, float)) and value > total:
                odd.append("past total")
            before = value
        else:
            odd.append("no number")
        self._keep(key, name, before)
        spans = _token(token) if name is None else name
        warning: Line = [(f"  ({', '.join(odd)})", "warning")] if odd else []
        return Row(ARROWS[frame.dir], "progress", [*spans, *progress(said), *warning])

    def _look_up(self, frame: Frame) -> Line | None:
        exchange = self._timeline.exchange_of(frame)
        return None if exchange is None else owner(exchange.name, exchange.method, exchange.id)

    def _keep(self, key: Hashable, name: Line | None, value: Any) -> None:
        if key not in self._known and len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[key] = (name, value)


def _token(token: Any) -> Line:
    return [("token ", "key"), ident(token if isinstance(token, (str, int)) else text_of(token)), ("  ", "")]


def _key(link: str, dir: str, token: Any) -> Hashable:
    """What a token is looked up by: `1`, `"1"` and `true` are three different ones."""
    return (link, dir, type(token), token) if isinstance(token, (str, int, float)) else (link, dir, text_of(token))
