"""What a file says and where it says it: plain values, and the line, column and extent of each of them.

This module owns positions. How a file becomes one is `yaml12`'s business, what may stand in it `check`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from mcpwatch.errors import UsageError

__all__ = ["Document", "Mark", "Node", "Path"]

Path: TypeAlias = Sequence[str | int]
"""From the top of a document to a value in it: the keys of mappings and the indexes of lists."""


class Mark(NamedTuple):
    """A place in a file; line and column count from 1, the column in characters."""

    line: int
    column: int


@dataclass(slots=True)
class Node:
    """The extent of one value: `start` and `end` are offsets in the text, in characters."""

    mark: Mark
    start: int
    end: int
    key: Mark | None = None
    """Of a value in a mapping: where its key stands."""
    key_start: int | None = None
    children: dict[str | int, Node] = field(default_factory=dict[str | int, "Node"])


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. `name` is its path as the person wrote it, `value` plain Python, `text` all of it."""

    name: str
    text: str
    value: Any
    node: Node

    def where(self, path: Path, *, key: bool = False) -> Mark:
        """Where the value at `path` stands, or its key; for one that is not there its nearest ancestor."""
        node = self._nearest(path)
        return node.key if key and node.key is not None else node.mark

    def at(self, path: Path, *, key: bool = False) -> str:
        """`answers.yaml:12:5`."""
        mark = self.where(path, key=key)
        return f"{self.name}:{mark.line}:{mark.column}"

    def line(self, path: Path) -> str:
        """`answers.yaml:12`."""
        return f"{self.name}:{self.where(path).line}"

    def error(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> UsageError:
        """The error about the value at `path`: `answers.yaml:12:5: message`."""
        return UsageError(f"{self.at(path, key=key)}: {message}", hint=hint)

    def span(self, path: Path) -> tuple[int, int]:
        """Where the text of the value at `path` starts and ends in `text`, without what follows it (blank lines, a
        comment). Raises `KeyError` for a path that is not there.
        """
        node = self.node
        for step in path:
            node = node.children[step]
        return node.start, node.end

    def get(self, path: Path) -> Any:
        """The value at `path`; None where there is none."""
        value: Any = self.value
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _nearest(self, path: Path) -> Node:
        node = self.node
        for step in path:
            found = node.children.get(step)
            if found is None:
                break
            node = found
        return node
