from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.answers.over import Over
from mcpwatch.view.ask import TerminalAsker
from tests.view.person import Person
from tests.view.scene import HOSTILE


def test_a_url_is_agreed_to_only_by_a_yes_and_never_opened() -> None:
    url = "https://accounts.google.com@xn--80ak6aa92e.com/login?" + "x" * 100
    params = {"mode": "url", "message": "Log in", "url": url}

    def answered(*typed: str) -> Any:
        person = Person(*typed)
        result = person.asked("elicitation/create", params)["result"]
        assert person.opened == []
        return result

    assert answered("hm", "yes") == {"action": "accept"}
    assert answered("") == answered("n") == {"action": "decline"}
    assert answered("d", "c", ":c") == {"action": "cancel"}
    person = Person("n")
    person.asked("elicitation/create", params)
    assert f"url         {url}\n" in person.screen
    shown = " ".join(person.screen.split())
    assert "host xn--80ak6aa92e.com ! what stands before @ is not the host; reads аррӏе.com" in shown


def test_a_url_is_opened_only_where_the_person_says_so() -> None:
    person = Person(":o")
    params = {"mode": "url", "message": "Log in", "url": "https://example.com/in"}
    assert person.asked("elicitation/create", params)["result"] == {"action": "accept"}
    assert person.opened == ["https://example.com/in"]


def test_what_is_no_web_address_is_never_opened() -> None:
    person = Person(":o", "n")
    params = {"mode": "url", "message": "Log in", "url": "file:///etc/passwd"}
    assert person.asked("elicitation/create", params)["result"] == {"action": "decline"}
    assert person.opened == []
    assert "! :o means nothing here" in person.screen


def test_any_other_request_is_answered_in_json_or_refused() -> None:
    person = Person("", "{oops", '{"ok": true}')

    assert person.asked("x/custom", {"a": 1}) == {"action": "result", "result": {"ok": True}}
    assert "a=1" in person.screen
    assert "! nothing there yet" in person.screen
    assert "! that is not JSON" in person.screen
    assert Person(":d").asked("x/custom", None) == {"action": "refuse"}


def test_any_other_request_can_be_answered_in_the_editor(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text('{\n  "ok": true\n}\n')
    person = Person(":e", editor=f"cp {tmp_path / 'answer'}")
    assert person.asked("x/custom", {"a": 1}) == {"action": "result", "result": {"ok": True}}


# Around a question


def test_who_asks_and_how_many_wait_is_said_first() -> None:
    person = Person("fine", "", "fine", "")
    person.asked("sampling/createMessage", {}, during="work", waiting=2)
    person.asked("sampling/createMessage", {}, waiting=1)
    assert "? sampling  demo asks during work · 2 more wait after this" in person.screen
    assert "· 1 more waits after this" in person.screen


def test_a_person_can_have_the_answer_saved() -> None:
    person = Person(":s my.yaml", "Paris", "")
    assert person.asked("sampling/createMessage", {})["save"] == "my.yaml"
    assert "saved as a rule in my.yaml" in person.screen
    assert Person(":s", ":d").asked("sampling/createMessage", {}) == {"action": "refuse", "save": "answers.yaml"}
    assert "save" not in Person("Paris", "").asked("sampling/createMessage", {})


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
        person = Person(HOSTILE, ":q", ":r " + HOSTILE)
        question = {"link": HOSTILE, "method": method, "params": asked, "during": HOSTILE}
        person.asker().ask({**question, "draft": {"rule": HOSTILE, "problem": HOSTILE}}, Over())
        screens.append(person.screen)

    assert all("[@click=app.quit]" in screen for screen in screens)
    assert all(screen.replace("\n", "").isprintable() for screen in screens)


@pytest.mark.parametrize("params", [None, 7, [], {"message": 5, "requestedSchema": {"properties": {"a": 3}}}])
@pytest.mark.parametrize("method", ["elicitation/create", "sampling/createMessage", "roots/list", "x/y"])
def test_no_shape_of_a_question_raises(method: str, params: Any) -> None:
    assert Person("x", "", "y", "").asked(method, params)["action"] in ("result", "refuse")


def test_whatever_else_is_on_the_screen_makes_room_while_a_question_is_asked() -> None:
    steps: list[str] = []

    @contextmanager
    def around() -> Generator[None]:
        steps.append("pause")
        yield
        steps.append("resume")

    def seen(step: str) -> Callable[[str], None]:
        return lambda _: steps.append(step) if steps[-1] != step else None

    asker = TerminalAsker(write=seen("write"), lines=Person("y"), around=around, colour=False)
    params = {"mode": "url", "url": "https://a.b"}
    asker.ask({"link": "", "method": "elicitation/create", "params": params}, Over())
    asker.tell("saved")
    assert steps == ["pause", "write", "resume"] * 2


def test_a_question_that_is_over_before_it_is_on_the_screen_is_not_put() -> None:
    person, over = Person("y"), Over()

    @contextmanager
    def around() -> Generator[None]:
        over.set("the server took the question back")
        yield

    answer = person.asker(around=around).ask({"method": "elicitation/create", "params": {}}, over)
    assert answer == {"action": "result", "result": {"action": "cancel"}}
    assert (person.typed, person.screen.strip()) == (["y"], "no longer asked: the server took the question back")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to make here")
def test_a_question_that_is_taken_back_while_the_person_types_goes_away_and_leaves_nothing_behind() -> None:
    """A real terminal: half an answer is typed when it is over, and the next question does not hear of it."""
    person, program = os.openpty()
    stdin = os.dup(0)
    os.dup2(program, 0)
    try:
        screen: list[str] = []
        asker = TerminalAsker(write=screen.append, colour=False)
        for typed, over in ((b"yes", Over()), (b"", Over())):
            params = {"mode": "url", "url": "https://a.b"}
            answer: list[Any] = []
            question = {"method": "elicitation/create", "params": params}

            def ask(question: dict[str, Any] = question, over: Over = over, answer: list[Any] = answer) -> None:
                answer.append(asker.ask(question, over))

            thread = threading.Thread(target=ask)
            thread.start()
            while "y/N" not in "".join(screen):
                thread.join(0.01)
            os.write(person, typed)
            over.set() if typed else os.write(person, b"\n")
            thread.join(10)
            assert not thread.is_alive()
            expected = "cancel" if typed else "decline"
            assert answer == [{"action": "result", "result": {"action": expected}}]
            screen.clear()
    finally:
        os.dup2(stdin, 0)
        for descriptor in (stdin, person, program):
            os.close(descriptor)


def test_a_prompt_is_shown_again_when_the_terminal_was_somebody_elses() -> None:
    person = Person("fine", "")
    asker = person.asker()
    readline = person.readline

    def read() -> str:
        asker.redraw()
        return readline()

    person.readline = read
    asker.ask({"method": "sampling/createMessage", "params": {}}, Over())
    assert person.screen.count("answer › ") == 2
    asker.redraw()
    assert person.screen.count("answer › ") == 2
