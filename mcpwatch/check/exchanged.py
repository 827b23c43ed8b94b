"""One exchange as `diff` compares it: what was asked, how it ended, and what the server said on the way.

Owns what of an exchange is a result of the server's and what is the protocol's housekeeping, for both eras: the rounds
of a conversation become questions and their answers, as the pushed ones of the older era are. Values are normalised
here, once; which exchange is whose partner is `diff`'s to find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.recorded import Message, RecordedExchange, RecordedLink
from mcpwatch.check.same import fingerprint
from mcpwatch.model import Question
from mcpwatch.model.listing import MEMBERS, METHODS
from mcpwatch.model.shapes import items, mapping, text

__all__ = ["Exchanged", "Said", "exchanged", "said_outside"]

_ENDS: Final = {
    "running": "nothing: it was never answered",
    "done": "a result",
    "failed": "an error",
    "tool_error": "a result with isError",
    "input_required": "questions that nobody answered",
    "cancelled": "a cancellation",
    "lost": "nothing: it was never answered",
}
_MODERN: Final = ("resultType", "ttlMs", "cacheScope")
"""What only results of the modern era have to say."""
_OF_AN_ERA: Final = frozenset({"logging/setLevel", "subscriptions/listen"})
"""Requests that one era has and the other does without; a client sends them by itself."""
_QUIET: Final = frozenset({*METHODS, *_OF_AN_ERA, "ping", "resources/subscribe", "resources/unsubscribe"})
"""Requests that run none of the server author's code: what comes meanwhile has nothing to do with them."""
_PROTOCOL: Final = frozenset({"notifications/initialized", "notifications/subscriptions/acknowledged"})


@dataclass(slots=True)
class Said:
    """One message besides the request and its answer. `tied` says that the wire ties it to its exchange."""

    name: str
    """`log`, `progress`, `sampling`, or a notification's method."""
    value: Any
    seq: int
    tied: bool
    sent: bool = False
    """Whether the client said it."""
    meanwhile: bool = False
    """Whether it is more likely that it only came during the exchange."""
    key: str = ""

    def __post_init__(self) -> None:
        self.key = fingerprint([self.name, self.value])


@dataclass(slots=True)
class Exchanged:
    """An exchange, normalised. `title` is what a person calls it."""

    method: str
    name: str | None
    seq: int
    t: float
    ms: float | None
    params: Any
    ended: str
    """How, in words that follow "it ended in"."""
    outcome: tuple[str, Any]
    """`result` or `error` and its value; an empty name where there is none."""
    by: str | None
    until: float
    """When it ended; for one that never did, a time after all."""
    said: list[Said] = field(default_factory=list[Said], repr=False)
    key: str = ""

    @property
    def title(self) -> str:
        return self.method if self.name is None else f"{self.method} {self.name}"

    @property
    def lists(self) -> bool:
        """Whether it asked for a list, which is compared as part of the interface."""
        return self.method in METHODS


def exchanged(link: RecordedLink, normalizer: Normalizer, *, eras_differ: bool) -> Iterator[Exchanged]:
    """The exchanges of a link, in order; without pings, and without the later pages of a list."""
    for one in link.exchanges:
        exchange = one.exchange
        if exchange.method == "ping" and exchange.by != "user":
            continue
        if eras_differ and exchange.method in _OF_AN_ERA and exchange.by != "user":
            continue
        params = one.params
        if exchange.method in METHODS and "cursor" in params:
            continue
        normal: Any = normalizer.value(dict(params), ("params",))
        made = Exchanged(
            exchange.method,
            exchange.name,
            exchange.seq,
            exchange.started,
            exchange.ms,
            normal,
            "" if exchange.long_running else _ending(one),
            ("", None) if exchange.long_running else _outcome(one, normalizer, eras_differ),
            exchange.by,
            exchange.ended if exchange.ended is not None else float("inf"),
            key=fingerprint([exchange.method, normal]),
        )
        made.said = list(_said_in(one, link, normalizer))
        yield made


def said_outside(link: RecordedLink, normalizer: Normalizer, inside: Sequence[Exchanged]) -> Iterator[Said]:
    """What was said by either side that is not among what was said in the exchanges `inside`.

    What the wire ties to an exchange that is left out is left out with it.
    """
    owned = {one.seq for one in inside}
    for message in link.messages:
        if message.role in ("request", "response", "answer") or message.method in _PROTOCOL:
            continue
        owner = message.owner
        if owner is None or not _inside(message, owner, link) or (owner.seq not in owned and not message.belongs):
            yield from _said(message, normalizer, tied=False)


