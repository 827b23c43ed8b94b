"""Subscriptions of the stateless era: requests that stay open, and what the server says of each in between.

`subscriptions/listen` is acknowledged by a notification that bears the request's id, and answered when it is over.
One is opened for the lists that can change, one more for each resource that is asked for. One whose stream broke is
opened again, as a new request, because over HTTP a stream may end at any time for reasons of nobody's; one that the
server has ended or refused is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import anyio
from anyio.abc import TaskGroup

from mcpwatch.events import Frame
from mcpwatch.model.shapes import mapping
from mcpwatch.session.dispatch import LinkLost, Reply
from mcpwatch.session.handshake import ERROR_UNREACHABLE
from mcpwatch.session.transport import ERROR_NO_ANSWER

__all__ = ["ACKNOWLEDGED", "Subscriptions"]

JsonObject: TypeAlias = dict[str, Any]
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
PATIENCE = 5.0
"""Seconds that a server has to acknowledge before its client goes on all the same."""
MAX_REOPENED = 2
"""How often in a row one is opened again without ever being acknowledged."""
REOPEN_AFTER = 1.0
"""Seconds before that."""


class Subscriptions:
    """The open subscriptions of one link. `listen(params, by=, id=)` sends the request and waits for its end;
    `note(what, **data)` writes into the recording.
    """

    def __init__(
        self, listen: Callable[..., Awaitable[Reply]], tasks: TaskGroup, note: Callable[..., None] | None = None
    ) -> None:
        self._listen = listen
        self._tasks = tasks
        self._note = note
        self._count = 0
        self._waiting: dict[str, asyncio.Event] = {}
        self._scopes: set[anyio.CancelScope] = set()

    async def open(self, wanted: JsonObject, *, by: str) -> Reply | None:
        """Subscribe to what `wanted` names; returns once the server has acknowledged it (None) or refused it."""
        id, acknowledged = self._next()
        ended: list[Reply] = []

        async def stay() -> None:
            with anyio.CancelScope() as scope:
                self._scopes.add(scope)
                try:
                    ended.append(await self._stay(wanted, by, id, acknowledged))
                except LinkLost:
                    pass  # it ends with the link, as it should
                finally:
                    self._scopes.discard(scope)
                    acknowledged.set()

        self._tasks.start_soon(stay)
        with anyio.move_on_after(PATIENCE):
            await acknowledged.wait()
        return ended[0] if ended else None

    async def _stay(self, wanted: JsonObject, by: str, id: str, acknowledged: asyncio.Event) -> Reply:
        """Keep one subscription open; how it ended."""
        attempts, opened = 0, False
        while True:
            try:
                reply = await self._listen({"notifications": wanted}, by=by, id=id)
            finally:
                self._waiting.pop(id, None)
            attempts = 0 if acknowledged.is_set() else attempts + 1
            again = opened and reply.error is not None and not acknowledged.is_set()
            opened = opened or acknowledged.is_set()
            if not opened or attempts > MAX_REOPENED or not _is_lost(reply):
                if self._note is not None and (again or _is_lost(reply)):
                    reason = mapping(reply.error).get("message")
                    self._note("stream-given-up", id=id, attempts=attempts, reason=reason)
                return reply
            await anyio.sleep(REOPEN_AFTER)
            id, acknowledged = self._next()

    def _next(self) -> tuple[str, asyncio.Event]:
        """The id of one more request, and what its acknowledgement sets."""
        self._count += 1
        id = f"listen-{self._count}"
        acknowledged = self._waiting[id] = asyncio.Event()
        return id, acknowledged

    def acknowledged(self, frame: Frame) -> None:
        """The server says that a subscription is open; one that does not say which means all that wait."""
        id = mapping(frame.params.get("_meta")).get(SUBSCRIPTION_ID)
        for waiting, event in self._waiting.items():
            if waiting == id or id is None:
                event.set()

    def close(self) -> None:
        """Take all of them back, which tells the server while it can still be told."""
        for scope in tuple(self._scopes):
            scope.cancel()


def _is_lost(reply: Reply) -> bool:
    """Whether it was the stream that ended, and nobody's decision."""
    code = mapping(reply.error).get("code")
    return reply.frame is None and code in (ERROR_NO_ANSWER, ERROR_UNREACHABLE)


def for_lists(capabilities: Mapping[str, Any]) -> JsonObject:
    """What to subscribe to so that no change of a list is missed, by what the server declares."""
    kinds = ("tools", "prompts", "resources")
    return {f"{kind}ListChanged": True for kind in kinds if mapping(capabilities.get(kind)).get("listChanged")}
