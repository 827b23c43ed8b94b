"""A form on the screen: the places of a blank, the same value as JSON beside them, and what is wrong with it.

Both sides edit one `Blank`. Where there is room they stand beside each other, else a key goes from one to the other.
JSON that cannot be read stays as it was typed and is told; until it can be, the places keep what they had and wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeAlias

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from mcpwatch.tui import paint
from mcpwatch.tui.call.branches import place_widget
from mcpwatch.tui.call.choice import Press
from mcpwatch.tui.call.entry import JsonEntry, TextEntry
from mcpwatch.tui.call.leaf import LeafPlace
from mcpwatch.tui.call.place import Place, focus_in
from mcpwatch.view.blank import ABSENT, Blank, Path
from mcpwatch.view.style import Line
from mcpwatch.view.values import members

__all__ = ["Complete", "FormWidget"]

Complete: TypeAlias = Callable[[str, str, Mapping[str, Any]], Awaitable[Sequence[str]]]
"""(name of a field, what is typed in it, the other fields' values) to what could stand there."""
_WIDE = 76
"""Cells from which on there is room for both."""
_PAUSE = 0.2
"""Seconds without a key after which suggestions are asked for."""


class FormWidget(Widget):
    """A form for `schema`, with `value` in it where one is given, else with the schema's defaults.

    `text` is JSON that was left behind, which may be none; `complete` suggests values for the fields of the outermost
    object.
    """

    DEFAULT_CSS = """
    FormWidget { height: 1fr; width: 1fr; layout: vertical; }
    FormWidget .sides { height: 1fr; width: 1fr; }
    FormWidget .fields { width: 1fr; height: 1fr; }
    FormWidget .whole { width: 1fr; height: 1fr; max-height: 100%; display: none; }
    FormWidget.-json .fields { display: none; }
    FormWidget.-json .whole { display: block; }
    FormWidget.-wide .fields { display: block; }
    FormWidget.-wide .whole { display: block; border-left: solid $panel; }
    FormWidget .foot { height: auto; width: 1fr; }
    FormWidget .state { width: 1fr; height: auto; max-height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "submit", "Send", key_display="^j", id="form.submit", priority=True),
        Binding("ctrl+t", "json", "Form/JSON", key_display="^t", id="form.json"),
        Binding("f9", "take_back", "Give up the JSON", id="form.take-back", show=False),
    ]

    class Changed(Message):
        """A person changed the value; `form.errors` says what is wrong with it."""

        def __init__(self, form: FormWidget) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> FormWidget:
            return self.form

    class Submitted(Message):
        """A person is done with it. `form.errors` may say that it does not fit, and whether that matters is the
        owner's to say; JSON that cannot be read is never submitted."""

        def __init__(self, form: FormWidget) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> FormWidget:
            return self.form

    def __init__(
        self,
        schema: Mapping[str, Any],
        value: Any = ABSENT,
        *,
        text: str | None = None,
        complete: Complete | None = None,
        submit: str = "Send",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.blank = Blank(schema, value)
        if text is not None:
            self.blank.type_text(text)
        self.complete = complete
        self._submit = submit
        self._pending = self._drawing = False
        self._all = False
        self._timer: Timer | None = None

    # ---- what its owner asks

    @property
    def value(self) -> Any:
        """The value as it stands; an empty object where there is nothing at all."""
        value = self.blank.value
        return {} if value is ABSENT else value

    @property
    def errors(self) -> dict[Path, str]:
        """What does not fit, by place; empty where all of it may be sent."""
        return self.blank.errors

    def put(self, value: Any) -> None:
        """Fill in another value."""
        self.blank.put(value)
        self._show_places()
        self._show_text()
        self._settle()

    def insist(self) -> None:
        """Tell everything that is wrong, also where nobody has typed yet, and go to the first of it."""
        self._all = True
        self._settle()
        if self.blank.bad is not None:
            self._show_json(True)
            self.query_one(".whole", JsonEntry).focus()
            return
        wrong = next((place for place in self.query(Place) if place.fault), None)
        if wrong is not None:
            self._show_json(False)
            focus_in(wrong)

    # ---- drawing

    def compose(self) -> ComposeResult:
        with Horizontal(classes="sides"):
            with VerticalScroll(classes="fields", can_focus=False):
                yield place_widget(self.blank.root, bare=True)
            whole = JsonEntry(self.blank.text)
            whole.add_class("whole")
            yield whole
        with Horizontal(classes="foot"):
            yield Static("", classes="state")
            yield Press([(f"[ {self._submit} ]", "strong")], "submit")

    def on_mount(self) -> None:
        self._show_json(self.blank.bad is not None)
        self._settle()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _WIDE, "-wide")

    @property
    def as_json(self) -> bool:
        """Whether it is the JSON that is edited."""
        return self.query_one(".whole", JsonEntry).has_focus if self.has_class("-wide") else self.has_class("-json")

    def focus(self, scroll_visible: bool = True) -> FormWidget:
        """Go to the first place in it."""
        focus_in(self)
        return self

    # ---- what a person does

    def action_json(self) -> None:
        self._show_json(not self.as_json)
        if not focus_in(self.query_one(".whole" if self.has_class("-json") else ".fields")):
            focus_in(self.query_one(".foot"))

    def action_submit(self) -> None:
        if self.blank.bad is not None:
            self.insist()
        else:
            self.post_message(self.Submitted(self))

    def action_take_back(self) -> None:
        if self.blank.bad is not None:
            self.blank.drop_text()
            self._show_text()
            self._settle()

    @on(Press.Pressed)
    def _pressed(self, event: Press.Pressed) -> None:
        event.stop()
        self.action_submit()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    @on(Place.Changed)
    def _place_changed(self, event: Place.Changed) -> None:
        event.stop()
        self._show_text()
        self._soon()
        if self.complete is not None and isinstance(event.place, LeafPlace):
            self._ask_soon(event.place)

    @on(TextArea.Changed)
    def _text_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if event.text_area.has_class("whole") and event.text_area.text != self.blank.text:
            if self.blank.type_text(event.text_area.text):
                self._show_places()
            self._soon()

    # ---- one value in two places

    def _show_json(self, shown: bool) -> None:
        self.set_class(shown, "-json")

    def _show_text(self) -> None:
        whole = self.query_one(".whole", JsonEntry)
        if whole.text != self.blank.text:
            with whole.prevent(TextArea.Changed):
                whole.load_text(self.blank.text)

    def _show_places(self) -> None:
        for place in self.query(Place):
            if place.node is self.blank.root:
                place.sync()

    @on(Place.Drawn)
    def _drawn(self, event: Place.Drawn) -> None:
        """New places know nothing of what is wrong with them yet."""
        event.stop()
        if not self._drawing:
            self._drawing = True
            self.call_next(self._settle)

    def _soon(self) -> None:
        """Judge it when what else was typed meanwhile is in it too."""
        if not self._pending:
            self._pending = True
            self.call_next(self._settle_and_tell)

    def _settle_and_tell(self) -> None:
        self._pending = False
        self._settle()
        self.post_message(self.Changed(self))

    def _settle(self) -> None:
        if not self.query(".state"):
            return  # the app ends while it is being made, and nothing is in it
        self._drawing = False
        errors = self.errors
        fields = self.query_one(".fields", VerticalScroll)
        fields.disabled = self.blank.bad is not None
        if self.blank.bad is None:
            for place in self.query(Place):
                if place.node is self.blank.root:
                    place.tell(errors, all_of_them=self._all)
        self.query_one(".state", Static).update(paint.content(self._state(errors)))

    def _state(self, errors: Mapping[Path, str]) -> Line:
        if self.blank.bad is not None:
            return [(f"✗ {self.blank.bad}", "error"), ("  F9 goes back to what the form had", "dim")]
        if not errors:
            return [("✓ fits the schema", "ok")]
        first = self.blank.error() or ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return [(f"{first}{more}", "warning")]

    # ---- suggestions

    def _ask_soon(self, place: LeafPlace) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, lambda: self._ask(place))

    def _ask(self, place: LeafPlace) -> None:
        self.run_worker(partial(self._suggest, place), group="suggestions", exclusive=True, exit_on_error=True)

    async def _suggest(self, place: LeafPlace) -> None:
        assert self.complete is not None
        name, typed = str(place.node.name), place.leaf.typed
        others = {key: item for key, item in members(self.value).items() if key != name}
        values = await self.complete(name, typed, others)
        if place.is_mounted and place.leaf.typed == typed:
            for entry in place.query(TextEntry):
                entry.suggest([one for one in values if one != typed] if entry.has_focus else ())
