"""`show --summary`: what was so on each link when a recording ended, or at a time before."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from mcpwatch.cli.document import json_text
from mcpwatch.errors import UsageError
from mcpwatch.model import Timeline
from mcpwatch.recording import Recording
from mcpwatch.view.screen import Screen
from mcpwatch.view.states import state_lines
from mcpwatch.view.style import clip_line

__all__ = ["show_summary"]


def show_summary(path: Path, *, links: Collection[str], until: float | None, as_json: bool) -> None:
    """Print it to stdout. `until` in seconds. Raises `RecordingError`, `UsageError` for a link that is not there."""
    timeline = Timeline()
    with Recording.open(path) as recording:
        for event in recording.events():
            if until is not None and event.t > until:
                break
            timeline.apply(event)
    states = timeline.states()
    for link in links:
        if link not in states:
            raise UsageError(f"There is no link {link!r} in {path}.", hint=f"There are: {', '.join(states) or 'none'}.")
    chosen = [state for name, state in states.items() if not links or name in links]
    if as_json:
        sys.stdout.write(json_text([state.document() for state in chosen], sys.stdout))
        return
    screen = Screen.of(sys.stdout)
    lines = state_lines(chosen)
    if screen.terminal:
        lines = [clip_line(line, screen.width) for line in lines]
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))
