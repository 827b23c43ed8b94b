"""What an aggregator makes of what its backends say by themselves: which notifications and questions came through.

Keyed by content: the same method with the same parameters, without what every connection has of its own (tokens, ids,
times, `_meta`). Pure: frames in, an account out. Where the frames come from, one recording of both sides or one of
each, is the caller's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from mcpwatch.check.nearest import likeness
from mcpwatch.check.normalize import Normalizer, fingerprint
from mcpwatch.events import Event, Frame
from mcpwatch.model.shapes import key as id_key

__all__ = ["Account", "Fate", "Following", "Forwarded", "Passage", "Said", "counted", "forwarded"]

Fate: TypeAlias = Literal["through", "changed", "lost"]
LATE: Final = 1.0
"""Seconds behind the backend's own frame from which one that came through counts as late."""
_ALIKE: Final = 0.5
"""How alike two parameters have to be for one to be the other, changed: 1 is the same."""
_CANDIDATES: Final = 500
"""Frames that are compared with one that has no equal."""
_STANDING: Final = frozenset({"subscriptions/listen"})
"""Requests that are open by design: nothing is late by the time since one of them."""
_OWN: Final = ("progressToken", "requestId", "taskId")
"""Members of a notification's parameters that belong to a connection."""


class Said(NamedTuple):
    """A frame of a server's own; `since`: seconds after the request that it was sent during, None for none."""

    frame: Frame
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """One frame of a backend, and what became of it. `behind` in seconds; `doubled`: it came that much more often."""

    frame: Frame
    fate: Fate
    as_: Frame | None = None
    behind: float | None = None
    doubled: int = 0
    out_of_order: bool = False

    @property
    def late(self) -> bool:
        return self.behind is not None and self.behind >= LATE

    @property
    def whole(self) -> bool:
        """Whether nothing is to be said of it."""
        return self.fate == "through" and not self.doubled and not self.out_of_order and not self.late


