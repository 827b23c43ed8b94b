"""A JSON value as a tree whose nodes fold: only what is unfolded has lines.

Of a long array or object some hundred members are shown, and as many more whenever one asks for them. A text that
holds JSON, as tools' results often do, unfolds into it; one of several lines into those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from mcpwatch.strictjson import from_json
from mcpwatch.view.style import Line, clean, clip_line
from mcpwatch.view.values import compact, cut, entries, members

__all__ = ["JsonTree"]

_SOME: Final = 200
"""Members that are shown at once."""
_UNFOLDED: Final = 120
"""Lines that a tree has at first, about."""
_SHORT: Final = 400
_LONGEST: Final = 1 << 16
"""Characters of a text that may unfold."""
_DEEPEST: Final = 100


@dataclass(slots=True)
class _Node:
    depth: int
    path: tuple[str | int, ...]
    key: str
    value: Any
    inside: int = 0
    """How many members it has, if it can be unfolded."""
    more: int = 0
    """How many members of the node above are not shown: this line stands for them."""
    text: bool = False
    """One line of a text."""


class JsonTree:
    """`rest` is said at the end, where the value is not all of it."""

    def __init__(self, value: Any, rest: str = "") -> None:
        self._value = value
        self._rest = rest
        self._folds: dict[tuple[str | int, ...], bool] = {}
        self._some: dict[tuple[str | int, ...], int] = {}
        self._unfold_first()
        self._nodes = list(self._flat())

    @property
    def count(self) -> int:
        return len(self._nodes) + bool(self._rest)

    def fit(self, width: int) -> None:
        """A line is cut to whatever width there is."""

    def line(self, number: int, width: int) -> Line:
        if number >= len(self._nodes):
            return [(self._rest, "hint")]
        node = self._nodes[number]
        lead: Line = [("  " * min(node.depth, 16), "")]
        if node.more:
            return [*lead, (f"  … {node.more:,} more", "hint")]
        if node.text:
            return clip_line(clean([*lead, ("  ", ""), (node.value, "")]), width)
        fold = ("▾ " if self._is_open(node.path) else "▸ ") if node.inside else "  "
        key: Line = [(node.key, "name"), (": ", "dim")] if node.key else []
        return clip_line(clean([*lead, (fold, "key"), *key, *self._shown(node)]), width)

    def toggle(self, number: int) -> bool:
        if number >= len(self._nodes):
            return False
        node = self._nodes[number]
        if node.more:
            self._some[node.path] = self._some.get(node.path, _SOME) + _SOME * 5
        elif node.inside:
            self._folds[node.path] = not self._is_open(node.path)
        else:
            return False
        self._nodes = list(self._flat())
        return True

    def _shown(self, node: _Node) -> Line:
        value = node.value
        is_object, is_array = isinstance(value, dict), isinstance(value, list)
        if is_object or is_array:
            kind = "{}" if is_object else "[]"
            if not node.inside:
                return [(kind, "dim")]
            if self._is_open(node.path):
                return [(f"{kind[0]}{node.inside:,}{kind[1]}", "dim")]
            return [(f"{kind[0]}{node.inside:,}{kind[1]} ", "dim"), (compact(value, 120, weight=1 << 20), "dim")]
        if isinstance(value, str):
            if node.inside and self._is_open(node.path):
                return [(f"text of {len(value):,} characters", "dim")]
            return [(compact(value, _SHORT), "in")]
        return [(compact(value, _SHORT), "junk")]

    def _is_open(self, path: tuple[str | int, ...]) -> bool:
        return self._folds.get(path, False)

    def _flat(self) -> Iterator[_Node]:
        yield from self._below((), "", self._value, 0)

    def _below(self, path: tuple[str | int, ...], key: str, value: Any, depth: int) -> Iterator[_Node]:
        inside = _inside(value)
        yield _Node(depth, path, key, value, inside)
        if not inside or not self._is_open(path) or depth > _DEEPEST:
            return
        some = self._some.get(path, _SOME)
        if isinstance(value, str):
            found = _in_text(value)
            if found is not None:
                yield from self._below((*path, "(JSON)"), "(JSON)", found, depth + 1)
                return
            for line in value.split("\n")[:some]:
                yield _Node(depth + 1, path, "", line, text=True)
        else:
            for name, item in islice(_items(value), some):
                shown = name if isinstance(name, int) else cut(name, 200)
                yield from self._below((*path, name), str(shown), item, depth + 1)
        if inside > some:
            yield _Node(depth + 1, path, "", None, more=inside - some)

    def _unfold_first(self) -> None:
        """Unfold level by level, as long as what comes up is not too much."""
        level: list[tuple[tuple[str | int, ...], Any]] = [((), self._value)]
        lines = 1
        while level:
            below: list[tuple[tuple[str | int, ...], Any]] = []
            for path, value in level:
                inside = 0 if isinstance(value, str) else _inside(value)
                if not inside or lines + min(inside, _SOME) > _UNFOLDED:
                    continue
                lines += min(inside, _SOME)
                self._folds[path] = True
                below += [((*path, name), item) for name, item in islice(_items(value), _SOME)]
            level = below


def _inside(value: Any) -> int:
    """How many lines unfolding a value would bring; 0 where there is nothing to unfold."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return 0
        if _in_text(value) is not None:
            return 1
        return value.count("\n") + 1 if "\n" in value.strip("\n") else 0
    return len(members(value)) or len(entries(value))


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    yield from members(value).items()
    yield from enumerate(entries(value))


def _in_text(text: str) -> Any:
    """The object or array that a text holds, else None."""
    if text[:1] not in ("{", "[") or len(text) > _LONGEST:
        return None
    try:
        return from_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None
