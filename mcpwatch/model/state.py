"""What is so at one moment, by value: a snapshot of one link that nobody can damage and that does not change.

The live objects of the fold are for views, which read them on every turn; this is for whoever wants to keep, compare or
print what was so: users of the Python API, `show --summary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcpwatch.model.server import Era, Identity, Seen, Server
from mcpwatch.model.shapes import number

if TYPE_CHECKING:
    from mcpwatch.model.timeline import Timeline

__all__ = ["Count", "Measured", "Running", "State", "Unanswered", "state_of"]


@dataclass(frozen=True, slots=True)
class Count:
    """How often something came, and when first and last (seconds since the recording began)."""

    count: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Running:
    """A request that is running and has been heard of: its progress, as last said."""

    method: str
    name: str | None
    id: Any
    token: Any
    progress: float | None
    total: float | None
    message: str | None
    since: float


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What the server asked and has had no answer to."""

    method: str
    kind: str
    during: str | None
    since: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one method of one side, or of what a name in it is about (a tool, a prompt, a resource).

    Times are in milliseconds, from a request to its answer, and None where nothing was answered.
    """

    dir: str
    method: str
    name: str | None
    count: int
    errors: int
    bytes: int
    p50: float | None
    p90: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class State:
    """One link at one moment. Times are seconds since the recording began."""

    link: str
    open: bool
    mode: str | None = None
    transport: str | None = None
    era: Era | None = None
    protocol_version: str | None = None
    identity: Identity | None = None
    capabilities: Mapping[str, Any] | None = None
    """What the server declared, a copy; None before it did."""
    client_capabilities: Mapping[str, Any] | None = None
    instructions: str | None = None
    log_level: str | None = None
    """The level that was asked for last."""
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The names of what was listed, by kind: tools, prompts, resources (URIs), templates."""
    list_changes: Mapping[str, Count] = field(default_factory=dict[str, Count])
    """By kind: tools, prompts, resources; roots are the client's."""
    updates: Mapping[str, Count] = field(default_factory=dict[str, Count])
    """`notifications/resources/updated`, by URI."""
    logs: Mapping[str, int] = field(default_factory=dict[str, int])
    subscriptions: tuple[str, ...] = ()
    """What is subscribed to: URIs, and `tools`, `prompts`, `resources` for the lists of a `subscriptions/listen`."""
    running: tuple[Running, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    stats: tuple[Measured, ...] = ()
    """How often, how fast, how much: by method, and below each by tool, prompt and resource, the most frequent
    first."""
    closed: float | None = None
    reason: str | None = None
    code: int | None = None
    signal: str | None = None

    def document(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {name: dict(plain[name]) for name in ("offered", "logs")}
        plain |= {name: {key: asdict(one) for key, one in plain[name].items()} for name in ("list_changes", "updates")}
        plain |= {name: [asdict(one) for one in plain[name]] for name in ("running", "unanswered", "stats")}
        for name in ("capabilities", "client_capabilities"):
            plain[name] = deepcopy(dict(plain[name])) if plain[name] is not None else None
        identity = self.identity
        return {**plain, "identity": None if identity is None else identity._asdict()}


def state_of(timeline: Timeline, server: Server) -> State:
    """What is known of `server` now. Safe from any thread: everything is copied first."""
    link = server.link
    subscribed = [name for one in list(server.subscriptions.values()) for name in (*one.uris, *one.lists)]
    return State(
        link=link,
        open=server.open,
        mode=server.mode,
        transport=server.transport,
        era=server.era,
        protocol_version=server.protocol_version,
        identity=server.identity,
        capabilities=_frozen(server.capabilities),
        client_capabilities=_frozen(server.client_capabilities),
        instructions=server.instructions,
        log_level=server.log_level,
        offered=MappingProxyType({kind: tuple(one.items) for kind, one in server.listings.items() if one.items}),
        list_changes=_counts(server.list_changes),
        updates=_counts(server.updates),
        logs=MappingProxyType(dict(server.logs)),
        subscriptions=tuple(dict.fromkeys(subscribed)),
        running=tuple(
            Running(
                method=bar.exchange.method,
                name=bar.exchange.name,
                id=bar.exchange.id,
                token=bar.token,
                progress=number(bar.progress),
                total=number(bar.total),
                message=bar.message,
                since=bar.exchange.started,
            )
            for bar in timeline.bars(link)
            if bar.exchange is not None
        ),
        unanswered=tuple(
            Unanswered(one.method, one.kind, None if one.during is None else one.during.name, one.asked)
            for one in timeline.unanswered(link)
        ),
        stats=_measured(server),
        closed=server.closed,
        reason=server.reason,
        code=server.code,
        signal=server.signal,
    )


def _measured(server: Server) -> tuple[Measured, ...]:
    found: list[Measured] = []
    totals: dict[tuple[str, str], int] = {}
    for (dir, method, name), one in list(server.stats.by_subject.items()):
        times = (one.latency.percentile(50), one.latency.percentile(90), one.latency.percentile(99))
        found.append(Measured(dir, method or "", name, one.count, one.errors, one.bytes, *times))
        if name is None:
            totals[dir, method or ""] = one.count
    # What a method is about stands below it.
    found.sort(key=lambda one: (-totals.get((one.dir, one.method), 0), one.method, one.dir, one.name is not None,
                                -one.count, one.name or ""))  # fmt: skip
    return tuple(found)


def _frozen(value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if value is None else MappingProxyType(deepcopy(dict(value)))


def _counts(seen: Mapping[str, Seen]) -> Mapping[str, Count]:
    return MappingProxyType({name: Count(one.count, one.first, one.last) for name, one in list(seen.items())})
