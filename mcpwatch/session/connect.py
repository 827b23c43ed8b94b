"""From a target to an open transport: start the process, or open the connection and find out how it is spoken to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError
from mcpwatch.events import Note, Opened
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.target import Target
from mcpwatch.session.transport import Deliver, Publish, StdioTransport, Transport, Waits
from mcpwatch.wire.process import Child
from mcpwatch.wire.stdio import StdioPipe

__all__ = ["Wiring", "open_stdio", "open_web", "web_order"]


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a transport is connected to: where its events go, who takes its frames, whom it asks, whom it tells."""

    link: str
    publish: Publish
    deliver: Deliver
    waits: Waits
    lost: Callable[[LinkLost], None]
    tasks: TaskGroup


def open_stdio(target: Target, wiring: Wiring) -> Transport:
    """The transport over a child of ours, with our environment and the target's own. Raises `ConnectError`."""
    child = Child.start(target.command, target.args, env={**os.environ, **target.env}, cwd=target.cwd)
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


async def open_web(target: Target, kind: str, wiring: Wiring, *, instead_of: str | None = None) -> Transport:
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
    client = http_client(
        target.url, link=wiring.link, publish=wiring.publish, deliver=wiring.deliver, headers=target.headers
    )
    if kind == "http":
        return HttpTransport(
            target.url, client, link=wiring.link, publish=wiring.publish, waits=wiring.waits, tasks=wiring.tasks
        )
    transport = SseTransport(
        target.url,
        client,
        link=wiring.link,
        publish=wiring.publish,
        waits=wiring.waits,
        lost=wiring.lost,
        tasks=wiring.tasks,
    )
    try:
        await transport.open()
    except ConnectError:
        await transport.aclose(quiet=True)
        raise
    return transport
