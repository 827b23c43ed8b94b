"""The places of a form on the screen: a label, what is typed or chosen there, and what is wrong with it.

Each kind of place of a `Blank` has its widget. A widget reads and writes its place and tells that something changed; it
never judges. When a value is put into the blank from elsewhere, `sync` brings the widgets up to it, and makes anew only
those whose place has become another kind of thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from mcpwatch.tui import paint
from mcpwatch.tui.call.choice import Choice, Press, Ticks
from mcpwatch.tui.call.entry import JsonEntry, LinesEntry, TextEntry
from mcpwatch.view.blank import ABSENT, Group, Leaf, Node, Path, Rows, Variant
from mcpwatch.view.blank.node import REQUIRED, same
from mcpwatch.view.style import Line
from mcpwatch.view.values import compact

__all__ = ["Place", "focus_in", "place_widget"]

_LABEL = 18
_MOST_SUGGESTED = 8
_ABOUT = 400


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


class Place(Widget):
    """One place. `touched` says that a person was here, so that what is missing is told as a fault."""

    DEFAULT_CSS = """
    Place { height: auto; width: 1fr; layout: vertical; }
    Place .row { height: auto; width: 1fr; }
    Place .label { width: 18; height: auto; }
    Place .about { height: auto; padding-left: 2; color: $text-muted; }
    Place .about.-fault { color: $text-error; text-style: bold; }
    Place .inner { height: auto; padding-left: 2; }
    Place .suggested { height: auto; padding-left: 18; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "lines", "More lines", id="form.lines", show=False),
        Binding("f4", "json", "As JSON", id="form.place-json", show=False),
        Binding("f8", "leave_out", "Leave out", id="form.leave-out", show=False),
        Binding("alt+up", "shift(-1)", "Move up", id="form.up", show=False),
        Binding("alt+down", "shift(1)", "Move down", id="form.down", show=False),
    ]

    class Changed(Message):
        """A person changed something at this place or below it."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    class Dropped(Message):
        """A person takes the place away."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    class Shifted(Message):
        """A person moves the place among those of its list."""

        def __init__(self, place: Place, by: int) -> None:
            super().__init__()
            self.place = place
            self.by = by

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__()
        self.node = node
        self.bare = bare
        self.touched = False
        self.fault = ""
        self._shape: object = None

    # ---- what the form asks

    def compose(self) -> ComposeResult:
        self._shape = self.shape()
        if self.node.json is not None:
            yield from self._head(JsonEntry(self.node.json))
        else:
            yield from self._parts()

    def shape(self) -> object:
        """What it is made of: while that stays, its widgets do."""
        return self.node.json is not None

    def sync(self) -> None:
        """Show what the place holds now."""
        if self.shape() != self._shape:
            self._shape = self.shape()
            self.refresh(recompose=True)
        elif self.node.json is not None:
            for entry in self.query(JsonEntry):
                _put_lines(entry, self.node.json)
        else:
            self._sync()

    def tell(self, faults: Mapping[Path, str], *, all_of_them: bool) -> None:
        """Show what is wrong, here and below. `all_of_them` also tells what is missing where nobody was yet."""
        mine = dict(faults)
        for child in self.children_places():
            under = {path[1:]: why for path, why in mine.items() if path and path[0] == child.node.name}
            mine = {path: why for path, why in mine.items() if not (path and path[0] == child.node.name)}
            child.tell(under, all_of_them=all_of_them)
        why = next(iter(mine.values()), "")
        self.fault = why if all_of_them or self.touched or why != REQUIRED else ""
        self._about()

    def children_places(self) -> Iterable[Place]:
        """The places in it."""
        return ()

    # ---- drawing

    def _parts(self) -> ComposeResult:
        yield from ()

    def _sync(self) -> None: ...

    def _label(self) -> Line:
        node = self.node
        if self.bare:
            return []
        name = f"[{node.name}]" if isinstance(node.name, int) else str(node.name)
        return [(name or '""', "name"), (" *" if node.required and not node.own else "", "warning")]

    def _head(self, *widgets: Widget) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static(paint.content(self._label()), classes="label")
            yield from widgets
            if self.node.own:
                yield Press("✗", "drop")
        about = Static(classes="about")
        self._tell_about(about)
        yield about

    def _tell_about(self, about: Static) -> None:
        said = self._said()
        about.update(said)
        about.set_class(bool(self.fault), "-fault")
        about.display = bool(said.plain.strip())

    def _said(self) -> Content:
        if self.fault:
            return paint.content(f"✗ {self.fault}", "error")
        node = self.node
        about = node.description or (node.title if node.title != node.name else "")
        shown = " ".join(about[:_ABOUT].split())
        return paint.content([(self._wants(), "dim"), ("  " if shown else "", ""), (shown, "")])

    def _wants(self) -> str:
        return f"JSON: {self.node.wants}" if self.node.json is not None else self.node.wants

    def _about(self) -> None:
        for about in self.query(Static).filter(".about"):
            if about.parent is self:
                self._tell_about(about)

    # ---- what a person does

    def changed(self) -> None:
        """Tell that something changed by a person's hand."""
        self.touched = True
        self.post_message(self.Changed(self))

    @on(TextArea.Changed)
    def _json_typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if isinstance(event.text_area, JsonEntry) and self.node.json not in (None, event.text_area.text):
            self.node.type_json(event.text_area.text)
            self.changed()

    @on(Press.Pressed)
    def _pressed(self, event: Press.Pressed) -> None:
        event.stop()
        self.press(event.press.what)

    def press(self, what: str) -> None:
        """A sign of this place was pressed."""
        if what == "drop":
            self.post_message(self.Dropped(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "lines":
            return isinstance(self, LeafPlace) and self.node.json is None and self.leaf.field.kind == "string"
        if action == "shift":
            return isinstance(self.node.name, int)
        return True

    def action_json(self) -> None:
        if self.node.json is None:
            self.node.as_json()
        elif not self.node.as_form():
            return
        self.refocus()

    def action_leave_out(self) -> None:
        if self.node.own:
            self.post_message(self.Dropped(self))
            return
        self.node.clear()
        self.sync()
        self.changed()

    def action_shift(self, by: int) -> None:
        self.post_message(self.Shifted(self, by))

    def refocus(self) -> None:
        """Make it anew, with the focus in it, and tell that it changed."""
        self.call_next(self._refocus)

    async def _refocus(self) -> None:
        self._shape = self.shape()
        await self.recompose()
        focus_in(self)
        self.changed()


class LeafPlace(Place):
    """A place with one value."""

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__(node, bare)
        self.leaf = cast("Leaf", node)
        self._lines = False

    def shape(self) -> object:
        return self.node.json is not None, self._lines or "\n" in self.leaf.typed

    def _parts(self) -> ComposeResult:
        leaf, field = self.leaf, self.leaf.field
        if field.many:
            yield from self._head(Ticks([title for _, title in field.options], self._ticked()))
        elif field.kind == "choice" and len(field.options) == 1 and leaf.required:
            yield from self._head(Static(paint.content(field.options[0][1])))
        elif field.kind in ("choice", "boolean"):
            yield from self._head(Choice(self._titles(), self._chosen(), optional=not leaf.required))
        elif field.kind == "string" and (self._lines or "\n" in leaf.typed):
            yield from self._head(LinesEntry(leaf.typed))
        else:
            yield from self._head(TextEntry(leaf.typed, password=field.schema.get("format") == "password"))
            suggested = Static(classes="suggested")
            suggested.display = False
            yield suggested

    def _wants(self) -> str:
        only = self.leaf.field.kind == "choice" and len(self.leaf.field.options) == 1 and self.leaf.required
        return "" if only else super()._wants()

    def _sync(self) -> None:
        leaf = self.leaf
        for entry in self.query(TextEntry):
            if entry.value != leaf.typed:
                with entry.prevent(Input.Changed):
                    entry.value = leaf.typed
        for lines in self.query(LinesEntry):
            _put_lines(lines, leaf.typed)
        for choice in self.query(Choice):
            choice.chosen = self._chosen()
        for ticks in self.query(Ticks):
            ticks.ticked = set(self._ticked())
            ticks.refresh()

    def _titles(self) -> list[str]:
        if self.leaf.field.kind == "boolean":
            return ["yes", "no"]
        return [
            title
            if isinstance(value, str) and value == title
            else f"{title}  ({compact(value, 40)})"
            if compact(value) != title
            else title
            for value, title in self.leaf.field.options
        ]

    def _values(self) -> list[object]:
        return [True, False] if self.leaf.field.kind == "boolean" else [value for value, _ in self.leaf.field.options]

    def _chosen(self) -> int | None:
        value = self.node.value
        return next((at for at, option in enumerate(self._values()) if same(option, value)), None)

    def _ticked(self) -> list[int]:
        value = self.node.value
        given = cast("list[object]", value) if isinstance(value, list) else []
        return [at for at, option in enumerate(self._values()) if any(same(option, one) for one in given)]

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.leaf.typed and self.node.json is None:
            self.leaf.type(event.value)
            self.changed()

    @on(TextArea.Changed)
    def _lines_typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not isinstance(event.text_area, JsonEntry) and event.text_area.text != self.leaf.typed:
            self.leaf.type(event.text_area.text)
            self._lines = True
            self.changed()

    @on(Choice.Chosen)
    def _chose(self, event: Choice.Chosen) -> None:
        event.stop()
        self.node.put(ABSENT if event.choice.chosen is None else self._values()[event.choice.chosen])
        self.changed()

    @on(Ticks.Ticked)
    def _ticks(self, event: Ticks.Ticked) -> None:
        event.stop()
        values = self._values()
        self.node.put([values[at] for at in sorted(event.ticks.ticked)])
        self.changed()

    @on(TextEntry.Suggesting)
    def _suggesting(self, event: TextEntry.Suggesting) -> None:
        event.stop()
        entry = event.entry
        first = max(0, min((entry.chosen or 0) - _MOST_SUGGESTED // 2, len(entry.suggested) - _MOST_SUGGESTED))
        lines: list[Line] = []
        for at, value in list(enumerate(entry.suggested))[first : first + _MOST_SUGGESTED]:
            lines.append(
                [("› " if at == entry.chosen else "  ", "hint"), (value, "strong" if at == entry.chosen else "")]
            )
        if len(entry.suggested) > _MOST_SUGGESTED:
            lines.append([(f"  {len(entry.suggested):,} suggestions", "dim")])
        for shown in self.query(Static).filter(".suggested"):
            shown.update(paint.lines_content(lines))
            shown.display = bool(lines)

    def action_lines(self) -> None:
        self._lines = not self._lines and "\n" not in self.leaf.typed
        self.refocus()


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


def focus_in(widget: Widget) -> bool:
    """Give the focus to the widget, or to the first thing in it that is seen and takes one; whether there is one."""
    for one in (widget, *widget.query("*")):
        if one.focusable and all(each.display for each in one.ancestors_with_self if isinstance(each, Widget)):
            one.focus()
            return True
    return False


def _owner(place: Place) -> Place | None:
    return next((one for one in place.ancestors if isinstance(one, Place)), None)


def _put_lines(entry: LinesEntry, text: str) -> None:
    if entry.text != text:
        with entry.prevent(TextArea.Changed):
            entry.load_text(text)
