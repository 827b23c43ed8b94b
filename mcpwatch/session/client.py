"""One link's client: connected, negotiated, answering, and told what to do next.

It only composes: `connect` opens the transport, `handshake` settles the protocol, `dispatch` keeps requests and
answers apart, `catalogue` lists, `answers` decides what a server hears. Results are the server's own JSON, never a
model of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, cast

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError
from mcpwatch.events import Closed, Event, Frame, JsonId, Note
from mcpwatch.hub import Hub
from mcpwatch.session.answers import Answers, Question
from mcpwatch.session.asked import Asked, Questions
from mcpwatch.session.calls import Calls
from mcpwatch.session.catalogue import LIST_CHANGED, Catalogue
from mcpwatch.session.connect import Wiring, connected
from mcpwatch.session.dispatch import Dispatcher, LinkLost, Outcome, Reply
from mcpwatch.session.ending import hint_at_start, how_it_ended
from mcpwatch.session.handlers import Handlers
from mcpwatch.session.handshake import InitializeRefused, Negotiated, capabilities, negotiate
from mcpwatch.session.log_level import ask_for_logs
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.rounds import converse
from mcpwatch.session.steps import reference
from mcpwatch.session.subscriptions import ACKNOWLEDGED, Subscriptions, for_lists
from mcpwatch.session.target import Target
from mcpwatch.session.transport import StdioTransport, Transport, Waits
from mcpwatch.wire.process import Child

__all__ = ["Client"]

JsonObject: TypeAlias = dict[str, Any]
EventT = TypeVar("EventT", bound=Event)
CONCERNS = frozenset({*LIST_CHANGED, ACKNOWLEDGED})
WITH_TOKEN = frozenset({"tools/call", "prompts/get", "resources/read", "completion/complete"})
WITHOUT_TOKEN = frozenset({"initialize", "server/discover", "ping", "logging/setLevel", "subscriptions/listen"})


@dataclass(slots=True)
class _State:
    closed: Closed | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Client:
    """A client of one server. Make it inside a running loop, `connect` it, use it, `aclose` it.

    `child` is the target's process where it runs already; without one `connect` starts it.
    """

    def __init__(
        self,
        target: Target,
        *,
        link: str,
        hub: Hub,
        answers: Answers,
        options: ClientOptions,
        tasks: TaskGroup,
        handlers: Handlers | None = None,
        child: Child | None = None,
    ) -> None:
        self.target = target
        self.link = link
        self.options = options
        """How it behaves; replaced as a whole by who changes it from inside (`set_log_level`)."""
        self._hub = hub
        self._tasks = tasks
        self._handlers = handlers
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._state = _State()
        self._calls = Calls()
        self._subscriptions = Subscriptions(self._listen, tasks, self._note)
        self._transport: Transport | None = None
        self._negotiated: Negotiated | None = None
        self._closing = False
        self._dispatcher = Dispatcher(
            self._send,
            serve=self._serve,
            notified=self._notified,
            concerns=CONCERNS,
            note=self._note,
            tasks=tasks,
        )
        self._questions = Questions(
            answers,
            within=options.answer_within,
            thinks=self._dispatcher.thinks,
            note=self._note,
            reason=lambda: self._dispatcher.reason(),
        )
        self.catalogue = Catalogue(self.request, tasks, note=self._note)

    # ---- the link

    async def connect(self) -> Negotiated:
        """Open the transport and settle the protocol.

        Raises: `ConnectError`, `TimedOut`; what was exchanged until then is recorded.
        """
        wiring = Wiring(
            *(self.link, self._publish, self._deliver, self._waits(), self._dispatcher.lose, self._tasks, self._room),
            access=self.options.access,
            thinks=self._dispatcher.thinks,
        )
        try:
            return await connected(self.target, wiring, self._negotiate, child=self._child)
        except (LinkLost, InitializeRefused) as error:
            if self.target.url is not None or (isinstance(error, InitializeRefused) and not error.by_http):
                raise  # the server's own words
            raise await self._why(LinkLost(str(error))) from None

    @property
    def negotiated(self) -> Negotiated:
        """What the handshake settled. Raises `ConnectError` before it did."""
        if self._negotiated is None:
            raise ConnectError(f"{self.link} is not connected.")
        return self._negotiated

    @property
    def closed(self) -> Closed | None:
        """How the link ended, None while it is open."""
        return self._state.closed

    async def wait_closed(self) -> None:
        """Wait until the server is gone."""
        await self._state.ended.wait()

    def unanswered(self) -> list[tuple[JsonId, str, float]]:
        """Our requests that wait for an answer: id, method, seconds."""
        return self._dispatcher.unanswered()

    @property
    def asked(self) -> list[Asked]:
        """Every question so far that was answered or refused, with its answer."""
        return self._questions.asked

    @property
    def is_asked(self) -> bool:
        """Whether somebody is thinking about a question of the server right now."""
        return self._dispatcher.is_asked

    def cancel(self, id: JsonId, reason: str) -> bool:
        """Give up the request `id` of ours: the server is told, and whoever made it hears an error. False if it does
        not wait, or must not be cancelled.
        """
        return self._dispatcher.cancel(id, reason)

    def because(self, reason: Callable[[], str]) -> None:
        """What to tell the server, and to record, of what is given up from now on."""
        self._dispatcher.reason = reason

    def stop_answering(self) -> int:
        """Give up the questions that nobody has answered yet, and take no more; how many there were."""
        return self._dispatcher.stop_answering()

    def kill(self) -> None:
        """End a process of ours at once, without waiting for what it still wants to do."""
        if isinstance(self._transport, StdioTransport):
            self._transport.child.kill()

    async def aclose(self) -> None:
        """End the link: for a process, close its input, wait, and end it and all that it started."""
        self._closing = True
        self._dispatcher.close()
        self._subscriptions.close()
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()
        if self._transport is not None:
            await self._transport.aclose()

    async def _negotiate(self, transport: Transport) -> Negotiated:
        self._transport = transport
        if self._closing:  # meanwhile
            await transport.aclose()
            raise LinkLost("The link was closed.")
        imitated = self.options.declared
        declared = capabilities(self.options.without) if imitated is None else dict(imitated)
        level = None if "logs" in self.options.without else self.options.log_level
        found = await negotiate(
            self._dispatcher,
            era=self.options.era,
            declared=declared,
            log_level=level,
            within=self.options.within or 60.0,
            version=self.options.version,
        )
        self._negotiated = found
        transport.negotiated(found.era, found.version)
        if found.era == "legacy" and level is not None and "logging" in found.server_capabilities:
            await ask_for_logs(self.request, level)
        if found.era == "modern" and self.options.listen:
            lists = for_lists(found.server_capabilities)
            if lists:
                await self._subscriptions.open(lists, by="mcpwatch")
        return found

    # ---- requests

    async def request(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        by: str = "user",
        within: float | None = None,
        token: bool | None = None,
    ) -> Reply:
        """Any request, as it stands; what the era needs around it is added. `token` says whether it asks for progress,
        where that is not for the client to decide. Raises `TimedOut`, `LinkLost`.
        """
        envelope = self.negotiated.envelope
        if envelope.era == "modern" and method == "tools/call":
            called = (params or {}).get("name")
            tool = self.catalogue.find("tools", called) if isinstance(called, str) else None
            schema = None if tool is None else tool.get("inputSchema")
            envelope.header_schemas = {cast("str", called): cast("JsonObject", schema)} if schema else {}
        wrapped, headers = envelope.wrap(method, params)
        if token is None:
            token = method in WITH_TOKEN or (by == "user" and method not in WITHOUT_TOKEN and "/list" not in method)
        try:
            with nullcontext() if self._handlers is None else self._handlers.let_through(self.link):
                return await self._dispatcher.request(
                    method,
                    wrapped,
                    by=by,
                    headers=headers,
                    within=self.options.within if within is None else within,
                    token=token and "progress" not in self.options.without,
                )
        except LinkLost as lost:
            raise await self._why(lost) from None

    async def call(self, tool: str, arguments: Mapping[str, Any] | None = None) -> Reply:
        """Call a tool, through as many input rounds as it takes (`max_rounds`)."""
        return await self._converse("tools/call", {"name": tool, "arguments": dict(arguments or {})})

    async def read(self, uri: str) -> Reply:
        return await self._converse("resources/read", {"uri": uri})

    async def prompt(self, name: str, arguments: Mapping[str, Any] | None = None) -> Reply:
        params: JsonObject = {"name": name}
        if arguments:
            params["arguments"] = dict(arguments)
        return await self._converse("prompts/get", params)

    async def complete(self, subject: str, argument: str, prefix: str) -> Reply:
        """Completions for one argument of a prompt, or of a resource template where `subject` is a URI."""
        return await self.request(
            "completion/complete", {"ref": reference(subject), "argument": {"name": argument, "value": prefix}}
        )

    async def subscribe(self, uri: str) -> Reply | None:
        """Ask for the updates of one resource; the stateless era has no reply to it, only an acknowledgement."""
        if self.negotiated.era == "legacy":
            return await self.request("resources/subscribe", {"uri": uri})
        return await self._subscriptions.open({"resourceSubscriptions": [uri]}, by="user")

    async def listen(self, wanted: Mapping[str, Any], *, by: str = "user") -> Reply | None:
        """Open a subscription of the stateless era to what `wanted` names; its reply only where it was refused."""
        return await self._subscriptions.open(dict(wanted), by=by)

    def notify(self, method: str, params: Mapping[str, Any] | None = None, *, by: str = "user") -> None:
        """Send any notification."""
        wrapped, _ = self.negotiated.envelope.wrap(method, params)
        self._dispatcher.notify(method, wrapped, by=by)

    async def converse(self, request: Callable[..., Awaitable[Reply]], method: str, params: JsonObject) -> Reply:
        """A request through as many input rounds as it takes (`max_rounds`); `request` sends each of them."""
        return await converse(
            request, self._questions.ask, self._note, method, params, max_rounds=self.options.max_rounds
        )

    async def _converse(self, method: str, params: JsonObject) -> Reply:
        return await self.converse(self.request, method, params)

    # ---- what the server wants

    async def _serve(self, frame: Frame, body: JsonObject) -> Outcome:
        params = body.get("params")
        question = Question(
            self.link,
            body["method"],
            cast("JsonObject", params) if isinstance(params, dict) else {},
            frame.seq,
            during=self._calls.of(frame, [id for id, _, _ in self._dispatcher.unanswered()]),
        )
        answer = await self._questions.ask(question)
        return Outcome(result=answer.result, error=answer.error)

    def _notified(self, frame: Frame) -> None:
        if frame.method == ACKNOWLEDGED:
            self._subscriptions.acknowledged(frame)
        elif self.options.relist:
            for kind in LIST_CHANGED.get(frame.method or "", ()):
                self.catalogue.changed(kind)

    async def _listen(self, params: JsonObject, *, by: str, id: str) -> Reply:
        wrapped, headers = self.negotiated.envelope.wrap("subscriptions/listen", params)
        return await self._dispatcher.request(
            "subscriptions/listen", wrapped, by=by, headers=headers, within=None, id=id
        )

    # ---- wiring

    def _send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        if self._transport is not None:
            self._transport.send(message, by=by, headers=headers)

    def _publish(self, event: EventT, /, *, at: float | None = None) -> EventT:
        if isinstance(event, Closed):
            self._state.closed = event  # first: whoever is told of it may look here at once
        published = self._hub.publish(event, at=at)
        if isinstance(event, Frame):
            if event.dir == "c2s" and event.type == "request":
                self._calls.sent(event)
        elif isinstance(event, Closed):
            self._soon(self._ended)
        elif isinstance(event, Note) and event.what == "not-sent":
            self._soon(self._not_sent, event)
        return published

    def _deliver(self, frame: Frame) -> None:
        """A frame for the session first, and only then the wait for handlers that are behind."""
        self._dispatcher.deliver(frame)
        if self._handlers is not None and threading.get_ident() != self._thread:
            self._dispatcher.held = True
            try:
                self._handlers.hold_back(self.link)
            finally:
                self._dispatcher.held = False

    async def _room(self) -> None:
        """What a reader on the loop waits for instead."""
        if self._handlers is not None and self._handlers.is_behind(self.link):
            self._dispatcher.held = True
            try:
                await self._handlers.room(self.link)
            finally:
                self._dispatcher.held = False

    def _soon(self, call: Callable[..., None], *args: Any) -> None:
        """Call it on the loop: now if this is its thread, else as soon as it can."""
        if threading.get_ident() == self._thread:
            call(*args)
            return
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            pass  # the loop has ended before the process did

    def _not_sent(self, note: Note) -> None:
        if note.data.get("type") != "request":
            return  # an answer of ours bears the server's id, which may be one of ours too
        self._dispatcher.fail(note.data.get("id"), str(note.data.get("error")))

    def _note(self, what: str, re: int | None = None, **data: Any) -> None:
        self._hub.publish(Note(link=self.link, what=what, re=re, data=data))

    def _ended(self) -> None:
        self._state.ended.set()
        self._dispatcher.lose(LinkLost(how_it_ended(self._state.closed, "The link was closed.")))

    def _waits(self) -> Waits:
        def end(id: Any, code: int, message: str, data: Any = None) -> None:
            self._dispatcher.resolve(id, code=code, message=message, data=data)

        return Waits(self._dispatcher.is_waiting, end)

    async def _why(self, lost: LinkLost) -> LinkLost:
        """`lost` with the exit code or signal, which may be known a moment after the pipe has ended."""
        with anyio.move_on_after(1.5):
            await self._state.ended.wait()
        hint = lost.hint
        if self._negotiated is None and self._state.closed is not None and isinstance(self._transport, StdioTransport):
            there = self._transport
            probed = self.options.era == "auto"
            hint = hint or hint_at_start(self.target, there.last_words, probed=probed, heard=there.heard)
        return LinkLost(how_it_ended(self._state.closed, str(lost)), hint=hint)
