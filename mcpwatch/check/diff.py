"""What changed between two recordings: the interface, each exchange, what was said between them, who has no partner.

Owns which exchange of one is compared with which of the other: first those that ask for the same thing, in order; then
what is left of the same method and name; the rest has no partner, and is told which one is nearest. What was only a
matter of timing is no difference: a message that came during a call in one recording and after it in the other, calls
that were in flight together, latency unless it is asked for. Deterministic, and no more than n log n in the number of
messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcpwatch.check.align import align
from mcpwatch.check.change import NOTHING, Change, changes_in, shown
from mcpwatch.check.exchanged import Exchanged, Said, exchanged, said_outside
from mcpwatch.check.interface import InterfaceChange, interface_changes, unlisted
from mcpwatch.check.nearest import Nearest, best_pairs, nearest
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.recorded import Recorded, RecordedLink
from mcpwatch.model.shapes import mapping
from mcpwatch.text import duration

__all__ = ["Alone", "Diff", "LinkDiff", "Pair", "compare", "compare_links"]

_NOTICEABLE_MS = 10.0
"""Milliseconds more or less that are never worth a word."""
_OUTSIDE, _ALONE = -1, -2
"""Places of what was said, beside the numbers of pairs: outside of exchanges, and in one that has no partner."""


@dataclass(slots=True)
class Pair:
    """Two exchanges that belong together. `a_t` and `b_t` are seconds on each recording's clock."""

    title: str
    a_seq: int
    b_seq: int
    a_t: float
    b_t: float
    changes: list[Change] = field(default_factory=list[Change])


@dataclass(slots=True)
class Alone:
    """An exchange of one recording (`side` is `a` or `b`) that the other has nothing for."""

    title: str
    side: str
    seq: int
    t: float
    params: Any
    nearest: Nearest | None = None


@dataclass(slots=True)
class LinkDiff:
    """One link in both recordings. `name` is its name in the first."""

    name: str
    interface: list[InterfaceChange] = field(default_factory=list[InterfaceChange])
    pairs: list[Pair] = field(default_factory=list[Pair])
    alone: list[Alone] = field(default_factory=list[Alone])
    outside: list[Change] = field(default_factory=list[Change])
    """What was said outside of any exchange, and how the link ended."""
    notes: list[str] = field(default_factory=list[str])
    """What is no difference of the server's, but good to know."""

    @property
    def same(self) -> bool:
        return not (self.interface or self.alone or self.outside or any(pair.changes for pair in self.pairs))


@dataclass(slots=True)
class Diff:
    """All of it. `a` and `b` are what the recordings are called."""

    a: str
    b: str
    links: list[LinkDiff] = field(default_factory=list[LinkDiff])
    only_a: list[str] = field(default_factory=list[str])
    """Links that the second recording has not got."""
    only_b: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    @property
    def same(self) -> bool:
        return not (self.only_a or self.only_b) and all(link.same for link in self.links)

    @property
    def breaking(self) -> int:
        """How many changes of the interface are breaking."""
        return sum(one.breaking for link in self.links for one in link.interface)


def compare(
    a: Recorded,
    b: Recorded,
    *,
    names: tuple[str, str] | None = None,
    ignore: Sequence[str] = (),
    interface_only: bool = False,
    latency: float | None = None,
) -> Diff:
    """Compare two recordings. `ignore` are paths as `Normalizer` takes them, `latency` how many times as long a call
    has to take to be a difference. Raises `UsageError` for a path that is none, and RecordingError.
    """
    names = names or (str(a.path), str(b.path))
    diff = Diff(*names)
    for name, recorded in zip(names, (a, b), strict=True):
        if not recorded.complete:
            diff.notes.append(f"{name} is incomplete: what happened after its end is not known")
    pairs, diff.only_a, diff.only_b = _links(a.links, b.links)
    for one, other in pairs:
        link = compare_links(one, other, ignore=ignore, interface_only=interface_only, latency=latency)
        diff.links.append(link)
    return diff


