"""The vocabulary: what can happen on a link, as small frozen values.

This module owns the words and their shapes; it knows no bytes on disk, no screen and no clock. The wire makes events,
the hub stamps them (`seq`, `t`, and for a frame `re`, `ms`, `method`, `name`), and everything else only reads them. An
event read back from a recording is equal to the one that was written.

Frozen they are for a type checker: to be held to it at run time as well would triple what it costs to make a frame, and
there can be a hundred thousand of them in a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

Direction: TypeAlias = Literal["c2s", "s2c"]
FrameType: TypeAlias = Literal["request", "response", "error", "notification", "batch", "invalid"]
Transport: TypeAlias = Literal["stdio", "http", "sse"]
HttpPhase: TypeAlias = Literal["request", "response", "sse", "body", "end", "error"]
JsonId: TypeAlias = str | int | float | bool | None
"""A JSON-RPC id as it stood on the wire: by the book a string or an integer, but all of these were seen."""

CANCELLED: Final = "cancelled by us"
CANCELLED_BY_CLIENT: Final = "cancelled by the client"
GAVE_UP: Final = frozenset({CANCELLED, CANCELLED_BY_CLIENT})
"""What `Http.error` says of an exchange that the client broke off: mcpwatch itself, or the one in front of a proxy. In
the modern era that is all there is of a cancellation."""
ENDED_BY_CLIENT: Final = frozenset({"closed", "left"})
"""What `Closed.reason` says of a link that the client ended: mcpwatch itself, or the one in front of a proxy."""

NO_MAPPING: Mapping[str, Any] = {}


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Opened:
    """A link began. `target` is `{command, args, env_keys, cwd}` or `{url}`, never with a secret's value."""

    link: str
    mode: Literal["client", "proxy"]
    transport: Transport
    target: Mapping[str, Any]
    pid: int | None = None
    seq: int = 0
    t: float = 0.0


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True)
class BatchItem:
    """One message inside a batch frame, named as far as it can be."""

    type: FrameType
    method: str | None = None
    id: JsonId = None
    name: str | None = None
    re: int | None = None


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Frame:
    """One message, or one line that should have been one, as it crossed the wire in one direction.

    `data` holds the bytes without their line end. `error` says why they cannot stand in a recording as `msg` (not
    JSON, not UTF-8, NaN, a raw newline, …); without it they do, byte for byte. `message` is what `data` parses to, as
    leniently as Python can (so it may be there beside an `error`), or None; it takes no part in comparisons.
    """

    link: str
    dir: Direction
    type: FrameType
    data: bytes
    message: Any = field(default=None, compare=False, repr=False)
    method: str | None = None
    id: JsonId = None
    name: str | None = None
    """What the request is about: a tool's or prompt's name, a resource's URI."""
    re: int | None = None
    """The `seq` of the request that this answers."""
    ms: float | None = None
    """Milliseconds since that request."""
    by: str | None = None
    """Who sent what we sent: `user`, `mcpwatch`, `answer`, `replay`. None for what came in, and in proxy mode."""
    size: int = 0
    """Bytes on the wire, without the line end, whatever redaction does to `data`."""
    eol: str = "\n"
    r"""The line end: `"\n"`, `"\r\n"`, or `""` for an unterminated last line; always `"\n"` over HTTP."""
    error: str | None = None
    items: tuple[BatchItem, ...] = ()
    xid: int | None = None
    """The HTTP exchange that carried it."""
    redacted: int = 0
    """How many values redaction replaced in `data`."""
    seq: int = 0
    t: float = 0.0

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of a request or notification; empty where there are none, or where they are no object."""
        message: Any = self.message
        params: Any = message.get("params") if isinstance(message, dict) else None  # pyright: ignore
        return params if isinstance(params, dict) else NO_MAPPING  # pyright: ignore


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Stderr:
    """What a server wrote to its standard error, in the pieces in which it was read (whole lines where it can be)."""

    link: str
    data: bytes
    seq: int = 0
    t: float = 0.0


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Http:
    """One step of one HTTP exchange (`xid`, unique in the recording).

    request: `verb`, `url`, `headers` · response: `status`, `headers` · sse: `event`, `event_id`, `retry`, `comment` ·
    body: `text`, what is not JSON-RPC · end · error: `error`. `size` is in bytes where something was carried.
    """

    link: str
    phase: HttpPhase
    xid: int
    verb: str | None = None
    url: str | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    event: str | None = None
    event_id: str | None = None
    retry: int | None = None
    comment: str | None = None
    text: str | None = None
    size: int | None = None
    error: str | None = None
    seq: int = 0
    t: float = 0.0


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Note:
    """Something mcpwatch did or saw that no byte on the wire says. `re` is the `seq` it speaks of."""

    link: str
    what: str
    re: int | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: NO_MAPPING)
    seq: int = 0
    t: float = 0.0


@dataclass(frozen=TYPE_CHECKING, unsafe_hash=True, slots=True, kw_only=True)
class Closed:
    """A link ended. `reason`: `exit`, `signal`, `closed` (by us), `eof`, `lost`, `left` (by the client of a proxy);
    `code` and `signal` as the system has them.
    """

    link: str
    reason: str
    code: int | None = None
    signal: str | None = None
    error: str | None = None
    seq: int = 0
    t: float = 0.0


Event: TypeAlias = Opened | Frame | Stderr | Http | Note | Closed

Brief: TypeAlias = tuple[Direction, float, FrameType, bytes, str | None, JsonId, str | None]
"""A frame in brief: `dir`, when its bytes came (`perf_counter`), `type`, `data`, `method`, `id`, `name`. For a request,
response, error or notification on a line of its own that has nothing else to say: no flaw, no batch, no `xid`."""

Entry: TypeAlias = tuple[
    int, float, Direction, FrameType, bytes, str | None, JsonId, str | None, int | None, float | None
]
"""The same as the hub hands it on: `seq`, `t`, `dir`, `type`, `data`, `method`, `id`, `name`, `re`, `ms`."""
