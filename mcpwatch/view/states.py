"""What is so on each link, in a few lines: who is there, what it can, what changed how often, what runs and waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mcpwatch.model.state import Count, State
from mcpwatch.text import clip, duration, sanitize, size
from mcpwatch.view.rows import DOT
from mcpwatch.view.style import Line, clean, pad

__all__ = ["state_lines"]

_MOST = 8
_WIDTH = 18
_NUMBERS = 20
_SUBJECT = 32


def state_lines(states: Iterable[State]) -> list[Line]:
    """The lines for some links, an empty one between two."""
    lines: list[Line] = []
    for number, state in enumerate(states):
        lines += [[]] if lines else []
        lines.append(clean([(state.link, f"link.{number % 6}"), ("  ", ""), *_standing(state)]))
        for label, line in [*_facts(state), *_numbers(state)]:
            lines.append(clean([("  ", ""), (pad(label, _WIDTH), "dim"), *line]))
    return lines


def _standing(state: State) -> Line:
    if state.open:
        return [("open", "ok")]
    why = state.signal or (f"exit code {state.code}" if state.code is not None else state.reason or "ended")
    at = "" if state.closed is None else f" after {duration(state.closed)}"
    return [(f"ended{at}: ", "dim"), (why, "error" if state.signal or state.code else "")]


def _facts(state: State) -> list[tuple[str, Line]]:
    facts: list[tuple[str, Line]] = []

    def fact(label: str, text: str | None, style: str = "") -> None:
        if text:
            facts.append((label, [(text, style)]))

    identity = state.identity
    if identity is not None:
        title = f" “{identity.title}”" if identity.title else ""
        fact("server", f"{identity.name or '?'} {identity.version or ''}".strip() + title, "strong")
    spoken = [
        f"MCP {state.protocol_version}" if state.protocol_version else "",
        f"{state.era} era" if state.era else "",
    ]
    fact("speaks", " · ".join(one for one in (*spoken, state.transport or "", state.mode or "") if one))
    fact("capabilities", None if state.capabilities is None else " · ".join(_able(state.capabilities)) or "none")
    fact("offers", " · ".join(_some(len(names), kind) for kind, names in state.offered.items()))
    fact("log level", state.log_level)
    fact("logs", " · ".join(f"{level} ×{count:,}" for level, count in state.logs.items()))
    facts += [(f"{kind} changed", _count(count)) for kind, count in state.list_changes.items()]
    facts += [("updated", [(f"{uri} ", "name"), *_count(count)]) for uri, count in _first(state.updates)]
    if len(state.updates) > _MOST:
        fact("", f"… {len(state.updates) - _MOST:,} more", "dim")
    fact("subscribed", " · ".join(state.subscriptions[:_MOST]))
    for one in state.running:
        total = "" if one.total is None else f" of {one.total:g}"
        said = f"  {one.message}" if one.message else ""
        fact("running", f"{one.name or one.method} {one.progress or 0:g}{total}{said} since {duration(one.since)}")
    for one in state.unanswered:
        during = f" during {one.during}" if one.during else ""
        fact("unanswered", f"{one.method}{during} since {duration(one.since)}", "warning")
    return facts


def _numbers(state: State) -> list[tuple[str, Line]]:
    """How often, how fast, how much: a line a method and a line a name below it."""
    found: list[tuple[str, Line]] = []
    for one in state.stats[:_NUMBERS]:
        arrow = "→" if one.dir == "c2s" else "←"
        subject = sanitize(f"{arrow} {one.method}" if one.name is None else f"    {one.name}")
        line: Line = [(pad(clip(subject, _SUBJECT), _SUBJECT), "name" if one.name else ""), (f" ×{one.count:,}", "")]
        if one.errors:
            line += [DOT, (f"{one.errors:,} error{'s' * (one.errors != 1)}", "error")]
        if one.p50 is not None and one.p90 is not None and one.p99 is not None:
            times = " ".join(f"p{rank} {duration(ms / 1000)}" for rank, ms in
                             ((50, one.p50), (90, one.p90), (99, one.p99)))  # fmt: skip
            line += [DOT, (times, "time")]
        line += [DOT, (size(one.bytes), "dim")]
        found.append(("stats" if not found else "", line))
    if len(state.stats) > _NUMBERS:
        found.append(("", [(f"… {len(state.stats) - _NUMBERS:,} more (--json has all)", "dim")]))
    return found


def _some(count: int, kind: str) -> str:
    return f"{count} {kind if count != 1 else kind.removesuffix('s')}"


def _first(counts: Mapping[str, Count]) -> list[tuple[str, Count]]:
    return list(counts.items())[:_MOST]


def _able(capabilities: Mapping[str, object]) -> list[str]:
    return [name for name, value in capabilities.items() if value is not None and value is not False]


def _count(count: Count) -> Line:
    when = duration(count.first) if count.count == 1 else f"{duration(count.first)} … {duration(count.last)}"
    return [(f"×{count.count:,}", ""), DOT, (when, "dim")]
