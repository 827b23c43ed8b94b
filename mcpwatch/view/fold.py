"""Too much at once: runs of the same thing become one line, so that the screen never falls behind the wire.

Nothing is lost, because nothing is kept here: the recording has every event. Folded is what comes in bulk
(notifications, stderr, junk, HTTP); what a person would look for (requests, answers, errors, notes, ends) stays a line
of its own until even those are too many to read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.text import size
from mcpwatch.view.messages import NAMES
from mcpwatch.view.rows import ARROWS, DOT, Row
from mcpwatch.view.style import Line
from mcpwatch.view.values import members, text_of

__all__ = ["MANY", "Folded", "fold", "folded_row"]

MANY: Final = 500
"""Events between two refreshes that are still shown one by one."""
_FEW: Final = 4


@dataclass(slots=True)
class Folded:
    """`count` events of one kind that stand for themselves as one line; `t` in seconds is that of the last."""

    key: Hashable
    event: Event
    """The first of them, which says what kind it is."""
    count: int = 1
    bytes: int = 0
    t: float = 0.0


def fold(events: Iterable[Event | Folded], most: int = MANY) -> list[Event | Folded]:
    """`events` as they are if they are at most `most`, else with runs of the same kind folded, and if need be all of
    it."""
    entries = list(events)
    if len(entries) <= most:
        return entries
    entries = _runs(entries, everything=False)
    return entries if len(entries) <= most else _runs(entries, everything=True)


def _runs(entries: list[Event | Folded], *, everything: bool) -> list[Event | Folded]:
    """Fold what lies between two entries that stay. Of one kind a few are left as they are."""
    found: list[Event | Folded] = []
    run: list[tuple[Hashable, Event | Folded]] = []
    for entry in entries:
        key = entry.key if isinstance(entry, Folded) else _kind(entry, everything)
        if key is None:
            _close(run, found)
            found.append(entry)
        else:
            run.append((key, entry))
    _close(run, found)
    return found


def _close(run: list[tuple[Hashable, Event | Folded]], found: list[Event | Folded]) -> None:
    counts: dict[Hashable, int] = {}
    for key, entry in run:
        counts[key] = counts.get(key, 0) + (entry.count if isinstance(entry, Folded) else 1)
    made: dict[Hashable, Folded] = {}
    for key, entry in run:
        if counts[key] < _FEW:
            found.append(entry)
            continue
        one = made.get(key)
        if one is None:
            first = entry.event if isinstance(entry, Folded) else entry
            one = made[key] = Folded(key, first, count=0)
            found.append(one)
        if isinstance(entry, Folded):
            one.count += entry.count
            one.bytes += entry.bytes
        else:
            one.count += 1
            one.bytes += _bytes(entry)
        one.t = entry.t
    run.clear()


def _bytes(event: Event) -> int:
    return event.size if isinstance(event, Frame) else len(event.data) if isinstance(event, Stderr) else 0


def _kind(event: Event, everything: bool) -> Hashable:
    """What events are folded by; None for one that has to be seen."""
    if isinstance(event, Frame):
        if event.type == "notification":
            level = ""
            if event.method == "notifications/message":
                level = text_of(members(members(event.message).get("params")).get("level"))[:20]
            return (event.link, event.dir, event.method, level)
        if event.type == "invalid" or everything:
            return (event.link, event.dir, event.type, event.method)
        return None
    if isinstance(event, Stderr):
        return (event.link, "stderr")
    if isinstance(event, Http):
        return (event.link, "http", event.phase, event.status)
    if isinstance(event, Note) and everything:
        return (event.link, "note", event.what)
    return None


def folded_row(folded: Folded, *, recorded: bool) -> Row:
    """One line for all of them: `← log debug  ×4,512  (all in the recording)`."""
    event, count = folded.event, f"×{folded.count:,}"
    end = "  (all in the recording)" if recorded else ""
    match event:
        case Stderr():
            return Row(" ", "stderr", [(f"{count} · {size(folded.bytes)}", ""), (end, "dim")], "stderr")
        case Http():
            return Row(" ", "http", [(f"{event.phase} {count}", ""), (end, "dim")], "dim")
        case Note():
            return Row("↳", "note", [(f"{event.what} {count}", ""), (end, "dim")], "dim")
        case Opened() | Closed():
            return Row("●", type(event).__name__.lower(), [(count, "")])
        case Frame():
            pass
    method = event.method or "?"
    spans: Line = [(count, "strong"), DOT, (size(folded.bytes), ""), (end, "dim")]
    if event.type == "invalid":
        return Row("!", "not protocol:", spans, "warning")
    if method == "notifications/message":
        level = text_of(members(members(event.message).get("params")).get("level"))[:20]
        return Row(ARROWS[event.dir], f"log {level}", spans, f"log.{level}")
    if event.type in ("response", "error"):
        spans = [
            ("ok " if event.type == "response" else "error ", "ok" if event.type == "response" else "error"),
            *spans,
        ]
    return Row(ARROWS[event.dir], NAMES.get(method, method), spans)
