"""What every fault has to stand, and what was promised of it. Pure: an outcome in, complaints out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcpwatch.events import Event, Frame
from tests.cli.running import NEVER
from tests.faults.fault import Fault, Outcome

__all__ = ["answered", "complaints", "says"]


def complaints(fault: Fault, outcome: Outcome, lost: str) -> list[str]:
    """What is not as it has to be. `lost` says which bytes are missing from the recording."""
    return list(_complaints(fault, outcome, lost))


def _complaints(fault: Fault, outcome: Outcome, lost: str) -> Iterator[str]:
    if outcome.code != fault.code:
        yield f"exit code {outcome.code}, not {fault.code}"
    if any(line.startswith(NEVER) for line in outcome.screen.splitlines()):
        yield "a traceback"
    if not outcome.complete:
        yield "the recording has no end"
    if lost:
        yield f"not every byte: {lost}"
    if answered(outcome.events) != fault.goes_on:
        yield "the later call was answered" if answered(outcome.events) else "the later call was not answered"
    if not says(outcome.screen, fault.says):
        yield f"the screen does not say {fault.says!r}"


def says(screen: str, what: str) -> bool:
    """Whether it stands there; `…` stands for anything."""
    return re.search(".*".join(map(re.escape, what.split("…"))), screen, re.DOTALL) is not None


def answered(events: list[Event], tool: str = "after") -> bool:
    """Whether the last call of this tool was answered."""
    frames = [event for event in events if isinstance(event, Frame)]
    asked = [frame.seq for frame in frames if frame.type == "request" and frame.name == tool]
    answers = {frame.re for frame in frames if frame.dir == "s2c" and frame.type == "response"}
    return bool(asked) and asked[-1] in answers
