"""Places that hold others: an object, a list, one of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from mcpwatch.tui import paint
from mcpwatch.tui.call.choice import Choice, Press
from mcpwatch.tui.call.entry import TextEntry
from mcpwatch.tui.call.leaf import LeafPlace
from mcpwatch.tui.call.place import Place, focus_in
from mcpwatch.view.blank import ABSENT, Group, Node, Path, Rows, Variant

__all__ = ["GroupPlace", "RowsPlace", "VariantPlace", "place_widget"]


def place_widget(node: Node, *, bare: bool = False) -> Place:
    """The widget of a place; `bare` where what is around it has its name already."""
    match node:
        case Group():
            return GroupPlace(node, bare)
        case Rows():
            return RowsPlace(node, bare)
        case Variant():
            return VariantPlace(node, bare)
        case _:
            return LeafPlace(node, bare)


class GroupPlace(Place):
    """An object: its places below each other. One that may be left out is opened with Enter."""

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__(node, bare)
        self.group = cast("Group", node)
        self._before: object = ABSENT
        """What it held when it was left out, for when it is put back."""

    def shape(self) -> object:
        return self.node.json is not None, self.group.open, tuple(id(one) for one in self._inner())

    def _inner(self) -> list[Node]:
        return [*self.group.members, *self.group.others] if self.group.open else []

    def _parts(self) -> ComposeResult:
        group = self.group
        if not self.bare:
            sign = "▾ put in" if group.open else "▸ left out"
            yield from self._head(*(() if group.required else (Press(sign, "open"),)))
        with Vertical(classes="inner" if not self.bare else "row"):
            for node in self._inner():
                yield place_widget(node)
            if group.open and self.bare and not self._inner() and not group.extended:
                yield Static(paint.content("It takes no arguments.", "dim"))
            if group.open and group.left_out:
                yield Static(paint.content(f"and {group.left_out:,} more, which the JSON takes", "dim"))
            if group.open and group.extended:
                entry = TextEntry()
                entry.placeholder = "+ a name, then Enter"
                entry.add_class("name")
                yield entry

    def _sync(self) -> None:
        for place in self.children_places():
            place.sync()

    def children_places(self) -> Iterable[Place]:
        return [one for one in self.query(Place) if _owner(one) is self]

    def _wants(self) -> str:
        return super()._wants() if self.node.json is not None or not self.group.open else ""

    def press(self, what: str) -> None:
        if what != "open":
            super().press(what)
            return
        if self.group.open:
            self._before = self.group.value
            self.group.clear()
        elif self._before is ABSENT:
            self.group.begin()
        else:
            self.group.put(self._before)
        self.refocus()

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        if event.input.has_class("name"):
            event.stop()
            if event.value and self.group.add(event.value) is not None:
                self.refocus()

    @on(Input.Changed)
    def _naming(self, event: Input.Changed) -> None:
        event.stop()

    @on(Place.Dropped)
    def _dropped(self, event: Place.Dropped) -> None:
        if event.place is not self:
            event.stop()
            self.group.drop(event.place.node)
            self.refocus()


class RowsPlace(Place):
    """A list: its items below each other, and a sign that adds one."""

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__(node, bare)
        self.rows = cast("Rows", node)

    def shape(self) -> object:
        return self.node.json is not None, tuple(id(one) for one in self.rows.items), self.rows.full

    def _parts(self) -> ComposeResult:
        yield from self._head(*(() if self.rows.full else (Press("+ add", "add"),)))
        with Vertical(classes="inner"):
            for node in self.rows.items:
                yield place_widget(node)

    def _sync(self) -> None:
        for place in self.children_places():
            place.sync()

    def children_places(self) -> Iterable[Place]:
        return [one for one in self.query(Place) if _owner(one) is self]

    def press(self, what: str) -> None:
        if what != "add":
            super().press(what)
            return
        self.rows.add()
        self.call_next(self._rebuilt, len(self.rows.items) - 1)

    @on(Place.Dropped)
    def _dropped(self, event: Place.Dropped) -> None:
        if event.place is not self:
            event.stop()
            at = int(event.place.node.name)
            self.rows.drop(event.place.node)
            self.call_next(self._rebuilt, at)

    @on(Place.Shifted)
    def _shifted(self, event: Place.Shifted) -> None:
        if event.place is not self:
            event.stop()
            self.rows.move(event.place.node, event.by)
            self.call_next(self._rebuilt, int(event.place.node.name))

    async def _rebuilt(self, at: int) -> None:
        """Made anew, with the focus in the item with this number, or in what is there instead."""
        self._shape = self.shape()
        await self.recompose()
        places = list(self.children_places())
        focus_in(places[min(at, len(places) - 1)] if places else self)
        self.changed()


class VariantPlace(Place):
    """One of several: which, and its place."""

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__(node, bare)
        self.variant = cast("Variant", node)

    def shape(self) -> object:
        return self.node.json is not None, self.variant.chosen

    def _parts(self) -> ComposeResult:
        variant = self.variant
        labels = [one.label for one in variant.alternatives]
        yield from self._head(Choice(labels, variant.chosen, optional=not variant.required))
        if variant.node is not None:
            with Vertical(classes="inner"):
                yield place_widget(variant.node, bare=True)

    def _wants(self) -> str:
        return super()._wants() if self.node.json is not None else ""

    def _sync(self) -> None:
        for place in self.children_places():
            place.sync()

    def children_places(self) -> Iterable[Place]:
        return [one for one in self.query(Place) if _owner(one) is self]

    def tell(self, faults: Mapping[Path, str], *, all_of_them: bool) -> None:
        places = list(self.children_places())
        for child in places:
            child.tell(faults, all_of_them=all_of_them)
        if not places:
            super().tell(faults, all_of_them=all_of_them)

    @on(Choice.Chosen)
    def _chose(self, event: Choice.Chosen) -> None:
        event.stop()
        self.variant.choose(event.choice.chosen)
        self.refocus()


def _owner(place: Place) -> Place | None:
    return next((one for one in place.ancestors if isinstance(one, Place)), None)
