from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.view.ask import TerminalAsker, Validate
from tests.view.scene import HOSTILE

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name"},
        "seats": {"type": "integer", "minimum": 1, "maximum": 8, "default": 2},
        "window": {"type": "boolean"},
        "meal": {"type": "string", "enum": ["none", "vegan"]},
    },
    "required": ["name", "seats"],
}


class Person:
    """Types the lines of a script; an exception among them is raised instead. `screen` is what they saw."""

    def __init__(self, *typed: str | type[BaseException]) -> None:
        self.typed = list(typed)
        self.screen = ""

    def write(self, text: str) -> None:
        self.screen += text

    def readline(self) -> str:
        if not self.typed:
            raise EOFError
        line = self.typed.pop(0)
        if not isinstance(line, str):
            raise line
        return line

    def asked(self, method: str, params: Any, validate: Validate | None = None) -> dict[str, Any]:
        asker = TerminalAsker(write=self.write, readline=self.readline, validate=validate, colour=False)
        return asker.ask({"link": "demo", "kind": "x", "method": method, "params": params})


def _elicit(person: Person, schema: Mapping[str, Any] = FORM, **more: Any) -> dict[str, Any]:
    return person.asked("elicitation/create", {"message": "Who travels?", "requestedSchema": schema}, **more)


def _accepted(**content: Any) -> dict[str, Any]:
    return {"action": "result", "result": {"action": "accept", "content": content}}


def test_a_sampling_request_is_shown_whole_and_answered_with_lines_up_to_a_dot() -> None:
    person = Person("Paris,", "I think.", ".")
    messages = [{"role": "user", "content": {"type": "text", "text": "line one\nline two " + "x" * 300}}]

    answer = person.asked("sampling/createMessage", {"messages": messages, "maxTokens": 9, "systemPrompt": "Be brief."})
    assert answer["action"] == "result"
    assert answer["result"]["content"] == {"type": "text", "text": "Paris,\nI think."}
    assert answer["result"]["role"] == "assistant"
    assert "? sampling  demo asks" in person.screen
    assert "system      Be brief." in person.screen
    assert "user        line one" in person.screen
    assert "x" * 300 in person.screen


@pytest.mark.parametrize("typed", ["d", " d ", ":d", ":c", KeyboardInterrupt, EOFError])
def test_a_sampling_request_can_be_turned_down(typed: str | type[BaseException]) -> None:
    assert Person(typed).asked("sampling/createMessage", {"messages": []}) == {"action": "refuse"}


def test_an_answer_may_begin_with_what_would_end_it() -> None:
    answer = Person("\\d", "\\.", ".").asked("sampling/createMessage", {"messages": []})
    assert answer["result"]["content"]["text"] == "d\n."


def test_the_end_of_the_input_ends_an_answer_that_was_begun() -> None:
    answer = Person("Paris").asked("sampling/createMessage", {"messages": []})
    assert answer["result"]["content"]["text"] == "Paris"


def test_a_form_is_filled_in_field_by_field() -> None:
    person = Person("Ada", "4", "y", "2")
    assert _elicit(person) == _accepted(name="Ada", seats=4, window=True, meal="vegan")


def test_enter_takes_the_default_and_skips_what_is_optional() -> None:
    assert _elicit(Person("Ada", "", "", "")) == _accepted(name="Ada", seats=2)


def test_a_mistyped_field_is_explained_and_asked_again() -> None:
    person = Person("", "Ada", "many", "9", "3", "maybe", "n", "beef", "vegan")

    assert _elicit(person) == _accepted(name="Ada", seats=3, window=False, meal="vegan")
    for reason in (
        "! this one is required",
        '! "many" is not an integer.',
        "! 9 is out of bounds: it has to be at most 8.",
        '! "maybe" is neither yes nor no',
        '! "beef" is none of the options',
    ):
        assert reason in person.screen


def test_an_empty_text_has_to_be_meant() -> None:
    assert _elicit(Person('""', "", "", "")) == _accepted(name="", seats=2)


@pytest.mark.parametrize(
    ("typed", "action"), [(":d", "decline"), (":c", "cancel"), (KeyboardInterrupt, "cancel"), (EOFError, "cancel")]
)
def test_a_form_can_be_left_at_any_field(typed: str | type[BaseException], action: str) -> None:
    assert _elicit(Person("Ada", typed)) == {"action": "result", "result": {"action": action}}


def test_a_value_may_look_like_a_way_out() -> None:
    assert _elicit(Person("\\:d", "", "", "")) == _accepted(name=":d", seats=2)


def test_the_validator_has_the_last_word_on_a_field_and_on_the_form() -> None:
    def validate(schema: Mapping[str, Any], value: Any) -> str | None:
        if value == "Bob":
            return "no Bobs."
        if isinstance(value, dict) and "window" not in value:
            return "say where you want to sit."
        return None

    person = Person("Bob", "Ada", "5", "", "", "", "", "y", "")
    assert _elicit(person, validate=validate) == _accepted(name="Ada", seats=5, window=True)
    assert "! no Bobs." in person.screen
    assert "! the form does not fit yet: say where you want to sit." in person.screen


