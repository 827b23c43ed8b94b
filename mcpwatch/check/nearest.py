"""What has no equal: its likely partner, or the one that comes nearest, and why it is not the same.

Only those that are left over come here, and the work is bounded: of very many the order alone decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, cast

from mcpwatch.check.change import changes_in, sentence
from mcpwatch.check.exchanged import Exchanged
from mcpwatch.check.same import same

__all__ = ["Nearest", "best_pairs", "likeness", "nearest"]

_MOST = 60
"""Leftovers of one method and name that are compared each with each."""
_CANDIDATES = 500
_LEAVES = 200
_ALIKE = 0.5
"""How alike two names have to be (0 to 1) to be called near."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The exchange of the other recording that comes nearest; `why` says what keeps it from being the same."""

    title: str
    seq: int
    t: float
    why: str


def best_pairs(
    first: Sequence[Exchanged], second: Sequence[Exchanged], left: Sequence[int], right: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of one method and name among what is left, and what is still left after that."""
    groups: defaultdict[tuple[str, str | None], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at in left:
        groups[first[at].method, first[at].name][0].append(at)
    for at in right:
        groups[second[at].method, second[at].name][1].append(at)
    pairs: list[tuple[int, int]] = []
    for mine, yours in groups.values():
        if len(mine) == len(yours) or len(mine) > _MOST or len(yours) > _MOST:
            pairs += zip(mine, yours, strict=False)
        else:
            pairs += _matched(first, second, mine, yours)
    taken, met = {one for one, _ in pairs}, {other for _, other in pairs}
    return pairs, [at for at in left if at not in taken], [at for at in right if at not in met]


def _matched(
    first: Sequence[Exchanged], second: Sequence[Exchanged], mine: Sequence[int], yours: Sequence[int]
) -> list[tuple[int, int]]:
    """The most alike first; of equally alike ones the earliest."""
    scored = sorted((-likeness(first[one].params, second[other].params), one, other) for one in mine for other in yours)
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    met: set[int] = set()
    for _, one, other in scored:
        if one not in taken and other not in met:
            pairs.append((one, other))
            taken.add(one)
            met.add(other)
    return pairs


def nearest(one: Exchanged, others: Sequence[Exchanged]) -> Nearest | None:
    """Which of `others` comes nearest to `one`; None where nothing is near."""
    same_name = [other for other in others if other.method == one.method and other.name == one.name]
    if same_name:
        best = max(same_name[:_CANDIDATES], key=lambda other: likeness(one.params, other.params))
        changes = changes_in(one.params, best.params, ("params",))
        why = sentence(changes[0]) if changes else "it asks for the same, but there are fewer of them"
        return Nearest(best.title, best.seq, best.t, why)
    best, score = None, 0.0
    for other in [other for other in others if other.method == one.method][:_CANDIDATES]:
        near = _nearness(one, other)
        if near > score:
            best, score = other, near
    if best is None or score < _ALIKE:
        return None
    told = "the same arguments" if same(_arguments(one.params), _arguments(best.params)) else "other arguments"
    return Nearest(best.title, best.seq, best.t, f"another name with {told}")


def _nearness(one: Exchanged, other: Exchanged) -> float:
    """From 0 to 1, by the names and, where there are any, the arguments: that two have none says nothing."""
    names = SequenceMatcher(None, one.name or "", other.name or "").ratio()
    mine, yours = _arguments(one.params), _arguments(other.params)
    return (names + likeness(mine, yours)) / 2 if mine or yours else names


def _arguments(params: Any) -> Any:
    """The parameters without what names the thing."""
    if not isinstance(params, dict):
        return params
    members = cast("Mapping[str, Any]", params)
    return members.get("arguments", {key: value for key, value in members.items() if key not in ("name", "uri")})


def likeness(a: Any, b: Any) -> float:
    """How much of two values is the same, from 0 to 1."""
    if same(a, b):
        return 1.0
    mine, yours = set(_leaves(a, "")), set(_leaves(b, ""))
    return len(mine & yours) / max(len(mine | yours), 1) if mine or yours else 0.5


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    stack: list[tuple[Any, str]] = [(value, path)]
    count = 0
    while stack and count < _LEAVES:
        value, path = stack.pop()
        if isinstance(value, dict):
            stack += [(member, f"{path}.{name}") for name, member in cast("Mapping[str, Any]", value).items()]
        elif isinstance(value, list):
            stack += [(item, f"{path}.{at}") for at, item in enumerate(cast("Sequence[Any]", value)[:_LEAVES])]
        else:
            count += 1
            yield path, str(value)[:_LEAVES]
