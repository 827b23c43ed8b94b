"""What a view of some events has to know of the others, so that it need not fold them all.

The lines of `show` are the same whether everything is read or only this: that is what this module owns. In a large
recording almost all is progress and logs, which no other line needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mcpwatch.events import Event, Frame, Note, Opened
from mcpwatch.recording import Filter, Recording
from mcpwatch.recording.filter import Sieve
from mcpwatch.recording.selection import Selection

__all__ = ["selected"]

_LINKS = Filter(types=("opened",))
_REQUESTS = Filter(types=("request", "batch"))
_LISTINGS = Filter(methods=("*/list",))
"""What came and went is told from the listing before."""
_CHOICES = Filter(types=("note",))
"""Who answered what."""
_REDIRECTS = (
    Filter(types=("http",), text='"status":3'),
    Filter(types=("http",), text='"status":401'),
    Filter(types=("http",), text='"status":403'),
)
"""A request that is sent again is one that was redirected, or that lacked a login."""
_LAST_WORDS = Filter(types=("stderr",))
_ABOUT_REQUESTS = frozenset({"notifications/progress", "notifications/cancelled"})
"""Notifications whose lines name a request, which they know by a token or an id of its own."""


def selected(recording: Recording, wanted: Sieve) -> Iterator[tuple[Event, bool]]:
    """The events that `wanted` accepts (True), and those that a view of them has to fold too (False), in order."""
    needs = _needs(recording, wanted)
    filters: list[Sieve] = [
        wanted,
        _LINKS,
        *((_REQUESTS,) if needs.requests else ()),
        *((_LISTINGS,) if needs.listings else ()),
    ]
    if not isinstance(wanted, Filter) or _may_be_an_end(wanted):
        filters.append(_LAST_WORDS)
    selection = Selection(filters, needs.answered)
    for line, event in recording.entries(selection):
        # What only some recordings need is looked for once it can be there.
        if isinstance(event, Opened) and event.transport != "stdio":
            for refused in _REDIRECTS:
                selection.add(refused)
        elif isinstance(event, Frame) and event.dir == "s2c" and event.type in ("request", "batch"):
            selection.add(_CHOICES)
        yield event, wanted.accepts(event, line)


class _Needs(NamedTuple):
    """What lines of wanted events need of others."""

    answered: set[int]
    """The numbers of what they answer."""
    requests: bool
    """Some name requests in another way: by a token, or by an id of their own."""
    listings: bool


def _may_be_an_end(wanted: Filter) -> bool:
    return not (wanted.methods or wanted.ids or wanted.dirs) and (not wanted.types or "closed" in wanted.types)


def _needs(recording: Recording, wanted: Sieve) -> _Needs:
    if isinstance(wanted, Filter) and not (wanted.dirs or wanted.types or wanted.ids or wanted.text or wanted.errors):
        # By link and method alone a request comes with all that is said to it, unless it came before the time.
        timed = wanted.since is not None or wanted.until is not None
        named = any(wanted.accepts(_notification(wanted, one)) for one in _ABOUT_REQUESTS)
        return _Needs(set(), timed or not wanted.methods or named, timed)
    answered: set[int] = set()
    requests = listings = False
    for event in recording.events(filter=wanted):
        if isinstance(event, Frame):
            requests = requests or event.type == "batch" or event.method in _ABOUT_REQUESTS
            listings = listings or (event.method or "").endswith("/list")
        if isinstance(event, Frame | Note) and event.re is not None:
            answered.add(event.re)
    return _Needs(answered, requests, listings)


def _notification(wanted: Filter, method: str) -> Frame:
    link = next(iter(wanted.links), "")
    return Frame(link=link, dir="s2c", type="notification", data=b"", message=None, method=method)
