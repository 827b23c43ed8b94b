"""One HTTP exchange, told as it happens: its head, its bodies, its end.

Owns what is published of an exchange, and in which words; `http` owns the network and calls in here with what it sees.
Leaves to `body` what a body holds and to `encoding` how it was compressed. No awaiting: each call publishes, returns.
Headers are pairs of bytes, as they are on the wire. `at` is the `time.perf_counter()` of what is told, now by default.

Exactly one `Http(end)` or `Http(error)` comes last. `size` of that is what the response's body took on the wire, before
any content-encoding was undone; of a body, its decoded length. An error's text says who broke it: `CANCELLED`, or the
network's reason. `end` with `CLOSED` means that the client had what it wanted and did not wait for the end of the body.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import Protocol, TypeAlias, cast

from mcpwatch.events import CANCELLED, Event, Frame, Http
from mcpwatch.wire.body import Body, EventStreamBody, TextBody, body_of, frame_of, is_json, speaks
from mcpwatch.wire.encoding import Decode, Undecodable, decoder

__all__ = [
    "CANCELLED",
    "CLOSED",
    "INSIDE_AN_EVENT",
    "HttpExchange",
    "Publish",
    "RawHeaders",
    "header",
    "is_cancellation",
    "words_of",
]

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]
CLOSED = "closed by us"
INSIDE_AN_EVENT = "stream ended inside an event"


class Publish(Protocol):
    """`Hub.publish`: stamps the event and hands it on. `at` is the `time.perf_counter()` of its bytes."""

    def __call__(self, event: Event, /, *, at: float | None = None) -> object: ...


class HttpExchange:
    """One request and its response, on their way to the hub."""

    def __init__(
        self,
        link: str,
        xid: int,
        publish: Publish,
        deliver: Callable[[Frame], object],
        by: Callable[[Frame], str | None],
    ) -> None:
        self.xid = xid
        self.ended = False
        self.streams = False
        self.size = 0
        self._link = link
        self._publish = publish
        self._deliver = deliver
        self._by = by
        self._content_type = ""
        self._answers = False
        self._body: Body = TextBody(link, xid, "")
        self._coding = ""
        self._decode: Decode | None = None
        self._arrived: float | None = None
        self._undecodable: str | None = None
        # A request may be made while an older exception is handled; that one says nothing about this exchange's end.
        self._handled = sys.exception()

    def asks(self, verb: str, url: str, headers: RawHeaders, at: float | None = None) -> None:
        headers = tuple(headers)
        self._content_type = header(headers, b"content-type")
        told = Http(
            link=self._link, phase="request", xid=self.xid, verb=verb, url=url, headers=tuple(map(_readable, headers))
        )
        self._say(told, at)

    def sends(self, data: bytes, at: float | None = None) -> None:
        """The request's whole body, as it goes out."""
        at = perf_counter() if at is None else at
        if not data:
            return
        if is_json(self._content_type):
            frame = frame_of(data, link=self._link, dir="c2s", xid=self.xid)
            # What is no JSON at all should have been a message; what is, but is no JSON-RPC, is OAuth's.
            if frame.message is None or speaks(frame.message):
                self._answers = frame.type not in ("notification", "response", "error")
                by = self._by(frame)
                self._say(frame if by is None else replace(frame, by=by), at)
                return
        body = TextBody(self._link, self.xid, self._content_type)
        body.feed(data)
        for event in body.close(whole=True):
            self._say(event, at)

    def answered(self, status: int, headers: RawHeaders, at: float | None = None) -> None:
        """The response's head is here."""
        at = perf_counter() if at is None else at
        headers = tuple(headers)
        self._content_type = header(headers, b"content-type")
        self._body = body_of(self._link, self.xid, self._content_type, answers=self._answers and status < 400)
        self.streams = isinstance(self._body, EventStreamBody)
        self._coding = header(headers, b"content-encoding")
        self._decode = decoder(self._coding)
        told = Http(
            link=self._link, phase="response", xid=self.xid, status=status, headers=tuple(map(_readable, headers))
        )
        self._say(told, at)

    def receives(self, chunk: bytes, at: float | None = None) -> None:
        """The next bytes of the response's body, as HTTP carried them."""
        at = self._arrived = perf_counter() if at is None else at
        self.size += len(chunk)
        if self._decode is None:
            for event in self._body.feed(chunk):
                self._say(event, at)
            return
        try:
            for piece in self._decode(chunk):
                for event in self._body.feed(piece):
                    self._say(event, at)
                if self._body.full:
                    self._decode = _nothing
                    break
        except Undecodable as error:
            self._undecodable = error.why(self._coding)
            self._decode = None
            for event in self._body.close(whole=False):
                self._say(event, at)
            # Shown as it is: a server that only says that it compresses is a common mistake.
            self._body = TextBody(self._link, self.xid, self._content_type)
            self._body.feed(chunk)

    def ends(self, text: str | None = None) -> None:
        """The body is over: by itself, or (`text`) because the client left it."""
        self._finish(text, error=self._undecodable, whole=text is None)

    def broke(self, error: BaseException | str) -> None:
        """The exchange ended with `error`, or for a reason in words."""
        why = error if isinstance(error, str) else reason(error)
        self._finish(None, error=self._undecodable or why, whole=False)

    def closes(self, cause: BaseException | None) -> None:
        """The client closes the response, while `cause` is being handled where there is one.

        A `GeneratorExit` only says that a generator around the body was closed first, and hides why.
        """
        if cause is None or cause is self._handled or isinstance(cause, GeneratorExit):
            self.ends(CLOSED)
        elif isinstance(cause, Exception):
            self.ends(f"{CLOSED}: {reason(cause)}")
        else:
            self.broke(cause)

    def _finish(self, text: str | None, *, error: str | None, whole: bool) -> None:
        if self.ended:
            return
        self.ended = True
        at = perf_counter()
        for event in self._body.close(whole=whole):
            self._say(event, at if self._arrived is None else self._arrived)
        if self._body.unfinished:
            text = INSIDE_AN_EVENT if text is None else f"{text}; {INSIDE_AN_EVENT}"
        phase = "end" if error is None else "error"
        self._say(Http(link=self._link, phase=phase, xid=self.xid, text=text, size=self.size, error=error), at)

    def _say(self, event: Event, at: float | None = None) -> None:
        self._publish(event, at=at)
        if isinstance(event, Frame) and event.dir == "s2c":
            self._deliver(event)


