"""The places of a blank that hold others: an object, a list, one of several; and which of them a schema asks for.

Places are made when there is something in them, so a schema that contains itself is as long as what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from mcpwatch.documents import schema_faults
from mcpwatch.view.blank.meaning import Alternative, meaning_of, part
from mcpwatch.view.blank.node import ABSENT, REQUIRED, Leaf, Node, Path
from mcpwatch.view.form import Field, options_of
from mcpwatch.view.schema import Schema, types_of
from mcpwatch.view.values import entries, members

__all__ = ["MOST", "Group", "Rows", "Variant", "place"]

MOST: Final = 200
"""Places in one place: of a longer object or list the rest, or all of it, is edited as JSON."""
_FEW: Final = 10
_DEPTH: Final = 12
_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


def place(name: str | int, schema: object, root: Schema, *, required: bool = False, depth: int = 0) -> Node:
    """The place that `schema`, a part of `root`, asks for, with nothing in it but its default."""
    node = _place(name, schema, root, required, depth)
    if node.schema.get("default") is not None:
        node.put(node.schema["default"])
    elif required:
        node.begin()
    return node


def _place(name: str | int, schema: object, root: Schema, required: bool, depth: int) -> Node:
    meaning = meaning_of(schema, root)
    found, nullable = meaning.schema, meaning.nullable
    if depth >= _DEPTH:
        return Leaf(name, found, root, Field(str(name), found, required, "json"))
    if meaning.alternatives:
        return Variant(name, found, root, meaning.alternatives, required=required, nullable=nullable, depth=depth)
    kinds = types_of(found)
    kind = kinds[0] if len(kinds) == 1 else ""
    if options := options_of(found):
        field = Field(str(name), found, required, "choice", options)
        return Leaf(name, found, root, field, nullable=nullable)
    if kind == "array":
        items = meaning_of(found.get("items"), root)
        if (options := options_of(items.schema)) and found.get("uniqueItems") is True:
            field = Field(str(name), found, required, "choice", options, many=True)
            return Leaf(name, found, root, field, nullable=nullable)
        if "items" in found or "prefixItems" in found:
            return Rows(name, found, root, required=required, nullable=nullable, depth=depth)
    if kind == "object" and ("properties" in found or members(found.get("additionalProperties"))):
        return Group(name, found, root, required=required, nullable=nullable, depth=depth)
    field = Field(str(name), found, required, kind if kind in _SCALARS else "json")
    return Leaf(name, found, root, field, nullable=nullable)


class Group(Node):
    """An object. `open` says that it is there, were it empty."""

    def __init__(
        self, name: str | int, schema: Schema, root: Schema, *, required: bool, nullable: bool, depth: int
    ) -> None:
        super().__init__(name, schema, root, required=required, nullable=nullable)
        self._depth = depth
        self._needed = {one for one in entries(schema.get("required")) if isinstance(one, str)}
        self._known = members(schema.get("properties"))
        self.open = False
        self.members: list[Node] = []
        self.others: list[Node] = []
        """Those that the schema has no name for."""

    @property
    def extensible(self) -> bool:
        """Whether the schema lets names be added."""
        return self.schema.get("additionalProperties", True) is not False

    @property
    def left_out(self) -> int:
        """How many properties have no place, since there are so many."""
        return max(len(self._known) - MOST, 0)

    @property
    def extended(self) -> bool:
        """Whether names of one's own are what it is for."""
        return bool(members(self.schema.get("additionalProperties")))

    def add(self, name: str) -> Node | None:
        """A place under a name of one's own; None where that name is there already."""
        if any(node.name == name for node in (*self.members, *self.others)):
            return None
        self.begin()
        extra = self._known.get(name, self.schema.get("additionalProperties"))
        node = place(name, extra, self.root, required=True, depth=self._depth + 1)
        node.own = True
        self.others.append(node)
        return node

    def drop(self, node: Node) -> None:
        """Take away a place that was added."""
        self.others = [one for one in self.others if one is not node]

    def _value(self) -> Any:
        if not self.open:
            return ABSENT
        there = ((node.name, node.value) for node in (*self.members, *self.others))
        return {name: value for name, value in there if value is not ABSENT}

    def _take(self, value: Any) -> bool:
        if not isinstance(value, Mapping):
            return False
        given = cast("Mapping[str, Any]", value)
        self._fill(given)
        return len(self.others) <= MOST

    def begin(self) -> None:
        """Be there, with the defaults of what is in it."""
        if not self.members:
            for name in self._placed():
                needed = name in self._needed
                node = place(name, self._known[name], self.root, required=needed, depth=self._depth + 1)
                self.members.append(node)
        self.open = True

    def _placed(self) -> list[str]:
        """The names that have a place, in the schema's order: all, or of too many those that are required first."""
        placed = set(sorted(self._known, key=lambda name: name not in self._needed)[:MOST])
        return [name for name in self._known if name in placed]

    def _fill(self, given: Mapping[str, Any]) -> None:
        self.begin()
        self.others = []
        for node in self.members:
            node.put(given.get(str(node.name), ABSENT))
        placed = {node.name for node in self.members}
        for name, item in given.items():
            if name in placed:
                continue
            if len(self.others) > MOST:
                break
            extra = self._known.get(name, self.schema.get("additionalProperties"))
            node = place(name, extra, self.root, required=True, depth=self._depth + 1)
            node.own = True
            node.put(item)
            self.others.append(node)

    def _clear(self) -> None:
        self.open, self.members, self.others = False, [], []

    def _faults(self) -> Iterator[tuple[Path, str]]:
        if self.required and not self.open:
            yield (), REQUIRED
        for node in (*self.members, *self.others) if self.open else ():
            for path, why in node.faults():
                yield (node.name, *path), why

    def _misfits(self) -> Iterator[tuple[Path, str]]:
        for node in (*self.members, *self.others) if self.open else ():
            for path, why in node.misfits():
                yield (node.name, *path), why


