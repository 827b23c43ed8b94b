"""What is known about the server at the other end of one link.

Everything here is folded from frames of that link: who it is, what it offers, what it sent. Which call a message
belongs to is the business of `routes`, and what a call did that of `exchange`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from mcpwatch.events import Transport
from mcpwatch.model.listing import Change, Listing, ListKind
from mcpwatch.model.progress import Bar
from mcpwatch.model.shapes import label
from mcpwatch.model.stats import Stats
from mcpwatch.model.used import Used

LIMIT: Final = 1000
OTHERS: Final = "(others)"
"""What is counted by a name of the server's choosing has at most `LIMIT` names; the rest is counted under this one."""
Era: TypeAlias = Literal["legacy", "modern"]


class Identity(NamedTuple):
    """Who a server or client says it is. Self-reported; None where it did not say, or not as a string."""

    name: str | None = None
    title: str | None = None
    version: str | None = None


@dataclass(slots=True, eq=False)
class Seen:
    """How often something came, and when first and last (seconds)."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0


@dataclass(slots=True, eq=False)
class Traffic:
    """Frames of one direction, and their bytes without line ends."""

    frames: int = 0
    bytes: int = 0


@dataclass(slots=True, eq=False)
class MethodCount:
    """Frames about one method, in both directions, responses under the method that they answer."""

    requests: int = 0
    responses: int = 0
    errors: int = 0
    notifications: int = 0
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0


@dataclass(slots=True, eq=False)
class Subscription:
    """What the client subscribed to: one URI (`resources/subscribe`) or one `subscriptions/listen` stream."""

    seq: int
    since: float
    uris: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    """The kinds of list whose changes were asked for: `tools`, `prompts`, `resources`."""
    acknowledged: bool = False
    listen: bool = False


class Server:
    """One link's facts. Times are seconds on the recording's clock.

    The fold runs in whatever thread publishes: iterate over a copy (`list(server.methods.items())`).
    """

    def __init__(self, link: str) -> None:
        self.link = link
        self.mode: Literal["client", "proxy"] | None = None
        self.transport: Transport | None = None
        self.target: Mapping[str, Any] = {}
        self.pid: int | None = None
        self.opened: float | None = None
        self.closed: float | None = None
        """When the link ended; None while it is open."""
        self.reason: str | None = None
        """Why it ended: `exit`, `signal`, `closed` (by us), `eof`, `lost`."""
        self.code: int | None = None
        self.signal: str | None = None
        self.error: str | None = None
        self.unreachable: str | None = None
        """Why no request gets through any more over HTTP, from the first that did not to the next that did."""
        self.followed_by: str | None = None
        """The link that took its place, where it was restarted from inside."""

        self.era: Era | None = None
        self.protocol_version: str | None = None
        self.supported_versions: tuple[str, ...] = ()
        """What `server/discover` offered."""
        self.identity: Identity | None = None
        self.capabilities: Mapping[str, Any] | None = None
        self.instructions: str | None = None
        self.client: Identity | None = None
        self.client_capabilities: Mapping[str, Any] | None = None
        self.log_level: str | None = None
        """The level that the client asked for last."""
        self.log_floor = 0
        """The rank of that level (`debug` is 0) once the server has taken note of it."""
        self.asked_version: str | None = None
        """The protocol version that the client put on its last request of the modern era."""

        self.listings: dict[ListKind, Listing] = {
            "tools": Listing("tools"),
            "prompts": Listing("prompts"),
            "resources": Listing("resources"),
            "templates": Listing("templates"),
        }
        self.changes = deque[Change](maxlen=256)
        """What new listings brought, oldest first, empty differences left out."""
        self.list_changes: dict[str, Seen] = {}
        """`notifications/*/list_changed` by kind: `tools`, `prompts`, `resources` from the server, `roots` to it."""
        self.updates: dict[str, Seen] = {}
        """`notifications/resources/updated` by URI."""
        self.subscriptions: dict[str | int, Subscription] = {}
        """Open ones, by URI or by the exchange's number."""

        self.subscribed = 0
        """How many subscriptions were opened in all."""
        self.asked: dict[str, int] = {}
        """Questions by kind: `sampling`, `elicitation`, `elicitation.url`, `roots`, `ping`, `other`."""
        self.needs: set[str] = set()
        """The client capabilities that its questions used."""
        self.unknown_notifications: dict[str, int] = {}
        """Notifications of the server that the specification does not know, by method."""

        self.c2s = Traffic()
        self.s2c = Traffic()
        self.methods: dict[str, MethodCount] = {}
        self.stats = Stats()
        """By method and by tool: how often, how fast, how much."""
        self.logs: dict[str, int] = {}
        """Log messages by level, unknown levels as they were spelled."""
        self.unknown_progress: dict[Any, Bar] = {}
        """Progress on tokens that no request carried."""
        self.progress_tokens = 0
        """Tokens of the client that the server reported progress on."""
        self.junk = 0
        """Lines or bodies from the server that are no message."""
        self.orphans = 0
        """Responses that answer nothing that was asked."""
        self.stderr_bytes = 0
        self.last_words = b""
        """The end of its standard error, at most 4 KiB."""

    @property
    def open(self) -> bool:
        return self.closed is None

    @property
    def tools(self) -> dict[str, Mapping[str, Any]]:
        """By name, as last listed: the raw objects. Likewise `prompts`; `resources` and `templates` by URI."""
        return dict(self.listings["tools"].items)

    @property
    def prompts(self) -> dict[str, Mapping[str, Any]]:
        return dict(self.listings["prompts"].items)

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        return dict(self.listings["resources"].items)

    @property
    def templates(self) -> dict[str, Mapping[str, Any]]:
        return dict(self.listings["templates"].items)

    def used(self) -> Used:
        """What the server used on this link."""
        asked = self.asked
        return Used(
            logging=sum(list(self.logs.values())),
            progress=self.progress_tokens,
            sampling=asked.get("sampling", 0),
            elicitation_form=asked.get("elicitation", 0),
            elicitation_url=asked.get("elicitation.url", 0),
            roots=asked.get("roots", 0),
            pings=asked.get("ping", 0),
            other_requests=asked.get("other", 0),
            other_notifications=sum(list(self.unknown_notifications.values())),
            list_changes=sum(one.count for kind, one in list(self.list_changes.items()) if kind != "roots"),
            resource_updates=sum(one.count for one in list(self.updates.values())),
            subscriptions=self.subscribed,
            needs=tuple(sorted(self.needs)),
        )


def tally(counts: dict[str, int], name: str) -> None:
    """Count one more of `name`."""
    if name not in counts:
        name = label(name) if len(counts) < LIMIT else OTHERS
    counts[name] = counts.get(name, 0) + 1