def header(headers: RawHeaders, name: bytes) -> str:
    """The value of a header, by its name in lower case; of several, all, as one. Empty where there is none."""
    return ", ".join(_text(value) for one, value in headers if one.lower() == name)


def _readable(one: tuple[bytes, bytes]) -> tuple[str, str]:
    """A header as it is on the wire, in its spelling."""
    return _text(one[0]), _text(one[1])


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def reason(error: BaseException) -> str:
    """Why an exchange broke: the error's own words, else those of what caused it."""
    if is_cancellation(error):
        return CANCELLED
    name = type(error).__name__
    words = words_of(error)
    return f"{name}: {words}" if words else name


def words_of(error: BaseException) -> str:
    """What the system said where it refused a connection, for libraries only say that an attempt failed; else the
    first words on the way down to the cause.
    """
    words = ""
    waiting: list[BaseException] = [error]
    while waiting:
        deeper = waiting.pop()
        if isinstance(deeper, ConnectionRefusedError):
            return "connection refused"
        if not words:
            words = deeper.strerror if isinstance(deeper, OSError) and deeper.strerror else str(deeper)
        if isinstance(deeper, BaseExceptionGroup):
            waiting += reversed(cast("BaseExceptionGroup[BaseException]", deeper).exceptions)
        else:  # httpcore2 keeps what it met among its arguments alone
            waiting += [one for one in (deeper.__cause__, *deeper.args[:1]) if isinstance(one, BaseException)]
    return words


def is_cancellation(error: BaseException | None) -> bool:
    """Whether it is how the event loop, whichever it is, stops a task."""
    return error is not None and not isinstance(error, (Exception, GeneratorExit, KeyboardInterrupt, SystemExit))


def _nothing(_chunk: bytes) -> Iterator[bytes]:
    """For a body that is full: decode no more of it."""
    yield from ()
