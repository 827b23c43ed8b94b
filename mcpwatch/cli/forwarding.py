"""`diff --forwarded`: what an aggregator passes on of what its backends say by themselves, from two recordings."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from mcpwatch.check.forwarded import Following, Forwarded, forwarded
from mcpwatch.cli.document import json_text
from mcpwatch.errors import ExitCode
from mcpwatch.recording import Recording
from mcpwatch.view.forwarded import forwarded_lines
from mcpwatch.view.screen import Screen

__all__ = ["forwarded_between", "tell"]


def forwarded_between(backend: Path, via: Path) -> Forwarded:
    """Of a recording of each side; the clocks are put together by the time at which each began."""
    with Recording.open(backend) as behind, Recording.open(via) as front:
        ahead = (behind.started - front.started).total_seconds()
        sent, came = _followed(behind, ahead), _followed(front, 0.0)
        return forwarded(sent.said, via.name, [said for link in came.said.values() for said in link])


def tell(found: Forwarded, *, as_json: bool, verbose: bool) -> ExitCode:
    """Print it to stdout; what it means for the exit code."""
    if as_json:
        sys.stdout.write(json_text(found.document(), sys.stdout))
    else:
        screen = Screen.of(sys.stdout)
        lines = forwarded_lines(found, screen.width if screen.terminal else None, verbose=verbose)
        screen.write("".join(f"{screen.text(line)}\n" for line in lines))
    return ExitCode.OK if found.whole else ExitCode.FINDING


def _followed(recording: Recording, ahead: float) -> Following:
    """What is said in a recording, on a clock that is so many seconds ahead of its own."""
    following = Following()
    for event in recording.events():
        following.take(replace(event, t=event.t + ahead) if ahead else event)
    return following
