"""What a server offers, as it was last listed: the list, what is looked for in it, and what is known of one entry.

Read from the model, so it is the same for a server that runs, one behind a proxy, and a recording. An entry keeps the
object of the wire; all of its text is the server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple, TypeAlias

from textual.binding import Binding, BindingType
from textual.message import Message

from mcpwatch.model import Timeline
from mcpwatch.model.listing import ListKind
from mcpwatch.text import size
from mcpwatch.tui.rows import RowList
from mcpwatch.view.style import Line
from mcpwatch.view.uritemplate import variables
from mcpwatch.view.values import compact, entries, members, text_of

__all__ = ["Offer", "OfferKind", "OfferList", "about", "offered", "schema_of"]

OfferKind: TypeAlias = Literal["tool", "prompt", "resource", "template"]
_KINDS: Final[tuple[tuple[OfferKind, ListKind, str], ...]] = (
    ("tool", "tools", "tools"),
    ("prompt", "prompts", "prompts"),
    ("resource", "resources", "resources"),
    ("template", "templates", "templates"),
)
_HINTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("readOnlyHint", "only reads", "may change things"),
    ("destructiveHint", "may destroy", "destroys nothing"),
    ("idempotentHint", "twice is once", "twice is twice"),
    ("openWorldHint", "reaches beyond itself", "stays within itself"),
)
"""What a tool says of itself, and what that means where it is true and where it is false."""


class Offer(NamedTuple):
    """One tool, prompt, resource or template of one link. `name` is the URI (or its template) for the last two."""

    link: str
    kind: OfferKind
    name: str
    item: Mapping[str, Any]
    fresh: bool = False
    """It came with the last change of the list."""

    @property
    def title(self) -> str:
        title = text_of(self.item.get("title")) or text_of(members(self.item.get("annotations")).get("title"))
        return title or (text_of(self.item.get("name")) if self.kind in ("resource", "template") else "")

    def has(self, words: list[str]) -> bool:
        """Whether all of these, in small letters, stand in its name, title or description."""
        text = "\n".join((self.name, self.title, text_of(self.item.get("description")))).lower()
        return all(word in text for word in words)


def offered(timeline: Timeline, link: str, search: str = "") -> list[tuple[str, list[Offer]]]:
    """Tools, prompts, resources, templates: a heading and the entries that have every word of `search` in them."""
    server = timeline.links.get(link)
    if server is None:
        return []
    words = search.lower().split()
    fresh: dict[str, set[str]] = {}
    for change in list(server.changes):
        fresh[change.kind] = {*change.added}
    found: list[tuple[str, list[Offer]]] = []
    for kind, listed, heading in _KINDS:
        listing = server.listings[listed]
        new = fresh.get(listed, set())
        every = [Offer(link, kind, name, item, name in new) for name, item in list(listing.items.items())]
        some = [offer for offer in every if offer.has(words)] if words else every
        if some:
            count = f"{len(some)} of {len(every)}" if len(some) < len(every) else str(len(every))
            found.append((f"{heading} {count}", some))
    return found


def schema_of(offer: Offer) -> Mapping[str, Any] | None:
    """The schema of its arguments: a tool's own, texts for a prompt and a template, None for a resource."""
    match offer.kind:
        case "tool":
            return members(offer.item.get("inputSchema"))
        case "prompt":
            named = [members(argument) for argument in entries(offer.item.get("arguments"))]
            return _texts(
                {
                    text_of(argument.get("name")): {
                        "type": "string",
                        "description": text_of(argument.get("description")),
                        "title": text_of(argument.get("title")),
                    }
                    for argument in named
                },
                [text_of(argument.get("name")) for argument in named if argument.get("required") is True],
            )
        case "template":
            names = variables(offer.name)
            return _texts({name: {"type": "string"} for name in names}, [])
        case "resource":
            return None


def _texts(properties: dict[str, dict[str, str]], required: list[str]) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def about(offer: Offer) -> list[Line]:
    """What the server says of it."""
    item = offer.item
    lines: list[Line] = [[(offer.name, "name"), (f"  {offer.title}" if offer.title != offer.name else "", "strong")]]
    facts = [text_of(item.get("mimeType")), size(item["size"]) if isinstance(item.get("size"), int) else ""]
    annotations = members(item.get("annotations"))
    if offer.kind == "tool":
        facts += [
            yes if annotations[key] is True else no for key, yes, no in _HINTS if isinstance(annotations.get(key), bool)
        ]
    known = {key for key, _, _ in _HINTS} | {"title"}
    facts += [f"{key}: {compact(value, 60)}" for key, value in annotations.items() if key not in known]
    if offer.fresh:
        facts.insert(0, "new")
    if any(facts):
        lines.append([(" · ".join(fact for fact in facts if fact), "hint")])
    lines += [[(line, "")] for line in text_of(item.get("description")).strip().split("\n") if line.strip()]
    return lines


class OfferList(RowList):
    """The entries below their headings. `chosen` is the one that the cursor is at."""

    class Opened(Message):
        """Enter, or a click, on an entry."""

        def __init__(self, offer: Offer) -> None:
            super().__init__()
            self.offer = offer

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", id="call.open")]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[str | Offer] = []
        self.nothing = ""
        """What is said where the list is empty."""

    @property
    def count(self) -> int:
        return len(self._rows) or bool(self.nothing)

    @property
    def chosen(self) -> Offer | None:
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return row if isinstance(row, Offer) else None

    def put(self, found: list[tuple[str, list[Offer]]]) -> None:
        """Show these; the cursor stays with its entry, if that is still there."""
        before = self.chosen
        self._rows = [row for heading, some in found for row in (heading, *some)]
        if before is None or not self.go_to(before.kind, before.name):
            self.cursor = next((at for at, row in enumerate(self._rows) if at >= self.cursor and _is(row)), 0)
            if not _is(self._rows[self.cursor] if self._rows else ""):
                self.cursor = max((at for at, row in enumerate(self._rows) if _is(row)), default=0)
        self.renew()

    def go_to(self, kind: str, name: str) -> bool:
        """Put the cursor to this entry; whether there is one."""
        for at, row in enumerate(self._rows):
            if isinstance(row, Offer) and (row.kind, row.name) == (kind, name):
                self.go(at)
                return True
        return False

    def line(self, number: int, width: int) -> Line:
        if not self._rows:
            return [(self.nothing, "dim")]
        row = self._rows[number]
        if isinstance(row, str):
            return [(row, "strong")]
        mark = "+ " if row.fresh else "  "
        return [(mark, "ok"), (row.name, ""), (f"  {row.title}" if row.title != row.name else "", "dim")]

    def go(self, line: int) -> None:
        # Headings are passed over, in the direction of the move; there is always an entry below one.
        line = min(max(line, 0), max(self.count - 1, 0))
        if self._rows and isinstance(self._rows[line], str):
            line = line - 1 if line < self.cursor and line > 0 else line + 1
        super().go(line)

    def action_open(self) -> None:
        if (offer := self.chosen) is not None:
            self.post_message(self.Opened(offer))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        self.action_open()


def _is(row: str | Offer) -> bool:
    return isinstance(row, Offer)
