"""One entry of what is offered, opened: what the server says of it, and the form that makes a call of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from mcpwatch.tui import paint
from mcpwatch.tui.call.choice import Press
from mcpwatch.tui.call.form import Complete, FormWidget
from mcpwatch.tui.call.offers import Offer, about, schema_of
from mcpwatch.tui.call.place import focus_in
from mcpwatch.tui.messages import Say
from mcpwatch.view.blank import ABSENT
from mcpwatch.view.style import Line, clean
from mcpwatch.view.uritemplate import expand
from mcpwatch.view.values import members, text_of

__all__ = ["OfferView"]

_NOTHING: Line = [("Enter opens what is picked on the left; h goes to the calls.", "dim")]


class OfferView(Widget):
    """Shows one offer. What was typed for another is there again when that one is."""

    DEFAULT_CSS = """
    OfferView { height: 1fr; width: 1fr; layout: vertical; padding: 0 1; }
    OfferView #offer-about { height: auto; max-height: 7; width: 1fr; }
    OfferView #offer-about Static { height: auto; }
    OfferView #offer-form { height: 1fr; width: 1fr; }
    OfferView #offer-uri { height: auto; }
    OfferView .buttons { height: 1; }
    """

    class Wanted(Message):
        """A person wants this sent."""

        def __init__(self, link: str, method: str, params: Mapping[str, Any]) -> None:
            super().__init__()
            self.link, self.method, self.params = link, method, params

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.offer: Offer | None = None
        self._gone = False
        self._typed: dict[tuple[str, str], tuple[Any, str | None]] = {}
        """By kind and name: the value, and the JSON where what was typed is none."""
        self._insisted: object = None
        """The value that did not fit and was wanted to be sent all the same: the second time it is."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="offer-about", can_focus=False):
            yield Static(paint.content(_NOTHING))
        yield Static(id="offer-uri")
        yield Vertical(id="offer-form")

    @property
    def form(self) -> FormWidget | None:
        found = self.query(FormWidget)
        return found.first() if found else None

    def enter(self) -> None:
        """Go to the first field."""
        focus_in(self.query_one("#offer-form"))

    async def show(self, offer: Offer, value: Mapping[str, Any] | None, complete: Complete | None) -> None:
        """Show this one, filled with `value`, else with what was typed for it before."""
        self._keep()
        key = (offer.kind, offer.name)
        given, text = (value, None) if value is not None else self._typed.get(key, (ABSENT, None))
        self.offer, self._gone, self._insisted = offer, False, None
        self._tell()
        place = self.query_one("#offer-form", Vertical)
        await place.remove_children()
        schema = schema_of(offer)
        if schema is None:
            await place.mount(
                Horizontal(
                    Press([("[ Read ]", "strong")], "read"),
                    Press([("[ Subscribe ]", "")], "subscribe"),
                    classes="buttons",
                )
            )
        else:
            word = {"tool": "Call", "prompt": "Get", "template": "Read"}[offer.kind]
            await place.mount(FormWidget(schema, given, text=text, complete=complete, submit=word))
        self._tell_uri()

    async def renew(self, listed: Offer | None) -> None:
        """The list was read again: show this entry as it is there now."""
        offer = self.offer
        if offer is None:
            return
        if listed is None:
            if not self._gone and offer.item:
                self._gone = True
                self._tell()
            return
        changed = schema_of(listed) != schema_of(offer)
        if listed == offer and not self._gone:
            return
        self.offer, self._gone = listed, False
        self._tell()
        form = self.form
        if changed and form is not None:
            focused = form.has_focus_within
            await self.show(listed, None, form.complete)
            if focused:
                self.enter()
            self.post_message(Say(f"The schema of {listed.name} has changed, and the form with it.", "warning"))

    def _keep(self) -> None:
        form = self.form
        if form is not None and self.offer is not None:
            text = form.blank.text if form.blank.bad is not None else None
            self._typed[self.offer.kind, self.offer.name] = form.value, text

    def _tell(self) -> None:
        if self.offer is None:
            return
        lines = about(self.offer)
        if self._gone:
            lines.insert(0, [("it is not offered any more", "warning")])
        for shown in self.query_one("#offer-about").query(Static):
            shown.update(paint.lines_content([clean(line) for line in lines]))

    def _tell_uri(self) -> None:
        shown = self.query_one("#offer-uri", Static)
        shown.display = self.offer is not None and self.offer.kind == "template"
        if self.offer is not None and shown.display:
            shown.update(paint.content([("↗ ", "hint"), (self._uri(), "name")]))

    def _uri(self) -> str:
        given = members(self.form.value if self.form is not None else None)
        return expand(self.offer.name if self.offer else "", {name: text_of(value) for name, value in given.items()})

    # ---- what a person does

    @on(FormWidget.Changed)
    def _changed(self, event: FormWidget.Changed) -> None:
        event.stop()
        self._insisted = None
        self._tell_uri()

    @on(Press.Pressed)
    def _pressed(self, event: Press.Pressed) -> None:
        event.stop()
        if self.offer is not None:
            method = "resources/read" if event.press.what == "read" else "resources/subscribe"
            self.post_message(self.Wanted(self.offer.link, method, {"uri": self.offer.name}))

    @on(FormWidget.Submitted)
    def _submitted(self, event: FormWidget.Submitted) -> None:
        event.stop()
        offer, form = self.offer, event.form
        if offer is None:
            return
        errors = form.errors
        if errors and self._insisted is not form:
            self._insisted = form
            form.insist()
            count = "One thing does" if len(errors) == 1 else f"{len(errors)} things do"
            self.post_message(Say(f"{count} not fit. Send once more (^j) to send it all the same.", "warning"))
            return
        self._keep()
        match offer.kind:
            case "template":
                self.post_message(self.Wanted(offer.link, "resources/read", {"uri": self._uri()}))
            case "prompt":
                given = {"arguments": form.value} if form.value else {}
                self.post_message(self.Wanted(offer.link, "prompts/get", {"name": offer.name, **given}))
            case _:
                params = {"name": offer.name, "arguments": form.value}
                self.post_message(self.Wanted(offer.link, "tools/call", params))
