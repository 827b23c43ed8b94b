"""A client's connection and the one to the server that belongs to it: what goes on, in which form, and when they end.

Sans-IO: bytes and ends in, bytes and ends out through `Ends`. One connection of the client has one to the server. So
what one side does to its connection during an exchange the other meets as if they were joined directly: a close is a
close, a reset a reset, a broken length a broken length. Between two exchanges a server may close what nobody uses; the
client is not told, for it may just be sending its next request, which gets a connection of its own then. Bodies are
handed on in the pieces in which they come. A message's head is made anew from its parts (`http_heads`).

What is copied (`http_told`) is copied after it has gone on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Literal, Protocol, TypeAlias

import h11

from mcpwatch.wire.address import refusal
from mcpwatch.wire.encoding import Undecodable
from mcpwatch.wire.http_exchange import header, words_of
from mcpwatch.wire.proxy.http_endpoint import EndpointFilter, filter_for
from mcpwatch.wire.proxy.http_heads import Headers, Server, chunk, going_back, head, last_chunk, passed, tokens
from mcpwatch.wire.proxy.http_links import Caller
from mcpwatch.wire.proxy.http_told import CLIENT_LEFT, STREAM, Teller, Told

__all__ = ["Ends", "How", "Login", "Passage"]

LONGEST_HEAD = 2**18
MOST_AHEAD = 2**18
"""Bytes that a client may send ahead of the answer that it waits for, before nothing more is read of it."""
How: TypeAlias = Literal["close", "reset"]
"""An orderly end behind what was written, or one that the other side meets as a reset connection."""


class Ends(Protocol):
    """The two connections. The one to the server is opened when something is written to it."""

    def begin(self) -> None:
        """A request comes next: a connection to the server that has ended, seen by us or not, is of no use to it."""
        ...

    def to_client(self, data: bytes) -> None: ...
    def to_server(self, data: bytes) -> None: ...
    def end_client(self, how: How) -> None: ...
    def end_server(self, how: How) -> None: ...
    def hold_client(self, hold: bool) -> None:
        """Whether to read nothing more from the client for now."""
        ...


class Login(Protocol):
    """A login of the proxy's own, for clients that have none."""

    @property
    def token(self) -> bytes | None:
        """What goes with a request that brings no Authorization."""
        ...

    def accepted(self) -> None:
        """Such a request was not turned away."""
        ...

    def turned_away(self, status: int, headers: Headers) -> None:
        """Such a request was turned away, with this 401 or 403."""
        ...


