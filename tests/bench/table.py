"""The result: rows of figures as a Markdown table, printed or put into `docs/performance.md`."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.measure import Runs, own_memory

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `reach` is the largest ratio (or another bound) that the design asks for, as text.

    `note` is what else was seen: that nothing was lost, how a time grows.
    """

    what: str
    ours: Runs
    yardstick: str
    theirs: Runs | None
    reach: str
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Ours by theirs, for the runs that stood side by side."""
        if self.theirs is None:
            return []
        pairs = zip(self.ours.seconds, self.theirs.seconds, strict=False)
        return sorted(ours / theirs for ours, theirs in pairs)


def markdown(rows: Sequence[Row]) -> str:
    """The table, a row each."""
    lines = [
        "| what | mcpwatch | yardstick | ratio (lowest to highest) | reach | memory | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        theirs = f"{row.yardstick}: {_seconds(row.theirs.median)}" if row.theirs else row.yardstick
        memory = _memory(row.ours) + (f", {_memory(row.theirs)}" if row.theirs else "")
        cells = (row.what, _seconds(row.ours.median), theirs, _ratio(row.ratios), row.reach, memory, row.note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _seconds(value: float) -> str:
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _memory(runs: Runs) -> str:
    """A child's peak is never reported as less than its parent's was when it was started."""
    at_most = "≤ " if runs.memory <= own_memory() * 1.05 else ""
    return f"{at_most}{runs.memory:.0f} MiB"


def _ratio(ratios: Sequence[float]) -> str:
    if not ratios:
        return ""
    if len(ratios) == 1:
        return f"{ratios[0]:.2f}"
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def machine() -> str:
    """On what it was measured, in a line."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    cores = f"{os.cpu_count()} cores"
    return f"{platform.system()} {platform.machine()}, {cores}, {python}, mcp {version('mcp')}"


def write(page: Path, text: str) -> None:
    """Put `text` between the page's two marks."""
    head, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{page.name} has no {BEGIN} … {END}")
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")
