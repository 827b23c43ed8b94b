"""What a part of the run saw: rows of a table, printed or put into `docs/reliability.md`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

__all__ = ["Part", "Row", "markdown"]


@dataclass(slots=True)
class Row:
    """One thing that was done so many `times`, and what was seen. `wrong` are the times when a promise was broken."""

    what: str
    times: int = 0
    seen: str = ""
    wrong: list[str] = field(default_factory=list[str])

    def count(self, wrong: str | None) -> None:
        """It was done once more; `wrong` says what was wrong with it, in a sentence."""
        self.times += 1
        if wrong is not None:
            self.wrong.append(wrong)
            sys.stderr.write(f"{self.what}, time {self.times}: {wrong}\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the run: what it is called on the command line and on the page, and what does it.

    `run` takes how often each thing is to be done (None: as often as a full run does it).
    """

    name: str
    run: Callable[[int | None], Sequence[Row]]
    columns: tuple[str, str, str] = ("what", "times", "seen")


def markdown(part: Part, rows: Sequence[Row]) -> str:
    """The table of a part, a row each."""
    lines = [f"| {' | '.join(part.columns)} | wrong |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {row.what} | {row.times:,} | {row.seen} | {len(row.wrong)} |" for row in rows)])
