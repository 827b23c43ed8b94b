"""The server's own requests on one link: each is answered in a task of its own, once, and unless it was taken back.

What the answer is belongs to `serve`. Here is kept which questions are open, so that the server can withdraw one, and
so that none is answered after we have begun to leave.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import anyio
from anyio.abc import TaskGroup

from mcpwatch.events import Frame, JsonId

__all__ = ["Outcome", "Send", "Serve", "Serving"]

JsonObject: TypeAlias = dict[str, Any]
AT_ONCE = frozenset({"roots/list", "ping"})
"""Questions that nobody has to think about: answered for as long as the link is there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Our answer to a request of the server: a `result`, or an `error` object with `code` and `message`."""

    result: Any = None
    error: Mapping[str, Any] | None = None


Serve: TypeAlias = Callable[[Frame, JsonObject], Awaitable[Outcome]]
"""Answers the request that `frame` carries; the second argument is its message."""


class Send(Protocol):
    """Puts one message on the wire without waiting; `headers` are for HTTP, `by` goes into the recording."""

    def __call__(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None: ...


class Serving:
    """The questions of one link that are open. Everything happens on its loop."""

    def __init__(self, serve: Serve, send: Send, *, note: Callable[..., None], tasks: TaskGroup) -> None:
        self._serve = serve
        self._send = send
        self._note = note
        self._tasks = tasks
        self._open: dict[tuple[type, JsonId], anyio.CancelScope] = {}
        self._lost = self._leaving = False
        self.closing = False
        """The link is about to end: nothing is answered any more."""
        self.reason: Callable[[], str] = lambda: "the session was ending"
        """Why we leave, for the note on a question that is left open."""

    def take(self, frame: Frame, body: JsonObject) -> None:
        """Answer the request `body`, as soon as its turn comes."""
        # Known before its turn comes: the server may take it back in the very next line.
        scope = self._open[_key(body["id"])] = anyio.CancelScope()
        self._tasks.start_soon(self._answer, frame, body, scope)

    def withdraw(self, id: Any) -> bool:
        """The server takes its question back; False if it has none of that id open."""
        scope = self._open.get(_key(id))
        if scope is not None:
            scope.cancel()
        return scope is not None

    def leave(self) -> int:
        """Give up what nobody has answered yet, and take nothing that needs thought; how many there were."""
        self._leaving = True
        return self._give_up()

    def lose(self) -> None:
        """The link is gone, and whoever asked with it."""
        self._lost = True
        self._give_up()

    def _give_up(self) -> int:
        scopes = list(self._open.values())
        for scope in scopes:
            scope.cancel()
        return len(scopes)

    async def _answer(self, frame: Frame, body: JsonObject, scope: anyio.CancelScope) -> None:
        id: Any = body.get("id")
        key = _key(id)
        outcome: Outcome | None = None
        if self._is_late(body["method"]):
            scope.cancel()
        with scope:
            try:
                if not scope.cancel_called:  # it may have been taken back before its turn came
                    outcome = await self._serve(frame, body)
            finally:
                if self._open.get(key) is scope:
                    del self._open[key]
        late = self._is_late(body["method"])
        if late and not self._lost:
            self._note("left-open", frame.seq, method=body["method"], id=id, reason=self.reason())
        if outcome is None or scope.cancel_called or self._lost or late:
            return  # the server took its question back, or is gone, or we are
        message: JsonObject = {"jsonrpc": "2.0", "id": id}
        if outcome.error is not None:
            message["error"] = dict(outcome.error)
        else:
            message["result"] = outcome.result
        try:
            self._send(message, by="answer")
        except (TypeError, ValueError) as error:
            self._note("not-sent", frame.seq, type="response", id=id, error=f"the answer is no JSON: {error}")
            refusal = {"code": -32603, "message": "The client's answer could not be sent"}
            self._send({"jsonrpc": "2.0", "id": id, "error": refusal}, by="answer")

    def _is_late(self, method: str) -> bool:
        """Whether a question is not answered any more."""
        return self.closing or (self._leaving and method not in AT_ONCE)


def _key(id: Any) -> tuple[type, JsonId]:
    """A server's id as a key: `1`, `1.0`, `"1"` and `true` are four ids; what is no id at all shares one."""
    if isinstance(id, str | int | float):
        return type(id), id
    return type(None), None
