"""Whose an HTTP request is: a link for each client, found by what HTTP and the protocol tell of it.

Sans-IO. In the handshake era a session id names the client, in the older transport the address that it was told to post
to. Where there is neither, a connection has one client, and a client may have several connections: a request on a new
one belongs to the one client that it can belong to (the same machine and program, and an id that was not there yet),
and where two could have sent it, it begins a link of its own. Two clients in one link would be worse than one client in
two: their ids, which both count from 1, would be mixed up. The next id tells two clients apart only where each opens a
connection for each request, one after the other: what a client sends at once on several comes here in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urljoin, urlsplit

from mcpwatch.events import Closed, Event, Frame, JsonId, Opened

__all__ = ["HANDSHAKE", "Caller", "Link", "Links"]

HANDSHAKE = frozenset({"initialize", "server/discover"})
LINGER = 300.0
"""Seconds that a client has for coming back on another connection: one without a session, or one that broke off the
stream on which it listened."""
LINGER_SESSION = 3600.0
"""The same for any other with a session. It may keep that for long without a connection; few say that they end it."""
_REMEMBERED = 10_000
"""Ids of a link that are still known."""
Print: TypeAlias = tuple[str, str]
"""The machine that a request came from, and the program by its own words."""


@dataclass(eq=False, slots=True)
class Link:
    """One client, as far as can be told, and the server."""

    name: str
    transport: Literal["http", "sse"]
    print: Print
    session: str | None = None
    greeted: bool = False
    """Its handshake was answered."""
    refused: bool = False
    """Its last attempt at one was not."""
    ids: dict[Hashable, None] = field(default_factory=dict[Hashable, None])
    last: int | None = None
    """The last id that was a number."""
    exchanges: int = 0
    """Those that are going on."""
    at_once: bool = False
    """Two of them once did."""
    connections: int = 0
    """Those that it was seen on last."""
    idle_since: float | None = None
    deaf: bool = False
    """Since it last asked for anything it has broken off a stream on which it listened."""
    over: str | None = None
    """Why it ends, once nothing of it goes on any more."""
    closed: bool = False


@dataclass(eq=False, slots=True)
class Caller:
    """The client's end of one connection."""

    host: str
    link: Link | None = None
    """Whose the last request on it was."""


