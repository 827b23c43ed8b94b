"""A difference for other programs: one JSON document, the rows of a test report, the one-line verdict.

How it looks in a terminal or in Markdown is the view's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcpwatch.check.change import NOTHING, Change, sentence
from mcpwatch.check.diff import Alone, Diff, LinkDiff
from mcpwatch.check.interface import InterfaceChange

if TYPE_CHECKING:
    from mcpwatch.check.report import Ran

__all__ = ["alone_sentence", "diff_document", "interface_sentence", "ran_of", "verdict"]


def verdict(diff: Diff, *, interface_only: bool = False) -> str:
    """What came out, in one line: `same: …` or `different: …`."""
    exchanges = sum(len(link.pairs) for link in diff.links)
    if diff.same:
        if interface_only:
            return "same: the interface has not changed"
        return f"same: {_count(exchanges, 'exchange')}{_links(diff)} and the interface"
    told: list[str] = []
    changes = sum(len(link.interface) for link in diff.links)
    if changes:
        breaking = f" ({diff.breaking} breaking)" if diff.breaking else " (none breaking)"
        told.append(f"{_count(changes, 'change')} of the interface{breaking}")
    differ = sum(bool(pair.changes) for link in diff.links for pair in link.pairs)
    if differ:
        told.append(f"{differ} of {_count(exchanges, 'exchange')} differ{'s' if differ == 1 else ''}")
    for side in ("a", "b"):
        alone = sum(one.side == side for link in diff.links for one in link.alone)
        if alone:
            told.append(f"{_count(alone, 'exchange')} only in {side.upper()}")
    outside = sum(len(link.outside) for link in diff.links)
    if outside:
        told.append(f"{_count(outside, 'change')} outside of exchanges")
    for side, links in (("A", diff.only_a), ("B", diff.only_b)):
        if links:
            told.append(f"{_count(len(links), 'link')} only in {side}")
    return f"different: {', '.join(told)}"


def _links(diff: Diff) -> str:
    return f" on {_count(len(diff.links), 'link')}" if len(diff.links) > 1 else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def interface_sentence(change: InterfaceChange) -> str:
    """`tool add: argument b is required now`"""
    subject = change.subject if not change.name else f"{change.subject} {change.name}"
    return f"{subject} {change.message}" if change.message.startswith("is ") else f"{subject}: {change.message}"


def alone_sentence(one: Alone) -> str:
    """What is nearest to an exchange without a partner."""
    if one.nearest is None:
        return "nothing is near it"
    return f"nearest: {one.nearest.title} ({one.nearest.why})"


def diff_document(diff: Diff) -> dict[str, Any]:
    """The one JSON document of `--json`: everything that differs, values included."""
    return {
        "same": diff.same,
        "verdict": verdict(diff),
        "breaking": diff.breaking,
        "a": diff.a,
        "b": diff.b,
        "notes": diff.notes,
        "only_a": diff.only_a,
        "only_b": diff.only_b,
        "links": [_link(link) for link in diff.links],
    }


def _link(link: LinkDiff) -> dict[str, Any]:
    return {
        "link": link.name,
        "same": link.same,
        "notes": link.notes,
        "interface": [
            {
                "subject": one.subject,
                "name": one.name,
                "kind": one.kind,
                "breaking": one.breaking,
                "message": one.message,
            }
            for one in link.interface
        ],
        "compared": len(link.pairs),
        "exchanges": [
            {
                "exchange": pair.title,
                "a": {"seq": pair.a_seq, "t": round(pair.a_t, 6)},
                "b": {"seq": pair.b_seq, "t": round(pair.b_t, 6)},
                "changes": [_change(change) for change in pair.changes],
            }
            for pair in link.pairs
            if pair.changes
        ],
        "alone": [
            {
                "exchange": one.title,
                "only": one.side,
                "seq": one.seq,
                "t": round(one.t, 6),
                "params": one.params,
                "nearest": None
                if one.nearest is None
                else {
                    "exchange": one.nearest.title,
                    "seq": one.nearest.seq,
                    "t": round(one.nearest.t, 6),
                    "why": one.nearest.why,
                },
            }
            for one in link.alone
        ],
        "outside": [_change(change) for change in link.outside],
    }


def _change(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": change.kind, "what": change.what, "path": change.path}
    made |= {side: value for side, value in (("a", change.a), ("b", change.b)) if value is not NOTHING}
    return {**made, "message": sentence(change)}


def ran_of(diff: Diff) -> Ran:
    """The difference as a report has it: a row for each interface and each exchange."""
    from mcpwatch.check.report import Ran, Verdict  # which knows how scripts are played, and so much else

    rows = [Verdict(name, "failed" if said else "ok", messages=tuple(said), seq=seq) for name, said, seq in _rows(diff)]
    return Ran(f"{diff.a} and {diff.b}", diff.b, tuple(rows), 0 if diff.same else 1)


def _rows(diff: Diff) -> Iterator[tuple[str, list[str], int]]:
    """What was compared, what is different in it, and where that shows in B."""
    for side, links in (("A", diff.only_a), ("B", diff.only_b)):
        for name in links:
            yield name, [f"this link is only in {side}"], 0
    for link in diff.links:
        before = f"{link.name}: " if len(diff.links) > 1 else ""
        told = [f"{'breaking: ' if one.breaking else ''}{interface_sentence(one)}" for one in link.interface]
        yield f"{before}interface", told, 0
        for pair in link.pairs:
            yield before + pair.title, [sentence(change) for change in pair.changes], pair.b_seq
        for one in link.alone:
            said = [f"only in {one.side.upper()}; {alone_sentence(one)}"]
            yield before + one.title, said, one.seq if one.side == "b" else 0
        if link.outside:
            yield f"{before}outside of exchanges", [sentence(change) for change in link.outside], 0