class Rows(Node):
    """A list. `open` says that it is there, were it empty."""

    def __init__(
        self, name: str | int, schema: Schema, root: Schema, *, required: bool, nullable: bool, depth: int
    ) -> None:
        super().__init__(name, schema, root, required=required, nullable=nullable)
        self._depth = depth
        self.open = False
        self.items: list[Node] = []

    @property
    def full(self) -> bool:
        """Whether no more may be added."""
        most = self.schema.get("maxItems")
        return len(self.items) >= (min(most, MOST) if isinstance(most, int) else MOST)

    def add(self) -> Node:
        """One more place at the end."""
        self.open = True
        node = self._item(len(self.items))
        self.items.append(node)
        return node

    def drop(self, node: Node) -> None:
        """Take one away; those behind it move up."""
        self.items = [one for one in self.items if one is not node]
        self._count()

    def move(self, node: Node, by: int) -> None:
        """Move one by so many places, as far as there are any."""
        at = self.items.index(node)
        self.items.insert(max(0, min(at + by, len(self.items) - 1)), self.items.pop(at))
        self._count()

    def begin(self) -> None:
        """Be there, with as many places as it has to have."""
        self.open = True
        least = self.schema.get("minItems")
        while isinstance(least, int) and len(self.items) < min(least, _FEW):
            self.add()

    def _count(self) -> None:
        for at, node in enumerate(self.items):
            node.name = at

    def _item(self, at: int) -> Node:
        first = entries(self.schema.get("prefixItems"))
        schema = first[at] if at < len(first) else self.schema.get("items")
        node = place(at, schema, self.root, required=True, depth=self._depth + 1)
        node.own = True
        return node

    def _value(self) -> Any:
        # A place with nothing in it counts as null: without it those behind would move up unseen.
        return [None if node.value is ABSENT else node.value for node in self.items] if self.open else ABSENT

    def _take(self, value: Any) -> bool:
        if not isinstance(value, (list, tuple)) or len(cast("list[Any]", value)) > MOST:
            return False
        given = cast("list[Any]", value)
        self.open = True
        self.items = self.items[: len(given)]
        for at, item in enumerate(given):
            if at == len(self.items):
                self.items.append(self._item(at))
            self.items[at].put(item)
        return True

    def _clear(self) -> None:
        self.open, self.items = False, []

    def _faults(self) -> Iterator[tuple[Path, str]]:
        if self.required and not self.open:
            yield (), REQUIRED
        for at, node in enumerate(self.items) if self.open else ():
            for path, why in node.faults():
                yield (at, *path), why

    def _misfits(self) -> Iterator[tuple[Path, str]]:
        for at, node in enumerate(self.items) if self.open else ():
            for path, why in node.misfits():
                yield (at, *path), why


