"""A recorded link as something that can be played again: what the server said, and upon what it said it.

Owns the cues: everything that the recorded client sent, each with the steps that the server took because of it, in
order: frames it sent and how long after the step before, answers and a cancellation that it waited for, its own end.
What nothing on the wire ties to a request (a list change, a log between two calls) came upon what the client had sent
last. What belongs to which request is `recorded`'s to say, which cue a live client means `picking`'s, playing `core`'s.

Frames of the server are kept by their `seq` only and read back when they are sent, so a large recording fits.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from mcpwatch.check.recorded import Message, RecordedLink, Role
from mcpwatch.errors import UsageError
from mcpwatch.events import Frame, Http, JsonId, Note
from mcpwatch.model.server import Era
from mcpwatch.model.shapes import key, mapping, params, result
from mcpwatch.recording import Filter

__all__ = [
    "LISTEN",
    "META",
    "QUIET",
    "Await",
    "Cancelled",
    "Cue",
    "Gone",
    "Question",
    "Say",
    "Step",
    "Story",
    "story_of",
]

META: Final = "io.modelcontextprotocol/"
LISTEN: Final = "subscriptions/listen"
QUIET: Final = frozenset(
    {
        "ping",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/get",
        "completion/complete",
    }
)
"""Methods that ask and change nothing: what they get depends on what else happened, not on how often they came."""
_BY_ITSELF: Final = frozenset({"exit", "signal", "lost", "eof"})
"""Reasons of an end that we did not bring about."""


Question: TypeAlias = tuple[int, Hashable]
"""A request of the server: its frame's `seq`, and its id as `key`, since a batch holds several."""


class Say(NamedTuple):
    """The server sends the frame `seq` (of a batch one `item`), `after` seconds after the step before.

    `to` is the `seq` of the request on whose stream it goes (HTTP knows several), None for the standing one.
    """

    seq: int
    after: float
    to: int | None = None
    item: int | None = None
    role: Role = "other"


class Await(NamedTuple):
    """The server goes on once its request has an answer."""

    question: Question


class Cancelled(NamedTuple):
    """The server goes on once the client gave the request up."""


class Gone(NamedTuple):
    """The server was gone, `after` seconds after the step before."""

    after: float


Step: TypeAlias = Say | Await | Cancelled | Gone


@dataclass(slots=True, eq=False)
class Cue:
    """Something the client sent, and what the server did upon it. The rounds of a conversation are a cue each."""

    seq: int
    kind: Literal["start", "request", "notification"]
    method: str = ""
    name: str | None = None
    message: Any = None
    id: JsonId = None
    steps: list[Step] = field(default_factory=list[Step])
    answered: int | None = None
    """The frame with its response."""
    status: int | None = None
    """The HTTP status it came with."""
    streamed: bool | None = None
    """Whether its response came on an event stream; None where it did not come over HTTP."""
    before: Cue | None = None
    """The round of the same conversation that it continues."""
    epoch: int = 0
    """The last event before it that may have changed what it is told."""
    at: float = 0.0
    """When its last step was, in seconds of the recording."""

    @property
    def params(self) -> Mapping[str, Any]:
        return params(self.message)

    @property
    def token(self) -> Any:
        """Its progress token, None without one."""
        return mapping(self.params.get("_meta")).get("progressToken")


@dataclass(slots=True, eq=False)
class Story:
    """One link of a recording, ready to be played."""

    link: RecordedLink
    start: Cue
    """What the server said before the client said anything."""
    cues: list[Cue] = field(default_factory=list[Cue])
    answers: dict[Question, Any] = field(default_factory=dict[Question, Any])
    """What the client answered."""
    asked_by: dict[Question, str] = field(default_factory=dict[Question, str])
    """The method of each request of the server."""
    discovered: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What `server/discover`, or else `initialize`, told of the server."""
    has_session: bool = True
    """Whether the server gave a client at its URL an `Mcp-Session-Id`; one on pipes would have."""
    path: str = "/mcp"
    """Of the server's URL."""

    @property
    def asked(self) -> set[str]:
        """The methods of the server's requests."""
        return set(self.asked_by.values())

    @property
    def era(self) -> Era | None:
        return self.link.era

    def frame(self, seq: int) -> Frame:
        """The frame with this number, from the file."""
        return self.link.frame(seq)


def story_of(link: RecordedLink) -> Story:
    """The story of one link. Raises `UsageError` where nothing was sent to its server, and RecordingError."""
    teller = _Teller(link)
    for message in link.messages:
        teller.take(message)
    teller.end()
    # Frames are read back by the index, and made piece by piece it takes far longer.
    if not teller.story.cues or not len(link.recording.index):
        raise UsageError(f"Nothing was sent to {link.name} in {link.recording.path}.", hint="mcpwatch show FILE")
    return teller.story


