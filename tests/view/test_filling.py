from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.view.editor import CUT
from tests.view.person import Person, accepted, elicit, program


def test_a_form_is_filled_in_field_by_field_and_looked_at_before_it_goes() -> None:
    person = Person("Ada", "4", "y", "2", "")
    assert elicit(person) == accepted(name="Ada", seats=4, window=True, meal="vegan")
    assert "the form: name=Ada seats=4 window=true meal=vegan" in person.screen


def test_a_form_of_one_field_goes_at_once() -> None:
    assert elicit(Person("Ada"), {"properties": {"name": {"type": "string"}}}) == accepted(name="Ada")


def test_enter_takes_the_default_and_skips_what_is_optional() -> None:
    assert elicit(Person("Ada", "", "", "", "")) == accepted(name="Ada", seats=2)


def test_a_mistyped_field_is_explained_and_asked_again() -> None:
    person = Person("", "Ada", "many", "9", "3", "maybe", "n", "beef", "vegan", "")

    assert elicit(person) == accepted(name="Ada", seats=3, window=False, meal="vegan")
    for reason in (
        "! this one is required",
        '! "many" is not an integer.',
        "! 9 is out of bounds: it has to be at most 8.",
        '! "maybe" is neither yes nor no',
        '! "beef" is none of the options',
    ):
        assert reason in person.screen


def test_one_can_go_back_a_field_or_to_any() -> None:
    person = Person("Ada", ":b", "Eve", "3", ":b name", "Bob", "", "", "", ":b seats", "5", ":b 1", "Joe", "")
    assert elicit(person) == accepted(name="Joe", seats=5)
    assert 'name ["Ada"]' in person.screen


def test_there_is_nothing_before_the_first_field() -> None:
    person = Person(":b", ":b nothing", "Ada", "", "", "", "yes", "")
    assert elicit(person) == accepted(name="Ada", seats=2)
    assert "! this is the first field" in person.screen
    assert '! there is no field "nothing": name, seats, window, meal.' in person.screen
    assert "! Enter alone goes on" in person.screen


def test_a_field_can_be_left_out_although_it_has_a_value() -> None:
    schema = {"properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "string"}}, "required": ["b"]}
    person = Person(":x", ":x", "y", "")
    assert elicit(person, schema) == accepted(b="y")
    assert "! this one is required" in person.screen
    again = Person("z", "y", ":b a", ":x", "")
    assert elicit(again, schema) == accepted(b="y")


def test_an_empty_text_has_to_be_meant_in_a_form_too() -> None:
    assert elicit(Person('""', "", "", "", "")) == accepted(name="", seats=2)


@pytest.mark.parametrize(
    ("typed", "action"), [(":d", "decline"), (":c", "cancel"), (KeyboardInterrupt, "cancel"), (EOFError, "cancel")]
)
def test_a_form_can_be_left_at_any_field(typed: str | type[BaseException], action: str) -> None:
    assert elicit(Person("Ada", typed)) == {"action": "result", "result": {"action": action}}


def test_a_value_may_look_like_a_way_out() -> None:
    assert elicit(Person("\\:d", "", "", "", "")) == accepted(name=":d", seats=2)
    assert elicit(Person("d", "", "", "", "")) == accepted(name="d", seats=2)


def test_the_validator_has_the_last_word_on_a_field_and_on_the_form() -> None:
    def validate(schema: Mapping[str, Any], value: Any) -> str | None:
        if value == "Bob":
            return "no Bobs."
        if isinstance(value, dict) and "window" not in value:
            return "say where you want to sit."
        return None

    person = Person("Bob", "Ada", "5", "", "", "", "", "", "y", "", "")
    assert elicit(person, validate=validate) == accepted(name="Ada", seats=5, window=True)
    assert "! no Bobs." in person.screen
    assert "! the form does not fit yet: say where you want to sit." in person.screen


def test_a_whole_form_is_edited_as_yaml(tmp_path: Path) -> None:
    """The editor puts aside what it was given and writes ours: one that does not fit, then one that does."""
    texts = ["name: Ada\nseats: 12\n", "name: Eve\nseats: 3\nmeal: vegan\n"]
    code = f"""
number = len(list(folder.glob('seen*')))
(folder / f'seen{{number}}').write_text(file.read_text())
file.write_text({texts!r}[number])
"""
    person = Person("Ada", ":e", ":e", "", editor=program(tmp_path, code))

    def validate(schema: Mapping[str, Any], value: Any) -> str | None:
        return "too many" if value == 12 else None

    assert elicit(person, validate=validate) == accepted(name="Eve", seats=3, meal="vegan")
    assert "! seats: too many (:e opens it again as you left it)" in person.screen
    first, second = (tmp_path / "seen0").read_text(), (tmp_path / "seen1").read_text()
    assert "# integer, 1 to 8, required, default 2\nseats: 2\n" in first
    assert "name: Ada" in first
    assert "window:\n" in first
    assert second == texts[0].strip()


def test_nothing_that_a_server_says_ends_the_form_or_moves_the_editors_screen(tmp_path: Path) -> None:
    fields = {
        "a": {"type": "string", "description": CUT.removeprefix("# ")},
        "b": {"type": "string", "default": "kept"},
    }
    code = "(folder / 'seen').write_text(file.read_text())"
    person = Person(":e", "", editor=program(tmp_path, code))
    asked = {"message": "red \x1b[31m\u202e", "requestedSchema": {"type": "object", "properties": fields}}
    assert person.asked("elicitation/create", asked) == accepted(b="kept")
    seen = (tmp_path / "seen").read_text("utf-8")
    assert seen.count(CUT) == 1
    assert "# red ␛[31m‹U+202E›" in seen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: [", "the form:2:1"),
        ("name: Ada\nnane: x\nseats: 1", 'the form has no field "nane"'),
        ("seats: 1", "name is required"),
        ("name: Ada\nseats: 1\nname: Eve", "the form:3:1"),
    ],
)
def test_a_form_that_was_edited_into_something_else_is_asked_again(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "form").write_text(text)
    person = Person(":e", "Ada", "", "", "", "", editor=f"cp {tmp_path / 'form'}")
    assert elicit(person) == accepted(name="Ada", seats=2)
    assert reason in person.screen


def test_a_form_without_fields_wants_a_yes() -> None:
    assert elicit(Person("y"), {"type": "object", "properties": {}}) == accepted()
    assert elicit(Person(""), {}) == {"action": "result", "result": {"action": "decline"}}