class Links:
    """All links of one proxy. `publish` gets `Opened` and `Closed` of each."""

    def __init__(self, name: str, url: str, publish: Callable[[Event], object], clock: Callable[[], float]) -> None:
        self._name = name
        self._url = url
        self._publish = publish
        self._clock = clock
        self._count = 0
        self._open: dict[Link, None] = {}
        self._sessions: dict[str, Link] = {}
        self._endpoints: dict[str, Link] = {}

    # --- whose it is

    def at_head(self, caller: Caller, *, session: str, target: str) -> Link | None:
        """Whose a request is, by its head alone; None where that does not tell."""
        link = self._endpoints.get(target)
        if link is None and session:
            link = self._sessions.get(session)
            if link is None:
                link = self._begin("http", (caller.host, ""))
                link.session = session
                self._sessions[session] = link
        return None if link is None else self._met(caller, link)

    def by_message(self, caller: Caller, program: str, frame: Frame | None) -> Link:
        """Whose a request without a session is, by the message in it; None for one without a message."""
        print_, link = (caller.host, program), self._of(caller)
        if frame is None:
            link = link or self._only([one for one in self._open if self._may_be(one, print_)])
        elif frame.method == "initialize":
            if link is None:
                waiting = [one for one in self._open if one.refused and not one.exchanges]
                link = self._only([one for one in waiting if self._may_be(one, print_) and not one.greeted])
            elif link.greeted or link.session:
                link = None
        elif frame.method == "server/discover":
            link = None if link is None or _id(frame.id) in link.ids else link
        elif frame.type == "request":
            if link is None or (_id(frame.id) in link.ids and link.exchanges):
                link = self._next(print_, frame.id)
        else:
            link = link or self._only([one for one in self._open if self._may_be(one, print_)])
        link = self._met(caller, link or self._begin("http", print_))
        if frame is not None and frame.type == "request":
            self._asked(link, frame.id)
        return link

    def by_stream(self, caller: Caller, program: str, *, streams: bool) -> Link:
        """Whose a GET without a session is, once its answer has begun. `streams`: with an event stream."""
        print_, link = (caller.host, program), self._of(caller)
        if link is None or (streams and not link.greeted):
            may = [one for one in self._open if self._may_be(one, print_) and (one.greeted or not streams)]
            link = self._only(may)
        return self._met(caller, link or self._begin("sse" if streams else "http", print_))

    def _of(self, caller: Caller) -> Link | None:
        link = caller.link
        return None if link is None or link.over or link.transport == "sse" else link

    def _may_be(self, link: Link, print_: Print) -> bool:
        return link.print == print_ and link.session is None and link.transport == "http" and link.over is None

    def _next(self, print_: Print, id: JsonId) -> Link | None:
        """The client whose next request has this id."""
        may = [one for one in self._open if self._may_be(one, print_) and _id(id) not in one.ids]
        if all(one.connections == 0 and not one.at_once for one in may):
            next_ = [one for one in may if type(id) is int and one.last == id - 1]
            return self._only(next_ or may)
        return self._only(may)

    def _only(self, links: list[Link]) -> Link | None:
        return links[0] if len(links) == 1 else None

    # --- what becomes of it

    def named(self, link: Link, session: str) -> None:
        """The server gave it a session id."""
        if link.session is None and session not in self._sessions and link.transport == "http":
            link.session = session
            self._sessions[session] = link

    def posts_to(self, link: Link, target: str, said: str) -> None:
        """The stream at `target` told the client to post to `said`."""
        try:
            parts = urlsplit(urljoin(target, said))
        except ValueError:
            return
        self._endpoints[parts.path + (f"?{parts.query}" if parts.query else "")] = link

    def failed(self, link: Link, id: JsonId, *, greeting: bool) -> None:
        """A request of it came to nothing in HTTP, and may be sent again with the same id."""
        link.ids.pop(_id(id), None)
        link.refused = link.refused or greeting

    def begins(self, link: Link) -> None:
        """An exchange of it does."""
        link.exchanges += 1
        link.deaf = False
        link.at_once = link.at_once or link.exchanges > 1

    def hung_up(self, link: Link) -> None:
        """It broke off a stream on which it listened."""
        link.deaf = True

    def ends(self, link: Link) -> None:
        """An exchange of it has."""
        link.exchanges -= 1
        self._close_if_over(link)

    def end(self, link: Link, reason: str) -> None:
        """The client or the server ended it."""
        if link.over is None:
            link.over = reason
            if link.session is not None:
                self._sessions.pop(link.session, None)
            for target in [target for target, one in self._endpoints.items() if one is link]:
                del self._endpoints[target]
        self._close_if_over(link)

    def gone(self, caller: Caller) -> None:
        """A connection was closed."""
        self._leave(caller)

    def sweep(self) -> None:
        """Close the links of clients that have not come back."""
        now = self._clock()
        for link in list(self._open):
            patience = LINGER if link.session is None or link.deaf else LINGER_SESSION
            if link.idle_since is not None and now - link.idle_since >= patience:
                self.end(link, "left")

    def close(self) -> None:
        """Close every link: the proxy ends."""
        for link in list(self._open):
            self._close(link, "closed")

    def _met(self, caller: Caller, link: Link) -> Link:
        if caller.link is not link:
            self._leave(caller)
            caller.link = link
            link.connections += 1
            link.idle_since = None
        return link

    def _leave(self, caller: Caller) -> None:
        link, caller.link = caller.link, None
        if link is not None:
            link.connections -= 1
            if not link.connections:
                link.idle_since = self._clock()

    def _asked(self, link: Link, id: JsonId) -> None:
        link.ids[_id(id)] = None
        if len(link.ids) > _REMEMBERED:
            del link.ids[next(iter(link.ids))]
        if type(id) is int:
            link.last = id

    def _begin(self, transport: Literal["http", "sse"], print_: Print) -> Link:
        self._count += 1
        name = self._name if self._count == 1 else f"{self._name}#{self._count}"
        link = Link(name, transport, print_)
        self._open[link] = None
        self._publish(Opened(link=name, mode="proxy", transport=transport, target={"url": self._url}))
        return link

    def _close_if_over(self, link: Link) -> None:
        if link.over is not None and not link.exchanges:
            self._close(link, link.over)

    def _close(self, link: Link, reason: str) -> None:
        if not link.closed:
            link.closed = True
            link.over = link.over or reason
            self._open.pop(link, None)
            self._publish(Closed(link=link.name, reason=reason))


def _id(id: JsonId) -> Hashable:
    """As a key: `1` is not `"1"`, nor `true`."""
    return type(id), id