def compare_links(
    a: RecordedLink,
    b: RecordedLink,
    *,
    ignore: Sequence[str] = (),
    interface_only: bool = False,
    latency: float | None = None,
) -> LinkDiff:
    """Compare two links. Raises like `compare`."""
    made = LinkDiff(a.name)
    left, right = Normalizer(ignore), Normalizer(ignore)
    made.interface = interface_changes(a.server, b.server, left, right)
    for kind, in_first in unlisted(a.server, b.server):
        made.notes.append(f"{kind} were listed only in {'A' if in_first else 'B'}, so they are not compared")
    if a.transport != b.transport:
        made.notes.append(f"A went over {a.transport}, B over {b.transport}")
    if interface_only:
        return made
    eras_differ = a.era != b.era
    first = list(exchanged(a, left, eras_differ=eras_differ))
    second = list(exchanged(b, right, eras_differ=eras_differ))
    found = _Exchanges(first, second)
    unmatched = _Unmatched()
    for number, (one, other) in enumerate(found.pairs):
        pair = Pair(first[one].title, first[one].seq, second[other].seq, first[one].t, second[other].t)
        pair.changes += _compare(first[one], second[other], latency)
        if (one, other) in found.moved:
            pair.changes.append(Change("moved", a=one + 1, b=other + 1, what="request"))
        pair.changes += unmatched.align(number, first[one].said, second[other].said)
        made.pairs.append(pair)
    made.alone = [
        *(_alone("a", first[at], second) for at in found.only_first if not _is_listing_of_ours(first[at])),
        *(_alone("b", second[at], first) for at in found.only_second if not _is_listing_of_ours(second[at])),
    ]
    unmatched.align(_ALONE, _all_said(first, found.only_first), _all_said(second, found.only_second))
    said = list(said_outside(a, left, first)), list(said_outside(b, right, second))
    for sent in (False, True):
        made.outside += unmatched.align(_OUTSIDE, *([one for one in some if one.sent == sent] for some in said))
    for place, changes in unmatched.changes():
        (made.outside if place == _OUTSIDE else made.pairs[place].changes).extend(changes)
    made.outside += _end(a, b)
    return made


def _links(
    a: Sequence[RecordedLink], b: Sequence[RecordedLink]
) -> tuple[list[tuple[RecordedLink, RecordedLink]], list[str], list[str]]:
    """Links of one name; the only one on each side whatever it is called."""
    by_name = {one.name: one for one in b}
    pairs = [(one, by_name[one.name]) for one in a if one.name in by_name]
    met = {one.name for one, _ in pairs}
    left, right = [one for one in a if one.name not in met], [one for one in b if one.name not in met]
    if len(left) == len(right) == 1:
        return [*pairs, (left[0], right[0])], [], []
    return pairs, [one.name for one in left], [one.name for one in right]


class _Exchanges:
    """Who belongs to whom, as positions in the two lists: `pairs` in the order of the first."""

    def __init__(self, first: Sequence[Exchanged], second: Sequence[Exchanged]) -> None:
        aligned = align([one.key for one in first], [one.key for one in second])
        # What the client sent while something else was in flight, it might as well have sent before.
        self.moved = {
            (one, other) for one, other in aligned.moved if not (_overlaps(first, one) or _overlaps(second, other))
        }
        likely, self.only_first, self.only_second = best_pairs(first, second, aligned.only_first, aligned.only_second)
        self.pairs = sorted([*aligned.pairs, *aligned.moved, *likely])


def _overlaps(exchanges: Sequence[Exchanged], at: int) -> bool:
    """Whether another exchange was in flight beside this one."""
    one = exchanges[at]
    if at and exchanges[at - 1].until > one.t:
        return True
    return at + 1 < len(exchanges) and one.until > exchanges[at + 1].t


def _is_listing_of_ours(one: Exchanged) -> bool:
    """A list that nobody typed: how often it is asked for depends on when the server says that it changed."""
    return one.lists and one.by != "user" and one.outcome[0] == "result"


def _all_said(exchanges: Sequence[Exchanged], places: Iterable[int]) -> list[Said]:
    return [one for at in places for one in exchanges[at].said]


def _alone(side: str, one: Exchanged, others: Sequence[Exchanged]) -> Alone:
    return Alone(one.title, side, one.seq, one.t, one.params, nearest(one, others))


def _compare(a: Exchanged, b: Exchanged, latency: float | None) -> list[Change]:
    """How the request and its answer differ."""
    changes = changes_in(a.params, b.params, ("params",))
    if a.outcome[0] != b.outcome[0] or (a.ended != b.ended and "a result" in (a.ended, b.ended)):
        changes.append(Change("outcome", a=a.ended, b=b.ended))
    else:
        changes += changes_in(a.outcome[1], b.outcome[1], (a.outcome[0],))
    if latency is not None and a.ms is not None and b.ms is not None and abs(a.ms - b.ms) >= _NOTICEABLE_MS:
        times = duration(a.ms / 1000), duration(b.ms / 1000)
        if b.ms > a.ms * latency:
            changes.append(Change("slower", a=times[0], b=times[1]))
        elif a.ms > b.ms * latency:
            changes.append(Change("faster", a=times[0], b=times[1]))
    return changes


