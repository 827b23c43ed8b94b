"""The session: links, one timeline, one recording, and what a user of the library does with them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup

from mcpwatch.api.results import CallResult, JsonObject, result_of
from mcpwatch.errors import ConnectError, ExitCode, McpwatchError, RecordingError, UsageError
from mcpwatch.events import Closed, Event, Note, Opened
from mcpwatch.hub import Hub
from mcpwatch.model import Timeline
from mcpwatch.model.state import State
from mcpwatch.recording import Writer
from mcpwatch.recording.saving import SavedCopy, save_copy
from mcpwatch.session.catalogue import ListKind
from mcpwatch.session.client import Client
from mcpwatch.session.handlers import Handler, Handlers
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.settings import Settings, redactor_for
from mcpwatch.session.target import Target
from mcpwatch.session.watcher import add
from mcpwatch.wire.process import Child

__all__ = ["Session", "Superseded"]

HANDLERS_WITHIN = 30.0
"""Seconds that the handlers have for what is left when a session ends."""


class Superseded(ConnectError):
    """A link that was being begun anew was begun anew once more."""


class Session:
    """Servers being watched: one client a link, one timeline, one recording.

    Use it as an async context manager, or through `watch()`. Whatever happens, leaving it ends every process that it
    started and completes the recording. `started` are processes, by their target's name, that run already
    (`session.connect.start`): they become the session's to end as it is entered. `indexed` is for who goes through the
    events by row, with `writer.index`; it costs 25 bytes an event.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        settings: Settings,
        *,
        started: Mapping[str, Child] | None = None,
        indexed: bool = False,
    ) -> None:
        self.settings = settings
        redactor = redactor_for(targets, settings)
        self.hub = Hub(redact=redactor)
        if settings.llm is not None:
            settings.llm.publish = self.hub.publish
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        path = settings.record
        if path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="mcpwatch-")
            path = Path(self._temporary.name) / "session.mcpw.jsonl"
        policy = redactor.policy if redactor is not None else "off"
        self.writer = Writer(path, started=self.hub.started, policy=policy, force=settings.force, indexed=indexed)
        self.hub.record(self.writer.write)
        self.timeline = Timeline(fetch=self.writer.read)
        self.hub.attach(self.timeline.apply)
        self.exit_code = ExitCode.OK
        """What the recording's footer will say; set it before the session ends."""
        self.clients: dict[str, Client] = {}
        """The links, by name; those among them that a restart ended, too."""
        self._targets = tuple(targets)
        self._started = started or {}
        self._tasks: TaskGroup | None = None
        self._handlers: Handlers | None = None
        self._watchers: list[tuple[object, list[Handler]]] = []
        self._followed: dict[str, str] = {}
        self._replacing: dict[str, anyio.Lock] = {}
        self._ending = False
        self._saved: list[SavedCopy] = []

    async def __aenter__(self) -> Self:
        self._handlers = Handlers(self.hub)
        self._tasks = await anyio.create_task_group().__aenter__()
        loop, scope = asyncio.get_running_loop(), self._tasks.cancel_scope

        def failed(_: RecordingError) -> None:
            loop.call_soon_threadsafe(scope.cancel)

        self.hub.on_failure(failed)
        for target in self._targets:
            link = self._name(target.name)
            options = self.settings.by_link.get(link, self.settings.options)
            self._open(target, link, options, child=self._started.get(target.name))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
        """End the links, then the tasks, then the recording: each of them, whatever the one before it met."""
        assert self._tasks is not None and self._handlers is not None
        cancelled = anyio.get_cancelled_exc_class()
        if error is not None and self.exit_code == ExitCode.OK:
            otherwise = ExitCode.INTERRUPTED if isinstance(error, cancelled | KeyboardInterrupt) else ExitCode.FINDING
            self.exit_code = error.exit_code if isinstance(error, McpwatchError) else otherwise
        failed = error
        self._ending = True
        try:
            try:
                if error is None:
                    await self._drain(self._handlers)
                else:
                    self._handlers.close()  # or one that hangs would hold up the end of its server
            finally:
                await self._close_links()
        except BaseException as met:
            failed = met
        self._tasks.cancel_scope.cancel()
        # An error of the caller's goes on as it is: a task group would wrap it. Only our own cancellation is its.
        ours = failed if isinstance(failed, cancelled) and self.hub.failure is not None else None
        try:
            await self._tasks.__aexit__(type(ours) if ours else None, ours, ours.__traceback__ if ours else None)
        finally:
            self._handlers.close()
            self._end_recording()
        if self.hub.failure is not None:
            raise self.hub.failure
        if failed is not None and failed is not error:
            raise failed
        return False

    async def _drain(self, handlers: Handlers) -> None:
        with anyio.move_on_after(HANDLERS_WITHIN) as bound:
            await handlers.drained()
        if bound.cancelled_caught:
            link = next(iter(self.clients), "")
            self.hub.publish(Note(link=link, what="handlers-behind", data={"seconds": HANDLERS_WITHIN}))
            handlers.close()

    async def connect(self) -> None:
        """Connect every link, all at the same time. Raises the first `ConnectError`, `TimedOut`."""
        failures: list[McpwatchError] = []

        async def connect(client: Client) -> None:
            try:
                await client.connect()
            except McpwatchError as error:  # as it is: a task group would wrap it
                failures.append(error)

        async with anyio.create_task_group() as together:
            for client in self.clients.values():
                together.start_soon(connect, client)
        if failures:
            raise failures[0]

    def client(self, link: str | None = None) -> Client:
        """The client of `link`; without a name the only one that was not replaced. Raises `UsageError`."""
        if link is None:
            current = self.current
            if len(current) != 1:
                raise UsageError("There are several links.", hint=f"Name one of {', '.join(current)}.")
            return self.clients[current[0]]
        if link not in self.clients:
            raise UsageError(f"There is no link {link!r}.", hint=f"There are: {', '.join(self.clients)}.")
        return self.clients[link]

    @property
    def current(self) -> list[str]:
        """The names of the links that no restart has replaced, whether they are open or not."""
        return [link for link in self.clients if link not in self._followed]

    def latest(self, link: str) -> str:
        """The link that stands where `link` stood: itself, or what the last restart made of it."""
        while link in self._followed:
            link = self._followed[link]
        return link

    # ---- what a user of the library calls

    async def call(self, tool: str, /, arguments: Mapping[str, Any] | None = None, **named: Any) -> CallResult:
        """Call a tool; its arguments as a mapping, by name, or both. `alpha:work` is the link `alpha`'s tool `work`.

        Raises: `ServerError` for a JSON-RPC error (a result with `isError` is returned), `TimedOut`, `ConnectError`.
        """
        head, colon, rest = tool.partition(":")
        client, name = (self.client(head), rest) if colon and head in self.clients else (self.client(), tool)
        reply = await client.call(name, {**(arguments or {}), **named})
        return CallResult(result_of("tools/call", reply))

    async def list(self, kind: ListKind = "tools", *, link: str | None = None) -> list[JsonObject]:
        """List `tools`, `prompts`, `resources` or `templates`, all pages. Empty where the server has no such list."""
        return await self.client(link).catalogue.fetch(kind, by="user") or []

    async def read(self, uri: str, *, link: str | None = None) -> JsonObject:
        """Read a resource: the result as the server sent it. Raises `ServerError`."""
        return result_of("resources/read", await self.client(link).read(uri))

    async def prompt(
        self, name: str, arguments: Mapping[str, str] | None = None, *, link: str | None = None
    ) -> JsonObject:
        """Get a prompt: the result as the server sent it. Raises `ServerError`."""
        return result_of("prompts/get", await self.client(link).prompt(name, arguments))

    async def request(
        self, method: str, params: Mapping[str, Any] | None = None, *, link: str | None = None
    ) -> JsonObject:
        """Send any request: the result as the server sent it. Raises `ServerError`."""
        return result_of(method, await self.client(link).request(method, params))

    def notify(self, method: str, params: Mapping[str, Any] | None = None, *, link: str | None = None) -> None:
        """Send any notification."""
        self.client(link).notify(method, params)

    async def restart(self, link: str | None = None, *, why: str = "asked") -> Client:
        """End `link` and begin a new one with the same target, `alpha#2`, in the same recording; its client, connected.

        A process is ended and started again; to a URL a new connection is made, with a session of its own. A link that
        has ended already, however it did, is only begun anew, and of one that was replaced before, the latest counts.
        `why` goes into the recording.

        Raises: `UsageError`, `ConnectError`, `TimedOut`. The new link has then taken the old one's place all the same,
        and may be restarted itself. `Superseded`, a `ConnectError`, where it was before it was connected.
        """
        named = self.client(link)
        async with self._replacing.setdefault(named.target.name, anyio.Lock()):
            old = self.clients[self.latest(named.link)]
            new = self._open(old.target, self._name(old.target.name), old.options)
            self._followed[old.link] = new.link
            self.hub.publish(Note(link=old.link, what="restarted", data={"as": new.link, "why": why}))
            old.because(lambda: f"{old.link} is restarted")
            await old.aclose()
            if self._ending:
                raise ConnectError(f"{new.link} is not started any more: the session is ending.")
        # Nobody waits for a server that does not start: who restarts it once more ends it.
        try:
            await new.connect()
        except McpwatchError as error:
            if new.link in self._followed:
                raise Superseded(f"{new.link} was restarted before it was connected.") from None
            self.hub.publish(Note(link=new.link, what="not-connected", data={"error": str(error)}))
            raise
        return new

    async def reconnect(self, link: str | None = None, *, why: str = "asked") -> Client:
        """The word for `restart` where the server is at a URL."""
        return await self.restart(link, why=why)

    def save(self, path: Path | str) -> SavedCopy:
        """Keep the session under a name: what there is so far now, and the whole of it once it has ended.

        A name in `.gz` or `.zst` is compressed. May be called from any thread. Raises `RecordingError`, and never
        replaces what exists; where the whole cannot be written in the end, leaving the session raises it.
        """
        saved = save_copy(self.writer.path, Path(path))
        self._saved.append(saved)
        return saved

    def on(self, method: str | None, handler: Handler, *, link: str | None = None) -> None:
        """Call `handler(frame)` for each frame of `method`; for every event where `method` is None.

        Sync or async. It gets what crossed the wire, unredacted, in order. One that raises is a `Note` in the
        recording.
        """
        self._need_handlers().on(method, handler, link=link)

    def off(self, handler: Handler) -> None:
        """Stop calling `handler`."""
        self._need_handlers().off(handler)

    def add(self, watcher: object, *, link: str | None = None) -> None:
        """Call the methods of `watcher` that are named like those of `Watcher`: `on_progress`, `on_log` and so on."""
        self._watchers.append((watcher, add(self._need_handlers(), watcher, link=link)))

    def remove(self, watcher: object) -> None:
        """Call none of its methods any more."""
        for one, handlers in self._watchers:
            for handler in handlers if one is watcher else ():
                self._need_handlers().off(handler)
        self._watchers = [entry for entry in self._watchers if entry[0] is not watcher]

    def state(self, link: str | None = None) -> State:
        """What is so now, by value: identity, capabilities, what is running, what waits. Without a name of the only
        link."""
        return self.timeline.state(self.client(link).link)

    async def __aiter__(self) -> AsyncGenerator[Event]:
        """Every event from now on, as it comes, until every link has ended: `async for event in session`.

        Whoever takes long over one holds back the links, and loses nothing.
        """
        send, receive = anyio.create_memory_object_stream[Event](0)

        async def give(event: Event) -> None:
            try:
                await send.send(event)
            except anyio.BrokenResourceError:
                pass  # nobody listens any more

        self.on(None, give)
        left = {link for link, client in self.clients.items() if client.closed is None}
        try:
            while left:
                event = await receive.receive()
                if isinstance(event, Opened):
                    left.add(event.link)
                elif isinstance(event, Closed):
                    left.discard(event.link)
                elif isinstance(event, Note) and event.what == "restarted":
                    left.add(str(event.data["as"]))
                elif isinstance(event, Note) and event.what == "not-connected":
                    left.discard(event.link)
                yield event
        finally:
            self.off(give)
            receive.close()
            send.close()

    # ---- inside

    def _need_handlers(self) -> Handlers:
        if self._handlers is None:
            raise UsageError("The session is not open.", hint="async with watch(…) as session: …")
        return self._handlers

    def _open(self, target: Target, link: str, options: ClientOptions, *, child: Child | None = None) -> Client:
        assert self._tasks is not None
        self.clients[link] = client = Client(
            target,
            link=link,
            hub=self.hub,
            answers=self.settings.answers,
            options=options,
            tasks=self._tasks,
            handlers=self._handlers,
            child=child,
        )
        return client

    def _name(self, name: str) -> str:
        """A name for a link that none has yet: `alpha`, `alpha#2`."""
        free, count = name, 1
        while free in self.clients:
            count += 1
            free = f"{name}#{count}"
        return free

    async def _close_links(self) -> None:
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as together:
                for client in self.clients.values():
                    together.start_soon(client.aclose)

    def _end_recording(self) -> None:
        try:
            self.writer.close(int(self.exit_code))
        except RecordingError as error:
            self.hub.failure = self.hub.failure or error
        for saved in self._saved:
            try:
                saved.complete(self.writer.path)
            except RecordingError as error:
                self.hub.failure = self.hub.failure or error
        if self._temporary is not None:
            self._temporary.cleanup()
