"""A form on the screen: fields and JSON edit one value, and what is wrong is told while it is typed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mcpwatch.tui.call.branches import VariantPlace
from mcpwatch.tui.call.entry import JsonEntry
from mcpwatch.tui.call.form import Complete, FormWidget
from mcpwatch.tui.call.leaf import LeafPlace
from mcpwatch.tui.call.place import focus_in
from mcpwatch.view.blank import ABSENT
from tests.tui.conftest import wait_until

pytestmark = pytest.mark.anyio

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "Who it is for"},
        "n": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
        "loud": {"type": "boolean"},
        "kind": {"enum": ["total", "open", "fraction"], "default": "total"},
    },
}


class FormApp(App[None]):
    """Only a form."""

    def __init__(self, schema: Mapping[str, Any], value: Any = ABSENT, complete: Complete | None = None) -> None:
        super().__init__()
        self.form = FormWidget(schema, value, complete=complete)
        self.submitted: list[Any] = []

    def compose(self) -> ComposeResult:
        yield self.form

    def on_form_widget_submitted(self, event: FormWidget.Submitted) -> None:
        self.submitted.append(event.form.value)


class Filling:
    def __init__(self, app: FormApp, pilot: Pilot[None]) -> None:
        self.app, self.form, self.pilot = app, app.form, pilot

    @property
    def text(self) -> str:
        rows = self.app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
        return "\n".join(row.text.rstrip() for row in rows)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*(_KEYS.get(char, char) for char in text))

    async def shows(self, *texts: str) -> None:
        await wait_until(lambda: all(text in self.text for text in texts), lambda: f"{texts}\n{self.text}")

    async def until(self, condition: Any) -> None:
        await wait_until(condition, lambda: f"{self.form.value}\n{self.text}")


_KEYS = {" ": "space", '"': "quotation_mark", "{": "left_curly_bracket", "}": "right_curly_bracket", ":": "colon"}


@asynccontextmanager
async def filling(
    schema: Mapping[str, Any],
    value: Any = ABSENT,
    *,
    complete: Complete | None = None,
    size: tuple[int, int] = (72, 24),
) -> AsyncGenerator[Filling]:
    app = FormApp(schema, value, complete)
    async with app.run_test(size=size) as pilot:
        app.form.focus()
        await pilot.pause()
        yield Filling(app, pilot)


async def test_shows_a_field_for_each_property_with_what_it_takes_and_its_default() -> None:
    async with filling(SCHEMA) as form:
        await form.shows("name *", "Who it is for", "integer, 1 to 9", "total ▾", "name: required")
        assert form.form.value == {"n": 5, "kind": "total"}


async def test_what_is_typed_is_the_value_and_is_submitted() -> None:
    async with filling(SCHEMA) as form:
        await form.type("Ada")
        await form.shows("✓ fits the schema")
        await form.press("enter", "backspace", "7", "tab", "right", "tab", "right", "ctrl+j")
        await form.until(lambda: form.app.submitted)
        assert form.app.submitted == [{"name": "Ada", "n": 7, "loud": True, "kind": "open"}]


async def test_a_fault_is_told_while_it_is_typed() -> None:
    async with filling(SCHEMA) as form:
        await form.press("tab", "backspace", "1", "2")
        await form.shows("✗ 12 is out of bounds: it has to be at most 9.")
        await form.press("backspace")
        await form.until(lambda: "out of bounds" not in form.text)


async def test_what_is_required_is_told_as_a_fault_once_it_is_insisted_on() -> None:
    async with filling(SCHEMA) as form:
        await form.press("tab", "tab")
        form.form.insist()
        await form.shows("✗ required")
        await form.type("Bo")
        await form.until(lambda: form.form.value["name"] == "Bo")


async def test_the_list_of_options_opens_and_one_is_taken() -> None:
    async with filling(SCHEMA) as form:
        await form.press("tab", "tab", "tab", "enter")
        await form.shows("› ● total", "fraction")
        await form.press("down", "down", "enter")
        await form.until(lambda: form.form.value["kind"] == "fraction")


async def test_the_json_is_the_same_value_and_edits_it() -> None:
    async with filling(SCHEMA, {"name": "Ada"}) as form:
        await form.press("ctrl+t")
        await form.shows('"name": "Ada"')
        await form.press("ctrl+end", "backspace", "backspace")
        await form.press("comma")
        await form.type('"n":3}')
        await form.until(lambda: form.form.value == {"name": "Ada", "n": 3})
        await form.press("ctrl+t")
        await form.shows("name *", "Ada", "3")


async def test_both_stand_beside_each_other_where_there_is_room() -> None:
    async with filling(SCHEMA, {"name": "Ada"}, size=(120, 40)) as form:
        await form.shows("name *", '"name": "Ada"')
        await form.press("end")
        await form.type("m")
        await form.shows('"name": "Adam"')


async def test_json_that_cannot_be_read_is_told_and_kept_and_never_submitted() -> None:
    async with filling(SCHEMA, {"name": "Ada"}) as form:
        await form.press("ctrl+t", "ctrl+end", "backspace")
        await form.shows("✗ not JSON")
        await form.press("ctrl+j")
        await form.press("ctrl+t", "ctrl+t")
        await form.shows("✗ not JSON", '"name": "Ada"')
        assert form.app.submitted == []
        assert form.form.value == {"name": "Ada"}
        await form.press("f9")
        await form.shows("✓ fits the schema")


async def test_what_is_wrong_in_places_that_json_has_made_is_told_at_them() -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "integer", "maximum": 5}}}}
    async with filling(schema, size=(120, 40)) as form:
        whole = form.form.query_one(".whole", JsonEntry)
        whole.load_text('{"tags": [1, 7]}')
        await form.shows("[1]", "✗ 7 is out of bounds")
        assert form.form.errors == {("tags", 1): "7 is out of bounds: it has to be at most 5."}


async def test_json_that_was_left_behind_is_there_again() -> None:
    app = FormApp(SCHEMA)
    app.form = FormWidget(SCHEMA, {"name": "Ada"}, text='{"name": ')
    async with app.run_test(size=(72, 24)) as pilot:
        form = Filling(app, pilot)
        await form.shows('{"name":', "✗ not JSON")
        assert form.form.value == {"name": "Ada"}


async def test_items_are_added_moved_and_taken_away() -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    async with filling(schema) as form:
        await form.press("enter")
        await form.shows("[0]")
        await form.type("a")
        await form.press("shift+tab", "enter")
        await form.shows("[1]")
        await form.type("b")
        await form.until(lambda: form.form.value == {"tags": ["a", "b"]})
        await form.press("alt+up")
        await form.until(lambda: form.form.value == {"tags": ["b", "a"]})
        await form.press("f8")
        await form.until(lambda: form.form.value == {"tags": ["a"]})


async def test_items_of_any_kind_are_moved_and_taken_away_from_within() -> None:
    item = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "integer"}}}]}
    schema = {"type": "object", "properties": {"rows": {"type": "array", "items": item}}}
    async with filling(schema, {"rows": ["x", {"a": 1}]}) as form:
        await form.press("tab", "tab", "tab", "alt+down")
        await form.until(lambda: form.form.value == {"rows": [{"a": 1}, "x"]})
        places = list(form.form.query(VariantPlace))
        focus_in(places[0].query_one(LeafPlace))
        await form.until(lambda: places[0].has_focus_within)
        await form.press("alt+down")
        await form.until(lambda: form.form.value == {"rows": ["x", {"a": 1}]})
        first = next(iter(form.form.query(VariantPlace)))
        focus_in(first)
        await form.until(lambda: first.has_focus_within)
        await form.press("f8")
        await form.until(lambda: form.form.value == {"rows": [{"a": 1}]})


async def test_an_optional_object_is_put_in_and_left_out_and_keeps_what_was_typed() -> None:
    inner = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    async with filling({"type": "object", "properties": {"address": inner}}) as form:
        assert form.form.value == {}
        await form.press("enter")
        await form.shows("city *", "▾ put in")
        await form.press("tab")
        await form.type("Oslo")
        await form.until(lambda: form.form.value == {"address": {"city": "Oslo"}})
        await form.press("shift+tab", "enter")
        await form.until(lambda: form.form.value == {})
        await form.press("enter")
        await form.until(lambda: form.form.value == {"address": {"city": "Oslo"}})


async def test_one_of_several_is_chosen_and_brings_its_own_fields() -> None:
    shapes = [
        {"title": "Circle", "type": "object", "required": ["r"], "properties": {"r": {"type": "number"}}},
        {"title": "Square", "type": "object", "required": ["side"], "properties": {"side": {"type": "number"}}},
    ]
    async with filling({"type": "object", "required": ["shape"], "properties": {"shape": {"oneOf": shapes}}}) as form:
        await form.shows("Circle ▾", "r *")
        await form.press("right")
        await form.shows("Square ▾", "side *")
        await form.press("tab", "2")
        await form.until(lambda: form.form.value == {"shape": {"side": 2}})


async def test_any_of_several_are_ticked() -> None:
    days = {"type": "array", "uniqueItems": True, "items": {"enum": ["mon", "tue", "wed"]}}
    async with filling({"type": "object", "properties": {"days": days}}) as form:
        await form.press("down", "space", "down", "space")
        await form.until(lambda: form.form.value == {"days": ["tue", "wed"]})
        await form.shows("[x] tue", "[ ] mon")


async def test_names_of_ones_own_are_added() -> None:
    scores = {"type": "object", "additionalProperties": {"type": "number"}}
    async with filling({"type": "object", "required": ["scores"], "properties": {"scores": scores}}) as form:
        await form.type("ada")
        await form.press("enter")
        await form.until(lambda: "scores" in form.form.value and form.text.count("ada"))
        await form.press("1")
        await form.until(lambda: form.form.value == {"scores": {"ada": 1}})


async def test_a_text_of_several_lines_is_typed_in_several() -> None:
    async with filling({"type": "object", "properties": {"body": {"type": "string"}}}) as form:
        await form.type("a")
        await form.press("f2")
        await form.until(lambda: type(form.app.focused).__name__ == "LinesEntry")
        await form.press("ctrl+end", "enter", "b")
        await form.until(lambda: form.form.value == {"body": "a\nb"})


async def test_a_place_without_a_kind_takes_json_and_says_what_is_none() -> None:
    async with filling({"type": "object", "properties": {"any": {}}}) as form:
        await form.press("left_square_bracket", "1")
        await form.shows("✗ not JSON")
        await form.press("right_square_bracket")
        await form.until(lambda: form.form.value == {"any": [1]})


async def test_suggestions_come_while_it_is_typed_and_one_is_taken() -> None:
    async def complete(name: str, typed: str, others: Mapping[str, Any]) -> Sequence[str]:
        return [f"{name}-{typed}-{word}" for word in ("one", "two")]

    async with filling(SCHEMA, complete=complete) as form:
        await form.press("x")
        await form.shows("name-x-one", "name-x-two")
        await form.press("down", "down", "enter")
        await form.until(lambda: form.form.value["name"] == "name-x-two")


HOSTILE = [
    "\x1b]0;owned\x07\x1b[31m",
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[link=https://evil.example]x[/link]",
    "a\u202eb\u2066c\u200bd",
    "漢字" * 40,
    "\x9b31m",
    "e" + "\u0301" * 30,
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_string_is_shown_and_does_nothing_wherever_it_stands(text: str) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "title": text,
        "required": [text],
        "properties": {
            text: {"type": "string", "title": text, "description": text, "default": text, "pattern": text},
            "choice": {"enum": [text, "b"], "enumNames": [text, text], "default": text},
            "const": {"const": text},
            "object": {"type": "object", "properties": {text: {"type": "integer", "description": text}}, "default": {}},
            "list": {"type": "array", "items": {"type": "string", "description": text}, "default": [text]},
            "variant": {"oneOf": [{"title": text, "type": "string"}, {"type": "object"}], "default": text},
            "ticks": {"type": "array", "uniqueItems": True, "items": {"enum": [text]}},
        },
    }
    async with filling(schema, size=(120, 60)) as form:
        form.form.insist()
        await form.press("tab", "tab", "enter")
        for _ in range(2):
            await form.shows("choice", "variant")
            for char in form.text:
                assert char == "\n" or char.isprintable(), repr(char)
            strips = form.app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
            for segment in (segment for strip in strips for segment in strip):
                assert segment.style is None or segment.style.link is None
                assert segment.style is None or "@click" not in segment.style.meta
            await form.press("ctrl+t")
    assert form.form.value[text] == text