class _Teller:
    """Takes the messages of a link in order, and writes its story."""

    def __init__(self, link: RecordedLink) -> None:
        self.story = Story(link, Cue(0, "start", at=link.opened.t))
        self._rounds: dict[int, Cue] = {}  # the latest of each exchange, by its number
        self._streams: dict[int, Cue] = {}  # by xid
        self._asking: dict[Question, Cue] = {}
        self._last = self.story.start
        self._loud = 0
        self._kinds: dict[int, tuple[int, bool]] = {}  # by xid: the status, and whether it is an event stream
        self._is_http = link.transport != "stdio"
        self._gone: float | None = None
        if self._is_http:
            url = link.opened.target.get("url")
            self.story.path = (urlsplit(url).path if isinstance(url, str) else "") or "/"
            self.story.has_session = False
        self._read_beside()

    def take(self, message: Message) -> None:
        if message.dir == "s2c":
            self._came(message)
        elif message.role == "request":
            self._requested(message)
        elif message.role == "answer":
            self._answered(message)
        elif message.role == "cancelled":
            cue = self._owner(message) if message.belongs else None
            if cue is not None:
                self._step(cue, Cancelled(), message.t)
                self._last, self._loud = cue, message.seq
        elif message.type == "notification" and message.role == "other":
            self._cue(message, "notification", message.message)

    def end(self) -> None:
        """Where the server was gone by itself, whoever waited for it finds it gone."""
        closed = self.story.link.closed
        gone = closed.t if self._gone is None and closed is not None and closed.reason in _BY_ITSELF else self._gone
        waiting = [cue for cue in self.story.cues if cue.kind == "request" and cue.answered is None]
        waiting = [cue for cue in waiting if cue.method != LISTEN and Cancelled() not in cue.steps]
        if gone is not None and waiting:
            self._step(waiting[-1], Gone(max(0.0, gone - waiting[-1].at)), gone)

    # What the client sent

    def _cue(self, message: Message, kind: Literal["request", "notification"], content: Any) -> Cue:
        name = message.owner.name if kind == "request" and message.owner is not None else None
        cue = Cue(message.seq, kind, message.method or "", name, content, message.id, epoch=self._loud, at=message.t)
        self.story.cues.append(cue)
        self._last = cue
        if cue.method not in QUIET:
            self._loud = message.seq
        return cue

    def _requested(self, message: Message) -> None:
        if message.owner is None:
            return
        exchange = message.owner.exchange
        before = self._rounds.get(exchange.number)
        if before is not None and message.seq in exchange.sent_again:
            cue = before  # HTTP has redirected it: the same once more
        else:
            cue = self._rounds[exchange.number] = self._cue(message, "request", message.message)
            cue.before = before
        if self._is_http and (xid := message.frame.xid) is not None:
            self._streams[xid] = cue

    def _answered(self, message: Message) -> None:
        asked = message.question
        question = (0, None) if asked is None else (asked.seq, key(asked.id))
        cue = self._asking.pop(question, None)
        if cue is not None:
            self.story.answers[question] = message.message
            self._step(cue, Await(question), message.t)
            self._last, self._loud = cue, message.seq

    # What the server sent

    def _came(self, message: Message) -> None:
        refused = self._refused(message)
        own = refused or self._owner(message)
        cue = own or self._last
        listening = None if message.stream is None else self._rounds.get(message.stream.number)
        role = "response" if refused is not None else message.role
        if role == "response" and own is not None:
            self._response(message, own)
            if own.method == LISTEN and message.type == "response":
                cue = self._last  # it ends with something that the client did, or with the server
        elif role == "question":
            question = message.seq, key(message.id)
            self._asking[question] = cue
            self.story.asked_by[question] = message.method or ""
        to = own if role == "response" else listening or self._stream(message, cue)
        after = max(0.0, message.t - cue.at)
        place = None if to is None else to.seq
        told = "other" if role == "response" and own is None else role
        self._step(cue, Say(message.seq, after, place, message.item, told), message.t)
        if cue.method not in QUIET:
            self._loud = message.seq

    def _owner(self, message: Message) -> Cue | None:
        """The request that it belongs to, or that was in flight."""
        return None if message.owner is None else self._rounds.get(message.owner.exchange.number)

    def _refused(self, message: Message) -> Cue | None:
        """The request that an error without an id refuses: the one on whose stream it came."""
        if not self._is_http or message.type != "error" or message.id is not None:
            return None
        cue = self._streams.get(message.frame.xid or 0)
        return cue if cue is not None and cue.answered is None else None

    def _stream(self, message: Message, cue: Cue) -> Cue | None:
        """The request on whose stream it goes, None for the standing one."""
        if self._is_http:
            xid = message.frame.xid
            return None if xid is None else self._streams.get(xid)
        return cue if cue.kind == "request" and cue.answered is None else None

    def _response(self, message: Message, cue: Cue) -> None:
        if cue.answered is not None:
            return  # once more
        cue.answered = message.seq
        if self._is_http and (xid := message.frame.xid) in self._kinds:
            cue.status, cue.streamed = self._kinds[xid]
        if message.type == "response" and cue.method in ("initialize", "server/discover"):
            if cue.method == "server/discover" or not self.story.discovered:
                self.story.discovered = result(message.message)

    def _step(self, cue: Cue, step: Step, t: float) -> None:
        cue.steps.append(step)
        cue.at = max(cue.at, t)

    def _read_beside(self) -> None:
        """What is told of the traffic beside its messages."""
        link = self.story.link
        for event in link.recording.events(filter=Filter(types=("http", "note"), links=(link.name,))):
            if isinstance(event, Http) and event.phase == "response":
                headers = {name.lower(): value for name, value in event.headers}
                streamed = headers.get("content-type", "").startswith("text/event-stream")
                self._kinds[event.xid] = event.status or 200, streamed
                self.story.has_session = self.story.has_session or "mcp-session-id" in headers
            elif isinstance(event, Note) and event.what == "stdout-closed":
                self._gone = event.t
