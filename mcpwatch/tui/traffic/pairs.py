"""The other half of an event: the answer of a request, the request of an answer, the call of its progress."""

from __future__ import annotations

from mcpwatch.events import Event, Frame, Note
from mcpwatch.model import Timeline
from mcpwatch.recording import Index

__all__ = ["other_half"]


def other_half(index: Index, timeline: Timeline, event: Event) -> int | None:
    """The row of what belongs to an event, or None."""
    seq = _seq(timeline, event)
    if seq is None or seq == event.seq:
        return None
    try:
        return index.row(seq)
    except KeyError:
        return None


def _seq(timeline: Timeline, event: Event) -> int | None:
    if isinstance(event, Note):
        return event.re
    if not isinstance(event, Frame):
        return None
    if event.re is not None:
        return event.re
    exchange = timeline.exchange_of(event)
    if event.type == "batch":
        found = (timeline.exchange(item.re, item.id) for item in event.items if item.re is not None)
        exchange = next((one for one in found if one is not None), None)
        if exchange is None:
            starts = (timeline.exchange(event.seq, item.id) for item in event.items if item.type == "request")
            return next((one.answered for one in starts if one is not None and one.answered is not None), None)
        return exchange.seq
    if exchange is None:
        return None
    if event.type == "request":
        rounds = [one for one in exchange.rounds if one.seq == event.seq]
        return rounds[0].answered if rounds else exchange.answered
    return exchange.seq
