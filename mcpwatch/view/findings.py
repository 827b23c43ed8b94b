"""Protocol findings on a screen: grouped by rule, the worst first, each with the frame that broke it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mcpwatch.text import sanitize
from mcpwatch.view.style import Line, clean, clip_line, pad, wrap

if TYPE_CHECKING:
    from mcpwatch.check.checked import Checked
    from mcpwatch.check.rules import ProtocolFinding, Rule

__all__ = ["finding_lines", "list_lines", "rule_lines", "verdict_line"]

STYLES: Final = {"error": "error", "warning": "warning", "info": "log.info"}
FEW: Final = 5
"""Findings of one rule that are shown without `-v`."""
NARROWEST: Final = 40


def finding_lines(checked: Checked, limit: int | None, *, verbose: bool = False) -> list[Line]:
    """All rules that were broken. `limit` is the width in cells, None for any."""
    lines: list[Line] = []
    several = len({finding.link for _, kept in checked.tally.rules for finding in kept}) > 1
    for rule, kept in checked.tally.rules:
        count = checked.count(rule)
        head: Line = [(f"{rule.severity:<8}", STYLES[rule.severity]), (rule.id, "strong"), (f"  {rule.title}", "")]
        lines.append(_cut(head + ([(f"  ({count})", "dim")] if count > 1 else []), limit))
        shown = kept if verbose else kept[:FEW]
        for finding in shown:
            lines += _one(finding, limit, several=several)
        if count > len(shown):
            lines.append(clean([("    ", ""), (f"… and {count - len(shown)} more", "dim")]))
        revision, section = rule.section(kept[0].revision)
        lines += _told("  why: ", rule.why, limit)
        lines += _told("  do:  ", rule.do, limit)
        lines.append(_cut([("  see: ", "dim"), (f"{revision} {section}", "dim")], limit))
        lines.append([])
    for at, message in checked.unmet:
        lines.append(_cut([(f"{'error':<8}", "error"), ("expect", "strong"), (f"  {at}", "dim")], limit))
        lines += _wrapped([("    ", ""), (message, "")], limit, 4)
        lines.append([])
    return lines


def _one(finding: ProtocolFinding, limit: int | None, *, several: bool) -> list[Line]:
    where: Line = [("    ", ""), (f"#{finding.seq}", "id"), (f"  {finding.t:.3f} s", "time")]
    if several:
        where.append((f"  {finding.link}", "name"))
    where.append((f"  by {finding.whose}", "dim"))
    lines = _wrapped([*where, (f"  {sanitize(finding.message)}", "")], limit, 8)
    if finding.excerpt:
        lines.append(_cut([("        ", ""), (sanitize(finding.excerpt), "dim")], limit if limit else 160))
    return lines


def verdict_line(checked: Checked) -> Line:
    """How it went, in one line."""
    counts = checked.tally.severities()
    told = [f"{counts[one]} {one}{'s' if counts[one] != 1 and one != 'info' else ''}" for one in counts]
    order = sorted(told, key=lambda one: tuple(STYLES).index(one.split()[1].rstrip("s")))
    line: Line = [(f"{checked.file}: ", "strong")]
    if checked.unmet:
        count = len(checked.unmet)
        order.append(f"{count} expectation{'s' if count > 1 else ''} not met")
    if order:
        line.append((", ".join(order), "error" if checked.failed else "ok"))
    else:
        line.append(("nothing found", "ok"))
    line.append((f" in {checked.events:,} events{_sides(checked)}", "dim"))
    if checked.tally.ignored:
        line.append((f" ({checked.tally.ignored} ignored)", "dim"))
    if not checked.complete:
        line.append((", incomplete", "warning"))
    if order and not checked.failed:
        line.append((f"; none is as bad as {checked.fail_on}", "dim"))
    return clean(line)


def _sides(checked: Checked) -> str:
    """How much each side did."""
    told = [(side, count) for side, count in sorted(checked.tally.sides.items(), reverse=True) if count]
    if len(told) == 1:
        return f", by the {told[0][0]}"
    return "".join(f", {count} by the {side}" for side, count in told)


def rule_lines(rule: Rule, limit: int | None) -> list[Line]:
    """Everything about one rule."""
    lines = [clean([(f"{rule.severity:<8}", STYLES[rule.severity]), (rule.id, "strong")]), []]
    lines += _wrapped([(f"{rule.title}.", "strong")], limit, 0)
    lines += _told("why: ", rule.why, limit)
    lines += _told("do:  ", rule.do, limit)
    lines.append(clean([("by:  ", "dim"), (f"the {rule.by}" if rule.by else "either side", "")]))
    lines += [clean([("see: ", "dim"), (rule.url(revision), "")]) for revision in rule.spec]
    return lines


def list_lines(rules: Iterable[Rule], limit: int | None) -> list[Line]:
    """A line a rule."""
    every = list(rules)
    wide = max(len(rule.id) for rule in every)
    return [
        _cut(
            [(pad(rule.severity, 8), STYLES[rule.severity]), (pad(rule.id, wide + 2), "name"), (rule.title, "")], limit
        )
        for rule in every
    ]


def _told(head: str, text: str, limit: int | None) -> list[Line]:
    return _wrapped([(head, "dim"), (text, "")], limit, len(head))


def _wrapped(line: Line, limit: int | None, indent: int) -> list[Line]:
    return [clean(line)] if limit is None else wrap(clean(line), max(limit, NARROWEST), indent)


def _cut(line: Line, limit: int | None) -> Line:
    return clean(line) if limit is None else clip_line(clean(line), max(limit, NARROWEST))