def _inside(message: Message, owner: RecordedExchange, link: RecordedLink) -> bool:
    """Whether a message counts to the exchange that it belongs to, or during which it came.

    Of what only came meanwhile, over HTTP, the order means nothing: it came on another stream.
    """
    if message.belongs:
        return True
    return message.role != "junk" and link.transport == "stdio" and owner.method not in _QUIET


def _ending(one: RecordedExchange) -> str:
    exchange = one.exchange
    if exchange.state == "failed":
        error = mapping(exchange.error)
        return f"the error {error.get('message')!r}" if isinstance(error.get("message"), str) else _ENDS["failed"]
    if exchange.state == "tool_error":
        blocks = items(mapping(exchange.result).get("content"))
        told = next((said for block in blocks if (said := text(mapping(block).get("text")))), "")
        return f"the tool's error {told[:200]!r}" if told else _ENDS["tool_error"]
    return _ENDS[exchange.state]


def _outcome(one: RecordedExchange, normalizer: Normalizer, eras_differ: bool) -> tuple[str, Any]:
    exchange = one.exchange
    if exchange.state == "failed":
        return "error", normalizer.value(exchange.error, ("error",))
    if exchange.state not in ("done", "tool_error"):
        return exchange.state, None
    value: Any = normalizer.value(exchange.result, ("result",))
    if isinstance(value, dict):
        result: dict[str, Any] = dict(mapping(value))
        left_out = [*(_MODERN if eras_differ else ())]
        if exchange.method in METHODS:
            left_out += [MEMBERS[METHODS[exchange.method]][0], "nextCursor"]
        for name in left_out:
            result.pop(name, None)
        value = result
    return "result", value


def _said_in(one: RecordedExchange, link: RecordedLink, normalizer: Normalizer) -> Iterator[Said]:
    """What was said during an exchange, in order."""
    rounds = {number.answered for number in one.exchange.rounds[:-1]}
    asked: dict[int, list[Question]] = {}
    for question in one.exchange.questions:
        if question.key is not None:
            asked.setdefault(question.seq, []).append(question)
    for message in one.messages:
        if message.role == "response" and (message.seq in rounds or message.seq in asked):
            for question in asked.get(message.seq, ()):
                yield _question(question, question.params, normalizer, tied=True)
        elif message.role in ("request", "response", "answer") or message.method in _PROTOCOL:
            continue
        elif _inside(message, one, link):
            yield from _said(message, normalizer, tied=message.belongs)


def _said(message: Message, normalizer: Normalizer, *, tied: bool) -> Iterator[Said]:
    if message.role == "question":
        if message.question is not None and message.question.kind != "ping":
            # Over a pipe it is a guess that a question belongs to the only call in flight, and for roots a bad one:
            # many servers ask for them when they have started.
            meanwhile = message.question.kind == "roots" and message.link.transport == "stdio"
            said = _question(message.question, message.params, normalizer, tied=tied and not meanwhile)
            said.meanwhile = meanwhile
            yield said
        return
    if message.role == "junk":
        junk = normalizer.value(message.frame.data.decode("utf-8", "replace"))
        yield Said("line that is no message", {"text": junk}, message.seq, False)
        return
    if message.type in ("response", "error"):
        answer = {name: value for name, value in mapping(message.message).items() if name in ("result", "error")}
        stray: Any = normalizer.value(answer)
        yield Said(f"{message.type} to nothing", stray, message.seq, False, message.dir == "c2s")
        return
    params: dict[str, Any] = dict(message.params)
    for name in ("progressToken", "requestId"):
        params.pop(name, None)
    value: Any = normalizer.value({"params": params})
    names = {"log": "log", "progress": "progress", "cancelled": "cancellation"}
    name = names.get(message.role, message.method or "message without a method")
    yield Said(name, value, message.seq, tied, message.dir == "c2s")


def _question(question: Question, params: Any, normalizer: Normalizer, *, tied: bool) -> Said:
    asked: dict[str, Any] = {"params": params}
    answer = question.answer
    if answer is not None:
        asked["error" if question.state == "refused" else "result"] = answer
    name = question.method if question.kind == "other" else f"{question.kind} question"
    value: Any = normalizer.value(asked)
    return Said(name, value, question.seq, tied)
