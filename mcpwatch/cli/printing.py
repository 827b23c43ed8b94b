"""Recorded events printed as they were seen live. Apart from the face of a session, whose imports cost a start as
much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from mcpwatch.model import Timeline
from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from mcpwatch.view.screen import Screen

if TYPE_CHECKING:
    from mcpwatch.events import Event

__all__ = ["show_events"]


def show_events(
    batches: Iterable[Sequence[tuple[Event, bool]]], file: TextIO, *, verbose: bool, hints: TextIO | None = None
) -> int:
    """Print recorded events to `file` as they were seen live, batch by batch; those with False are only known of.

    `hints` gets the hints as they come up. Returns the number of lines: there are events that only the verbose want to
    see.
    """
    screen = Screen.of(file)
    timeline = Timeline()
    look = Look(width=screen.width if screen.terminal else None, verbose=verbose)
    talk = None if hints is None else Screen.of(hints).write
    stream = PlainStream(screen.write, timeline, colour=screen.colour, look=look, talk=talk)
    for batch in batches:
        for event, _ in batch:
            timeline.apply(event)
        stream.feed([event for event, shown in batch if shown])
    return stream.shown
