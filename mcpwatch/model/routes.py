"""Which exchange a message belongs to, on one link.

By id (cancellation), by progress token, by the HTTP stream it came on, by being the only call in flight, or by the
`requestState` that ties the rounds of a conversation together. Ids and tokens are unique per link and per sender, never
more, so everything is kept by the direction of the request.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple

from mcpwatch.events import Direction, Frame, JsonId
from mcpwatch.model.exchange import Exchange
from mcpwatch.model.shapes import Scalar, equal, key, mapping, scalar, text

_NO_CALLS: Final = frozenset(
    {
        "initialize",
        "server/discover",
        "ping",
        "logging/setLevel",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "resources/subscribe",
        "resources/unsubscribe",
        "subscriptions/listen",
    }
)
"""Requests that run none of the server author's code, so a log or a question during one says nothing about it."""
_REMEMBERED: Final = 4096
"""How many ended tokens are still known: later progress on them is late, on any other it is unknown."""
_OPEN: Final = 256
"""How many conversations wait for their next round before the oldest is given up for matching."""


class Way(NamedTuple):
    """How messages find one running request, and what its answer will need from it."""

    id: Hashable
    token: Hashable
    xid: int | None
    memo: Any


class _Pause(NamedTuple):
    exchange: Exchange
    state: str | None
    arguments: Any


