"""One thing that is not as it was, and where: the words that `diff` and `replay` share.

Owns how two normalised values differ, leaf by leaf, with paths that can be given to `--ignore` as they stand. Which
values belong together is `align`'s and `exchanged`'s to say; what a change looks like is the view's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal, TypeAlias, cast

from mcpwatch.check.align import align
from mcpwatch.check.same import fingerprint, same

__all__ = ["MOST_CHANGES", "NOTHING", "Change", "ChangeKind", "changes_in", "sentence", "shown"]

ChangeKind: TypeAlias = Literal["changed", "gone", "new", "moved", "outcome", "slower", "faster"]
MOST_CHANGES: Final = 1000
"""Changes of one exchange that are counted out; two things that differ in more have nothing to do with each other."""
_MOST_ITEMS: Final = 2000
_SHOWN: Final = 80
_DEEPEST: Final = 300


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"

    def __bool__(self) -> bool:
        return False


NOTHING: Final = _Nothing()
"""There is no value: not even null."""


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is the message that changed where it is not the request or its answer (`log 2`); `path` the place in it,
    as `--ignore` takes it. `a` and `b` are the values before and after, `NOTHING` where there is none.
    """

    kind: ChangeKind
    path: str = ""
    a: Any = NOTHING
    b: Any = NOTHING
    what: str = ""


def changes_in(a: Any, b: Any, path: Sequence[str | int] = (), what: str = "") -> list[Change]:
    """How two values differ, leaf by leaf, at most `MOST_CHANGES`; empty where they are the same."""
    return [] if same(a, b) else list(islice(_leaves(a, b, tuple(path), what), MOST_CHANGES))


def _leaves(a: Any, b: Any, path: tuple[str | int, ...], what: str) -> Iterator[Change]:
    if len(path) > _DEEPEST or same(a, b):
        return
    if isinstance(a, dict) and isinstance(b, dict):
        before, after = cast("Mapping[str, Any]", a), cast("Mapping[str, Any]", b)
        for name, value in before.items():
            if name in after:
                yield from _leaves(value, after[name], (*path, name), what)
            else:
                yield Change("gone", _path((*path, name)), value, NOTHING, what)
        for name, value in after.items():
            if name not in before:
                yield Change("new", _path((*path, name)), NOTHING, value, what)
    elif isinstance(a, list) and isinstance(b, list):
        yield from _items(cast("Sequence[Any]", a), cast("Sequence[Any]", b), path, what)
    else:
        yield Change("changed", _path(path), a, b, what)


def _items(a: Sequence[Any], b: Sequence[Any], path: tuple[str | int, ...], what: str) -> Iterator[Change]:
    """Items in both stay partners wherever they stand; between them, what was replaced is compared in order."""
    if len(a) == len(b) or len(a) > _MOST_ITEMS or len(b) > _MOST_ITEMS:
        aligned = None
    else:
        aligned = align([fingerprint(one) for one in a], [fingerprint(one) for one in b])
    if aligned is None or not aligned.pairs:
        for at in range(max(len(a), len(b))):
            if at >= len(b):
                yield Change("gone", _path((*path, at)), a[at], NOTHING, what)
            elif at >= len(a):
                yield Change("new", _path((*path, at)), NOTHING, b[at], what)
            else:
                yield from _leaves(a[at], b[at], (*path, at), what)
        return
    before = 0
    after = 0
    for one, other in [*aligned.pairs, (len(a), len(b))]:
        for offset in range(max(one - before, other - after)):
            left, right = before + offset, after + offset
            if left >= one:
                yield Change("new", _path((*path, right)), NOTHING, b[right], what)
            elif right >= other:
                yield Change("gone", _path((*path, left)), a[left], NOTHING, what)
            else:
                yield from _leaves(a[left], b[right], (*path, right), what)
        before, after = one + 1, other + 1


def _path(path: Sequence[str | int]) -> str:
    return ".".join(str(part).replace("\\", "\\\\").replace(".", "\\.") for part in path)


def sentence(change: Change, most: int = _SHOWN) -> str:
    """A change in words, each value cut to `most` characters."""
    where = f"{change.what}: {change.path}" if change.what and change.path else change.what or change.path
    a, b = shown(change.a, most), shown(change.b, most)
    match change.kind:
        case "gone":
            return f"{where} is gone: {a}"
        case "new":
            return f"{where} is new: {b}"
        case "moved":
            return f"{where} moved: it was {_nth(change.a)}, now it is {_nth(change.b)}"
        case "slower" | "faster":
            return f"{change.kind}: {change.a} before, {change.b} now"
        case "outcome":
            return f"it ended in {change.a}, now in {change.b}"
        case _:
            if isinstance(change.a, str) and isinstance(change.b, str):
                a, b = _apart(str(change.a), str(change.b), most)
            return f"{where}: {a} → {b}"


def _nth(position: int) -> str:
    ending = "th" if position % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(position % 10, "th")
    return f"the {position}{ending}"


def shown(value: Any, most: int = _SHOWN) -> str:
    """A value in a sentence: as JSON, cut."""
    if value is NOTHING:
        return "nothing"
    if isinstance(value, str):
        value = value[: most + 1]  # of a megabyte only what is shown has to be escaped
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = "?"
    return text if len(text) <= most else text[: most - 1] + "…"


def _apart(a: str, b: str, most: int) -> tuple[str, str]:
    """Two texts, cut so that where they part can be seen."""
    if len(a) <= most - 2 and len(b) <= most - 2:
        return shown(a, 2 * most), shown(b, 2 * most)
    at = next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))
    begin = max(0, at - most // 3)
    mark = "…" if begin else ""
    return mark + shown(a[begin:], most), mark + shown(b[begin:], most)
