"""The difference of two recordings on a screen, and as Markdown for a pull request.

Every string goes through `clean` (or, for Markdown, through the sanitiser and into a code span): what a server said is
shown, never obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice
from typing import Final

from mcpwatch.check.change import Change, sentence
from mcpwatch.check.diff import Diff, LinkDiff
from mcpwatch.check.diff_report import alone_sentence, interface_sentence, verdict
from mcpwatch.text import duration
from mcpwatch.view.markdown import code as _code
from mcpwatch.view.markdown import words as _plain
from mcpwatch.view.style import Line, clean, wrap

__all__ = ["change_lines", "diff_lines", "diff_markdown", "verdict_line"]

FEW: Final = 20
"""Changes of one exchange that are shown where not all are asked for."""
_LONGEST: Final = 12
"""Lines of a text's difference."""
_MOST_LINES: Final = 2000


def diff_lines(diff: Diff, limit: int | None, *, verbose: bool = False) -> list[Line]:
    """Everything but the verdict. `limit` is the width in cells, None for any; `verbose` shows every change."""
    lines: list[Line] = []
    for note in diff.notes:
        lines += _text("", f"note: {note}", "warning", limit)
    for side, links in (("A", diff.only_a), ("B", diff.only_b)):
        for name in links:
            lines += _text("", f"only in {side}: link {name}", "error", limit)
    for link in diff.links:
        told = list(_link(link, limit, None if verbose else FEW))
        if told and len(diff.links) > 1:
            lines.append(clean([(link.name, "host")]))
        lines += told
    return lines


def verdict_line(diff: Diff, *, interface_only: bool = False) -> Line:
    """The last line."""
    word, colon, rest = verdict(diff, interface_only=interface_only).partition(":")
    return clean([(word + colon, "ok" if diff.same else "error"), (rest, "")])


def change_lines(changes: Sequence[Change], limit: int | None = None) -> list[Line]:
    """Changes one below the other, all of them; `limit` as in `diff_lines`."""
    return list(_changes(changes, limit, None))


def _link(link: LinkDiff, limit: int | None, few: int | None) -> Iterator[Line]:
    for note in link.notes:
        yield from _text("", f"note: {note}", "dim", limit)
    if link.interface:
        yield [("interface", "strong")]
        for one in link.interface:
            mark, style = (
                ("breaking", "error") if one.breaking else ({"added": "added"}.get(one.kind, "changed"), "dim")
            )
            head = clean([("  ", ""), (f"{mark:<8}", style), ("  ", ""), (interface_sentence(one), "")])
            yield from _wrapped(head, limit, 12)
    for pair in link.pairs:
        if pair.changes:
            when = f"  A {duration(pair.a_t)}, B {duration(pair.b_t)}"
            yield clean([(pair.title, "strong"), (when, "dim")])
            yield from _changes(pair.changes, limit, few)
    for one in link.alone:
        side = one.side.upper()
        yield clean([(one.title, "strong"), (f"  {side} {duration(one.t)}", "dim")])
        yield from _text("  ", f"only in {side}; {alone_sentence(one)}", "", limit)
    if link.outside:
        yield [("outside of exchanges", "strong")]
        yield from _changes(link.outside, limit, few)


def _changes(changes: Sequence[Change], limit: int | None, few: int | None) -> Iterator[Line]:
    for change in changes[:few]:
        texts = _text_lines(change)
        if texts:
            where = f"{change.what}: {change.path}" if change.what and change.path else change.what or change.path
            yield clean([("  ", ""), (f"{where}:", "")])
            for line in texts:
                style = {"-": "error", "+": "ok"}.get(line[:1], "dim")
                yield from _wrapped(clean([("    ", ""), (line, style)]), limit, 6)
        else:
            yield from _text("  ", sentence(change), "", limit)
    if few is not None and len(changes) > few:
        yield [("  ", ""), (f"… and {len(changes) - few} more; -v shows all", "dim")]


def _text_lines(change: Change) -> list[str]:
    """A text of several lines that changed: those that differ, with a sign in front."""
    a, b = change.a, change.b
    if change.kind != "changed" or not isinstance(a, str) or not isinstance(b, str) or "\n" not in a + b:
        return []
    before, after = str(a).split("\n"), str(b).split("\n")
    if len(before) > _MOST_LINES or len(after) > _MOST_LINES:
        return []
    found = [line for line in unified_diff(before, after, n=0, lineterm="") if line[:3] not in ("---", "+++")]
    lines = [line[:400] for line in found if not line.startswith("@@")]
    return lines if len(lines) <= _LONGEST else [*lines[:_LONGEST], f"… and {len(lines) - _LONGEST} more lines"]


def _text(indent: str, text: str, style: str, limit: int | None) -> list[Line]:
    return _wrapped(clean([(indent, ""), (text, style)]), limit, len(indent) + 2)


def _wrapped(line: Line, limit: int | None, indent: int) -> list[Line]:
    return [line] if limit is None else wrap(line, max(limit, indent + 20), indent)


# ---- Markdown


def diff_markdown(diff: Diff, *, interface_only: bool = False, most: int = 200) -> str:
    """The same for a pull request or a job summary; at most `most` changes are told."""
    lines = list(_markdown(diff))
    told = list(islice(lines, most))
    if len(lines) > most:
        told.append(f"- … and {len(lines) - most} more lines")
    said = verdict(diff, interface_only=interface_only)
    head = [f"**{_plain(said)}**", "", f"A is {_code(diff.a)}, B is {_code(diff.b)}."]
    return "\n".join([*head, *([""] if told else []), *told]) + "\n"


def _markdown(diff: Diff) -> Iterator[str]:
    for note in diff.notes:
        yield f"- note: {_plain(note)}"
    for side, links in (("A", diff.only_a), ("B", diff.only_b)):
        for name in links:
            yield f"- only in {side}: link {_code(name)}"
    for link in diff.links:
        if len(diff.links) > 1 and (link.notes or not link.same):
            yield f"- link {_code(link.name)}"
        for note in link.notes:
            yield f"- note: {_plain(note)}"
        for one in link.interface:
            yield f"- {'**breaking** ' if one.breaking else ''}{_code(interface_sentence(one))}"
        for pair in link.pairs:
            if pair.changes:
                yield f"- {_code(pair.title)}"
                yield from (f"  - {_code(sentence(change))}" for change in pair.changes[:FEW])
                if len(pair.changes) > FEW:
                    yield f"  - … and {len(pair.changes) - FEW} more"
        for one in link.alone:
            yield f"- {_code(one.title)} is only in {one.side.upper()}; {_code(alone_sentence(one))}"
        if link.outside:
            yield "- outside of exchanges"
            yield from (f"  - {_code(sentence(change))}" for change in link.outside)
