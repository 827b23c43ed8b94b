"""How often, how fast, how much: the numbers of each method and of each tool, folded as the events come.

Everything here is bounded, however long a session runs: a histogram of as many buckets as there are orders of time, a
course over time of a fixed number of slots that grow wider. Nothing is ever counted again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, frexp
from typing import Final, NamedTuple

from mcpwatch.events import Direction, Frame
from mcpwatch.model.shapes import label

__all__ = ["Course", "Latency", "Numbers", "Stats", "Subject"]

LIMIT: Final = 1000
"""Subjects that are told apart on one link; what comes after them is counted together."""
OTHERS: Final = "(others)"
_EXACT: Final = 128
"""Times of which the first so many are kept as they were, so that a few calls have exact percentiles."""
_STEPS: Final = 32
"""Buckets between a time and its double: what is read from them is true to within 1.6 %."""
_SLOTS: Final = 256
_NARROWEST: Final = 1 / 256
_LONGEST: Final = 1e12
"""Seconds that no recording lasts: a time beyond is somebody's joke."""


class Latency:
    """A distribution of times in milliseconds, of which any percentile can be asked for."""

    __slots__ = ("_buckets", "_first", "count", "least", "most")

    def __init__(self) -> None:
        self.count = 0
        self.least = self.most = 0.0
        self._first = array("d")
        self._buckets: dict[int, int] = {}

    def add(self, ms: float) -> None:
        """Take in one time; what is negative or no number is none."""
        if not 0.0 <= ms < _LONGEST:
            return
        self.least = ms if self.count == 0 else min(self.least, ms)
        self.most = max(self.most, ms)
        self.count += 1
        if self.count <= _EXACT:
            self._first.append(ms)
        part, power = frexp(ms)
        bucket = power * _STEPS + int((part - 0.5) * 2 * _STEPS) if ms else -(1 << 16)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def percentile(self, percent: float) -> float | None:
        """The time (ms) that `percent` of all do not exceed; None where there is none."""
        if self.count == 0:
            return None
        rank = max(ceil(self.count * percent / 100), 1)
        if self.count <= _EXACT:
            return sorted(self._first)[rank - 1]
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                power, step = divmod(bucket, _STEPS)
                middle = (0.5 + (step + 0.5) / (2 * _STEPS)) * 2.0**power
                return min(max(middle, self.least), self.most)
        return self.most

    def merge(self, other: Latency) -> None:
        """Take in all that `other` has."""
        if other.count == 0:
            return
        self.least = other.least if self.count == 0 else min(self.least, other.least)
        self.most = max(self.most, other.most)
        self._first.extend(other._first[: max(_EXACT - len(self._first), 0)])
        self.count += other.count
        for bucket, count in list(other._buckets.items()):
            self._buckets[bucket] = self._buckets.get(bucket, 0) + count


