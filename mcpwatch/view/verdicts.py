"""Scripts on a screen: a line a step, the difference where one fails, and how it went in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcpwatch.text import duration, width
from mcpwatch.view.style import Line, clean, clip_line, wrap

if TYPE_CHECKING:
    from mcpwatch.check.report import Ran, Verdict

__all__ = ["closing_lines", "doing_lines", "head_line", "ran_lines", "verdict_lines"]

MARKS = {"ok": ("ok", "ok"), "failed": ("FAIL", "error"), "skipped": ("skip", "dim")}
"""Per status: the word, and its style."""


def head_line(name: str) -> Line:
    """What comes before the steps of a script."""
    return clean([(name, "strong")])


def verdict_lines(verdict: Verdict, file: str, limit: int | None) -> list[Line]:
    """A step; where it failed, also where it stands and what was wrong. `limit` is the width in cells, None for any."""
    word, style = MARKS[verdict.status]
    indent = "  " * (verdict.depth + 1)
    name = verdict.name
    took = duration(verdict.seconds) if verdict.status != "skipped" and verdict.seconds else ""
    head: Line = [(indent, ""), (f"{word:<4}", style), (f"  {name}", "dim" if verdict.status == "skipped" else "")]
    if limit is not None:
        head = clip_line(clean(head), limit - width(took) - 2)
    if took:
        head += [("  ", ""), (took, "dim")]
    lines = [clean(head)]
    if verdict.status == "failed" and (verdict.messages or verdict.hint):
        inner = indent + "      "
        where = f"{file}:{verdict.line}:{verdict.column}" if verdict.line else file
        lines.append(clean([(inner, ""), (where, "dim")]))
        for message in verdict.messages:
            lines += _text(inner, message, "", limit)
        if verdict.hint:
            lines += _text(inner, f"hint: {verdict.hint}", "hint", limit)
    return lines


def doing_lines(name: str, took: float, within: float | None, below: Sequence[Line], limit: int) -> list[Line]:
    """What a script is at, `took` seconds after it began, and how long it may take where that is known; `below` says
    what is waited for.
    """
    time = duration(took) + (f" of {duration(within)}" if within is not None else "")
    head: Line = [("  ", ""), ("…   ", "dim"), (f"  {name}", "")]
    line = [*clip_line(clean(head), limit - width(time) - 2), ("  ", ""), (time, "dim")]
    return [clip_line(clean(line), limit), *below]


def ran_lines(ran: Ran, limit: int | None) -> list[Line]:
    """What comes after the steps of a script: rules that were of no use, and where it was recorded."""
    lines: list[Line] = []
    for unused in ran.unused:
        lines += _text("  ", f"warning: {unused}", "warning", limit)
    if ran.recording is not None and ran.failed:
        lines += _text("  ", f"recording: {ran.recording}", "dim", limit)
    return lines


def closing_lines(runs: Sequence[Ran], seconds: float) -> list[Line]:
    """How it went in all; the verdict is the last line."""
    every = [one.status for run in runs for one in run.verdicts]
    counts = [(every.count(status), status) for status in ("ok", "failed", "skipped")]
    told = ", ".join(f"{count} {status}" for count, status in counts if count) or "no steps"
    failed = [run.name for run in runs if run.failed]
    scripts = f"{len(runs)} script{'s' if len(runs) != 1 else ''}"
    line: Line = [
        (f"{scripts}: ", "strong"),
        (told, "error" if failed else "ok"),
        (f" in {duration(seconds)}", "dim"),
    ]
    lines: list[Line] = []
    if failed and len(runs) > 1:
        lines.append(clean([("failed: ", "error"), (", ".join(failed), "")]))
    return [*lines, clean(line)]


def _text(indent: str, text: str, style: str, limit: int | None) -> list[Line]:
    found: list[Line] = []
    for part in text.split("\n"):
        line = clean([(indent, ""), (part, style)])
        found += [line] if limit is None else wrap(line, max(limit, len(indent) + 20), len(indent))
    return found
