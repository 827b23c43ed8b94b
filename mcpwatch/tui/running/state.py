"""What is under way at a time, in the order of the screen: bars, what waits, what has just ended.

Read from the timeline alone, so that a file shows at any of its times what a session would have shown then.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from mcpwatch.model import Timeline
from mcpwatch.model.exchange import Exchange, State
from mcpwatch.model.progress import Bar
from mcpwatch.model.question import Question
from mcpwatch.model.timeline import Waiting
from mcpwatch.text import duration
from mcpwatch.view.bars import bar_line, wait_line
from mcpwatch.view.messages import number
from mcpwatch.view.rows import ident
from mcpwatch.view.style import Line

__all__ = ["Item", "items_of"]

ENDED: Final = 12
"""How many of what has ended are shown."""
_LOOKED_AT: Final = 2_000
FADES: Final = 5.0
"""Seconds after which what has ended is history."""
_MARKS: Final[dict[State, tuple[str, str]]] = {
    "done": ("✓", "ok"),
    "failed": ("✗", "error"),
    "tool_error": ("✗", "error"),
    "cancelled": ("⊘", "warning"),
    "lost": ("✗", "warning"),
}
_WORDS: Final[dict[State, str]] = {"failed": "error", "tool_error": "tool error"}
What: TypeAlias = Literal["head", "bar", "request", "question", "unknown", "ended"]


class Item(NamedTuple):
    """One line of the pane. `key` stays the same while what it stands for does."""

    what: What
    key: tuple[object, ...]
    line: Line
    about: Exchange | Question | Bar | None = None


def items_of(timeline: Timeline, now: float, width: int) -> list[Item]:
    """All lines at the time `now`."""
    many = sum(1 for link in list(timeline.links) if link) > 1
    bars = timeline.bars()
    with_bar = {bar.exchange.number for bar in bars if bar.exchange is not None}
    waits = [one for one in timeline.waiting() if not _says_so_elsewhere(one.what, with_bar)]
    unknown = [bar for server in list(timeline.links.values()) for bar in list(server.unknown_progress.values())]
    ended = _ended(timeline)
    found = _section("Progress", [_bar(bar, now, width, many) for bar in bars])
    found += _section("Waiting", [_wait(one, now, many) for one in waits])
    found += _section("Progress that belongs to no request", [_unknown(bar, now, width, many) for bar in unknown])
    found += _section("Ended", [_end(one, now, many) for one in ended])
    return found


def _section(title: str, items: list[Item]) -> list[Item]:
    head = Item("head", ("head", title), [(title, "strong"), (f"  {len(items)}", "dim")])
    return [head, *items] if items else []


def _says_so_elsewhere(what: Exchange | Question, with_bar: set[int]) -> bool:
    return isinstance(what, Exchange) and what.number in with_bar


def _bar(bar: Bar, now: float, width: int, many: bool) -> Item:
    assert bar.exchange is not None
    line = bar_line(bar, now, width, many)
    asked = [question for question in bar.exchange.questions if question.waiting]
    if asked:
        line = [*line, ("  waits for an answer to its question", "question")]
    return Item("bar", ("exchange", bar.exchange.number), line, bar.exchange)


def _wait(one: Waiting, now: float, many: bool) -> Item:
    what = one.what
    line = wait_line(one, now, many)
    if isinstance(what, Question):
        if what.during is not None:
            line = [*line, (f"  during {what.during.name or what.during.method}", "dim")]
        return Item("question", ("question", what.number), line, what)
    return Item("request", ("exchange", what.number), line, what)


def _unknown(bar: Bar, now: float, width: int, many: bool) -> Item:
    return Item("unknown", ("unknown", bar.link, str(bar.token)), bar_line(bar, now, width, many), bar)


def _ended(timeline: Timeline) -> list[Exchange]:
    """The last requests of the client that have ended, the latest first; none that the session makes for itself."""
    found: list[Exchange] = []
    exchanges = timeline.exchanges
    for at in range(len(exchanges) - 1, max(len(exchanges) - _LOOKED_AT, 0) - 1, -1):
        one = exchanges[at]
        over = one.ended is not None and (one.state in _MARKS or one.stopped)
        if one.dir == "c2s" and over and (one.by != "mcpwatch" or one.bars):
            found.append(one)
    return sorted(found, key=lambda one: one.ended or 0.0, reverse=True)[:ENDED]


def _end(one: Exchange, now: float, many: bool) -> Item:
    mark, style = _MARKS["failed" if one.stopped else one.state]
    fades = one.ended is not None and now - one.ended > FADES
    line: Line = [("  ", ""), (f"{mark} ", style)]
    if many:
        line.append((f"{one.link} ", "dim"))
    line += [(f"{one.name or one.method} ", "dim" if fades else "name"), ident(one.id)]
    word = "given up" if one.stopped else _WORDS.get(one.state, one.state)
    line.append((f"  {word}", style if one.state != "done" else "dim"))
    if one.reason:
        line.append((f": {one.reason}", "dim"))
    if one.ms is not None:
        line.append((f"  {duration(one.ms / 1000)}", "dim"))
    if (bar := one.bar) is not None:
        line.append((f"  {_reached(bar)}", "dim"))
        if bar.odd:
            line.append((f"  ({', '.join(bar.odd)})", "warning"))
        if bar.message:
            line.append((f"  {bar.message}", "dim"))
    return Item("ended", ("exchange", one.number), line, one)


def _reached(bar: Bar) -> str:
    total = f"/{number(bar.total)}" if bar.total is not None else ""
    value = number(bar.progress) + total if bar.progress is not None else "no number"
    return f"{value} in {bar.count:,} message{'s' * (bar.count != 1)}"
