"""Two sequences laid side by side: what stands in both in the same order, what has moved, what has no partner.

Everything works on keys, never on the things themselves, so that a megabyte costs no more than a word. Short sequences
are laid out as a person would; for long ones the cost is bounded instead (n log n).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

__all__ = ["Aligned", "align"]

_MOST = 1_000_000
"""Pairs of keys that are looked at by the thorough way."""


class Aligned(NamedTuple):
    """Positions. `pairs` and `moved` are (in the first, in the second), sorted; the other two have no partner."""

    pairs: list[tuple[int, int]]
    moved: list[tuple[int, int]]
    only_first: list[int]
    only_second: list[int]


def align(first: Sequence[Hashable], second: Sequence[Hashable]) -> Aligned:
    """Lay out two sequences of keys."""
    start, most = 0, min(len(first), len(second))
    while start < most and first[start] == second[start]:
        start += 1
    end = 0
    while end < most - start and first[-1 - end] == second[-1 - end]:
        end += 1
    left, right = first[start : len(first) - end], second[start : len(second) - end]
    inner = _short(left, right) if len(left) * len(right) <= _MOST else _long(left, right)
    stayed = [(at, at) for at in range(min(len(left), len(right))) if left[at] == right[at]]
    if len(stayed) >= len(inner):
        inner = stayed  # of two that changed places, neither is what stands between them
    pairs = [(at, at) for at in range(start)]
    pairs += [(start + one, start + other) for one, other in inner]
    pairs += [(len(first) - at, len(second) - at) for at in range(end, 0, -1)]
    taken, met = {one for one, _ in pairs}, {other for _, other in pairs}
    rest = [at for at in range(len(first)) if at not in taken]
    found = [at for at in range(len(second)) if at not in met]
    moved = _by_occurrence([first[at] for at in rest], [second[at] for at in found])
    moves = [(rest[one], found[other]) for one, other in moved]
    gone, came = {one for one, _ in moves}, {other for _, other in moves}
    return Aligned(pairs, moves, [at for at in rest if at not in gone], [at for at in found if at not in came])


def _short(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    if not first or not second:
        return []
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [(one + at, other + at) for one, other, size in blocks for at in range(size)]


def _long(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest run of pairs in order, where each occurrence of a key can only meet the one of its number."""
    pairs = _by_occurrence(first, second)
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, other) in enumerate(pairs):
        at = bisect_left(tops, other)
        before.append(ends[at - 1] if at else -1)
        if at == len(tops):
            tops.append(other)
            ends.append(number)
        else:
            tops[at], ends[at] = other, number
    kept: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        kept.append(pairs[number])
        number = before[number]
    return kept[::-1]


def _by_occurrence(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The nth of a key with the nth of the same key, in the order of the first."""
    places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for at, key in enumerate(second):
        places[key].append(at)
    return [(at, places[key].popleft()) for at, key in enumerate(first) if places.get(key)]
