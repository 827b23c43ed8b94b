"""A place of a form on the screen: its label, what belongs there, and what is wrong with what is there.

Each kind of place of a `Blank` has its widget: `leaf` for one value, `branches` for what holds others. A widget reads
and writes its place and tells that something changed; it never judges. When a value is put into the blank from
elsewhere, `sync` brings the widgets up to it, and makes anew only those whose place has become another kind of thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from mcpwatch.tui import paint
from mcpwatch.tui.call.choice import Press
from mcpwatch.tui.call.entry import JsonEntry, LinesEntry
from mcpwatch.view.blank import Node, Path
from mcpwatch.view.blank.node import REQUIRED
from mcpwatch.view.style import Line

__all__ = ["Place", "focus_in", "put_lines"]

_LABEL = 18
_ABOUT = 400


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

    class Drawn(Message):
        """The place is on the screen."""

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

    def on_mount(self) -> None:
        self.post_message(self.Drawn())

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
                put_lines(entry, self.node.json)
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
        if action == "shift":
            return isinstance(self.node.name, int) and not self.bare
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


def focus_in(widget: Widget) -> bool:
    """Give the focus to the widget, or to the first thing in it that is seen and takes one; whether there is one."""
    for one in (widget, *widget.query("*")):
        if one.focusable and all(each.display for each in one.ancestors_with_self if isinstance(each, Widget)):
            one.focus()
            return True
    return False


def put_lines(entry: LinesEntry, text: str) -> None:
    """Have an entry show a text, and tell nobody."""
    if entry.text != text:
        with entry.prevent(TextArea.Changed):
            entry.load_text(text)
