"""What moves below the lines of a terminal: a bar per running progress token, what waits and for how long, the counts.

Lines from the timeline and a time, nothing else: no clock, no cursor. `terminal` decides when to ask and where to draw.
"""

from __future__ import annotations

from typing import Final

from mcpwatch.model.exchange import Exchange
from mcpwatch.model.progress import Bar
from mcpwatch.model.question import Question
from mcpwatch.model.timeline import Timeline, Waiting
from mcpwatch.text import duration, width
from mcpwatch.view.messages import number
from mcpwatch.view.questions import ASKED
from mcpwatch.view.rows import ident
from mcpwatch.view.style import Line, clean, clip_line
from mcpwatch.view.summary import used_words
from mcpwatch.view.values import compact

__all__ = ["bar_line", "progress_words", "region", "wait_line"]

_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PATIENCE: Final = 1.0
"""Seconds that something may take before the screen says that it waits."""
_LABEL: Final = 18
_WIDE: Final = 90
"""Cells from which on there is room for a long bar beside its message."""
_INDENT: Final = "  "


def region(timeline: Timeline, now: float, limit: int, rows: int) -> list[Line]:
    """At most `rows` lines of `limit` cells, the first of them empty: what strays onto the terminal lands there.

    `now` is on the timeline's clock; the spinner turns with it.
    """
    many = sum(1 for link in list(timeline.links) if link) > 1
    bars = timeline.bars()
    with_bar = {bar.exchange.number for bar in bars if bar.exchange is not None}
    waits = [one for one in timeline.waiting() if now - one.since >= _PATIENCE and not _shown(one.what, with_bar)]
    room = max(rows - 2, 1)
    shown_waits = waits[: max(room // 2, room - len(bars))]
    shown_bars = bars[: max(room - len(shown_waits), 0)]
    lines = [bar_line(bar, now, limit, many) for bar in shown_bars]
    lines += [wait_line(one, now, many) for one in shown_waits]
    hidden = len(bars) - len(shown_bars) + len(waits) - len(shown_waits)
    lines.append(_counts(timeline, now, hidden, limit))
    return [[], *[clip_line(clean(line), limit) for line in lines]]


def _shown(what: Exchange | Question, with_bar: set[int]) -> bool:
    """A call that waits for our own answer, or has a bar, says so elsewhere."""
    if isinstance(what, Question):
        return False
    return what.number in with_bar or any(question.waiting for question in what.questions)


def bar_line(bar: Bar, now: float, limit: int, many: bool) -> Line:
    """`work #3  ━━━━━━━╸────────  47%  14/30  4.2/s  3.8 s left  reading files`; with `many` the link comes first."""
    exchange = bar.exchange
    spans: Line = [(_INDENT, "")]
    if many:
        spans.append((f"{bar.link} ", "dim"))
    if exchange is not None:
        name = clean(((exchange.name or exchange.method, ""),))[0][0]
        mark = ident(exchange.id)
        # Bars begin in one column; a longer name moves its own only.
        cells = max((_LABEL if limit >= _WIDE else _LABEL - 6) - width(name) - len(mark[0]) - 1, 0)
        spans += [(f"{name} ", "name"), mark, (" " * cells + "  ", "")]
    else:
        spans.append((f"token {compact(bar.token, _LABEL)}  ", "name"))
    fraction = bar.fraction
    if fraction is None:
        spans += [(_SPINNER[int(max(now, 0.0) * 10) % len(_SPINNER)], "bar"), (f" {_value(bar)}", "")]
    else:
        cells = 24 if limit >= _WIDE else 12
        spans += [
            *_filled(fraction, cells),
            (f" {fraction:4.0%}", "strong"),
            (f"  {_value(bar)}/{number(bar.total)}", ""),
        ]
    if odd := bar.odd:
        spans.append((f"  ({', '.join(odd)})", "warning"))
    if bar.rate is not None:
        spans.append((f"  {_rate(bar.rate)}", "dim"))
    if bar.eta is not None and fraction != 1.0:
        left = max(bar.eta - (now - bar.last), 0.0)
        spans.append((f"  {duration(left)} left" if left else "  any moment", "dim"))
    elif bar.total is None:
        spans.append((f"  {duration(max(now - bar.first, 0.0))}", "dim"))
    if bar.message:
        spans.append((f"  {bar.message}", ""))
    return spans


def progress_words(bar: Bar) -> Line:
    """A short bar, how far it is, and what it says: for a line that says more."""
    if bar.fraction is None:
        spans: Line = [(_value(bar), "strong")]
    else:
        spans = [*_filled(bar.fraction, 8), (f" {bar.fraction:.0%}", "strong")]
    return [*spans, *([(f" {bar.message}", "")] if bar.message else [])]


def _filled(fraction: float, cells: int) -> Line:
    half = round(fraction * cells * 2)
    done, tip = "━" * (half // 2), "╸" if half % 2 else ""
    style = "bar.done" if fraction >= 1 else "bar"
    return [(done + tip, style), ("─" * (cells - len(done) - len(tip)), "bar.rest")]


def _value(bar: Bar) -> str:
    return number(bar.progress) if bar.progress is not None else "no number yet"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.1f}/s" if rate >= 0.1 else f"{rate * 60:.1g}/min"


def wait_line(one: Waiting, now: float, many: bool) -> Line:
    """What is waited for, and for how long."""
    what, took = one.what, duration(now - one.since)
    lead: Line = [(_INDENT, ""), *([(f"{what.link} ", "dim")] if many else [])]
    if isinstance(what, Question):
        word = ASKED.get(what.method, what.method)
        spans: Line = [("the server waits for your answer to ", "question"), (f"{word} ", "strong")]
        spans += [(f"{what.key} ", "key") if what.key is not None else ident(what.id)]
        return [*lead, *spans, (f" · {took}", "dim")]
    spans = [("waiting for ", "warning"), (f"{what.method} ", "")]
    if what.name:
        spans.append((f"{what.name} ", "name"))
    return [*lead, *spans, ident(what.id), (f" · {took}", "strong"), (" — the server has not answered", "dim")]


def _counts(timeline: Timeline, now: float, hidden: int, limit: int) -> Line:
    """How long, how many frames each way, and what was used: as many words of it as fit."""
    servers = list(timeline.links.values())
    sent, came = sum(server.c2s.frames for server in servers), sum(server.s2c.frames for server in servers)
    words = used_words(timeline.used())
    parts = [duration(max(now, 0.0)), f"→ {sent:,}  ← {came:,}", *words]
    if hidden:
        parts.insert(0, f"and {hidden} more")
    while len(parts) > 2 and width(" · ".join(parts)) + len(_INDENT) > limit:
        parts.pop()
    return [(_INDENT + " · ".join(parts), "dim")]
