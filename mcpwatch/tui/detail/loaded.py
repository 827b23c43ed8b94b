"""One event as the detail pane has it: its bytes and its value, or as much of them as may be shown.

Owns how much that is. A line of the recording is read up to `MOST` bytes and no further, however long it is, so that a
message of many megabytes costs no more than one of one. May run in any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event, Frame, Http, Note, Stderr
from mcpwatch.recording import Index
from mcpwatch.recording.parse import decode
from mcpwatch.recording.scan import Read, head_of, partial_event
from mcpwatch.text import size

__all__ = ["MOST", "Loaded", "load"]

MOST: Final = 1 << 20
"""Bytes of a line that are read."""
_MSG: Final = b',"msg":'


@dataclass(frozen=True, slots=True)
class Loaded:
    """`data` is what crossed the wire, exactly, or its beginning; `more` counts the bytes that are missing.

    `value` is what it says as JSON; for what is no message, what the recording knows of it.
    """

    row: int
    event: Event
    data: bytes
    value: Any
    more: int = 0

    @property
    def rest(self) -> str:
        """What is said at the end of what is not all."""
        return f"… {size(self.more)} more" if self.more else ""


def load(index: Index, read: Read, row: int) -> Loaded | None:
    """Read the event of a row. None where there is none. Raises RecordingError where the file cannot be read."""
    try:
        line, whole = head_of(index, read, row, MOST)
    except IndexError:
        return None
    event: Event | None
    if whole:
        try:
            event = decode(line)
        except ValueError as error:
            raise RecordingError(f"row {row + 1} is damaged: {error}") from None
    else:
        event = partial_event(line)
    if event is None:
        return None
    if isinstance(event, Frame):
        data = event.data
        if not whole and event.error is None:
            data = line[line.find(_MSG) + len(_MSG) :]
        missing = 0 if whole else max(event.size - len(data), 1)
        return Loaded(row, event, data, event.message, missing)
    if isinstance(event, Stderr):
        return Loaded(row, event, event.data, event.data.decode("utf-8", "backslashreplace"), 0 if whole else 1)
    return Loaded(row, event, _text_of(event), _members(event), 0 if whole else 1)


def _text_of(event: Event) -> bytes:
    return (event.text or "").encode() if isinstance(event, Http) else b""


def _members(event: Event) -> Mapping[str, Any]:
    """What the recording knows of an event that is no message, but for where it stands."""
    if isinstance(event, Note):
        return {"what": event.what, **({"re": event.re} if event.re is not None else {}), **event.data}
    found: dict[str, Any] = {}
    for each in fields(event):
        value: Any = getattr(event, each.name)
        if each.name in ("seq", "t", "link") or value is None or value == ():
            continue
        found[each.name] = [list(pair) for pair in value] if each.name == "headers" else value
    return found
