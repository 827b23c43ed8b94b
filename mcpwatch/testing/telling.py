"""What the report of a test that failed says about its sessions: their last exchanges, and where the recording is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event
from mcpwatch.model.shapes import mapping
from mcpwatch.recording import Recording
from mcpwatch.text import sanitize
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import plain

if TYPE_CHECKING:
    from mcpwatch.api import Session
    from mcpwatch.testing.takes import Take

__all__ = ["misses", "section"]

EXCHANGES: Final = 3
"""So many of the last ones are shown, with all that came meanwhile."""
LINES: Final = 60
WIDTH: Final = 120


def section(take: Take) -> str:
    """The lines of a report section."""
    lines = [*_origin(take)]
    if take.session is None:
        lines.append("It could not be connected.")
    lines += _last_lines(take)
    lines += [f"missed: {sentence}" for sentence in take.missed]
    lines.append(f"recording: {take.artifact or take.record}")
    if take.keep is not None:
        lines.append(f"not kept as {take.keep}: only a test that passes makes a recording")
    return "\n".join(lines)


def misses(session: Session) -> list[str]:
    """What a mock said that its recording does not hold, upon requests of the test's own."""
    found: list[str] = []
    for exchange in session.timeline.exchanges:
        if exchange.by == "user" and exchange.state == "failed":
            error = mapping(exchange.error)
            if "nearest" in mapping(error.get("data")):
                found.append(sanitize(str(error.get("message"))))
    return found


def _origin(take: Take) -> list[str]:
    if take.served:
        return [f"served by {take.wanted.recording}"]
    target = take.wanted.target
    spoken = target if isinstance(target, str) else " ".join(target or ())
    return [f"with {sanitize(spoken)}"]


def _last_lines(take: Take) -> list[str]:
    """The last exchanges as `mcpwatch show` prints them. They come from the file: there they are redacted."""
    if not take.record.exists():
        return []
    lines: deque[str] = deque(maxlen=LINES)
    count = 0
    try:
        with Recording.open(take.record) as recording:
            for line in _lines(recording, take):
                lines.append(line)
                count += 1
    except RecordingError as error:
        return [f"{error}"]
    return [f"… {count - LINES:,} lines before"] * (count > LINES) + list(lines)


def _lines(recording: Recording, take: Take) -> Iterator[str]:
    from mcpwatch.model import Timeline

    events: list[Event] = []
    timeline = Timeline()
    for event in recording.events():
        timeline.apply(event)
        events.append(event)
    own = [one.seq for one in timeline.exchanges if one.by == "user" and one.dir == "c2s"]
    first = own[-EXCHANGES:][0] if own else 0
    describer = Describer(timeline, Look(width=WIDTH))
    for event in events:
        if event.seq < first:
            describer.see(event)
        else:
            for line in describer.describe(event):
                yield plain(line)