class Variant(Node):
    """One of several. `chosen` is which, None for none of them."""

    def __init__(
        self,
        name: str | int,
        schema: Schema,
        root: Schema,
        alternatives: tuple[Alternative, ...],
        *,
        required: bool,
        nullable: bool,
        depth: int,
    ) -> None:
        super().__init__(name, schema, root, required=required, nullable=nullable)
        self.alternatives = alternatives
        self.chosen: int | None = None
        self._depth = depth
        self._nodes: dict[int, Node] = {}
        self._checks: dict[int, Callable[[Any], list[tuple[Path, str]]]] = {}

    @property
    def node(self) -> Node | None:
        """The place of the chosen alternative."""
        return None if self.chosen is None else self._node(self.chosen)

    def choose(self, at: int | None) -> None:
        """Take this alternative. What was typed in another stays there for when it is taken again."""
        self._json = None
        self.chosen = at

    def begin(self) -> None:
        """Be there, as the first alternative."""
        self.choose(0)

    def _node(self, at: int) -> Node:
        node = self._nodes.get(at)
        if node is None:
            node = place(self.name, self.alternatives[at].schema, self.root, required=True, depth=self._depth + 1)
            self._nodes[at] = node
        return node

    def _value(self) -> Any:
        node = self.node
        return ABSENT if node is None else node.value

    def _take(self, value: Any) -> bool:
        order = list(range(len(self.alternatives)))
        if self.chosen is not None:  # where several would do, the one that is there
            order.sort(key=lambda at: at != self.chosen)
        for at in order:
            if not self._check(at)(value):
                return self._put(at, value)
        for at in order:
            if _alike(self.alternatives[at].schema, value):
                return self._put(at, value)
        return False

    def _check(self, at: int) -> Callable[[Any], list[tuple[Path, str]]]:
        check = self._checks.get(at)
        if check is None:
            check = self._checks[at] = schema_faults(part(self.alternatives[at].schema, self.root))
        return check

    def _put(self, at: int, value: Any) -> bool:
        self.chosen = at
        self._node(at).put(value)
        return True

    def _clear(self) -> None:
        self.chosen = None

    def _faults(self) -> Iterator[tuple[Path, str]]:
        node = self.node
        if node is not None:
            yield from node.faults()
        elif self.required:
            yield (), "required: choose one"

    def _misfits(self) -> Iterator[tuple[Path, str]]:
        node = self.node
        if node is not None and self.chosen is not None and node.value is not ABSENT:
            yield from node.misfits()
            yield from self._check(self.chosen)(node.value)


def _alike(schema: Schema, value: Any) -> bool:
    """Whether a value is at least of the type."""
    kinds = types_of(schema)
    if isinstance(value, Mapping):
        return "object" in kinds
    if isinstance(value, (list, tuple)):
        return "array" in kinds
    if isinstance(value, str):
        return "string" in kinds
    return not isinstance(value, bool) and isinstance(value, (int, float)) and bool({"integer", "number"} & set(kinds))
