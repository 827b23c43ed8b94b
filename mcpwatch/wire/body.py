"""The body of an HTTP response becomes events: server-sent events, one JSON message, or plain text.

Sans-IO: decoded bytes in, events out, no clock and no network. Owns what of a body is protocol (a frame) and what is
not (`Http` with its text), and how much of either is kept. Leaves to `framing` what a message is, and to `http` when
bytes arrive, what they were encoded with and how the exchange ended.

A body is protocol when it says so. An SSE event named `message` always is, good or not; one with another name only when
it is JSON-RPC (so the old transport's `endpoint` is not). A JSON body is when it is JSON-RPC; and, good or not, when it
comes with a status below 400 in answer to a JSON-RPC message, because then it should have been one. Everything else,
such as OAuth's metadata or a 401's reason, is text.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

from mcpwatch.events import Direction, Event, Frame, Http, Note
from mcpwatch.wire.framing import classify
from mcpwatch.wire.sse import SseEvent, SseParser

__all__ = ["Body", "EventStreamBody", "JsonBody", "TextBody", "body_of", "frame_of", "is_json", "speaks", "text_of"]

KEPT = 256 * 2**20
"""Bytes of one message, decoded, beyond which it is not kept; what passes is not held back by it."""
KEPT_TEXT = 2**20
"""Bytes kept of a body that is no protocol."""


class Body(Protocol):
    """What a response's decoded bytes are turned into."""

    unfinished: bool
    """It ended in the middle of an SSE event."""

    @property
    def full(self) -> bool:
        """Nothing more of it will be looked at."""
        ...

    def feed(self, piece: bytes) -> list[Event]:
        """The events that are complete with this piece."""
        ...

    def close(self, *, whole: bool) -> list[Event]:
        """The events that only the end completes. `whole`: the body ended by itself, and was not cut off."""
        ...


def body_of(link: str, xid: int, content_type: str, *, answers: bool) -> Body:
    """The kind of body that `content_type` announces. `answers`: it should be the answer to a JSON-RPC message."""
    if content_type.partition(";")[0].strip().lower() == "text/event-stream":
        return EventStreamBody(link, xid)
    if is_json(content_type):
        return JsonBody(link, xid, content_type, answers=answers)
    return TextBody(link, xid, content_type)


def is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def speaks(message: Any) -> bool:
    """Whether parsed JSON means to be JSON-RPC: an object with `jsonrpc` or `method`, or a batch of such."""
    if isinstance(message, dict):
        return "jsonrpc" in message or "method" in message
    return isinstance(message, list) and any(
        speaks(item) for item in cast("list[Any]", message) if isinstance(item, dict)
    )