class Routes:
    """The running requests of one link, by everything that may name them."""

    def __init__(self) -> None:
        self._tokens: dict[Direction, dict[Hashable, Exchange]] = {"c2s": {}, "s2c": {}}
        self._late: dict[Direction, dict[Hashable, Exchange]] = {"c2s": {}, "s2c": {}}
        self._calls: dict[int, Exchange] = {}
        self.streams: dict[int, Exchange] = {}
        self.status: dict[int, int] = {}
        """The HTTP status of each exchange (`xid`) that has not ended."""
        self.redirects: set[int] = set()
        """Those on which the request was sent elsewhere, and did not come there yet."""
        self._turned_away: dict[Hashable, tuple[Exchange, Way]] = {}
        """The requests of the client that ended for want of a login, which may be sent again with one."""
        self._ids: dict[Direction, dict[Hashable, Exchange]] = {"c2s": {}, "s2c": {}}
        self._ways: dict[int, Way] = {}
        self._open: dict[int, _Pause] = {}

    def begin(self, exchange: Exchange, id: JsonId, token: Any, xid: int | None, memo: Any) -> None:
        """A request (or the next round of a conversation) is on its way."""
        self._run(exchange, Way(key(id), None if token is None else key(scalar(token)), xid, memo))

    def _run(self, exchange: Exchange, way: Way) -> None:
        self._ways[exchange.number] = way
        self._ids[exchange.dir][way.id] = exchange
        if way.token is not None:
            self._tokens[exchange.dir][way.token] = exchange
            self._late[exchange.dir].pop(way.token, None)
        if exchange.dir == "c2s":
            if way.xid is not None:
                self.streams[way.xid] = exchange
            if exchange.method not in _NO_CALLS:
                self._calls[exchange.number] = exchange

    def end(self, exchange: Exchange) -> Way | None:
        """It ended, however it did. Returns its way, None if it was not running."""
        way = self._ways.pop(exchange.number, None)
        if way is None:
            return None
        self._calls.pop(exchange.number, None)
        _drop(self._ids[exchange.dir], way.id, exchange)
        if way.xid is not None:
            self.redirects.discard(way.xid)
            _drop(self.streams, way.xid, exchange)
        if way.token is not None and _drop(self._tokens[exchange.dir], way.token, exchange):
            late = self._late[exchange.dir]
            late[way.token] = exchange
            if len(late) > _REMEMBERED:
                del late[next(iter(late))]
        return way

    def redirected(self, frame: Frame) -> Exchange | None:
        """The running request of the client that this is once more, because HTTP has sent it elsewhere."""
        if frame.dir != "c2s" or not self.redirects:
            return None
        exchange = self._ids["c2s"].get(key(frame.id))
        way = None if exchange is None else self._ways.get(exchange.number)
        if exchange is None or way is None or exchange.method != frame.method or way.xid not in self.redirects:
            return None
        self.redirects.discard(way.xid)
        _drop(self.streams, way.xid, exchange)
        self._ways[exchange.number] = way._replace(xid=frame.xid)
        if frame.xid is not None:
            self.streams[frame.xid] = exchange
        return exchange

    def way(self, exchange: Exchange) -> Way | None:
        """How a running request is recognised."""
        return self._ways.get(exchange.number)

    def turn_away(self, exchange: Exchange, way: Way) -> None:
        """It has ended, because whoever sent it has to log in first."""
        self._turned_away[way.id] = exchange, way
        if len(self._turned_away) > _REMEMBERED:
            del self._turned_away[next(iter(self._turned_away))]

    def let_in(self, frame: Frame) -> Exchange | None:
        """The request that was turned away and that this is once more; it runs again."""
        if frame.dir != "c2s" or not self._turned_away:
            return None
        exchange, way = self._turned_away.pop(key(frame.id), (None, None))
        if exchange is None or way is None or exchange.method != frame.method or exchange.name != frame.name:
            return None
        self._run(exchange, way._replace(xid=frame.xid))
        return exchange

    def by_id(self, dir: Direction, id: Any) -> Exchange | None:
        """The running request that this side sent under `id`; the other spelling of an integer counts too."""
        ids = self._ids[dir]
        found = ids.get(key(id))
        if found is None and type(id) is int:
            return ids.get(str(id)) if -(10**18) < id < 10**18 else None
        if found is None and isinstance(id, str) and len(id) <= 18 and id.isascii() and id.lstrip("-").isdigit():
            return ids.get(int(id)) if id.count("-") <= 1 else None
        return found

    def by_token(self, dir: Direction, token: Scalar) -> tuple[Exchange | None, bool]:
        """The request of this side that carried `token`, and whether it has ended."""
        name = token if type(token) is int or type(token) is str else key(token)
        found = self._tokens[dir].get(name)
        if found is not None:
            return found, False
        found = self._late[dir].get(name)
        return found, found is not None

    def caller(self, frame: Frame, *, streams: bool) -> Exchange | None:
        """The client's call during which the server sent `frame`: by its stream, else if it is the only one in
        flight."""
        if streams:
            return None if frame.xid is None else self.streams.get(frame.xid)
        calls = self._calls
        if len(calls) != 1:
            return None
        return next(iter(calls.values()))

    def pause(self, exchange: Exchange, result: Mapping[str, Any], arguments: Any) -> None:
        """`exchange` was answered by `input_required`: remember what its next round will carry."""
        self._open[exchange.number] = _Pause(exchange, text(result.get("requestState")), arguments)
        if len(self._open) > _OPEN:
            del self._open[next(iter(self._open))]

    def resume(self, frame: Frame, said: Mapping[str, Any]) -> Exchange | None:
        """The conversation that this request continues, None if it begins one of its own.

        By `requestState`, or by the keys that it answers; of several that fit the one with the same arguments, then the
        oldest.
        """
        state = text(said.get("requestState"))
        given = mapping(said.get("inputResponses"))
        best: Exchange | None = None
        most = 0
        for exchange, expected, arguments in self._open.values():
            if exchange.method != frame.method or exchange.name != frame.name:
                continue
            tied = state is not None and state == expected
            if tied or _answers(exchange, given):
                score = 1 + 2 * tied + equal(arguments, said.get("arguments"))
                if score > most:
                    best, most = exchange, score
        if best is not None:
            del self._open[best.number]
        return best


def _drop(kept: dict[Any, Exchange], name: Hashable, exchange: Exchange) -> bool:
    """Remove `name` if it still stands for `exchange`: a later request may have taken it over."""
    if kept.get(name) is exchange:
        del kept[name]
        return True
    return False


def _answers(exchange: Exchange, given: Mapping[str, Any]) -> bool:
    asked = exchange.conversation[-1].asked if exchange.conversation else ()
    return bool(given) and all(name in asked for name in given)
