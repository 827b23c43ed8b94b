"""What the recorded client did, as moves in order, each with what it had waited for.

A client sends when it has seen something: an answer, a third progress message, a list that changed. The recording says
what had come before each message that was sent, so that the same can be waited for from a server that is slower or
faster. Pure: nothing is sent here. Both eras, and the recordings of clients and of proxies, are the same here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mcpwatch.check.recorded import Message, RecordedExchange, RecordedLink
from mcpwatch.events import ENDED_BY_CLIENT

__all__ = ["Move", "MoveKind", "moves_of"]

MoveKind: TypeAlias = Literal["open", "request", "notify", "cancel", "close", "end"]
_OURS = frozenset({"notifications/initialized", "notifications/cancelled", "notifications/progress"})
"""Notifications that the client sends with something else, or that name what only that session knew."""
_LEAST = 2.0
"""Seconds for what came unasked, at the least, until it is gone on without it."""


@dataclass(slots=True, eq=False)
class Move:
    """One thing that the client did. `t` is seconds on the recording's clock."""

    kind: MoveKind
    link: str
    t: float
    seq: int
    exchange: RecordedExchange | None = None
    """Of a `request` and a `cancel`."""
    message: Message | None = None
    """The notification of a `notify`."""
    ended: list[RecordedExchange] = field(default_factory=list[RecordedExchange], repr=False)
    """The exchanges that had ended since the move before: they are over before this one is made."""
    progress: Mapping[int, int] = field(default_factory=dict[int, int], repr=False)
    """How many progress messages each running exchange (by its number) had had."""
    others: Mapping[str, int] = field(default_factory=dict[str, int], repr=False)
    """How many other notifications had come on each link since the move before, not counting those of calls that are
    over."""
    patience: float = _LEAST
    """Seconds to wait for notifications, which a changed server may not send at all."""


def moves_of(links: Iterable[RecordedLink]) -> list[Move]:
    """The moves of all links together, in the order of the recording; the last one is the `end`."""
    found: list[Move] = []
    messages: list[Message] = []
    everything: list[RecordedExchange] = []
    for link in links:
        found += _moves(link)
        messages += link.messages
        everything += link.exchanges
    found.sort(key=lambda move: (move.t, move.seq))
    messages.sort(key=lambda one: one.seq)
    last = max([one.t for one in messages] + [move.t for move in found], default=0.0)
    found.append(Move("end", "", last, max((one.seq for one in messages), default=0) + 1))
    _conditions(found, messages, everything)
    return found


def _moves(link: RecordedLink) -> Iterator[Move]:
    opened, closed = link.opened, link.closed
    yield Move("open", link.name, opened.t, opened.seq)
    for one in link.exchanges:
        yield Move("request", link.name, one.exchange.started, one.seq, one)
        if one.exchange.state == "cancelled" and not one.exchange.long_running and one.exchange.ended is not None:
            taken_back = one.exchange.cancellation
            # Over HTTP giving a stream up is all there is to see of it, and no message.
            seq = one.seq if taken_back is None else taken_back.seq
            if taken_back is None or taken_back.dir == "c2s":
                yield Move("cancel", link.name, one.exchange.ended, seq, one)
    for one in link.messages:
        if one.dir == "c2s" and one.type == "notification" and one.method not in _OURS:
            yield Move("notify", link.name, one.t, one.seq, message=one)
    if closed is not None and closed.reason in ENDED_BY_CLIENT:
        yield Move("close", link.name, closed.t, closed.seq)


def _conditions(moves: list[Move], messages: list[Message], exchanges: list[RecordedExchange]) -> None:
    """Write into each move what had come before it."""
    over = sorted(
        (one for one in exchanges if one.exchange.ended is not None and _settled(one)), key=lambda one: _end(one)
    )
    ended = at = 0
    before = 0.0
    progress: Counter[int] = Counter()
    for move in moves:
        here = (move.t, move.seq)
        while ended < len(over) and _end(over[ended]) < here:
            move.ended.append(over[ended])
            progress.pop(over[ended].exchange.number, None)
            ended += 1
        others: Counter[str] = Counter()
        while at < len(messages) and (messages[at].t, messages[at].seq) < here:
            one = messages[at]
            at += 1
            if one.dir != "s2c" or one.type != "notification":
                continue
            owner = one.owner
            if owner is not None and _settled(owner) and _end(owner) < here and not owner.exchange.long_running:
                continue
            if one.role == "progress" and owner is not None:
                progress[owner.exchange.number] += 1
            elif one.role in ("log", "other"):
                others[one.link.name] += 1
        move.progress, move.others = dict(progress), dict(others)
        move.patience = max(_LEAST, 2.0 * (move.t - before))
        before = move.t


def _settled(one: RecordedExchange) -> bool:
    """Whether an end of it can be waited for: an answer came, or it was taken back."""
    exchange = one.exchange
    return exchange.state in ("done", "failed", "tool_error", "input_required") or (
        exchange.state == "cancelled" and not exchange.long_running
    )


def _end(one: RecordedExchange) -> tuple[float, int]:
    exchange = one.exchange
    if exchange.state == "cancelled":
        # Where it is the client that took it back: that is a move of its own, which must not wait for itself.
        seq = exchange.seq if exchange.cancellation is None else exchange.cancellation.seq
    else:
        seq = exchange.answered or exchange.seq
    return (exchange.ended or 0.0, seq)