def text_of(data: bytes, content_type: str) -> str:
    """`data` as text, by the charset that `content_type` names, else UTF-8; what is neither becomes U+FFFD."""
    _, _, charset = content_type.lower().partition("charset=")
    try:
        text = data.decode(charset.partition(";")[0].strip("\"' ") or "utf-8", "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def frame_of(data: bytes, *, link: str, dir: Direction, xid: int, eol: str = "\n") -> Frame:
    """A body that is one message, as a frame.

    Many servers end a JSON body with a line end, which is no part of the message: it is left out, as everywhere, and
    `eol` names it when it is not a plain one. The exchange's own size counts it.
    """
    if eol and data.endswith(b"\n"):
        eol = "\r\n" if data.endswith(b"\r\n") else "\n"
        data = data[: -len(eol)]
    return classify(data, link=link, dir=dir, eol=eol, xid=xid)


def _not_kept(link: str, xid: int, what: str) -> Note:
    return Note(link=link, what="not-kept", data={"xid": xid, "reason": what})


class EventStreamBody:
    """`text/event-stream`: an `Http` event for all that is not plain data, then the data as a frame.

    Data without the blank line that would have ended its event becomes a frame with `eol=""`: clients discard such an
    event, so whatever it says was not heard.
    """

    def __init__(self, link: str, xid: int) -> None:
        self.unfinished = False
        self._link = link
        self._xid = xid
        self._parser: SseParser | None = SseParser()
        self._pending = 0

    def feed(self, piece: bytes) -> list[Event]:
        if self._parser is None:
            return []
        parsed = self._parser.feed(piece)
        if not parsed:
            self._pending += len(piece)
            if self._pending > KEPT:
                self._parser = None
                reason = f"an SSE event of more than {KEPT} bytes, nor anything after it"
                return [_not_kept(self._link, self._xid, reason)]
            return []
        self._pending = len(piece)
        events: list[Event] = []
        for event in parsed:
            self._add(events, event)
        return events

    @property
    def full(self) -> bool:
        return self._parser is None

    def close(self, *, whole: bool) -> list[Event]:
        events: list[Event] = []
        for event in self._parser.close() if self._parser is not None else ():
            self.unfinished = self.unfinished or bool(event.data)
            self._add(events, event)
        self._parser = None
        return events

    def _add(self, events: list[Event], event: SseEvent) -> None:
        named = event.event != "message"
        frame = None
        if event.data:
            eol = "\n" if event.complete else ""
            frame = classify(event.data, link=self._link, dir="s2c", eol=eol, xid=self._xid)
            if named and not speaks(frame.message):
                frame = None
        more = event.id is not None or event.retry is not None or event.comment is not None
        if named or more or frame is None:
            text = text_of(event.data, "") if event.data and frame is None else None
            events.append(
                Http(
                    link=self._link,
                    phase="sse",
                    xid=self._xid,
                    event=event.event if named or not more else None,
                    event_id=event.id,
                    retry=event.retry,
                    comment=event.comment,
                    text=text,
                    size=None if text is None else len(event.data),
                )
            )
        if frame is not None:
            events.append(frame)


class JsonBody:
    """`application/json` and its kin: one frame, or text where it is no JSON-RPC and was not meant to be."""

    def __init__(self, link: str, xid: int, content_type: str, *, answers: bool) -> None:
        self.unfinished = False
        self._link = link
        self._xid = xid
        self._content_type = content_type
        self._answers = answers
        self._pieces: list[bytes] = []
        self._size = 0
        self._text: TextBody | None = None

    def feed(self, piece: bytes) -> list[Event]:
        if self._text is not None:
            return self._text.feed(piece)
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size <= KEPT:
            return []
        return self._as_text()

    @property
    def full(self) -> bool:
        return self._text is not None and self._text.full

    def close(self, *, whole: bool) -> list[Event]:
        if self._text is None and self._size:
            data = b"".join(self._pieces)
            frame = frame_of(data, link=self._link, dir="s2c", xid=self._xid, eol="\n" if whole else "")
            if self._answers or speaks(frame.message):
                self._pieces.clear()
                return [frame]
            self._as_text()
        return [] if self._text is None else self._text.close(whole=whole)

    def _as_text(self) -> list[Event]:
        text = self._text = TextBody(self._link, self._xid, self._content_type)
        events = [event for piece in self._pieces for event in text.feed(piece)]
        self._pieces.clear()
        return events


class TextBody:
    """Any other body: one `Http` event with its text, cut at `KEPT_TEXT`, and its true size."""

    def __init__(self, link: str, xid: int, content_type: str) -> None:
        self.unfinished = False
        self._link = link
        self._xid = xid
        self._content_type = content_type
        self._kept = bytearray()
        self._size = 0

    def feed(self, piece: bytes) -> list[Event]:
        was_full = self.full
        self._size += len(piece)
        if (room := KEPT_TEXT - len(self._kept)) > 0:
            self._kept += piece[:room]
        if was_full or not self.full:
            return []
        return [_not_kept(self._link, self._xid, f"a body of more than {KEPT} bytes: only the first {KEPT_TEXT} are")]

    @property
    def full(self) -> bool:
        return self._size > KEPT

    def close(self, *, whole: bool) -> list[Event]:
        if not self._size:
            return []
        text = text_of(bytes(self._kept), self._content_type)
        return [Http(link=self._link, phase="body", xid=self._xid, text=text, size=self._size)]
