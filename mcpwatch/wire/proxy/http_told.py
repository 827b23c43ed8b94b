"""One exchange that passes, told to the hub as soon as it is known whose it is.

Sans-IO. Owns what is kept of a request until then, what an answer says about its client, and that nothing which goes
wrong here is met by the traffic. The words of an exchange are `http_exchange`'s, whose it is `http_links`'. Everything
here is called after the bytes have gone on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import perf_counter
from typing import Any

from mcpwatch.events import CANCELLED_BY_CLIENT, Event, Frame, Http, Note
from mcpwatch.wire.body import KEPT, KEPT_TEXT, is_json, text_of
from mcpwatch.wire.encoding import Undecodable, decoder
from mcpwatch.wire.framing import classify
from mcpwatch.wire.http_exchange import HttpExchange, Publish, header
from mcpwatch.wire.proxy.http_heads import Headers
from mcpwatch.wire.proxy.http_links import HANDSHAKE, Caller, Link, Links

__all__ = ["CLIENT_LEFT", "Teller", "Told"]

CLIENT_LEFT = CANCELLED_BY_CLIENT
STREAM = "text/event-stream"
SESSION = b"mcp-session-id"


class Teller:
    """What all exchanges of a proxy share. `origin` is the server's; `failed` is called once, if telling fails.

    `publish` is the hub's door, or None where nobody wants events.
    """

    def __init__(
        self,
        links: Links,
        publish: Publish | None,
        origin: str,
        failed: Callable[[Exception], object] = lambda error: None,
    ) -> None:
        self.links = links
        self.publish: Publish = publish or _nobody
        self.origin = origin
        self.next_xid = itertools.count(1).__next__
        self.silent = publish is None
        self._failed = failed

    def attempt(self, tell: Callable[..., object], *args: Any) -> None:
        """Tell something, unless telling is broken: observers cannot break traffic."""
        if self.silent:
            return
        try:
            tell(*args)
        except Exception as error:
            self.silent = True
            self._failed(error)

    def note(self, kind: str, link: str = "", **data: Any) -> None:
        self.attempt(self.publish, Note(link=link, what=kind, data=data))


class Told:
    """A request and its response. Calls come in the order of the bytes, `at` is the `perf_counter()` of theirs."""

    def __init__(self, teller: Teller, caller: Caller, verb: str, target: str, headers: Headers, at: float) -> None:
        self._teller, self._caller = teller, caller
        self._verb, self._target, self._headers, self._at = verb, target, headers, at
        self._body: list[bytes] = []
        self._size = 0
        self._sent_at: float | None = None
        self._frame: Frame | None = None
        """The message that it carried."""
        self._link: Link | None = None
        self._exchange: HttpExchange | None = None
        self._status = 0
        self._over = False
        teller.attempt(self._begin)

    # --- what passes

    def request_data(self, piece: bytes) -> None:
        if self._teller.silent:
            return
        self._size += len(piece)
        if self._size <= KEPT:
            self._body.append(piece)
        elif self._body:
            self._body = [b"".join(self._body)[:KEPT_TEXT]]

    def request_ended(self, at: float) -> None:
        self._sent_at = at
        self._teller.attempt(self._requested)

    def response(self, status: int, headers: Headers, at: float) -> None:
        self._status = status
        self._teller.attempt(self._responded, headers, at)

    def response_data(self, piece: bytes, at: float) -> None:
        self._teller.attempt(self._received, piece, at)

    def changed(self, part: str, said: str, heard: str) -> None:
        """An address that leads to us went on in place of the server's own, which is the one in the recording."""
        if self._link is not None:
            self._teller.note("rewritten", self._link.name, part=part, said=said, heard=heard)

    def ended(self) -> None:
        """The response has come to its end."""
        self._teller.attempt(self._end, None)

    def broke(self, why: BaseException | str) -> None:
        """It has not: an error of the network's, or a reason in words."""
        self._teller.attempt(self._end, why)

    # --- whose it is

    def _begin(self) -> None:
        link = self._teller.links.at_head(self._caller, session=header(self._headers, SESSION), target=self._target)
        if link is not None:
            self._settle(link)

    def _settle(self, link: Link) -> HttpExchange:
        links = self._teller.links
        links.begins(link)
        self._link = link
        self._exchange = HttpExchange(
            link.name, self._teller.next_xid(), self._publish, self._arrived, lambda frame: None
        )
        self._exchange.asks(self._verb, self._teller.origin + self._target, self._headers, self._at)
        return self._exchange

    def _known(self, *, streams: bool = False) -> HttpExchange:
        """The exchange; whose it is will not get any clearer."""
        if self._exchange is not None:
            return self._exchange
        links, program = self._teller.links, header(self._headers, b"user-agent")
        if self._verb == "GET":
            link = links.by_stream(self._caller, program, streams=streams)
        else:
            link = links.by_message(self._caller, program, self._frame)
        return self._settle(link)

    # --- what is told

    def _requested(self) -> None:
        """The request is whole."""
        if self._exchange is None and self._verb != "GET":
            if self._size <= KEPT and is_json(header(self._headers, b"content-type")):
                self._frame = classify(self._sent(), link="", dir="c2s")
            self._known()
        if self._exchange is not None:
            self._tell_request(self._exchange)

    def _tell_request(self, exchange: HttpExchange) -> None:
        if self._sent_at is None or not self._size:
            return
        data, at = self._sent(), self._sent_at
        if self._size <= KEPT:
            exchange.sends(data, at)
        else:
            assert self._link is not None
            reason = f"a body of more than {KEPT} bytes: only the first {KEPT_TEXT} are"
            self._teller.note("not-kept", self._link.name, xid=exchange.xid, reason=reason)
            text = text_of(data, header(self._headers, b"content-type"))
            told = Http(link=self._link.name, phase="body", xid=exchange.xid, text=text, size=self._size)
            self._teller.publish(told, at=at)
        self._body.clear()
        self._size = 0

    def _sent(self) -> bytes:
        """The request's body, decoded where it can be."""
        data = b"".join(self._body)
        decode = decoder(header(self._headers, b"content-encoding")) if self._size <= KEPT else None
        if decode is None:
            return data
        found = bytearray()
        try:
            for piece in decode(data):
                found += piece
                if len(found) > KEPT:
                    return data
        except Undecodable:
            return data
        return bytes(found)

    def _responded(self, headers: Headers, at: float) -> None:
        streams = self._status < 400 and header(headers, b"content-type").lower().startswith(STREAM)
        exchange = self._known(streams=streams)
        self._tell_request(exchange)
        assert self._link is not None
        session = header(headers, SESSION)
        if session and self._status < 400:
            self._teller.links.named(self._link, session)
        if self._status >= 300 and self._frame is not None:
            self._teller.links.failed(self._link, self._frame.id, greeting=self._frame.method in HANDSHAKE)
        exchange.answered(self._status, headers, at)

    def _received(self, piece: bytes, at: float) -> None:
        assert self._exchange is not None
        self._exchange.receives(piece, at)

    def _publish(self, event: Event, /, *, at: float | None = None) -> object:
        if isinstance(event, Http) and event.phase == "sse" and event.event == "endpoint" and event.text:
            if self._link is not None and self._link.transport == "sse":
                self._link.greeted = True
                self._teller.links.posts_to(self._link, self._target, event.text)
        return self._teller.publish(event, at=at)

    def _arrived(self, frame: Frame) -> None:
        """The server said something."""
        asked = self._frame
        if asked is not None and asked.method in HANDSHAKE and self._link is not None and frame.id == asked.id:
            if frame.type == "response":
                self._link.greeted = True
            elif frame.type == "error":
                self._link.refused = True

    def _end(self, why: BaseException | str | None) -> None:
        if self._over:
            return
        self._over = True
        exchange = self._known()
        if self._sent_at is None:  # as far as it came
            self._sent_at = perf_counter()
        self._tell_request(exchange)
        if why is None:
            exchange.ends()
        else:
            exchange.broke(why)
        assert self._link is not None
        links = self._teller.links
        if self._status == 0 and self._frame is not None:
            links.failed(self._link, self._frame.id, greeting=self._frame.method in HANDSHAKE)
        links.ends(self._link)
        if self._verb == "DELETE" and 200 <= self._status < 300 and header(self._headers, SESSION):
            links.end(self._link, "left")
        elif self._verb == "GET" and self._link.session is not None and why == CLIENT_LEFT:
            links.hung_up(self._link)
        elif self._verb == "GET" and self._link.transport == "sse" and self._status:
            links.end(self._link, "eof" if why is None else "left" if why == CLIENT_LEFT else "lost")


def _nobody(event: Event, /, *, at: float | None = None) -> None:
    pass
