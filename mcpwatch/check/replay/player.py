"""Plays the moves of a recording on live clients: the same messages in the same order, each when what it had waited for
is there again.

Nobody is asked and nothing is decided here: params are the recorded ones (with what this server calls differently
today), questions go to whoever answers for the session, and what came back is told by the new recording.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, cast

import anyio
from anyio.abc import TaskGroup

from mcpwatch.check.recorded import Message, RecordedExchange, RecordedLink
from mcpwatch.check.replay.carried import Carried
from mcpwatch.check.replay.moves import Move, moves_of
from mcpwatch.errors import ConnectError, McpwatchError
from mcpwatch.events import ENDED_BY_CLIENT, Event, Frame, JsonId
from mcpwatch.hub import Hub
from mcpwatch.model.shapes import items, key, mapping, params
from mcpwatch.redact import REDACTED
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import SENDING, LinkLost, Reply
from mcpwatch.session.options import ClientOptions

__all__ = ["Player", "imitating"]

JsonObject: TypeAlias = dict[str, Any]
META = "io.modelcontextprotocol/"
_OF_THE_SESSION = frozenset(
    {META + "protocolVersion", META + "clientInfo", META + "clientCapabilities", "progressToken"}
    | {"traceparent", "tracestate", "baggage"}
)
"""What a client writes into `_meta` anew each time."""
_LONGER = 2.0
"""Seconds more than in the recording for what never got an answer there."""
_ROUNDS = frozenset({"inputResponses", "requestState"})


def imitating(link: RecordedLink, options: ClientOptions, era: str | None = None) -> ClientOptions:
    """How a client behaves that is to do what the recorded one did, and nothing by itself."""
    tried = any(one.method == "server/discover" for one in link.handshake)
    recorded = "auto" if link.era == "legacy" and tried else link.era or "auto"
    asked = [one.params.get("protocolVersion") for one in link.handshake if one.method == "initialize"]
    version = asked[-1] if asked and isinstance(asked[-1], str) else None
    rounds = max([len(one.exchange.rounds) for one in link.exchanges], default=0)
    return ClientOptions(
        era=era or recorded,
        within=options.within,
        answer_within=options.answer_within,
        max_rounds=max(options.max_rounds, 2 * rounds),
        without=frozenset({"logs"}),  # the level that it asked for is among what is sent again
        relist=False,
        listen=False,
        declared=link.server.client_capabilities,
        version=version,
    )


@dataclass(slots=True, eq=False)
class _Live:
    """A recorded exchange as it is today."""

    recorded: RecordedExchange
    ids: list[JsonId] = field(default_factory=list[JsonId])
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Player:
    """Plays `links` on `clients`, which have the links' names and are connected by it.

    With `strict` every message is sent no sooner than in the recording, counted from the end of the handshake. `warn`
    gets a sentence for everything that cannot be as it was.
    """

    def __init__(
        self,
        links: Sequence[RecordedLink],
        clients: Mapping[str, Client],
        hub: Hub,
        *,
        strict: bool = False,
        warn: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._links = {link.name: link for link in links}
        self._clients = clients
        self._hub = hub
        self._strict = strict
        self._warn = warn
        self._carried = {link.name: Carried() for link in links}
        self._live: dict[int, _Live] = {}
        self._gone: set[str] = set()
        self._came = _Came(hub)
        self._zero: float | None = None
        self.errors: list[McpwatchError] = []
        """What kept a request from its answer, where the recording had one: a link that was lost, a time-out."""
        self.sent = 0
        """Requests and notifications that were sent."""
        self.left = 0
        """Those that were not, because their link was gone."""

    async def play(self) -> None:
        """Do everything the recording did. Raises `ConnectError`, `TimedOut` where a link cannot be connected."""
        failed: McpwatchError | None = None
        with self._came:
            async with anyio.create_task_group() as tasks:
                try:
                    for move in moves_of(self._links.values()):
                        await self._ready(move)
                        await self._do(move, tasks)
                    await self._unanswered()
                except McpwatchError as error:  # as it is: a task group would wrap it
                    failed = error
                self._give_reasons()
                for live in self._live.values():
                    live.scope.cancel()
        if failed is not None:
            raise failed

    async def _unanswered(self) -> None:
        """Give what never got an answer as much time as it had, in case it ends in another way now: or in the same,
        where it is the server that ended.
        """
        for live in self._live.values():
            exchange = live.recorded.exchange
            closed = self._links[exchange.link].closed
            if exchange.state in ("lost", "running") and not exchange.long_running:
                had = 0.0 if closed is None else max(0.0, closed.t - exchange.started)
                with anyio.move_on_after(had + _LONGER):
                    await live.over.wait()

    def _give_reasons(self) -> None:
        """What the servers are told of the subscriptions that end with the session: what they were told then."""
        for name, link in self._links.items():
            reasons = [one.exchange.reason for one in link.exchanges if one.exchange.long_running]
            reason = next((one for one in reasons if one), "the session was ending")
            self._clients[name].because(partial(str, reason))

    # ---- one move

    async def _do(self, move: Move, tasks: TaskGroup) -> None:
        if move.kind == "open":
            await self._connect(self._links[move.link])
            self._zero = self._hub.now() - move.t if self._zero is None else self._zero
        elif move.kind == "close":
            await self._close(move.link)
        elif move.link in self._gone:
            self.left += move.kind != "cancel"
        elif move.kind == "request" and move.exchange is not None:
            live = self._live[move.exchange.exchange.number] = _Live(move.exchange)
            self.sent += 1
            tasks.start_soon(self._request, live)
            await live.sent.wait()
        elif move.kind == "notify" and move.message is not None:
            self._notify(move.link, move.message)
        elif move.kind == "cancel" and move.exchange is not None:
            live = self._live.get(move.exchange.exchange.number)
            if live is not None:
                reason = move.exchange.exchange.reason or "cancelled by the caller"
                self._clients[move.link].because(partial(str, reason))
                live.scope.cancel()
                await live.over.wait()

    async def _connect(self, link: RecordedLink) -> None:
        client = self._clients[link.name]
        found = await client.connect()
        if link.era is not None and found.era != link.era:
            spoken = {"legacy": "an older protocol", "modern": "2026-07-28"}
            raise ConnectError(
                f"{link.name} speaks {spoken[found.era]} now, and {spoken[link.era]} in the recording.",
                hint=f"--era {link.era} replays it as it was, if the server still can.",
            )

    async def _close(self, name: str) -> None:
        """End a link before others go on; the last is ended with the session."""
        later = [one for one in self._links if one not in self._gone and one != name]
        self._gone.add(name)
        if later:
            await self._clients[name].aclose()

    async def _request(self, live: _Live) -> None:
        exchange = live.recorded.exchange
        link = exchange.link
        client = self._clients[link]

        def told(id: JsonId) -> None:
            live.ids.append(id)
            live.sent.set()

        token = SENDING.set(told)
        try:
            with live.scope:
                reply = await self._send(live, client)
                if reply is not None and exchange.answered is not None:
                    self._carried[link].learn(exchange.result, reply.result)
        except LinkLost as lost:
            closed = self._links[link].closed
            if link not in self._gone and (closed is None or closed.reason in ENDED_BY_CLIENT):
                self.errors.append(lost)
            self._gone.add(link)
        except McpwatchError as error:
            if exchange.state != "lost":
                self.errors.append(error)
        finally:
            SENDING.reset(token)
            live.over.set()
            live.sent.set()
            self._came.wake()

    async def _send(self, live: _Live, client: Client) -> Reply | None:
        exchange = live.recorded.exchange
        first = next((one for one in live.recorded.messages if one.role == "request"), None)
        content = mapping(None if first is None else first.message)
        recorded = params(content)
        if first is not None and first.frame.redacted:
            self._warn_redacted(f"{exchange.method} (#{exchange.seq})", recorded)
        said: JsonObject = self._carried[exchange.link].renewed(_own(recorded))
        with_token = "progressToken" in mapping(recorded.get("_meta"))
        by = "mcpwatch" if exchange.by == "mcpwatch" else "replay"

        async def request(method: str, params: Mapping[str, Any] | None = None, *, by: str = by) -> Reply:
            return await client.request(method, params, by=by, token=with_token)

        if exchange.method == "subscriptions/listen":
            return await client.listen(mapping(said.get("notifications")), by=by)
        if exchange.state == "input_required" or client.negotiated.era == "legacy":
            return await request(exchange.method, said if "params" in content else None)
        return await client.converse(request, exchange.method, said)

    def _notify(self, link: str, message: Message) -> None:
        content = message.message
        said: JsonObject = self._carried[link].renewed(_own(params(content)))
        if message.frame.redacted:
            self._warn_redacted(f"{message.method} (#{message.seq})", said)
        self.sent += 1
        self._clients[link].notify(message.method or "", said if "params" in mapping(content) else None, by="replay")

    def _warn_redacted(self, what: str, said: Any) -> None:
        for place in _redacted_places(said, ""):
            self._warn(f"{what}: {place} is {REDACTED} in the recording, and sent as it stands there")

    # ---- waiting

    async def _ready(self, move: Move) -> None:
        """Wait until everything that the recorded client had seen by then is there."""
        for recorded in move.ended:
            live = self._live.get(recorded.exchange.number)
            if live is not None:
                await live.over.wait()
        deadline = anyio.current_time() + move.patience
        while not self._has_come(move) and anyio.current_time() < deadline:
            with anyio.move_on_at(deadline):
                await self._came.another()
        self._came.others.clear()
        if self._strict and self._zero is not None and move.kind not in ("open", "end"):
            await anyio.sleep(max(0.0, move.t + self._zero - self._hub.now()))

    def _has_come(self, move: Move) -> bool:
        for number, count in move.progress.items():
            live = self._live.get(number)
            if live is not None and not live.over.is_set():
                link = live.recorded.exchange.link
                if sum(self._came.progress[link, key(id)] for id in live.ids) < count:
                    return False
        return all(self._came.others[link] >= count for link, count in move.others.items() if link not in self._gone)


class _Came:
    """How many notifications came: progress by its token, others by their link."""

    def __init__(self, hub: Hub) -> None:
        self.progress: Counter[tuple[str, Hashable]] = Counter()
        self.others: Counter[str] = Counter()
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._leave: Callable[[], None] = lambda: None

    def __enter__(self) -> None:
        self._hub.attach(self._take, clear=True)

    def __exit__(self, *_: object) -> None:
        self._hub.detach(self._take)

    async def another(self) -> None:
        """Wait until one more has come, or something is over."""
        self._event.clear()
        await self._event.wait()

    def wake(self) -> None:
        self._event.set()

    def _take(self, event: Event) -> None:
        if not isinstance(event, Frame) or event.dir != "s2c":
            return
        for message in items(event.message) if event.type == "batch" else (event.message,):
            said = mapping(message)
            if "id" in said or "method" not in said:
                continue
            if said["method"] == "notifications/progress":
                self.progress[event.link, key(params(said).get("progressToken"))] += 1
            else:
                self.others[event.link] += 1
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:
            pass  # the loop has ended: nobody waits


def _own(said: Mapping[str, Any]) -> JsonObject:
    """Parameters without what the client adds anew each time."""
    found = {name: value for name, value in said.items() if name != "_meta" and name not in _ROUNDS}
    meta = {name: value for name, value in mapping(said.get("_meta")).items() if name not in _OF_THE_SESSION}
    return {**found, "_meta": meta} if meta else found


def _redacted_places(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if REDACTED in value:
            yield place or "it"
    elif isinstance(value, dict):
        for name, one in cast("Mapping[str, Any]", value).items():
            yield from _redacted_places(one, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, one in enumerate(items(value)):
            yield from _redacted_places(one, f"{place}[{number}]")
