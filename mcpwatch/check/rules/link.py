"""What rules know of one link: who asked what, what was negotiated, listed, subscribed to, and what is still open.

A fold of its own and not the timeline's: it must tell a first answer from a second, an id that is used again from one
that is new, and it forgets what is old, so that a day of traffic is checked in the memory of a minute. Rules read it
before the message that they look at is taken in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Literal, TypeVar

from mcpwatch.check.rules.rule import LEGACY, MODERN
from mcpwatch.check.rules.traffic import META, Exchange, Message, Pause, Request, State, Token
from mcpwatch.events import ENDED_BY_CLIENT, GAVE_UP, Closed, Direction, Frame, Http, JsonId, Note, Opened
from mcpwatch.model.shapes import equal, items, key, mapping, number, scalar, text

__all__ = ["META", "Exchange", "Link", "Message", "Pause", "Request", "Token", "in_era"]

REMEMBERED: Final = 65_536
"""Requests of each direction that are remembered by their ids, and tokens; the oldest is forgotten first."""
MOST_TOOLS: Final = 10_000
MOST_OPEN_ROUNDS: Final = 256
MOST_STREAMS: Final = 4_096
MOMENT: Final = 1.0
"""Seconds that a server has to end by itself; some clients send a signal at once."""
LEVELS: Final = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
RANKS: Final = {level: rank for rank, level in enumerate(LEVELS)}
_TIMED_OUT: Final = ("timed out", "timeout", "time-out", "no answer within")

ValueT = TypeVar("ValueT")


class Link:
    """What is known of one link so far. Nothing here grows without a limit."""

    def __init__(self, name: str, opened: Opened | None = None) -> None:
        self.name = name
        self.whole = opened is not None
        """It is known from its beginning: what was never seen was never there."""
        self.transport = None if opened is None else opened.transport
        self.mode: Literal["client", "proxy"] | None = None if opened is None else opened.mode
        self.era: Literal["legacy", "modern"] | None = None
        self.version: str | None = None
        """What was negotiated by `initialize`, or what the last request of the modern era says."""
        self.server: Mapping[str, Any] | None = None
        """The server's capabilities, None while they are not known."""
        self.client: Mapping[str, Any] | None = None
        """The client's, by `initialize`."""
        self.shaking: Request | None = None
        """The `initialize` request."""
        self.shaken = False
        """It was answered."""
        self.initialized = False
        """The client said that it is."""
        self.requests: dict[Direction, dict[Hashable, Request]] = {"c2s": {}, "s2c": {}}
        self.spoke = 0
        """The client's last message: its `seq`."""
        self.open: dict[Direction, dict[Hashable, Request]] = {"c2s": {}, "s2c": {}}
        self.tokens: dict[Direction, dict[Hashable, Token]] = {"c2s": {}, "s2c": {}}
        """By the side that carried it."""
        self.tools: dict[str, Mapping[str, Any]] = {}
        self.checks: dict[tuple[str, str], Callable[[Any], str | None]] = {}
        """What checks a value against one of a tool's schemas, by the tool's name and the schema's."""
        self.tools_known = False
        """Every page was listed, and nothing has changed since."""
        self.floor = 0
        """The least rank of a log that the client wants, once the server has taken note of it."""
        self.subscribed: set[str] = set()
        self.paused: list[Pause] = []
        self.exchanges: dict[int, Exchange] = {}
        self.session: str | None = None
        """The HTTP session's id."""
        self.stdin_closed: float | None = None
        """When the client of a proxy closed the server's stdin."""
        self.signals: list[str] = []
        """What the client of a proxy sent to its server."""
        self.said: set[Hashable] = set()
        """What is told once a link was told."""

    @property
    def revision(self) -> str:
        """The revision whose rules hold."""
        return MODERN if self.era == "modern" else LEGACY

    def once(self, what: Hashable) -> bool:
        """Whether this is the first time."""
        if what in self.said or len(self.said) > REMEMBERED:
            return False
        self.said.add(what)
        return True

    def left(self, closed: Closed) -> bool:
        """Whether a link of a proxy is over because the client, or the proxy, went away."""
        return self.mode == "proxy" and closed.reason in ENDED_BY_CLIENT

    def was_asked(self, closed: Closed) -> bool:
        """Whether the client of a proxy closed the server's stdin, and gave it a moment to end."""
        return self.stdin_closed is not None and closed.t - self.stdin_closed >= MOMENT

    def exchange(self, xid: int | None) -> Exchange | None:
        return None if xid is None else self.exchanges.get(xid)

    def answered_by(self, message: Message) -> None:
        """Find the request that a response answers. By type and value, else by the same integer spelled otherwise."""
        asked = self.requests["c2s" if message.dir == "s2c" else "s2c"]
        found = asked.get(key(message.id))
        if found is None:
            other = _respelled(message.id)
            found = None if other is None else asked.get(other)
            message.loosely = found is not None
        message.request = found

    def token(self, message: Message) -> Token | None:
        """Whose progress a notification tells."""
        side: Direction = "c2s" if message.dir == "s2c" else "s2c"
        return self.tokens[side].get(key(scalar(message.params.get("progressToken"))))

    def listening(self, message: Message) -> Request | None:
        """The open `subscriptions/listen` that a notification names."""
        named = mapping(message.params.get("_meta")).get(META + "subscriptionId")
        found = self.requests["c2s"].get(key(scalar(named)))
        return found if found is not None and found.long else None

    def pause_of(self, message: Message) -> Pause | None:
        """The request that a retry continues: by its state, else by what it answers, else the only one of its kind."""
        same = [one for one in self.paused if (one.request.method, one.request.name) == (message.method, message.name)]
        if len(same) < 2:
            return same[0] if same else None
        state = message.params.get("requestState")
        given = frozenset(mapping(message.params.get("inputResponses")))
        tied = [one for one in same if state is not None and equal(one.state, state)]
        fitting = tied or [one for one in same if given and given <= one.keys] or same
        return fitting[0]

    def wants_logs(self, message: Message) -> list[Request]:
        """The requests in flight whose log a notification may be: over HTTP that of its stream."""
        if self.transport == "http":
            exchange = self.exchange(message.frame.xid)
            return [] if exchange is None or exchange.request is None else [exchange.request]
        return list(self.open["c2s"].values())

    # ---- taking in

    def take(self, message: Message) -> None:
        """Take in one message, after the rules have looked at it."""
        if message.dir == "c2s":
            self.spoke = message.frame.seq
        if message.type == "request":
            self._asked(message)
        elif message.type == "notification":
            self._notified(message)
        elif message.request is not None:
            self._answered(message, message.request)
        elif message.dir == "s2c" and message.id is None and len(self.open["c2s"]) == 1:
            self.settle(next(iter(self.open["c2s"].values())), "lost")  # whose else should it be

    def take_invalid(self, frame: Frame) -> None:
        """Take in what is no message: if it names a request, that one was answered, only not so that it can be read."""
        if frame.dir != "s2c":
            return
        request = None if frame.id is None else self.open["c2s"].get(key(frame.id))
        if request is None and "result" in mapping(frame.message) and len(self.open["c2s"]) == 1:
            request = next(iter(self.open["c2s"].values()))
        if request is not None:
            self.settle(request, "lost")

    def take_http(self, event: Http) -> None:
        """Take in one step of an HTTP exchange."""
        if event.phase == "request":
            self.exchanges[event.xid] = Exchange(event)
            _forget(self.exchanges, MOST_STREAMS)
            return
        exchange = self.exchanges.get(event.xid)
        if exchange is None:
            return
        if event.phase == "response":
            exchange.status = event.status
            headers = {name.lower(): value for name, value in event.headers}
            request = exchange.request
            if request is not None and request.method == "initialize" and (event.status or 0) < 300:
                self.session = headers.get("mcp-session-id")
            if request is not None and request.state == "open" and (event.status or 0) >= 300:
                self.settle(request, "refused")
        elif event.phase in ("end", "error"):
            del self.exchanges[event.xid]
            request = exchange.request
            if request is not None and request.state == "open":
                if event.phase == "error" and exchange.status is None:
                    self.settle(request, "refused")  # it never got there, and may be sent once more
                elif self.transport == "http" and (self.era == "modern" or event.error in GAVE_UP):
                    self.settle(request, "lost")

    def take_note(self, note: Note) -> None:
        """Take in what no byte says: requests that the client has given up for a reason that is told elsewhere."""
        if note.what in ("answer-without-id", "unreadable", "not-sent", "made-up"):
            request = self.open["c2s"].get(key(scalar(note.data.get("id"))))
            if request is not None and note.data.get("type", "request") == "request":
                self.settle(request, "lost")
        elif note.what == "client-closed":
            self.stdin_closed = note.t
        elif note.what == "signalled":
            self.signals += [str(name) for name in items(note.data.get("signals"))]
        elif note.what == "probe-ended":
            for request in [one for one in self.open["c2s"].values() if one.method == "server/discover"]:
                self.settle(request, "lost")

    def take_closed(self, _: Closed) -> None:
        """The link is over: nothing is open any more."""
        for side in self.open.values():
            side.clear()

    def settle(self, request: Request, state: State) -> None:
        """`request` is not open any more."""
        request.state = state
        self.open[request.dir].pop(key(request.id), None)

    def _asked(self, message: Message) -> None:
        meta = mapping(message.params.get("_meta"))
        version = text(meta.get(META + "protocolVersion"))
        request = Request(message, modern=version is not None)
        name, dir = key(message.id), message.dir
        if dir == "c2s":
            if message.method == "initialize":
                self.era, self.shaking, self.shaken, self.initialized = "legacy", request, False, False
                self.client, self.session = mapping(message.params.get("capabilities")), None
            elif version is not None and message.method != "server/discover":
                self.era, self.version = "modern", version
            if (exchange := self.exchange(message.frame.xid)) is not None:
                exchange.request = request
            if message.retries and (pause := self.pause_of(message)) is not None:
                self.paused.remove(pause)
        self.requests[dir].pop(name, None)  # so that the order is that of the last use
        self.requests[dir][name] = request
        self.open[dir][name] = request
        _forget(self.requests[dir], REMEMBERED)
        _forget(self.open[dir], REMEMBERED)
        if request.token is not None:
            self.tokens[dir].pop(request.token, None)
            self.tokens[dir][request.token] = Token(request)
            _forget(self.tokens[dir], REMEMBERED)

    def _notified(self, message: Message) -> None:
        said = message.params
        match message.method:
            case "notifications/progress":
                if (token := message.token) is not None:
                    progress, total = number(said.get("progress")), number(said.get("total"))
                    token.progress = token.progress if progress is None else progress
                    token.total = token.total if total is None else total
            case "notifications/cancelled":
                self._cancelled(message)
            case "notifications/initialized":
                self.initialized = True
            case "notifications/tools/list_changed":
                self.tools_known = False
            case "notifications/subscriptions/acknowledged":
                if (listen := self.listening(message)) is not None:
                    listen.acknowledged = True
                    listen.listens = mapping(said.get("notifications"))
            case _:
                pass

    def _cancelled(self, message: Message) -> None:
        name = key(scalar(message.params.get("requestId")))
        request = self.open[message.dir].get(name)
        if request is None and message.dir == "s2c":
            request = self.open["c2s"].get(name)
            if request is not None and not request.long:
                return
        if request is not None:
            reason = (text(message.params.get("reason")) or "").lower()
            waited = message.dir == "c2s" and any(words in reason for words in _TIMED_OUT)
            self.settle(request, "timed out" if waited else "cancelled")

    def _answered(self, message: Message, request: Request) -> None:
        if request.state in ("open", "lost", "refused", "timed out"):
            self.settle(request, "answered")
            if message.type == "response" and request.dir == "c2s":
                self._told(request, mapping(message.result))

    def _told(self, request: Request, result: Mapping[str, Any]) -> None:
        method = request.method
        if result.get("resultType") == "input_required":
            self.paused.append(Pause(request, result))
            del self.paused[:-MOST_OPEN_ROUNDS]
        elif method == "initialize":
            self.shaken = True
            self.version = text(result.get("protocolVersion"))
            self.server = mapping(result.get("capabilities"))
        elif method == "server/discover":
            self.era = self.era or "modern"
            self.server = mapping(result.get("capabilities"))
        elif method == "tools/list":
            self._listed(result, first=request.first)
        elif method == "logging/setLevel":
            self.floor = RANKS.get(request.level or "", self.floor)
        elif method == "resources/subscribe" and request.name is not None and len(self.subscribed) < REMEMBERED:
            self.subscribed.add(request.name)
        elif method == "resources/unsubscribe" and request.name is not None:
            self.subscribed.discard(request.name)

    def _listed(self, result: Mapping[str, Any], *, first: bool) -> None:
        if first:
            self.tools.clear()
            self.checks.clear()
        for tool in items(result.get("tools")):
            name = mapping(tool).get("name")
            if isinstance(name, str) and len(self.tools) < MOST_TOOLS:
                self.tools[name] = mapping(tool)
        self.tools_known = result.get("nextCursor") is None and len(self.tools) < MOST_TOOLS


def in_era(link: Link, message: Message) -> bool:
    """Whether the rules of the modern era hold for a message: by the request that it is or answers, else the link's."""
    request = message.request
    return link.era == "modern" if request is None else request.modern and link.era != "legacy"


def _respelled(id: JsonId) -> Hashable | None:
    if isinstance(id, bool):
        return None
    if isinstance(id, float) and id.is_integer():
        return key(int(id))
    if isinstance(id, int):
        return key(str(id)) if -(10**18) < id < 10**18 else None
    if isinstance(id, str) and len(id) <= 18 and id.isascii() and id.removeprefix("-").isdigit():
        return key(int(id))
    return None


def _forget(kept: dict[Any, ValueT], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]
