"""A recording as something to do again: link by link, what the client asked and what each request brought about.

This module owns the reading of a whole recording into exchanges with every message that belongs to one, or that came
while one was in flight, in the order of the wire. Who drives a server with it (`replay`), who stands in for one
(`mock`) and who compares two has the same view. Messages stay in the file and are fetched when they are asked for, so a
long recording costs little memory. It assumes nobody's side: a client's recording and a proxy's are the same here, but
for who said that he sent something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.events import Closed, Direction, Event, Frame, FrameType, JsonId, Opened, Stderr, Transport
from mcpwatch.model import Exchange, Question, Server, Timeline
from mcpwatch.model.listing import METHODS
from mcpwatch.model.server import Era
from mcpwatch.model.shapes import items, key, mapping, params, scalar
from mcpwatch.recording import Recording

__all__ = ["Message", "Recorded", "RecordedExchange", "RecordedLink", "Role", "read_recorded"]

Role: TypeAlias = Literal["request", "response", "progress", "log", "question", "answer", "cancelled", "other", "junk"]
"""`request` and `response` of the client's exchange (each round's); `question` a request of the server and `answer` the
client's response to it; `cancelled` of either side; `other` any other notification, and a response that answers
nothing; `junk` what is no message at all."""
HANDSHAKE = frozenset({"initialize", "server/discover"})
_ROLES: Mapping[str | None, Role] = {
    "notifications/progress": "progress",
    "notifications/message": "log",
    "notifications/cancelled": "cancelled",
}
_LISTS = frozenset({*METHODS, *HANDSHAKE, "ping", "logging/setLevel"})
_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


@dataclass(slots=True, eq=False)
class Message:
    """One message of the wire; those of a batch are told apart by `item`. `t` is seconds on the recording's clock."""

    seq: int
    t: float
    dir: Direction
    type: FrameType
    role: Role
    method: str | None
    id: JsonId
    link: RecordedLink = field(repr=False)
    item: int | None = None
    owner: RecordedExchange | None = field(default=None, repr=False)
    """The exchange that it belongs to, or that was in flight when it came; None outside of any."""
    belongs: bool = False
    """Whether something on the wire ties it to its owner; else it only came meanwhile."""
    stream: Exchange | None = field(default=None, repr=False)
    """The `subscriptions/listen` that it came on."""
    question: Question | None = field(default=None, repr=False)
    """Of a `question` and its `answer`. An `input_required` result carries its own: `Exchange.questions`."""

    @property
    def frame(self) -> Frame:
        """The frame that carries it, from the file: of a batch the whole. Raises RecordingError."""
        return self.link.frame(self.seq)

    @property
    def message(self) -> Any:
        """Its JSON as the recording has it, None for what is no JSON. Raises RecordingError."""
        whole = self.frame.message
        return whole if self.item is None else items(whole)[self.item]

    @property
    def params(self) -> Mapping[str, Any]:
        """Its `params`; empty where there are none."""
        return params(self.message)


