"""Rows: what one event says, before there are columns.

A row is a mark (`→`, `←`, `●`, `!`, …), a word or two for what it is, and spans; one without a mark goes on below the
row before it, under a label. The makers of rows (`frames`, `questions`, `notices`) know what an event means; where the
columns stand, how wide they are and what time it is, only `lines` knows. Spans may still hold anything a server sent.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mcpwatch.events import Direction, JsonId
from mcpwatch.view.style import Line, Span
from mcpwatch.view.values import compact, cut

__all__ = ["ARROWS", "DOT", "FAILED", "Row", "below", "dotted", "ident", "lines_below", "listed", "owner"]

ARROWS: Final[dict[Direction, str]] = {"c2s": "→", "s2c": "←"}
DOT: Final[Span] = (" · ", "dim")
FAILED: Final = "✗"
_LONG: Final = 10**18


class Row(NamedTuple):
    """One row. `mark` is empty for a continuation, and `what` then its label."""

    mark: str
    what: str
    spans: Line
    style: str = ""
    """The style of `what`."""
    full: bool = False
    """It has to be read to its end: where there is a width it takes more lines rather than being cut."""
    more: bool = False
    """Where it is cut, the line says how to see all of it."""


def below(label: str, *spans: Span) -> Row:
    """A continuation row: `label`, then spans."""
    return Row("", label, list(spans))


def lines_below(
    label: str, text: str, style: str = "", *, most: int | None = None, full: bool = False, limit: int | None = None
) -> list[Row]:
    """A text of several lines as continuation rows, the label beside the first; at most `most` rows, and then how many
    more. Of the text at most `limit` characters are shown."""
    found = cut(text, limit).split("\n")
    if found and not found[-1]:
        found.pop()
    # A tab would stand wherever the terminal has its stops.
    found = [line.rstrip("\r").expandtabs(4) for line in found]
    shown = found if most is None or len(found) <= most else found[: most - 1]
    rows = [Row("", label if index == 0 else "", [(line, style)], full=full) for index, line in enumerate(shown)]
    if len(shown) < len(found):
        rows.append(Row("", "", [(f"… {len(found) - len(shown):,} more lines", "dim")]))
    return rows


def ident(id: JsonId) -> Span:
    """An id as `#7`; a string that could be taken for a number as `#"7"`."""
    if type(id) is int:
        return (f"#{id}" if -_LONG < id < _LONG else f"#{compact(id, 40)}", "id")
    if isinstance(id, str) and id and not id.lstrip("-").isdigit():
        return (f"#{id[:60]}", "id")
    # Null too: an id that was given as null is shown as what it is.
    return (f"#{compact(id, 60)}", "id")


def owner(name: str | None, method: str, id: JsonId) -> Line:
    """What names a request wherever something speaks of it: `work #3  `, or `tools/list #2  ` where it has no name."""
    return [(f"{name or method} ", "name" if name else ""), ident(id), ("  ", "")]


def dotted(spans: Line) -> Line:
    """Spans with ` · ` between each two."""
    found: Line = []
    for span in spans:
        if found:
            found.append(DOT)
        found.append(span)
    return found


def listed(names: tuple[str, ...] | list[str], most: int = 12) -> str:
    """Names side by side, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown}, … (+{len(names) - most})" if len(names) > most else shown