@dataclass(slots=True)
class _Loose:
    """Something said that found no equal in its place."""

    place: int
    said: Said
    what: str


class _Unmatched:
    """What was said without an equal in the same place, until all places are known."""

    def __init__(self) -> None:
        self._gone: list[_Loose] = []
        self._new: list[_Loose] = []

    def align(self, place: int, a: Sequence[Said], b: Sequence[Said]) -> list[Change]:
        """Lay out what was said in one place. Returns what only moved; the rest waits for `changes`."""
        before, after = _named(a), _named(b)
        changes: list[Change] = []
        for one, other in _lanes(a, b):
            aligned = align([a[at].key for at in one], [b[at].key for at in other])
            self._gone += [_Loose(place, a[one[at]], before[one[at]]) for at in aligned.only_first]
            self._new += [_Loose(place, b[other[at]], after[other[at]]) for at in aligned.only_second]
            changes += [
                Change("moved", a=left + 1, b=right + 1, what=f"{before[one[left]]}{_content(a[one[left]])}")
                for left, right in aligned.moved
            ]
        return changes

    def changes(self) -> Iterator[tuple[int, list[Change]]]:
        """What is left, by place: changed where both have one of the name, else gone or new."""
        self._forgive()
        by_name: defaultdict[tuple[int, str], tuple[list[_Loose], list[_Loose]]] = defaultdict(lambda: ([], []))
        for at, some in enumerate((self._gone, self._new)):
            for one in some:
                by_name[one.place, one.said.name][at].append(one)
        for (place, _), (gone, new) in by_name.items():
            if place == _ALONE:
                continue  # it came or went with its exchange
            changes: list[Change] = []
            for one, other in zip(gone, new, strict=False):
                changes += changes_in(one.said.value, other.said.value, what=other.what)
            changes += [Change("gone", a=_params(one.said), what=one.what) for one in gone[len(new) :]]
            changes += [Change("new", b=_params(one.said), what=one.what) for one in new[len(gone) :]]
            yield place, changes

    def _forgive(self) -> None:
        """Take out what was said in both recordings, only at another time: in a call and outside of any, or during two
        different calls that it does not belong to.
        """
        waiting: defaultdict[str, list[_Loose]] = defaultdict(list)
        for one in self._new:
            waiting[one.said.key].append(one)
        found: set[int] = set()
        for one in self._gone:
            others = waiting.get(one.said.key, [])
            for other in others:
                if _OUTSIDE in (one.place, other.place) or not (one.said.tied and other.said.tied):
                    found |= {id(one), id(other)}
                    others.remove(other)
                    break
        self._gone = [one for one in self._gone if id(one) not in found]
        self._new = [one for one in self._new if id(one) not in found]


def _lanes(a: Sequence[Said], b: Sequence[Said]) -> list[tuple[list[int], list[int]]]:
    """What is laid out together, as positions. Mostly all of it; but where a server asks by itself during a call, what
    it logs may be about that, and comes in no order with what belongs to the call.
    """
    if not any(one.meanwhile for one in (*a, *b)):
        return [([*range(len(a))], [*range(len(b))])]
    names = dict.fromkeys(one.name for one in (*a, *b))
    return [
        ([at for at, one in enumerate(a) if one.name == name], [at for at, one in enumerate(b) if one.name == name])
        for name in names
    ]


def _named(said: Iterable[Said]) -> list[str]:
    """What each is called: its name, and which of that name it is."""
    counts: dict[str, int] = {}
    names: list[str] = []
    for one in said:
        counts[one.name] = counts.get(one.name, 0) + 1
        names.append(f"{one.name} {counts[one.name]}")
    return names


def _content(said: Said) -> str:
    """What it says, in a few words."""
    params = mapping(_params(said))
    told: Any = params.get("data", params.get("message", params.get("progress", params.get("uri", NOTHING))))
    return "" if told is NOTHING else f" ({shown(told, 40)})"


def _params(said: Said) -> Any:
    value = mapping(said.value)
    return value.get("params", said.value) if value.keys() <= {"params"} else said.value


def _end(a: RecordedLink, b: RecordedLink) -> list[Change]:
    """How the server's process ended, where it did so by itself."""
    ends = [_ended(one) for one in (a, b)]
    return [] if ends[0] == ends[1] else [Change("changed", "", *ends, what="end of the server")]


def _ended(link: RecordedLink) -> str:
    closed = link.closed
    if closed is None or closed.reason not in ("exit", "signal", "lost"):
        return "ended by the client"
    if closed.signal is not None:
        return f"signal {closed.signal}"
    return "connection lost" if closed.reason == "lost" else f"exit {closed.code}"
