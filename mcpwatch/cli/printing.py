"""Recorded events printed as they were seen live. Apart from the face of a session, whose imports cost a start as
much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from mcpwatch.model import Timeline
from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from mcpwatch.view.screen import Screen

if TYPE_CHECKING:
    from mcpwatch.events import Event

__all__ = ["show_events"]


def show_events(
    batches: Iterable[Sequence[Event]], accepts: Callable[[Event], bool], file: TextIO, *, verbose: bool
) -> None:
    """Print recorded events to `file` as they were seen live, those that `accepts` lets through, batch by batch."""
    screen = Screen.of(file)
    timeline = Timeline()
    look = Look(width=screen.width if screen.terminal else None, verbose=verbose)
    stream = PlainStream(screen.write, timeline, colour=screen.colour, look=look)
    for batch in batches:
        for event in batch:
            timeline.apply(event)
        stream.feed([event for event in batch if accepts(event)])
