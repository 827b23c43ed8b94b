"""All exchanges of all links: begun, continued, ended, and found again by the `seq` of their requests.

Owns the list and what is written to an exchange when it starts and when it ends. Which exchange a message means is
`routes`' to say, and what the server learns from it `learn`'s.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from mcpwatch.events import Direction, Frame, JsonId
from mcpwatch.model.exchange import Exchange, Fetch, Round, State
from mcpwatch.model.progress import Bar
from mcpwatch.model.shapes import Scalar, key


class Exchanges:
    """`all` in order of start, `running` by number: those that wait for an answer."""

    def __init__(self, fetch: Fetch | None) -> None:
        self.all: list[Exchange] = []
        self.running: dict[int, Exchange] = {}
        self._fetch = fetch
        self._seqs = array("Q")
        self._rounds: dict[int, Exchange] = {}

    def begin(self, frame: Frame) -> Exchange:
        """A request starts an exchange."""
        exchange = Exchange(
            frame.link,
            frame.dir,
            frame.method or "",
            frame.name,
            frame.id,
            frame.seq,
            frame.t,
            frame.by,
            number=len(self.all),
            fetch=self._fetch,
        )
        self.all.append(exchange)
        self._seqs.append(frame.seq)
        self.running[exchange.number] = exchange
        return exchange

    def ask_back(self, exchange: Exchange, frame: Frame, asked: Iterable[str]) -> None:
        """The answer in `frame`, which has ended the exchange for the wire, asks for input under these keys."""
        if exchange.conversation is None:
            exchange.conversation = [
                Round(exchange.seq, exchange.id, exchange.started, exchange.ended, exchange.answered)
            ]
        exchange.conversation[-1].asked = tuple(asked)

    def next_round(self, exchange: Exchange, frame: Frame) -> None:
        """A request goes on with a conversation."""
        assert exchange.conversation is not None
        exchange.conversation.append(Round(frame.seq, frame.id, frame.t))
        exchange.state, exchange.ended = "running", None
        self.running[exchange.number] = exchange
        self._rounds[frame.seq] = exchange

    def send_again(self, exchange: Exchange, frame: Frame) -> None:
        """Its request (or its last round's) is sent once more as it was: HTTP has redirected it, or wanted a login."""
        if not exchange.running:  # it had been turned away for want of a login
            exchange.state, exchange.ended, exchange.reason = "running", None, None
            if exchange.conversation is not None:
                exchange.conversation[-1].ended = None
            self.running[exchange.number] = exchange
        exchange.sent_again = (*exchange.sent_again, frame.seq)
        self._rounds[frame.seq] = exchange

    def end(self, exchange: Exchange, state: State, t: float, reason: str | None, answered: int | None) -> None:
        """It ended, or its round did. `answered` is the response's `seq`, where there is one."""
        exchange.state, exchange.ended, exchange.reason = state, t, reason
        if answered is not None:
            exchange.answered = answered
        for bar in exchange.bars:
            if bar.ended is None:
                bar.ended = t
        if exchange.conversation is not None:
            last = exchange.conversation[-1]
            last.ended, last.answered = t, answered
        self.running.pop(exchange.number, None)

    def find(self, seq: int, id: JsonId = None) -> Exchange | None:
        """The exchange of the request with this `seq`, the first or a later round's; in a batch the one with `id`."""
        if seq in self._rounds:
            return self._rounds[seq]
        at = bisect_left(self._seqs, seq)
        found: list[Exchange] = []
        while at < len(self._seqs) and self._seqs[at] == seq:
            found.append(self.all[at])
            at += 1
        if len(found) > 1:
            named = [one for one in found if key(one.id) == key(id)]
            found = [one for one in named if one.running] or named
        return found[0] if found else None

    def before(self, seq: int, most: int) -> list[Exchange]:
        """The last exchanges that began before `seq`, the latest first."""
        at = bisect_left(self._seqs, seq)
        return self.all[max(0, at - most) : at][::-1]

    def of_link(self, link: str) -> list[Exchange]:
        """The running ones of one link."""
        return [one for one in list(self.running.values()) if one.link == link]


def bar_of(exchange: Exchange, token: Scalar, frame: Frame) -> tuple[Bar, bool]:
    """The bar of this token of the exchange, and whether it is new. There is one a round, so the last is tried
    first."""
    for bar in reversed(exchange.bars):
        if type(bar.token) is type(token) and bar.token == token:
            return bar, False
    dir: Direction = frame.dir
    bar = Bar(frame.link, token, dir, exchange, first=frame.t, ended=exchange.ended)
    exchange.bars += (bar,)
    return bar, True
