"""One exchange that passes, told to the hub as soon as it is known whose it is.

Sans-IO. Owns what is kept of a request until then, what an answer says about its client, and that nothing which goes
wrong here is met by the traffic. The words of an exchange are `http_exchange`'s, whose it is `http_links`'. Everything
here is called after the bytes have gone on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

from mcpwatch.events import Event, Frame, Http, Note
from mcpwatch.wire.body import KEPT, TextBody, is_json
from mcpwatch.wire.encoding import Undecodable, decoder
from mcpwatch.wire.framing import classify
from mcpwatch.wire.http_exchange import HttpExchange, Publish, header
from mcpwatch.wire.proxy.http_heads import Headers
from mcpwatch.wire.proxy.http_links import HANDSHAKE, Caller, Link, Links

__all__ = ["CLIENT_LEFT", "Teller", "Told"]

CLIENT_LEFT = "cancelled by the client"
STREAM = "text/event-stream"
SESSION = b"mcp-session-id"


class Teller:
    """What all exchanges of a proxy share. `origin` is the server's; `failed` is called once, if telling fails."""

    def __init__(self, links: Links, publish: Publish, origin: str, failed: Callable[[Exception], object]) -> None:
        self.links = links
        self.origin = origin
        self.next_xid = itertools.count(1).__next__
        self.broken = False
        self._publish = publish
        self._failed = failed

    def publish(self, event: Event, /, *, at: float | None = None) -> object:
        return self._publish(event, at=at)

    def attempt(self, tell: Callable[..., object], *args: object) -> None:
        """Tell something, unless telling is broken: observers cannot break traffic."""
        if self.broken:
            return
        try:
            tell(*args)
        except Exception as error:
            self.broken = True
            self._failed(error)


class Told:
    """A request and its response. Calls come in the order of the bytes, `at` is the `perf_counter()` of theirs."""

    def __init__(self, teller: Teller, caller: Caller, verb: str, target: str, headers: Headers, at: float) -> None:
        self.verb, self.target = verb, target
        self._teller, self._caller = teller, caller
        self._headers, self._at = headers, at
        self._program = header(headers, b"user-agent")
        self._pieces: list[bytes] = []
        self._size = 0
        self._text: TextBody | None = None
        self._asked: Frame | None = None
        self._answered = False
        self._link: Link | None = None
        self._exchange: HttpExchange | None = None
        self._over = False
        teller.attempt(self._begin)

    # --- what passes

    def request_data(self, piece: bytes) -> None:
        self._teller.attempt(self._keep, piece)

    def request_ended(self, at: float) -> None:
        self._teller.attempt(self._requested, at)

    def response(self, status: int, headers: Headers, at: float) -> None:
        self._teller.attempt(self._response, status, headers, at)

    def response_data(self, piece: bytes, at: float) -> None:
        self._teller.attempt(self._known(at).receives, piece, at)

    def changed(self, what: str, said: str, heard: str) -> None:
        """An address that leads to us was put in place of the server's own, which is what the recording has."""
        self._teller.attempt(self._note, what, said, heard)

    def ended(self) -> None:
        self._teller.attempt(self._end, None)

    def broke(self, error: BaseException | str) -> None:
        """It ended with an error, or in other words of ours."""
        self._teller.attempt(self._end, error)

    # --- whose it is

    def _begin(self) -> None:
        session = header(self._headers, SESSION)
        link = self._teller.links.at_head(self._caller, session=session, target=self.target)
        if link is not None:
            self._settled(link)

    def _settled(self, link: Link) -> HttpExchange:
        teller = self._teller
        self._link = link
        teller.links.begins(link)
        exchange = HttpExchange(link.name, teller.next_xid(), teller.publish, self._delivered, lambda frame: None)
        self._exchange = exchange
        exchange.asks(self.verb, teller.origin + self.target, self._headers, self._at)
        return exchange

    def _known(self, at: float, *, streams: bool = False) -> HttpExchange:
        """The exchange, whose it is settled by now at the latest."""
        if self._exchange is not None:
            return self._exchange
        links = self._teller.links
        if self.verb == "GET" and streams:
            return self._settled(links.by_stream(self._caller, self._program, streams=True))
        return self._settled(links.by_message(self._caller, self._program, self._asked))

    # --- the request

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._text is not None:
            self._text.feed(piece)
            return
        self._pieces.append(piece)
        if self._size > KEPT:
            exchange = self._known(0.0)
            self._text = TextBody("", 0, header(self._headers, b"content-type"))
            for one in self._pieces:
                self._text.feed(one)
            self._pieces.clear()
            del exchange

    def _requested(self, at: float) -> None:
        ...

    def _response(self, status: int, headers: Headers, at: float) -> None: ...
