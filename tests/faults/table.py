"""The faults as tables for docs/reliability.md: what a server does, what the screen says, how the run ends."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.fault import Fault

__all__ = ["markdown"]


def markdown(parts: Sequence[tuple[str, Sequence[Fault]]], result: str) -> str:
    """A table for each part, and what came of the last full run, in a sentence."""
    tables = [f"### {title}: {len(faults)} faults\n\n{table(faults)}" for title, faults in parts]
    return "\n\n".join([result, *tables])


def table(faults: Sequence[Fault]) -> str:
    """A row a fault."""
    head = "| the server … | the screen says | exit | a later call |\n|---|---|---|---|"
    return "\n".join([head, *map(_row, faults)])


def _row(fault: Fault) -> str:
    later = "is answered" if fault.goes_on else "–"
    return f"| {fault.does.replace('|', chr(92) + '|')} | {_code(fault.says)} | {fault.code} | {later} |"


def _code(text: str) -> str:
    """As a code span; runs of blanks, which no page keeps, become one."""
    text = " ".join(text.replace("|", "\\|").split())
    return f"`` {text} ``" if "`" in text else f"`{text}`"
