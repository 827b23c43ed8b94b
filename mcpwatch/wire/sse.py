"""Server-sent events out of bytes, by the WHATWG algorithm. Sans-IO: chunks in, events out.

This module owns the parsing (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6). It leaves
what the data says to `framing.py`, and the last event id and the wait before a reconnect to whoever reconnects. An
inspector sees more than a browser does: comments, events without data, and the event that the end of the stream cut.
"""

from __future__ import annotations

from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"
_LONGEST_RETRY = 18
"""Digits of a number of milliseconds that every reader of a recording can hold."""


class SseEvent(NamedTuple):
    """What stood between two blank lines. Text that is not UTF-8 is replaced, except in `data`."""

    event: str = "message"
    data: bytes = b""
    r"""The data lines, joined with `\n`, as they were; empty as well where there was none."""
    id: str | None = None
    """The id of this very event; `""` resets the last event id, None leaves it."""
    retry: int | None = None
    """Milliseconds."""
    comment: str | None = None
    r"""The comment lines since the last blank line, joined with `\n`."""
    complete: bool = True
    """False where the stream ended before the blank line; clients discard such an event."""


class SseParser:
    """Cuts a stream of chunks into events. Linear in the length of an event, however small the chunks are."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the line that has not ended yet
        self._at_start = True
        self._after_cr = False
        self._forget()

    def _forget(self) -> None:
        self._seen = False  # a field or comment since the last blank line
        self._event = ""
        self._data: list[bytes] = []
        self._id: str | None = None
        self._retry: int | None = None
        self._comments: list[str] = []

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that `chunk` completes. A line that ends in CR has ended, whether or not LF follows."""
        if not chunk:
            return []
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = chunk.split(b"\n")
        if lines and self._pieces:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces.clear()
        if rest:
            self._pieces.append(rest)
        events: list[SseEvent] = []
        for line in lines:
            if self._at_start:
                self._at_start = False
                line = line.removeprefix(_BOM)
            if line:
                self._take(line)
            elif self._seen:
                events.append(self._made(complete=True))
        return events

    def close(self) -> list[SseEvent]:
        """At most one event: what the stream held after its last blank line, an unterminated line included."""
        line = b"".join(self._pieces)
        self._pieces.clear()
        if self._at_start:
            line = line.removeprefix(_BOM)
        if line:
            self._take(line)
        return [self._made(complete=False)] if self._seen else []

    def _take(self, line: bytes) -> None:
        colon = line.find(b":")
        if colon < 0:
            field, value = line, b""
        else:
            field = line[:colon]
            value = line[colon + 2 :] if line.startswith(b" ", colon + 1) else line[colon + 1 :]
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._event = value.decode("utf-8", "replace")
        elif field == b"id":
            if b"\0" in value:
                return
            self._id = value.decode("utf-8", "replace")
        elif field == b"retry":
            if not value.isdigit() or len(value) > _LONGEST_RETRY:
                return
            self._retry = int(value)
        elif colon == 0:
            self._comments.append(value.decode("utf-8", "replace"))
        else:
            return
        self._seen = True

    def _made(self, *, complete: bool) -> SseEvent:
        event = SseEvent(
            event=self._event or "message",
            data=self._data[0] if len(self._data) == 1 else b"\n".join(self._data),
            id=self._id,
            retry=self._retry,
            comment="\n".join(self._comments) if self._comments else None,
            complete=complete,
        )
        self._forget()
        return event
