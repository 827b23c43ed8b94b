"""Rules about how a server's process ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import Link
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.events import ENDED_BY_CLIENT, Closed

_SHUTDOWN: Final = {LEGACY: "basic/lifecycle#shutdown", MODERN: "basic/transports/stdio#shutdown"}


@rule(
    "error",
    "The server died",
    why="Everything that was open is lost, and the client has to start it again.",
    do="Look at what it wrote to stderr last. Answer what fails inside a call with an error, and stay.",
    on="closed",
    spec={LEGACY: "basic/lifecycle#shutdown", MODERN: "basic/transports/stdio#unexpected-termination"},
    by="server",
)
def server_died(link: Link, closed: Closed) -> Iterator[str]:
    if _asked_to(link, closed) or not (closed.code or closed.signal or closed.reason == "lost"):
        return
    how = f"it was ended by {closed.signal}" if closed.signal else f"it exited with code {closed.code}"
    if not closed.signal and not closed.code:
        how = "it was gone" + (f": {closed.error}" if closed.error else "")
    waiting = [f"{one.method} (#{one.id})" for one in link.open["c2s"].values() if not one.long]
    yield how + (f", with {', '.join(waiting[:3])} unanswered" if waiting else "")


@rule(
    "warning",
    "An exit code other than 0",
    why="Whoever started the server takes it for a failure, though it only did what it was asked to.",
    do="End with 0 when stdin is closed: take the end of input, and a pipe that is closed, for what they are.",
    on="closed",
    spec=_SHUTDOWN,
    by="server",
)
def exit_code(link: Link, closed: Closed) -> Iterator[str]:
    if not _asked_to(link, closed) or link.signals:
        return
    if closed.code:
        yield f"it exited with code {closed.code} when it was asked to end"
    elif closed.signal and link.mode == "proxy":
        yield f"it was ended by {closed.signal} when it was asked to end"


@rule(
    "info",
    "A server that had to be killed",
    why="Each client that leaves waits for it, and what it does not clean up stays.",
    do="End when stdin is closed: threads and timers that keep the process alive are the usual reason.",
    on="closed",
    spec=_SHUTDOWN,
    by="server",
)
def killed(link: Link, closed: Closed) -> Iterator[str]:
    asked = bool(link.signals) and link.was_asked(closed) if link.mode == "proxy" else True
    if _asked_to(link, closed) and closed.signal and asked:
        yield f"its stdin was closed, and it took {closed.signal} to end it"


def _asked_to(link: Link, closed: Closed) -> bool:
    """Whether the client wanted the server to end: mcpwatch itself, or the client of a proxy, which handed that on."""
    return closed.reason in ENDED_BY_CLIENT
