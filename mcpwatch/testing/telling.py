"""What the report of a test that failed says about its sessions: their last exchanges, and where the recording is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.events import Closed, Event, Stderr
from mcpwatch.model.shapes import mapping
from mcpwatch.recording import Filter, Recording
from mcpwatch.text import sanitize
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import plain

if TYPE_CHECKING:
    from mcpwatch.testing.takes import Take

__all__ = ["misses", "section"]

EXCHANGES: Final = 3
"""So many of the last ones are shown, with all that came meanwhile."""
LINES: Final = 60
WIDTH: Final = 120
SIGN: Final = "mock: "
"""What the mock begins its sentences with."""
LEFT: Final = "Of what was recorded, nobody asked for "
"""How it begins to speak of requests that a test makes no more: only in sequence that is a problem."""


def section(take: Take) -> str:
    """The lines of a report section."""
    lines = [*_origin(take)]
    if take.session is None:
        lines.append("It could not be connected.")
    lines += _last_lines(take)
    if missed := take.missed():
        lines += [f"missed: {sentence}" for sentence in missed]
        if take.wanted.target is not None:
            lines.append("Record it anew: pytest --mcpwatch-record=new")
    lines.append(f"recording: {take.artifact or take.record}")
    if take.keep is not None:
        lines.append(f"not kept as {take.keep}: only a test that passes makes a recording")
    return "\n".join(lines)


def misses(take: Take) -> list[str]:
    """What a recording that served a session did not hold, or what the session answered otherwise: a sentence each.

    The mock says so on its standard error, and ends in exit code 1. What the session asks by itself, lists for one, may
    be missing: a recording that somebody else made has other ones.
    """
    session = take.session
    if not take.served or session is None:
        return []
    told, code = _told_by_mock(take)
    by_itself: set[str] = set()
    missed: list[str] = []
    for exchange in session.timeline.exchanges:
        if exchange.state == "failed" and exchange.dir == "c2s":
            message = sanitize(str(mapping(exchange.error).get("message")))
            if message not in told:
                continue  # an error that was recorded
            if exchange.by == "user":
                missed.append(message)
            else:
                by_itself.add(message)
    if code == ExitCode.FINDING:
        told = [text for text in told if take.wanted.served.get("match") == "sequence" or not text.startswith(LEFT)]
        missed += [text for text in told if text not in by_itself and text not in missed]
    return missed


def _told_by_mock(take: Take) -> tuple[list[str], int | None]:
    """What the mock said on stderr, and its exit code if it has ended."""
    said, code = bytearray(), None
    with Recording.open(take.record) as recording:
        for event in recording.events(filter=Filter(types=("stderr", "closed"))):
            if isinstance(event, Stderr):
                said += event.data
            elif isinstance(event, Closed):
                code = event.code
    lines = sanitize(said.decode("utf-8", "replace"), lines=True).splitlines()
    return [line.removeprefix(SIGN) for line in lines if line.startswith(SIGN)], code


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
