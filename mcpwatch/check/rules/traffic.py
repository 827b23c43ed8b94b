"""What crosses a link, as rules look at it: messages, requests and their tokens, rounds, HTTP exchanges."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final, Literal, TypeAlias

from mcpwatch.events import Direction, Frame, FrameType, Http, JsonId
from mcpwatch.model.shapes import EMPTY, key, mapping, params, scalar, text

__all__ = ["META", "Exchange", "Message", "Pause", "Request", "State", "Token"]

META: Final = "io.modelcontextprotocol/"
State: TypeAlias = Literal["open", "answered", "cancelled", "timed out", "lost", "refused"]
"""`lost`: it can get no answer any more, and something else says why. `refused`: HTTP refused or redirected it."""


class Request:
    """A request of one side, while it is open and for a while after."""

    __slots__ = (
        "acknowledged", "by", "capabilities", "dir", "first", "id", "level", "listens", "method", "modern", "name",
        "seq", "state", "t", "token", "xid",
    )  # fmt: skip

    def __init__(self, message: Message, *, modern: bool) -> None:
        frame = message.frame
        said = message.params
        meta = mapping(said.get("_meta"))
        self.seq = frame.seq
        self.t = frame.t
        self.dir: Direction = frame.dir
        self.method = message.method
        self.name = message.name
        self.id = message.id
        self.xid = frame.xid
        self.by = frame.by
        self.state: State = "open"
        self.modern = modern
        """It carries its own protocol version."""
        self.token: Hashable = key(scalar(meta["progressToken"])) if "progressToken" in meta else None
        self.level = text(said.get("level") if self.method == "logging/setLevel" else meta.get(META + "logLevel"))
        self.first = said.get("cursor") is None
        """Of a list: it asks for the first page."""
        declared = meta.get(META + "clientCapabilities")
        self.capabilities: Mapping[str, Any] | None = mapping(declared) if isinstance(declared, dict) else None
        self.listens: Mapping[str, Any] = mapping(said.get("notifications")) if self.long else EMPTY
        """What a `subscriptions/listen` asked for, later what the server agreed to."""
        self.acknowledged = False

    @property
    def long(self) -> bool:
        """It stays open by design."""
        return self.method == "subscriptions/listen"


class Token:
    """A progress token: whose it is, and what was said of it last."""

    __slots__ = ("progress", "request", "total")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.progress: int | float | None = None
        self.total: int | float | None = None


class Pause:
    """A request that was answered by `input_required`: what its retry has to carry."""

    __slots__ = ("keys", "request", "state")

    def __init__(self, request: Request, result: Mapping[str, Any]) -> None:
        self.request = request
        self.state: Any = result.get("requestState")
        self.keys = frozenset(mapping(result.get("inputRequests")))


class Exchange:
    """One HTTP exchange: how it was asked, with what, and by which request."""

    __slots__ = ("carries", "headers", "request", "status", "verb")

    def __init__(self, event: Http) -> None:
        self.verb = event.verb or ""
        self.headers = {name.lower(): value for name, value in event.headers}
        self.carries: FrameType | None = None
        """What its body is, where that is JSON-RPC."""
        self.request: Request | None = None
        self.status: int | None = None


class Message:
    """One message: a frame's own, or one of a batch's. `request` is the one that a response answers."""

    __slots__ = ("body", "dir", "frame", "id", "loosely", "method", "name", "params", "request", "token", "type")

    def __init__(self, frame: Frame, type: FrameType, method: str | None, id: JsonId, name: str | None, body: Any):
        self.frame = frame
        self.dir: Direction = frame.dir
        self.type: FrameType = type
        self.method = method or ""
        self.id = id
        self.name = name
        self.body = mapping(body)
        self.params = params(body) if type in ("request", "notification") else EMPTY
        self.request: Request | None = None
        self.token: Token | None = None
        """Of progress: the token that it is about."""
        self.loosely = False
        """The id of the answer is not written as the request's was."""

    @property
    def result(self) -> Any:
        return self.body.get("result")

    @property
    def of(self) -> str:
        """The method of the request that it answers; empty where that is not known."""
        return "" if self.request is None else self.request.method

    @property
    def retries(self) -> bool:
        """Whether it continues a request that was answered by `input_required`."""
        return "inputResponses" in self.params or "requestState" in self.params