@dataclass(frozen=True, slots=True)
class Account:
    """One backend's frames, in order."""

    link: str
    passages: tuple[Passage, ...]

    def methods(self) -> dict[str, list[Passage]]:
        """By method, in the order of their first frames."""
        found: dict[str, list[Passage]] = {}
        for passage in self.passages:
            found.setdefault(passage.frame.method or "", []).append(passage)
        return found

    @property
    def through(self) -> int:
        return sum(passage.fate != "lost" for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of each backend's frames; `own` is how many frames the aggregator sent by itself, by method."""

    via: str
    accounts: tuple[Account, ...]
    own: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def whole(self) -> bool:
        """Whether everything came through as it was."""
        return all(passage.whole for account in self.accounts for passage in account.passages)

    def document(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "via": self.via,
            "whole": self.whole,
            "backends": {
                account.link: {method: counted(passages) for method, passages in account.methods().items()}
                for account in self.accounts
            },
            "own": dict(self.own),
        }


def counted(passages: Sequence[Passage]) -> dict[str, int]:
    """How many there were, and what became of how many."""
    return {
        "sent": len(passages),
        "through": sum(one.fate == "through" for one in passages),
        "changed": sum(one.fate == "changed" for one in passages),
        "lost": sum(one.fate == "lost" for one in passages),
        "doubled": sum(one.doubled for one in passages),
        "late": sum(one.late for one in passages),
        "outOfOrder": sum(one.out_of_order for one in passages),
    }


class Following:
    """Collects from a session, event by event, what `forwarded` compares: what each link's server says by itself."""

    def __init__(self) -> None:
        self.said: dict[str, list[Said]] = {}
        self._running: dict[str, dict[Hashable, float]] = {}

    def take(self, event: Event) -> None:
        """A sink of the hub."""
        if not event.link:
            return
        said = self.said.setdefault(event.link, [])
        if not isinstance(event, Frame):
            return
        running = self._running.setdefault(event.link, {})
        if event.dir == "c2s" and event.type == "request":
            if event.method not in _STANDING:
                running[id_key(event.id)] = event.t
        elif event.dir == "c2s" and event.method == "notifications/cancelled":
            running.pop(id_key(event.params.get("requestId")), None)
        elif event.dir == "s2c" and event.type in ("response", "error"):
            running.pop(id_key(event.id), None)
        elif _is_said(event):
            said.append(Said(event, event.t - max(running.values()) if running else None))

    def account(self, via: str) -> Forwarded:
        """Of all so far; `via` is the aggregator's link."""
        backends = {link: said for link, said in self.said.items() if link != via}
        return forwarded(backends, via, self.said.get(via, ()))


def forwarded(backends: Mapping[str, Sequence[Said]], via: str, came: Sequence[Said]) -> Forwarded:
    """Follow what each backend said to the client behind the aggregator `via`, which said `came`.

    What belongs to a request is late by the time since that; for the rest times have to be on one clock.
    """
    normalizer = Normalizer()
    free: dict[Hashable, deque[Said]] = defaultdict(deque)
    for said in came:
        free[_key(said.frame, normalizer)].append(said)
    wanted: dict[Hashable, int] = defaultdict(int)
    for sent in backends.values():
        for said in sent:
            wanted[_key(said.frame, normalizer)] += 1
    found: dict[str, list[tuple[Said, Said | None, int]]] = {}
    for link, sent in backends.items():
        found[link] = [(said, *_partner(said.frame, free, wanted, normalizer)) for said in sent]
    leftover = [said for waiting in free.values() for said in waiting]
    accounts = tuple(Account(link, tuple(_passages(pairs, leftover, normalizer))) for link, pairs in found.items())
    own: dict[str, int] = {}
    for said in leftover:
        own[said.frame.method or ""] = own.get(said.frame.method or "", 0) + 1
    return Forwarded(via, accounts, own)


def _is_said(frame: Frame) -> bool:
    """Whether a server says it by itself, to a client that should hear it."""
    if frame.dir != "s2c" or frame.method is None or frame.method == "ping":
        return False
    if frame.type == "notification":
        return frame.method not in ("notifications/cancelled", "notifications/subscriptions/acknowledged")
    return frame.type == "request"


def _key(frame: Frame, normalizer: Normalizer) -> Hashable:
    return frame.method, frame.type, fingerprint(_content(frame, normalizer))


def _content(frame: Frame, normalizer: Normalizer) -> Any:
    params = {name: value for name, value in frame.params.items() if name not in _OWN and name != "_meta"}
    return normalizer.value(params)


def _partner(
    frame: Frame, free: dict[Hashable, deque[Said]], wanted: dict[Hashable, int], normalizer: Normalizer
) -> tuple[Said | None, int]:
    """The frame that it came through as, and how often too many: counted on the last one of its kind."""
    key = _key(frame, normalizer)
    wanted[key] -= 1
    waiting = free[key]
    if not waiting:
        return None, 0
    partner = waiting.popleft()
    if wanted[key]:
        return partner, 0
    doubled = len(waiting)
    waiting.clear()
    return partner, doubled


def _passages(
    pairs: Sequence[tuple[Said, Said | None, int]], leftover: list[Said], normalizer: Normalizer
) -> Iterable[Passage]:
    order = _in_order([partner.frame.seq for _, partner, _ in pairs if partner is not None])
    for said, partner, doubled in pairs:
        if partner is not None:
            there = partner.frame
            yield Passage(said.frame, "through", there, _behind(said, partner), doubled, there.seq not in order)
        elif (changed := _alike(said.frame, leftover, normalizer)) is not None:
            leftover.remove(changed)
            yield Passage(said.frame, "changed", changed.frame, _behind(said, changed))
        else:
            yield Passage(said.frame, "lost")


def _behind(said: Said, partner: Said) -> float:
    if said.since is not None and partner.since is not None:
        return max(0.0, partner.since - said.since)
    return max(0.0, partner.frame.t - said.frame.t)


def _alike(frame: Frame, candidates: Sequence[Said], normalizer: Normalizer) -> Said | None:
    """Of what came and is nobody's yet: the frame of the same method that is most like it."""
    content = _content(frame, normalizer)
    best, most = None, _ALIKE
    for candidate in candidates[:_CANDIDATES]:
        there = candidate.frame
        if there.method == frame.method and there.type == frame.type:
            alike = likeness(content, _content(there, normalizer))
            if alike >= most and (best is None or alike > most):
                best, most = candidate, alike
    return best


def _in_order(numbers: Sequence[int]) -> set[int]:
    """The most of these numbers that stand in order: those that are left out came out of it."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        where = bisect_left(tails, number)
        before.append(at[where - 1] if where else None)
        if where == len(tails):
            tails.append(number)
            at.append(place)
        else:
            tails[where], at[where] = number, place
    found: set[int] = set()
    place = at[-1] if at else None
    while place is not None:
        found.add(numbers[place])
        place = before[place]
    return found
