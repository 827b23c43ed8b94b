"""What carries a link's messages: the one seam between the dispatcher and stdio, Streamable HTTP or legacy SSE.

A transport sends what it is given without making the sender wait, and delivers every frame of the server, after the
wire has published it. It knows nothing of requests beyond what its own protocol needs (an HTTP exchange belongs to
one).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeAlias

from mcpwatch.events import Frame, JsonId
from mcpwatch.wire.process import Child
from mcpwatch.wire.stdio import Publish, StdioPipe

__all__ = ["ERROR_NO_ANSWER", "Deliver", "Publish", "Room", "StdioTransport", "Transport", "Waits", "encode"]

ERROR_NO_ANSWER = -32000
"""Ours, for a request whose answer can no longer come."""
GRACE = 1.0
"""Seconds that a server has to end after its input was closed, before it is told to. Many never do by themselves, and
whoever called a tool waits for his prompt meanwhile."""
JsonObject: TypeAlias = dict[str, Any]
Deliver: TypeAlias = Callable[[Frame], None]
Room: TypeAlias = Callable[[], Awaitable[None]]
"""What a reader on the loop waits for before it reads on: that whoever takes what it has read is not too far behind."""


class Transport(Protocol):
    """A link's way to its server."""

    def send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        """Put `message` on the wire, soon and in order; never waits, never raises for a link that is gone."""
        ...

    def negotiated(self, era: str, version: str) -> None:
        """The protocol is settled: what HTTP has to say in headers depends on it."""
        ...

    async def aclose(self, *, quiet: bool = False) -> None:
        """End the link: everything in flight is given up, and `Closed` is published. Twice is once.

        `quiet` leaves `Closed` out: the link goes on over another transport.
        """
        ...


def encode(message: Mapping[str, Any]) -> bytes:
    """One message as compact UTF-8 JSON; a lone surrogate stays an escape, as it came."""
    try:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":")).encode()


class StdioTransport:
    """A child process of ours on three pipes."""

    def __init__(self, pipe: StdioPipe, child: Child) -> None:
        self._pipe = pipe
        self.child = child

    def send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        self._pipe.send(encode(message), by=by)

    @property
    def heard(self) -> bool:
        """Once the child is gone: False where it is sure that it read nothing of what was sent to it."""
        return self._pipe.heard

    @property
    def last_words(self) -> str:
        """The end of what it said on stderr."""
        return self._pipe.last_words.decode("utf-8", "backslashreplace")

    def negotiated(self, era: str, version: str) -> None:
        pass

    async def aclose(self, *, quiet: bool = False) -> None:
        from anyio import CancelScope, to_thread

        with CancelScope(shield=True):
            await to_thread.run_sync(partial(self._pipe.close, grace=GRACE))


class Waits:
    """What a transport needs to know of the requests it carries; the dispatcher stands behind it."""

    def __init__(self, is_waiting: Callable[[JsonId], bool], end: Callable[..., None]) -> None:
        self.is_waiting = is_waiting
        self.end = end
