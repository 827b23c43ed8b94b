"""From a target to an open transport: start the process, or open the connection and find out how it is spoken to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError
from mcpwatch.events import Closed, Note, Opened
from mcpwatch.session.auth.access import Access, LoginFailed
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.handshake import InitializeRefused, Negotiated, Refused
from mcpwatch.session.launch import launch
from mcpwatch.session.target import Target, elsewhere
from mcpwatch.session.transport import Deliver, Publish, Room, StdioTransport, Transport, Waits
from mcpwatch.wire.process import Child
from mcpwatch.wire.stdio import StdioPipe

if TYPE_CHECKING:
    from mcpwatch.session.auth.login import Login

__all__ = ["Wiring", "connected", "open_stdio", "open_web", "web_order"]

NO_STREAMABLE_HTTP = frozenset({-400, -404, -405, -406, -415, -501})
"""HTTP statuses (negated) with which a server of the older transport turns a POST down."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a transport is connected to: where its events go, who takes its frames, whom it asks, whom it tells."""

    link: str
    publish: Publish
    deliver: Deliver
    waits: Waits
    lost: Callable[[LinkLost], None]
    tasks: TaskGroup
    room: Room | None = None
    """What a reader on the loop waits for before it reads on; a thread is held back in `deliver`."""
    access: Access | None = None
    """How to log in where the server wants that."""
    thinks: Callable[[], AbstractContextManager[object]] = nullcontext
    """Entered while somebody logs in."""


async def connected(
    target: Target,
    wiring: Wiring,
    negotiate: Callable[[Transport], Awaitable[Negotiated]],
    *,
    child: Child | None = None,
) -> Negotiated:
    """Open the transport and settle the protocol on it; at a URL whose transport nobody named, try one, then the other.

    Raises `ConnectError`, `TimedOut`, and whatever else `negotiate` does.
    """
    if target.url is None:
        return await negotiate(open_stdio(target, wiring, child))
    login = _login(target, wiring)
    try:
        return await _over_web(target, wiring, negotiate, login)
    except BaseException:
        if login is not None:
            await login.aclose()
        raise


def _login(target: Target, wiring: Wiring) -> Login | None:
    """One for all that is tried at a URL."""
    if wiring.access is None or target.url is None:
        return None
    from mcpwatch.session.auth.login import Login  # and the HTTP stack, which stdio need not pay

    return Login(target.url, wiring.access, link=wiring.link, publish=wiring.publish, thinks=wiring.thinks)


async def _over_web(
    target: Target, wiring: Wiring, negotiate: Callable[[Transport], Awaitable[Negotiated]], login: Login | None
) -> Negotiated:
    order = web_order(target)
    first: ConnectError | None = None
    for number, kind in enumerate(order):
        transport: Transport | None = None
        try:
            instead_of = order[number - 1] if number else None
            transport = await open_web(target, kind, wiring, instead_of=instead_of, login=login)
            return await negotiate(transport)
        except ConnectError as error:
            other = _is_of_the_older_transport(error) if kind == "http" else transport is None
            other = other and not isinstance(error, LoginFailed)
            if number == len(order) - 1 or not other:
                if transport is None:
                    wiring.publish(Closed(link=wiring.link, reason="lost", error=str(error)))
                # What the likelier transport met says more than that the other is not there either.
                said = error if isinstance(error, LoginFailed) else first or error
                if isinstance(said, Refused) and said.code == -404:
                    said.hint = elsewhere(target.url or "") or said.hint
                raise said from None
            first = error
            if transport is not None:
                await transport.aclose(quiet=True)
    raise AssertionError("unreachable")


def _is_of_the_older_transport(error: ConnectError) -> bool:
    return isinstance(error, InitializeRefused) and error.by_http and error.code in NO_STREAMABLE_HTTP


def open_stdio(target: Target, wiring: Wiring, child: Child | None = None) -> Transport:
    """The transport over the target's process, which is started unless it runs already. Raises `ConnectError`."""
    child = child or launch(target)
    described = target.describe()
    wiring.publish(Opened(link=wiring.link, mode="client", transport="stdio", target=described, pid=child.pid))

    def ended(reason: str) -> None:
        said = "The server closed its output while it still runs." if reason == "eof" else "The link has ended."
        wiring.lost(LinkLost(said))

    return StdioTransport(
        StdioPipe(child, link=wiring.link, publish=wiring.publish, deliver=wiring.deliver, on_end=ended), child
    )


def web_order(target: Target) -> tuple[str, ...]:
    """The transports to try for a URL, the likelier first; one where the user or a config has named it."""
    if target.transport in ("http", "sse"):
        return (target.transport,)
    path = (target.url or "").partition("?")[0].rstrip("/")
    return ("sse", "http") if path.endswith("/sse") else ("http", "sse")


async def open_web(
    target: Target, kind: str, wiring: Wiring, *, instead_of: str | None = None, login: Login | None = None
) -> Transport:
    """The transport over HTTP of this kind, `http` or `sse`. Raises `ConnectError`."""
    from mcpwatch.session.exchange import http_client  # the HTTP stack costs 0.1 s that stdio need not pay
    from mcpwatch.session.http import HttpTransport
    from mcpwatch.session.sse import SseTransport

    assert target.url is not None
    if instead_of is not None:
        wiring.publish(Note(link=wiring.link, what="transport", data={"transport": kind, "instead_of": instead_of}))
    wiring.publish(
        Opened(
            link=wiring.link,
            mode="client",
            transport="sse" if kind == "sse" else "http",
            target={**target.describe(), "header_keys": sorted(target.headers)},
        )
    )
    auth = None
    if login is not None:
        from mcpwatch.session.auth.bearer import Bearer

        auth = Bearer(login)
    client = http_client(
        target.url, link=wiring.link, publish=wiring.publish, deliver=wiring.deliver, headers=target.headers, auth=auth
    )
    if kind == "http":
        return HttpTransport(
            target.url,
            client,
            link=wiring.link,
            publish=wiring.publish,
            waits=wiring.waits,
            lost=wiring.lost,
            tasks=wiring.tasks,
            room=wiring.room,
            login=login,
        )
    transport = SseTransport(
        target.url,
        client,
        link=wiring.link,
        publish=wiring.publish,
        waits=wiring.waits,
        lost=wiring.lost,
        tasks=wiring.tasks,
        room=wiring.room,
        login=login,
    )
    try:
        await transport.open()
    except ConnectError:
        await transport.aclose(quiet=True)
        raise
    return transport
