"""The JSON-RPC half of being a client: ids, waiting requests, time-outs, cancellation, and which message is whose.

It owns no bytes and no meaning: a transport sends what it is given and delivers the frames that the wire has already
published; what a method means is the client's. It is our own, not the official library's, because that one drops or
refuses what an inspector is for: odd ids, batches, unparsable answers, unknown methods, malformed questions.

A frame may be delivered from any thread. Everything else happens on the loop that made the dispatcher.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeAlias, cast

import anyio
from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError, TimedOut, UsageError
from mcpwatch.events import Frame, JsonId
from mcpwatch.model.shapes import mapping
from mcpwatch.session.serving import Outcome, Send, Serve, Serving
from mcpwatch.session.stray import Stray

__all__ = ["SENDING", "Dispatcher", "LinkLost", "Outcome", "Reply"]

JsonObject: TypeAlias = dict[str, Any]
LISTEN = "subscriptions/listen"
SENDING: ContextVar[Callable[[JsonId], None] | None] = ContextVar("SENDING", default=None)
"""Who in the current task wants to know the id of each request that it sends, before it is sent."""
ENDED_BY_SERVER = ENDED_BY_US = -32800
"""Ours, for a request that the server has taken back, or we have (as the language server protocol numbers it)."""
NEVER_CANCELLED = frozenset({"initialize", "server/discover"})
"""Requests that the specification forbids to cancel."""
SAID_AFTER = 10.0
"""Seconds after which a request that waits is said to, for those who have no live view."""
WITHOUT_ID_AFTER = 0.5
"""Seconds that the real answer still has after one without an id came."""


class LinkLost(ConnectError):
    """The link ended before the answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request: a `result`, or a JSON-RPC `error` object, as the server sent them.

    `frame` is the frame that carried it, or None where no frame did (an HTTP status, a lost stream).
    """

    id: JsonId
    result: Any = None
    error: Mapping[str, Any] | None = None
    frame: Frame | None = None


@dataclass(slots=True)
class _Waiting:
    method: str
    since: float
    touched: float
    done: asyncio.Event = field(default_factory=asyncio.Event)
    reply: Reply | None = None
    lost: LinkLost | None = None


class Dispatcher:
    """One link's requests and answers.

    `serve(frame, message)` answers a request of the server; `notified(frame)` hears the notifications that `concerns`
    names (progress and cancellation are served here); `note(what, re, **data)` writes into the recording.
    """

    def __init__(
        self,
        send: Send,
        *,
        serve: Serve,
        notified: Callable[[Frame], None],
        concerns: frozenset[str],
        note: Callable[..., None],
        tasks: TaskGroup,
    ) -> None:
        self._send = send
        self._notified = notified
        self._concerns = concerns
        self._note = note
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._inbox: deque[Frame | LinkLost] = deque()
        self._scheduled = False
        self._draining: asyncio.Task[None] | None = None
        self._next_id = 0
        self._waiting: dict[JsonId, _Waiting] = {}
        self._serving = Serving(serve, send, note=note, tasks=tasks)
        self._serving.reason = lambda: self.reason()
        self._lost: LinkLost | None = None
        self._stray = Stray()
        self._thinking = 0
        self.held = False
        """The reader waits for handlers that are behind, so no answer can come, and no request times out."""
        self.reason: Callable[[], str] = lambda: "cancelled by the caller"
        """What the server is told when whoever made a request gives it up."""

    # ---- out

    async def request(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        by: str = "user",
        within: float | None = 60.0,
        headers: Mapping[str, str] | None = None,
        token: bool = False,
        id: JsonId = None,
    ) -> Reply:
        """Send one request and wait for its answer, which may be an error object: that is returned, not raised.

        `within` is in seconds since the request or its last progress; None waits for ever. `token` asks for progress
        (the request's own id is the token). Cancelling the caller cancels the request on the wire.

        Raises: `TimedOut`, and `LinkLost` where the link ended first.
        """
        if self._lost is not None:
            raise self._lost
        if id is None:
            self._next_id += 1
            id = self._next_id
        if (told := SENDING.get()) is not None:
            told(id)
        message: JsonObject = {"jsonrpc": "2.0", "id": id, "method": method}
        if token and isinstance(meta := (params or {}).get("_meta") or {}, dict) and "progressToken" not in meta:
            params = {**(params or {}), "_meta": {**cast("JsonObject", meta), "progressToken": id}}
        if params is not None:
            message["params"] = params
        now = monotonic()
        stray = self._stray.count
        waiting = self._waiting[id] = _Waiting(method, now, now)
        try:
            self._send(message, by=by, headers=headers)
            await self._wait(id, waiting, within)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{method} cannot be sent: its parameters are no JSON ({error}).") from None
        except TimeoutError:
            self._cancel(id, method, f"no answer within {within:g} s")
            sentence = f"{method} (#{id}) got no answer within {within:g} s."
            raise TimedOut(sentence, hint=self._stray.hint(stray)) from None
        except anyio.get_cancelled_exc_class():
            if waiting.reply is None:
                self._cancel(id, method, self.reason())
            raise
        finally:
            self._waiting.pop(id, None)
        if waiting.reply is None:
            raise waiting.lost or LinkLost("The link ended before the answer came.")
        return waiting.reply

    def notify(self, method: str, params: Mapping[str, Any] | None = None, *, by: str = "user") -> None:
        """Send a notification; nothing comes back."""
        message: JsonObject = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self._send(message, by=by)

    @contextmanager
    def thinks(self) -> Generator[None]:
        """While it lasts somebody thinks about a question, and no request times out."""
        self._thinking += 1
        try:
            yield
        finally:
            self._thinking -= 1
            now = monotonic()
            for waiting in self._waiting.values():
                waiting.touched = now

    @property
    def is_asked(self) -> bool:
        """Whether somebody is thinking about a question of the server right now."""
        return self._thinking > 0

    def stop_answering(self) -> int:
        """Give up the questions that nobody has answered yet, and take none that needs thought; how many there were."""
        return self._serving.leave()

    def close(self) -> None:
        """We are about to end the link: questions that come now are not answered any more."""
        self._serving.closing = True

    def is_waiting(self, id: JsonId) -> bool:
        """Whether request `id` is still without an answer."""
        return id in self._waiting and self._waiting[id].reply is None

    def unanswered(self) -> list[tuple[JsonId, str, float]]:
        """The requests that wait: id, method, seconds."""
        now = monotonic()
        waits = self._waiting.items()
        return [(id, waiting.method, now - waiting.since) for id, waiting in waits if waiting.reply is None]

    def resolve(
        self, id: JsonId, *, code: int, message: str, what: str = "made-up", re: int | None = None, data: Any = None
    ) -> bool:
        """End request `id` with an error that no frame carries, and say so with a `Note`. False if none waits."""
        waiting = self._waiting.get(id)
        if waiting is None or waiting.reply is not None or waiting.lost is not None:
            return False  # nobody waits, or the link has ended and its end was the last that there is to say
        self._note(what, re, id=id, method=waiting.method, error=message)
        waiting.reply = Reply(id, error={"code": code, "message": message} | ({} if data is None else {"data": data}))
        waiting.done.set()
        return True

    def fail(self, id: JsonId, why: str) -> None:
        """Request `id` never went out: whoever made it is told as if the link had ended, which others may outlive."""
        waiting = self._waiting.get(id)
        if waiting is not None and waiting.reply is None:
            waiting.lost = waiting.lost or LinkLost(f"{waiting.method} (#{id}) could not be sent: {why}.")
            waiting.done.set()

    def cancel(self, id: JsonId, reason: str) -> bool:
        """Give up request `id` in the place of whoever made it, who hears an error. The server is told; False if none
        waits, or it is one that must not be cancelled.
        """
        waiting = self._waiting.get(id)
        if waiting is None or waiting.reply is not None or waiting.lost is not None:
            return False
        if waiting.method in NEVER_CANCELLED:
            return False
        waiting.reply = Reply(id, error={"code": ENDED_BY_US, "message": f"cancelled: {reason}"})
        self._cancel(id, waiting.method, reason)
        waiting.done.set()
        return True

    def _cancel(self, id: JsonId, method: str, reason: str) -> None:
        if method not in NEVER_CANCELLED and self._lost is None:
            params = {"requestId": id, "reason": reason}
            self._send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}, by="mcpwatch")

    async def _wait(self, id: JsonId, waiting: _Waiting, within: float | None) -> None:
        if within is None:
            await waiting.done.wait()
            return
        said = False
        while not waiting.done.is_set():
            now = monotonic()
            left = waiting.touched + within - now
            if left <= 0 and not (self._thinking or self.held):
                raise TimeoutError
            if left <= 0:
                waiting.touched = now
                continue
            if not said and now - waiting.since >= SAID_AFTER:
                said = True
                # Whoever thinks needs no hint about how the server's question could be answered.
                thinking = {"thinking": True} if self._thinking else {}
                self._note("waiting", None, id=id, method=waiting.method, seconds=SAID_AFTER, **thinking)
            with anyio.move_on_after(left if said else min(left, waiting.since + SAID_AFTER - now)):
                await waiting.done.wait()

    # ---- in

    def deliver(self, frame: Frame) -> None:
        """Take one frame of the server. Any thread; costs next to nothing for what nobody here needs."""
        if frame.type == "notification":
            if frame.method == "notifications/progress":
                self._touch(frame.message)
                return
            if frame.method not in self._concerns and frame.method != "notifications/cancelled":
                return
        self._put(frame)

    def lose(self, error: LinkLost) -> None:
        """The link is gone: whoever waits is told, after all that came before. Any thread."""
        self._put(error)

    def _put(self, item: Frame | LinkLost) -> None:
        if threading.get_ident() == self._thread and not self._inbox:
            self._take(item)
            return
        self._inbox.append(item)
        if not self._scheduled:
            self._scheduled = True
            try:
                self._loop.call_soon_threadsafe(self._start)
            except RuntimeError:
                self._inbox.clear()  # the loop is closed: nobody waits any more

    def _start(self) -> None:
        # A task, because outside of one anyio does not know its library where sniffio is installed.
        self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        self._scheduled = False
        while self._inbox:
            self._take(self._inbox.popleft())

    def _touch(self, message: Any) -> None:
        try:
            waiting = self._waiting.get(message["params"]["progressToken"])
        except (TypeError, KeyError):
            return
        if waiting is not None:
            waiting.touched = monotonic()

    def _take(self, item: Frame | LinkLost) -> None:
        if isinstance(item, LinkLost):
            self._lost = self._lost or item
            for waiting in self._waiting.values():
                waiting.lost = waiting.lost or item
                waiting.done.set()
            self._serving.lose()
        elif item.type == "batch":
            for message in cast("list[Any]", item.message or []):
                self._message(item, message)
            self._note("batch", item.seq, items=len(item.items))
        elif item.type == "invalid":
            self._stray.unreadable()
            if item.id is not None:
                reason = f"the answer to #{item.id} could not be read: {item.error}"
                self.resolve(self._own_id(item.id), code=-32700, message=reason, what="unreadable", re=item.seq)
            elif "result" in (message := mapping(item.message)):
                self._without_id(item, dict(message))
        else:
            self._message(item, item.message)

    def _message(self, frame: Frame, message: Any) -> None:
        if not isinstance(message, dict):
            return
        body = cast("JsonObject", message)
        if isinstance(body.get("method"), str):
            if "id" in body:
                self._serving.take(frame, body)
                return
            if frame.type == "batch":
                frame = replace(frame, type="notification", method=body["method"], message=body, items=())
            if frame.method == "notifications/progress":
                self._touch(body)
                return
            if frame.method == "notifications/cancelled":
                self._cancelled(body)
            self._notified(frame)
        elif "result" in body or "error" in body:
            self._resolve(frame, body)

    def _resolve(self, frame: Frame, body: JsonObject) -> None:
        if body.get("id") is None:
            self._without_id(frame, body)
            return
        waiting = self._waiting.get(self._own_id(body["id"]))
        if waiting is None:
            self._stray.unasked()
        elif waiting.reply is None:
            waiting.reply = _reply(self._own_id(body["id"]), frame, body)
            waiting.done.set()

    def _without_id(self, frame: Frame, body: JsonObject) -> None:
        """Some servers answer without an id what they refuse. With one request out it can only be this one's, unless
        the real answer still comes."""
        candidates = [(id, one) for id, one in self._waiting.items() if one.method != LISTEN]
        if len(candidates) != 1:
            return
        ((id, waiting),) = candidates
        touched = waiting.touched

        def settle() -> None:
            silent = waiting.reply is None and waiting.lost is None and waiting.touched == touched
            if silent and self._waiting.get(id) is waiting:
                self._note("answer-without-id", frame.seq, id=id, method=waiting.method)
                waiting.reply = _reply(id, frame, body)
                waiting.done.set()

        self._loop.call_later(WITHOUT_ID_AFTER, settle)

    def _own_id(self, id: Any) -> JsonId:
        """The id of ours that an answer means: `"7"` stands for `7`, as the official library has it."""
        if isinstance(id, bool) or id is None or not isinstance(id, str | int | float):
            return None
        if id in self._waiting:
            return id
        if isinstance(id, str) and len(id) <= 20 and id.isdecimal() and int(id) in self._waiting:
            return int(id)
        return id

    def _cancelled(self, body: JsonObject) -> None:
        params = body.get("params")
        id = cast("JsonObject", params).get("requestId") if isinstance(params, dict) else None
        if self._serving.withdraw(id):
            return
        if isinstance(id, str) and id in self._waiting and self._waiting[id].method == LISTEN:
            self.resolve(id, code=ENDED_BY_SERVER, message="the server ended the subscription")


def _reply(id: JsonId, frame: Frame, body: JsonObject) -> Reply:
    error = body.get("error")
    if "result" in body and error is None:  # older servers write both members, and a null where there is nothing
        return Reply(id, result=body["result"], frame=frame)
    if isinstance(error, dict):
        return Reply(id, error=cast("JsonObject", error), frame=frame)
    return Reply(id, error={"code": 0, "message": str(error)}, frame=frame)