def test_a_form_without_fields_wants_a_yes() -> None:
    assert _elicit(Person("y"), {"type": "object", "properties": {}}) == _accepted()
    assert _elicit(Person(""), {}) == {"action": "result", "result": {"action": "decline"}}


def test_a_url_is_agreed_to_only_by_a_yes() -> None:
    url = "https://accounts.google.com@xn--80ak6aa92e.com/login"
    params = {"mode": "url", "message": "Log in", "url": url}

    def answered(*typed: str) -> Any:
        return Person(*typed).asked("elicitation/create", params)["result"]

    assert answered("hm", "yes") == {"action": "accept"}
    assert answered("") == answered("n") == {"action": "decline"}
    assert answered("c") == {"action": "cancel"}
    person = Person("n")
    person.asked("elicitation/create", params)
    assert f"url         {url}\n" in person.screen
    assert "host        xn--80ak6aa92e.com  ! what stands before @ is not the host; reads аррӏе.com" in person.screen


def test_roots_are_folders_that_exist(tmp_path: Path) -> None:
    person = Person(str(tmp_path / "nothing"), str(tmp_path), "")

    answer = person.asked("roots/list", None)
    assert answer == {"action": "result", "result": {"roots": [{"uri": tmp_path.as_uri(), "name": tmp_path.name}]}}
    assert "is no folder." in person.screen


def test_any_other_request_is_answered_in_json_or_refused() -> None:
    person = Person("{oops", '{"ok": true}')

    assert person.asked("x/custom", {"a": 1}) == {"action": "result", "result": {"ok": True}}
    assert "a=1" in person.screen
    assert "! that is not JSON" in person.screen
    assert Person("").asked("x/custom", None) == {"action": "refuse"}


def test_nothing_of_a_hostile_question_reaches_the_terminal_as_it_is() -> None:
    schema = {
        "properties": {
            HOSTILE: {
                "type": "string",
                "title": HOSTILE,
                "description": HOSTILE,
                "default": HOSTILE,
                "pattern": HOSTILE,
            },
            "b": {"enum": [HOSTILE], "enumNames": [HOSTILE], "default": HOSTILE},
        },
        "required": [HOSTILE],
    }
    params = {"message": HOSTILE, "requestedSchema": schema}
    message = {"role": HOSTILE, "content": {"type": "text", "text": HOSTILE}}
    screens: list[str] = []
    for method, asked in (
        ("elicitation/create", params),
        ("elicitation/create", {"mode": "url", "message": HOSTILE, "url": f"https://{HOSTILE}"}),
        ("sampling/createMessage", {"messages": [message], "systemPrompt": HOSTILE, HOSTILE: HOSTILE}),
        (HOSTILE, {HOSTILE: HOSTILE}),
    ):
        person = Person(HOSTILE, "", "9", "")
        TerminalAsker(write=person.write, readline=person.readline, colour=False).ask(
            {"link": HOSTILE, "method": method, "params": asked}
        )
        screens.append(person.screen)

    assert all("[@click=app.quit]" in screen for screen in screens)
    assert all(screen.replace("\n", "").isprintable() for screen in screens)


@pytest.mark.parametrize("params", [None, 7, [], {"message": 5, "requestedSchema": {"properties": {"a": 3}}}])
@pytest.mark.parametrize("method", ["elicitation/create", "sampling/createMessage", "roots/list", "x/y"])
def test_no_shape_of_a_question_raises(method: str, params: Any) -> None:
    assert Person("x", "", "y", ".").asked(method, params)["action"] in ("result", "refuse")


def test_whatever_else_is_on_the_screen_makes_room_while_a_question_is_asked() -> None:
    steps: list[str] = []

    @contextmanager
    def around() -> Generator[None]:
        steps.append("pause")
        yield
        steps.append("resume")

    def said(step: str) -> Callable[[str], None]:
        return lambda _: steps.append(step) if steps[-1] != step else None

    person = Person("y")
    asker = TerminalAsker(write=said("write"), readline=person.readline, around=around, colour=False)
    asker.ask({"link": "", "method": "elicitation/create", "params": {"mode": "url", "url": "https://a.b"}})
    assert steps == ["pause", "write", "resume"]


def test_a_question_that_is_over_before_it_is_on_the_screen_is_not_put() -> None:
    person = Person("y")

    @contextmanager
    def around() -> Generator[None]:
        asker.interrupt()
        yield

    asker = TerminalAsker(write=person.write, readline=person.readline, around=around, colour=False)
    answer = asker.ask({"link": "", "method": "elicitation/create", "params": {"mode": "url", "url": "https://a.b"}})
    assert answer == {"action": "result", "result": {"action": "cancel"}}
    assert (person.typed, person.screen.strip()) == (["y"], "no longer asked")