@dataclass(slots=True, eq=False)
class RecordedExchange:
    """One request of the client with all that it brought about, in order: all rounds of a conversation."""

    exchange: Exchange
    messages: list[Message] = field(default_factory=list[Message], repr=False)

    @property
    def method(self) -> str:
        return self.exchange.method

    @property
    def name(self) -> str | None:
        return self.exchange.name

    @property
    def seq(self) -> int:
        return self.exchange.seq

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of its (first) request, `_meta` and all."""
        return mapping(self.exchange.params)

    def sent(self, dir: Direction) -> Iterator[Message]:
        """Its messages of one direction, in order."""
        return (one for one in self.messages if one.dir == dir)


@dataclass(slots=True, eq=False)
class RecordedLink:
    """One link of a recording."""

    opened: Opened
    server: Server = field(repr=False)
    """What the model knows of it at the end: identity, capabilities, listings, who the client was."""
    recording: Recording = field(repr=False)
    handshake: list[RecordedExchange] = field(default_factory=list[RecordedExchange], repr=False)
    """`initialize`, `server/discover`: what settled the protocol."""
    exchanges: list[RecordedExchange] = field(default_factory=list[RecordedExchange], repr=False)
    """Every other request of the client, in the order in which they were sent."""
    messages: list[Message] = field(default_factory=list[Message], repr=False)
    """Everything, in the order of the wire: of exchanges, and what came outside of any."""
    stderr: list[int] = field(default_factory=list[int], repr=False)
    """The `seq` of each piece of its standard error."""
    closed: Closed | None = None

    @property
    def name(self) -> str:
        return self.opened.link

    @property
    def mode(self) -> Literal["client", "proxy"]:
        return self.opened.mode

    @property
    def transport(self) -> Transport:
        return self.opened.transport

    @property
    def era(self) -> Era | None:
        """None where the handshake never got so far."""
        return self.server.era

    @property
    def outside(self) -> list[Message]:
        """What belongs to no exchange and came while none was in flight, both directions, in order."""
        return [one for one in self.messages if one.owner is None]

    @property
    def junk(self) -> list[Message]:
        """Lines and bodies that are no message, in order."""
        return [one for one in self.messages if one.role == "junk"]

    def frame(self, seq: int) -> Frame:
        """The frame with this `seq`. Raises RecordingError."""
        event = self.recording.read(seq)
        if not isinstance(event, Frame):
            raise RecordingError(f"event {seq} of {self.recording.path} is no message")
        return event


@dataclass(slots=True, eq=False)
class Recorded:
    """A recording, read from header to footer."""

    path: Path
    recording: Recording = field(repr=False)
    timeline: Timeline = field(repr=False)
    links: list[RecordedLink] = field(default_factory=list[RecordedLink], repr=False)
    """In order of appearance; one that was opened again is another, `alpha#2`."""
    complete: bool = True

    def link(self, name: str | None = None) -> RecordedLink:
        """The link of this name; without one the only one that there is. Raises UsageError."""
        if not self.links:
            raise UsageError(f"{self.path} has no server that was connected.", hint="mcpwatch sessions")
        names = ", ".join(one.name for one in self.links)
        if name is None:
            if len(self.links) == 1:
                return self.links[0]
            raise UsageError(f"{self.path} has several links: {names}.", hint="Choose one with --link.")
        for one in self.links:
            if one.name == name:
                return one
        raise UsageError(f"{self.path} has no link {name!r}.", hint=f"It has: {names}.")


def read_recorded(path: Path, *, allow_incomplete: bool = False) -> Recorded:
    """Read a whole recording: plain, gzip or zstd.

    Raises RecordingError where there is none, where it is damaged, and, unless `allow_incomplete`, where it has no
    footer: what is missing at its end would be taken for what never happened.
    """
    recording = Recording.open(path)
    reader = _Reader(recording)
    for event in recording.events():
        reader.take(event)
    complete = recording.complete and not recording.cut
    if not complete and not allow_incomplete:
        what = "breaks off in its last line" if recording.cut else "has no footer"
        raise RecordingError(
            f"{path} is incomplete: it {what}",
            hint="it is being written, or whoever wrote it was ended; --allow-incomplete takes it as it is",
        )
    return Recorded(path, recording, reader.timeline, reader.finish(), complete)


class _Reader:
    """The pass over all events: what the model cannot tell afterwards is noted as they go by."""

    def __init__(self, recording: Recording) -> None:
        self.timeline = Timeline(fetch=recording.read)
        self._recording = recording
        self._links: dict[str, RecordedLink] = {}
        self._exchanges: dict[int, RecordedExchange] = {}
        self._questions: dict[tuple[str, int, Any], Message] = {}
        self._streams: dict[tuple[str, int], Exchange] = {}

    def take(self, event: Event) -> None:
        self.timeline.apply(event)
        link = self._links.get(event.link)
        if isinstance(event, Opened):
            self._links[event.link] = RecordedLink(event, self.timeline.links[event.link], self._recording)
        elif link is None:
            return  # a piece of a recording, from grep: of a link that nothing is known of nothing can be done again
        elif isinstance(event, Stderr):
            link.stderr.append(event.seq)
        elif isinstance(event, Closed):
            link.closed = event
        elif isinstance(event, Frame):
            for one, message in _messages(event, link):
                self._take(link, event, one, message)

    def finish(self) -> list[RecordedLink]:
        return list(self._links.values())

    def _take(self, link: RecordedLink, frame: Frame, one: Message, content: Any) -> None:
        link.messages.append(one)
        exchange: Exchange | None = None
        re = frame.re if one.item is None else frame.items[one.item].re
        if one.type == "request" and one.dir == "c2s":
            one.role = "request"
            exchange = self._request(link, frame, one)
        elif one.type == "request":
            one.role = "question"
            self._questions[link.name, one.seq, key(one.id)] = one
            one.question = next(
                (found for found in self.timeline.questions_at(one.seq) if key(found.id) == key(one.id)), None
            )
            exchange = None if one.question is None else one.question.during
        elif one.type in ("response", "error"):
            asked = None if re is None else self._questions.get((link.name, re, key(one.id)))
            if one.dir == "c2s" and asked is not None:
                one.role, one.question = "answer", asked.question
                self._add(one, asked.owner, belongs=asked.belongs)
                return
            found = None if re is None or one.dir == "c2s" else self.timeline.exchange(re, one.id)
            if found is not None:
                one.role, exchange = "response", found
        elif one.type == "notification":
            one.role = _ROLES.get(one.method, "other")
            exchange = self._of_notification(link, frame, one, params(content))
        if exchange is not None and exchange.number in self._exchanges:
            self._add(one, self._exchanges[exchange.number], belongs=True)
        elif one.dir == "s2c":
            self._add(one, self._meanwhile(link), belongs=False)

    def _request(self, link: RecordedLink, frame: Frame, one: Message) -> Exchange | None:
        exchange = self.timeline.exchange(one.seq, one.id)
        if exchange is None:
            return None
        if exchange.number not in self._exchanges:
            made = self._exchanges[exchange.number] = RecordedExchange(exchange)
            settles = exchange.method in HANDSHAKE and exchange.by in (None, "mcpwatch")
            (link.handshake if settles else link.exchanges).append(made)
        if exchange.long_running and frame.xid is not None:
            self._streams[link.name, frame.xid] = exchange
        return exchange

    def _of_notification(
        self, link: RecordedLink, frame: Frame, one: Message, said: Mapping[str, Any]
    ) -> Exchange | None:
        """The exchange that a notification is tied to."""
        one.stream = self._stream(link, frame, said)
        if one.method == "notifications/subscriptions/acknowledged":
            return one.stream
        if one.role == "other":
            return None
        found = self.timeline.exchange_of(frame) if one.item is None else self._of_item(link, one, said)
        if found is not None and found.dir == "s2c":
            found = next((asked.during for asked in self.timeline.questions_at(found.seq)), None)
        return found

    def _of_item(self, link: RecordedLink, one: Message, said: Mapping[str, Any]) -> Exchange | None:
        """The same for one message of a batch."""
        running = [found for found in list(self.timeline.running.values()) if found.link == link.name]
        for found in running:
            if one.role == "progress":
                if any(key(bar.token) == key(scalar(said.get("progressToken"))) for bar in found.bars):
                    return found
            elif found.holds(one.seq):
                return found
        return None

    def _stream(self, link: RecordedLink, frame: Frame, said: Mapping[str, Any]) -> Exchange | None:
        named = mapping(said.get("_meta")).get(_SUBSCRIPTION)
        if named is not None:
            for found in list(self.timeline.running.values()):
                if found.link == link.name and found.long_running and key(found.id) == key(named):
                    return found
        return None if frame.xid is None else self._streams.get((link.name, frame.xid))

    def _meanwhile(self, link: RecordedLink) -> RecordedExchange | None:
        """The request of the client that is in flight; of several the last one that runs an author's code."""
        running = [
            found
            for found in list(self.timeline.running.values())
            if found.link == link.name and found.dir == "c2s" and not found.long_running
        ]
        calls = [found for found in running if found.method not in _LISTS] or running
        return self._exchanges.get(calls[-1].number) if calls else None

    def _add(self, one: Message, owner: RecordedExchange | None, *, belongs: bool) -> None:
        one.owner = owner
        if owner is not None:
            one.belongs = belongs
            owner.messages.append(one)


def _messages(frame: Frame, link: RecordedLink) -> Iterator[tuple[Message, Any]]:
    """A frame's messages: one, or those of a batch."""
    if frame.type != "batch":
        role: Role = "junk" if frame.type == "invalid" else "other"
        yield Message(frame.seq, frame.t, frame.dir, frame.type, role, frame.method, frame.id, link), frame.message
        return
    inside = items(frame.message)
    for number, item in enumerate(frame.items):
        role = "junk" if item.type in ("invalid", "batch") else "other"
        content = inside[number] if number < len(inside) else None
        yield Message(frame.seq, frame.t, frame.dir, item.type, role, item.method, item.id, link, number), content
