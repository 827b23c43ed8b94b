"""What a server offers, as last listed, and what came and went since the listing before.

One `Listing` per kind (tools, prompts, resources, templates). Pages are merged in the order of their requests; the
first page starts over. The items are kept as the raw objects of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from mcpwatch.model.shapes import equal, items, mapping, text

ListKind: TypeAlias = Literal["tools", "prompts", "resources", "templates"]

METHODS: Final[dict[str, ListKind]] = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "templates",
}
MEMBERS: Final[dict[ListKind, tuple[str, str]]] = {
    "tools": ("tools", "name"),
    "prompts": ("prompts", "name"),
    "resources": ("resources", "uri"),
    "templates": ("resourceTemplates", "uriTemplate"),
}
"""Per kind: the member of the result that holds the items, and the member of an item that names it."""


class Change(NamedTuple):
    """What a new listing brought, by name (or URI), sorted. `seq` and `t` (seconds) are those of its last page."""

    link: str
    kind: ListKind
    seq: int
    t: float
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(slots=True, eq=False)
class Listing:
    """One kind's items by name or URI, in the server's order. Read it through `dict(listing.items)`.

    `complete` says that the last page was seen. `nameless` counts entries that had no usable name; of two with one name
    the later one stands, and `doubled` names it.
    """

    kind: ListKind
    items: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    complete: bool = False
    listed: float | None = None
    """When its last page came, in seconds; None if it never did."""
    nameless: int = 0
    doubled: tuple[str, ...] = ()
    before: dict[str, Mapping[str, Any]] | None = field(default=None, repr=False)
    """The last complete listing while a new one comes in."""

    def page(self, result: Mapping[str, Any], *, first: bool, link: str, seq: int, t: float) -> Change | None:
        """Take in one page. Returns the difference to the listing before once the last page is in, else None."""
        member, naming = MEMBERS[self.kind]
        if first:
            if self.complete:
                self.before = self.items
            self.items, self.nameless, self.doubled = {}, 0, ()
        for entry in items(result.get(member)):
            item = mapping(entry)
            name = text(item.get(naming))
            if name is None:
                self.nameless += 1
                continue
            if name in self.items and name not in self.doubled:
                self.doubled += (name,)
            self.items[name] = item
        self.listed = t
        self.complete = not text(result.get("nextCursor"))
        if not self.complete or self.before is None:
            return None
        before, self.before = self.before, None
        return Change(
            link,
            self.kind,
            seq,
            t,
            added=tuple(sorted(self.items.keys() - before.keys())),
            removed=tuple(sorted(before.keys() - self.items.keys())),
            changed=tuple(sorted(n for n in self.items.keys() & before.keys() if not equal(self.items[n], before[n]))),
        )