class Course:
    """How many there were when, since the recording began: slots that become twice as wide when time outgrows them."""

    __slots__ = ("_slots", "width")

    def __init__(self) -> None:
        self.width = _NARROWEST
        """Seconds a slot."""
        self._slots = array("Q", bytes(8 * _SLOTS))

    def add(self, t: float, count: int = 1) -> None:
        """Count one more at `t`, in seconds."""
        if not 0.0 <= t < _LONGEST:
            return
        slot = int(t / self.width)
        while slot >= _SLOTS:
            self._widen()
            slot = int(t / self.width)
        self._slots[slot] += count

    def over(self, end: float, cells: int) -> list[float]:
        """The counts from the beginning to `end` (seconds) in so many cells; what lies across two is in both."""
        found = [0.0] * cells
        slots, width = self._slots, self.width
        span = max(end, width) / max(cells, 1)
        for slot, count in enumerate(slots if cells > 0 else ()):
            if count:
                begin = slot * width / span
                # Nothing is later than now: what lies behind the end is there because slots are coarse.
                first, last = min(int(begin), cells - 1), min(int(begin + width / span), cells - 1)
                share = min((first + 1 - begin) * span / width, 1.0) if last > first else 1.0
                found[first] += count * share
                between = last - first
                for cell in range(first + 1, last + 1):
                    found[cell] += count * (1.0 - share) / between
        return found

    def merge(self, other: Course) -> None:
        """Take in all that `other` has."""
        while self.width < other.width:
            self._widen()
        for slot, count in enumerate(list(other._slots)):
            if count:
                self.add((slot + 0.5) * other.width, count)

    def _widen(self) -> None:
        slots = self._slots
        halves = (slots[at] + slots[at + 1] for at in range(0, _SLOTS, 2))
        # A new one, put in place at once: a reader in another thread sees the old one or this.
        self._slots, self.width = array("Q", [*halves, *([0] * (_SLOTS // 2))]), self.width * 2


class Subject(NamedTuple):
    """What numbers are about: requests and notifications of one side, of one method; with a name those alone that are
    about it (a tool, a prompt, a resource).
    """

    dir: Direction
    method: str
    name: str | None = None


@dataclass(slots=True, eq=False)
class Numbers:
    """The numbers of one subject. `bytes` are those of requests, answers and notifications, without line ends."""

    count: int = 0
    """Requests or notifications."""
    errors: int = 0
    """Answers that were an error, or a result with `isError`."""
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    """When the first and the last one came, in seconds."""
    latency: Latency = field(default_factory=Latency)
    """From a request to its answer; of a call with input rounds each by itself."""
    course: Course = field(default_factory=Course)

    def merge(self, other: Numbers) -> None:
        """Add what another link knows of the same subject."""
        self.first = other.first if self.count == 0 else min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.count += other.count
        self.errors += other.errors
        self.bytes += other.bytes
        self.latency.merge(other.latency)
        self.course.merge(other.course)


class Stats:
    """The numbers of one link, by subject. The fold writes; read `dict(stats.by_subject)`."""

    __slots__ = ("by_subject",)

    def __init__(self) -> None:
        self.by_subject: dict[Subject | tuple[str, str | None, str | None], Numbers] = {}

    def sent(self, frame: Frame) -> None:
        """A request or a notification."""
        for numbers in self._of(frame.dir, frame):
            if numbers.count == 0:
                numbers.first = frame.t
            numbers.count += 1
            numbers.bytes += frame.size
            numbers.last = frame.t
            numbers.course.add(frame.t)

    def answered(self, frame: Frame) -> None:
        """A response or an error, to whatever it may be."""
        for numbers in self._of("c2s" if frame.dir == "s2c" else "s2c", frame):
            numbers.bytes += frame.size

    def settled(self, frame: Frame, since: float | None, *, failed: bool) -> None:
        """A response or an error that answers a request of `since` (seconds); None where that says nothing of speed."""
        for numbers in self._of("c2s" if frame.dir == "s2c" else "s2c", frame):
            numbers.errors += failed
            if since is not None:
                numbers.latency.add((frame.t - since) * 1000.0)

    @classmethod
    def sum(cls, several: Iterable[Stats]) -> Stats:
        """The numbers of several links together."""
        whole = cls()
        for one in several:
            for subject, numbers in list(one.by_subject.items()):
                whole.by_subject.setdefault(subject, Numbers()).merge(numbers)
        return whole

    def _of(self, dir: Direction, frame: Frame) -> tuple[Numbers, ...]:
        # A plain tuple finds what a named one has put in, at half the price; there can be a million of these.
        method, name = frame.method, frame.name
        whole = self.by_subject.get((dir, method, None))
        if whole is None:
            whole = self._new(dir, method, None)
        if name is None:
            return (whole,)
        part = self.by_subject.get((dir, method, name))
        if part is None and (part := self._new(dir, method, name)) is whole:
            return (whole,)
        return (whole, part)

    def _new(self, dir: Direction, method: str | None, name: str | None) -> Numbers:
        method = OTHERS if method is None else label(method)
        name = None if name is None else label(name)
        if len(self.by_subject) >= LIMIT and (dir, method, name) not in self.by_subject:
            known = name is not None and (dir, method, None) in self.by_subject
            method, name = (method, OTHERS) if known else (OTHERS, None)
        return self.by_subject.setdefault(Subject(dir, method, name), Numbers())
