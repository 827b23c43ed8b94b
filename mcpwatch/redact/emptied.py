"""What is left of an event when redacting it failed: its frame, without anything that was written.

An error in this package must neither stop traffic nor let through what was not searched.
"""

from __future__ import annotations

from dataclasses import replace

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.redact.literals import MARK
from mcpwatch.redact.naming import REDACTED

_EMPTY = b'"' + MARK + b'"'


def emptied(event: Event) -> Event:
    """The event with everything gone that could hold a secret."""
    match event:
        case Frame():
            return replace(
                event,
                data=_EMPTY,
                message=REDACTED,
                name=event.name and REDACTED,
                error=event.error and REDACTED,
                items=tuple(replace(item, name=item.name and REDACTED) for item in event.items),
                size=event.size or len(event.data),
                redacted=event.redacted + 1,
            )
        case Stderr():
            return replace(event, data=MARK + b"\n")
        case Http():
            return replace(
                event,
                url=event.url and REDACTED,
                headers=tuple((name, REDACTED) for name, _ in event.headers),
                text=event.text and REDACTED,
                event_id=event.event_id and REDACTED,
                comment=event.comment and REDACTED,
                error=event.error and REDACTED,
            )
        case Opened():
            return replace(event, target=dict.fromkeys(event.target, REDACTED))
        case Note():
            return replace(event, data=dict.fromkeys(event.data, REDACTED))
        case Closed():
            return replace(event, error=event.error and REDACTED)