class Passage:
    """One connection of a client, for as long as it lasts. `here` is our own address, `HOST:PORT`.

    `absolute` asks for whole addresses and adds `asks`, as another proxy on the way wants it; `allowed` are names that
    requests may be for besides those of loopback (`address.refusal`). `login` is for requests that bring none.
    """

    def __init__(
        self,
        ends: Ends,
        server: Server,
        teller: Teller,
        *,
        peer: str,
        here: str,
        absolute: bool = False,
        asks: Iterable[tuple[bytes, bytes]] = (),
        allowed: Collection[str] = (),
        refused: Callable[[str], object] = lambda why: None,
        login: Login | None = None,
    ) -> None:
        self._ends = ends
        self._server = server
        self._teller = teller
        self._here = here
        self._absolute = absolute
        self._asks = list(asks)
        self._allowed = allowed
        self._refused = refused
        self._login = login
        self._logged_in = False  # the request that goes on bears a token of ours
        self._caller = Caller(peer)
        self._told: Told | None = None
        self._over = False
        self._ahead = b""
        self._begin()

    def _begin(self) -> None:
        """Wait for the next request."""
        self._request = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._response: h11.Connection | None = None
        self._asked: h11.Request | None = None
        self._request_done = self._response_begun = self._response_done = False
        self._last = False  # the connections end with this exchange
        self._request_chunked = self._response_chunked = False
        self._filter: EndpointFilter | None = None

    @property
    def idle(self) -> bool:
        return self._told is None

    # --- from the client

    def client_data(self, data: bytes, at: float) -> None:
        if self._over:
            return
        if self._request_done:
            self._ahead += data
            self._ends.hold_client(len(self._ahead) > MOST_AHEAD)
            return
        self._request.receive_data(data)
        self._read_request(at)

    def client_gone(self, error: BaseException | None = None) -> None:
        """It has closed its connection, or (`error`) reset it."""
        if self._over:
            return
        self._end(CLIENT_LEFT, client="close", server="close" if error is None else "reset")

    def _read_request(self, at: float) -> None:
        out = bytearray()
        tell: list[Callable[[], object]] = []
        try:
            while not self._request_done and not self._over:
                event = self._request.next_event()
                if isinstance(event, h11.Request):
                    if not self._takes(event, out, at):
                        return
                elif isinstance(event, h11.Data):
                    data = bytes(event.data)
                    out += chunk(data) if self._request_chunked else data
                    tell.append(partial(self._copy, data))
                elif isinstance(event, h11.EndOfMessage):
                    if self._request_chunked:
                        out += last_chunk(event.headers.raw_items())
                    self._request_done = True
                    tell.append(partial(self._copy, None, at))
                else:
                    break
        except h11.RemoteProtocolError as error:
            self._pass_on(out, tell)
            self._malformed(error)
            return
        self._pass_on(out, tell)
        if self._request_done:
            self._ahead, _ = self._request.trailing_data
            self._next_if_done(at)

    def _pass_on(self, out: bytearray, tell: list[Callable[[], object]]) -> None:
        if out:
            self._ends.to_server(bytes(out))
        for one in tell:
            one()

    def _copy(self, data: bytes | None, at: float = 0.0) -> None:
        """Tell of a piece of the request, or (None) of its end."""
        if self._told is not None:
            if data is None:
                self._told.request_ended(at)
            else:
                self._told.request_data(data)

    def _takes(self, event: h11.Request, out: bytearray, at: float) -> bool:
        """Whether a request is one to hand on; its head is, then."""
        headers = event.headers.raw_items()
        host = header(headers, b"host")
        target = event.target
        if not target.startswith(b"/"):  # as a forward proxy is asked, or a tunnel
            scheme, absolute, rest = target.partition(b"://")
            named, slash, path = rest.partition(b"/")
            if not absolute or scheme.lower() not in (b"http", b"https") or event.method == b"CONNECT":
                if target != b"*":
                    self._answer(400, f"mcpwatch stands in front of {self._server.origin} only.")
                    return False
            else:
                host, target = named.decode("latin-1"), slash + path or b"/"
        origin = header(headers, b"origin") if any(name.lower() == b"origin" for name, _ in headers) else None
        why = refusal(host, origin, self._allowed)
        if why is not None:
            self._refused(why)
            self._teller.note("refused", reason=why)
            self._answer(403, f"{why} See --allow-host of mcpwatch proxy.")
            return False
        self._asked = event
        self._host = host or self._here
        self._request_chunked = b"chunked" in tokens(headers, b"transfer-encoding")
        going = _for_host(passed(headers, chunked=self._request_chunked), self._server.netloc.encode())
        old = event.http_version < b"1.1"
        if old and b"keep-alive" not in tokens(headers, b"connection"):
            going = [one for one in going if one[0].lower() != b"connection"] + [(b"Connection", b"close")]
        self._logged_in = self._login is not None and not header(going, b"authorization")
        if self._login is not None and self._logged_in and (token := self._login.token):
            going = [*going, (b"Authorization", b"Bearer " + token)]
        self._last = b"close" in tokens(going, b"connection")
        where = self._server.origin.encode() + target if self._absolute and target != b"*" else target
        self._ends.begin()
        out += head(b"%s %s HTTP/1.1" % (event.method, where), [*going, *self._asks])
        self._response = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._response.send(h11.Request(method=event.method, target=b"/", headers=[(b"host", b"server")]))
        self._response.send(h11.EndOfMessage())
        self._told = Told(
            self._teller, self._caller, event.method.decode("latin-1"), target.decode("latin-1"), going, at
        )
        return True

    # --- from the server

    def server_data(self, data: bytes, at: float) -> None:
        if self._over:
            return
        if self._response is None or self._response_done:
            self._teller.note("unasked", self._link_name(), size=len(data))
            self._end("the server sent more than its answer", client="close", server="close")
            return
        self._response.receive_data(data)
        self._read_response(at)

    def server_gone(self, error: BaseException | None = None) -> None:
        """It has closed its connection, reset it, or could not be reached."""
        if self._over:
            return
        if self._told is None:
            self._ends.end_server("close")
            return
        if error is None and self._response_begun and not self._response_done and self._response is not None:
            self._response.receive_data(b"")  # the end of a body without a length, or one that is too short
            self._last = True
            self._read_response(0.0)
            if self._over or self._response_done:
                return
        how: How = "close" if error is None else "reset"
        self._end(error or "the server closed the connection without an answer", client=how, server="close")

    def server_unreachable(self, error: BaseException) -> None:
        if self._over:
            return
        why = words_of(error) or type(error).__name__
        self._answer(502, f"mcpwatch cannot reach {self._server.origin}: {why}.", error)

    def _read_response(self, at: float) -> None:
        assert self._response is not None and self._told is not None
        out, told = bytearray(), self._told
        tell: list[Callable[[], object]] = []
        broken: h11.RemoteProtocolError | Undecodable | None = None
        try:
            while not self._response_done:
                event = self._response.next_event()
                if isinstance(event, h11.InformationalResponse):
                    if self._asked is not None and self._asked.http_version >= b"1.1":
                        first = b"HTTP/1.1 %d %s" % (event.status_code, event.reason)
                        out += head(first, passed(event.headers.raw_items(), chunked=False))
                elif isinstance(event, h11.Response):
                    self._response_begun = True
                    self._answers(event, out, tell, at)
                elif isinstance(event, h11.Data):
                    data = bytes(event.data)
                    tell.append(partial(told.response_data, data, at))
                    out += self._framed(data if self._filter is None else self._filter.feed(data))
                elif isinstance(event, h11.EndOfMessage):
                    if self._filter is not None:
                        out += self._framed(self._filter.close())
                    if self._response_chunked:
                        out += last_chunk(event.headers.raw_items())
                    self._response_done = True
                else:
                    break
        except (h11.RemoteProtocolError, Undecodable) as error:
            broken = error
        if out:
            self._ends.to_client(bytes(out))
        for one in tell:
            one()
        if self._filter is not None and self._filter.over:
            if self._filter.said is not None:
                told.changed("endpoint", *self._filter.said)
                self._filter.said = None
            if not self._filter.unpacks:
                self._filter = None
        if broken is not None:
            self._end(broken, client="close", server="close")
        elif self._response_done:
            self._next_if_done(at)

    def _answers(self, event: h11.Response, out: bytearray, tell: list[Callable[[], object]], at: float) -> None:
        """The head of a response."""
        assert self._told is not None and self._asked is not None
        told, asked = self._told, self._asked
        headers = event.headers.raw_items()
        if self._login is not None and self._logged_in:
            if event.status_code in (401, 403):
                self._login.turned_away(event.status_code, headers)
            else:
                self._login.accepted()
        if asked.method == b"GET" and event.status_code == 200 and _streams(headers):
            self._filter = filter_for(asked.headers.raw_items(), headers, self._as_ours)
        unpacked = self._filter is not None and self._filter.unpacks
        back = going_back(
            [one for one in headers if one[0].lower() != b"content-encoding"] if unpacked else headers,
            bodiless=asked.method == b"HEAD" or event.status_code in (204, 304),
            old_server=event.http_version < b"1.1",
            old_client=asked.http_version < b"1.1",
            changes=self._filter is not None,
        )
        going, self._response_chunked = back.headers, back.chunked
        self._last = self._last or back.last
        tell.append(partial(told.response, event.status_code, event.headers.raw_items(), at))
        for number, (name, value) in enumerate(going):
            said = value.decode("latin-1")
            if name.lower() == b"location" and (heard := self._as_ours(said)) is not None:
                going[number] = (name, heard.encode("latin-1"))
                tell.append(partial(told.changed, "location", said, heard))
        out += head(b"HTTP/1.1 %d %s" % (event.status_code, event.reason), going)

    def _framed(self, data: bytes) -> bytes:
        return chunk(data) if self._response_chunked and data else data

    def _as_ours(self, url: str) -> str | None:
        """An address at the server as one at us; None for any other."""
        rest = self._server.has(url)
        return None if rest is None else f"http://{self._host}{rest}"

    # --- the end of an exchange, and of all

    def _next_if_done(self, at: float) -> None:
        """Go on with the next request, once both halves of this exchange are complete."""
        if not self._response_done:
            return
        if self._last:
            self._end(None, client="close", server="close")
            return
        if not self._request_done:
            return  # an answer that did not wait for all of the request, the rest of which goes on
        assert self._response is not None
        extra, _ = self._response.trailing_data
        told, self._told = self._told, None
        if told is not None:
            told.ended()
        ahead, self._ahead = self._ahead, b""
        self._begin()
        if extra:
            self.server_data(extra, at)
        elif ahead:
            self._ends.hold_client(False)
            self.client_data(ahead, at)

    def _malformed(self, error: h11.RemoteProtocolError) -> None:
        self._teller.note("refused", self._link_name(), reason=f"no HTTP request: {error}")
        why = f"the client sent no HTTP: {error}"
        if self._response_begun:
            self._end(why, client="close", server="reset")
        else:
            self._answer(error.error_status_hint, f"mcpwatch cannot read this request: {error}.", why)

    def _answer(self, status: int, text: str, why: BaseException | str | None = None) -> None:
        """Say something ourselves, which is the last. `why`: what broke the exchange that was going on."""
        self._over = True
        body = (text + "\n").encode("utf-8", "replace")
        headers: Headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
            (b"Connection", b"close"),
        ]
        self._ends.to_client(head(b"HTTP/1.1 %d %s" % (status, _REASONS.get(status, b"Bad Request")), headers) + body)
        self._ends.end_client("close")
        self._ends.end_server("close")
        self._tell_end(why)

    def stop(self) -> None:
        """The proxy ends."""
        if not self._over:
            self._end("the proxy ended", client="close", server="close")

    def _end(self, why: BaseException | str | None, *, client: How, server: How) -> None:
        self._over = True
        self._ends.end_client(client)
        self._ends.end_server(server)
        self._tell_end(why)

    def _tell_end(self, why: BaseException | str | None) -> None:
        """The exchange first: whose it was may become known only there, and the client leaves that link too."""
        told, self._told = self._told, None
        if told is not None:
            if why is None or self._response_done:
                told.ended()
            else:
                told.broke(why)
        self._teller.attempt(self._teller.links.gone, self._caller)

    def _link_name(self) -> str:
        return "" if self._caller.link is None else self._caller.link.name


def _streams(headers: Headers) -> bool:
    return header(headers, b"content-type").lower().startswith(STREAM)


_REASONS = {403: b"Forbidden", 431: b"Request Header Fields Too Large", 501: b"Not Implemented", 502: b"Bad Gateway"}


def _for_host(headers: Headers, netloc: bytes) -> Headers:
    """The headers, addressed to the server."""
    if not any(name.lower() == b"host" for name, _ in headers):
        return [(b"Host", netloc), *headers]
    return [(name, netloc if name.lower() == b"host" else value) for name, value in headers]
