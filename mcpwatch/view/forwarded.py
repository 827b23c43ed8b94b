"""What an aggregator passes on, as lines: each backend's account, and for each kind of frame what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from mcpwatch.check.forwarded import Account, Forwarded, Passage, counted
from mcpwatch.text import duration
from mcpwatch.view.rows import DOT, FAILED
from mcpwatch.view.style import Line, clean, clip_line, pad
from mcpwatch.view.values import compact

__all__ = ["forwarded_lines"]

_FEW = 3
_WORDS = (
    ("through", "came through", "ok"),
    ("changed", "changed", "warning"),
    ("lost", "lost", "error"),
    ("doubled", "doubled", "warning"),
    ("late", "late", "warning"),
    ("outOfOrder", "out of order", "warning"),
)


def forwarded_lines(found: Forwarded, limit: int | None = None, *, verbose: bool = False) -> list[Line]:
    """The lines, an empty one first; those that do not fit into `limit` cells are cut."""
    lines: list[Line] = []
    for account in found.accounts:
        lines += [[], _headline(account, found.via)]
        width = max((len(method) for method in account.methods()), default=0)
        for method, passages in account.methods().items():
            lines.append([("  ", ""), (pad(method, width), ""), ("  ", ""), *_counts(passages)])
            odd = [passage for passage in passages if not passage.whole]
            lines += [_odd(passage) for passage in (odd if verbose else odd[:_FEW])]
            if len(odd) > _FEW and not verbose:
                lines.append([(f"    … {len(odd) - _FEW:,} more, -v shows all", "dim")])
    if found.own:
        own = ", ".join(f"{method} ×{count:,}" for method, count in found.own.items())
        lines += [[], [(f"{found.via} itself: ", "strong"), (own, "")]]
    cleaned = [clean(line) for line in lines]
    return cleaned if limit is None else [clip_line(line, limit) for line in cleaned]


def _headline(account: Account, via: str) -> Line:
    sent = len(account.passages)
    start: Line = [(account.link, "strong"), (" → ", "dim"), (via, "strong"), ("  ", "")]
    if not sent:
        return [*start, ("said nothing by itself", "dim")]
    if not account.through:
        what = f"none of {sent:,} came through: what {account.link} says by itself reaches nobody behind {via}"
        return [(f"{FAILED} ", "error"), *start, (what, "error")]
    whole = all(passage.whole for passage in account.passages)
    return [*start, (f"{account.through:,} of {sent:,} came through", "ok" if whole else "warning")]


def _counts(passages: Sequence[Passage]) -> Line:
    counts = counted(passages)
    line: Line = [(f"{counts['sent']:,} sent", "")]
    for name, word, style in _WORDS:
        if counts[name]:
            line += [DOT, (f"{counts[name]:,} {word}", style)]
    return line


def _odd(passage: Passage) -> Line:
    frame = passage.frame
    what = [word for said, word in ((passage.late, "late"), (passage.out_of_order, "out of order")) if said]
    if passage.fate != "through":
        what.insert(0, passage.fate)
    if passage.doubled:
        what.append(f"{passage.doubled + 1} times")
    behind = f" by {duration(passage.behind)}" if passage.behind is not None and passage.late else ""
    line: Line = [("    ", ""), (", ".join(what) + behind, "error" if passage.fate == "lost" else "warning")]
    line += [(f"  #{frame.seq} ", "dim"), (compact(frame.params), "")]
    if passage.fate == "changed" and passage.as_ is not None:
        line += [("  became ", "dim"), (compact(passage.as_.params), "")]
    return line
