from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.view.keyboard import Garbled
from tests.view.person import TOOL, UPPER, Person, program, said, sampled


def test_a_sampling_request_is_shown_whole_and_answered_with_lines_up_to_an_empty_one() -> None:
    person = Person("Paris,", "I think.", "")
    messages = [{"role": "user", "content": said("line one\nline two " + "word " * 2_000)}]

    answer = person.asked("sampling/createMessage", {"messages": messages, "maxTokens": 9, "systemPrompt": "Be brief."})
    assert answer["action"] == "result"
    assert answer["result"]["content"] == said("Paris,\nI think.")
    assert answer["result"]["role"] == "assistant"
    assert "? sampling  demo asks" in person.screen
    assert "system      Be brief." in person.screen
    assert "user        line one" in person.screen
    assert person.screen.count("word") == 2_000


def test_every_part_of_a_sampling_request_is_on_the_screen() -> None:
    person = Person("fine", "")
    image = {"type": "image", "mimeType": "image/png", "data": "A" * 4000}
    sound = {"type": "audio", "mimeType": "audio/wav", "data": "A" * 400}
    messages = [
        {"role": "user", "content": [said("What is this?"), image, sound]},
        {
            "role": "assistant",
            "content": {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}},
        },
        {"role": "user", "content": [{"type": "tool_result", "toolUseId": "c1", "content": [said("snow")]}]},
    ]
    sampled(
        person,
        *messages,
        systemPrompt="Be brief.",
        modelPreferences={"hints": [{"name": "haiku"}], "speedPriority": 0.5},
        temperature=0.3,
        maxTokens=120,
        stopSequences=["END"],
        includeContext="thisServer",
        metadata={"trace": 7},
        tools=[TOOL],
        toolChoice={"mode": "required"},
        **{"_meta": {"a": 1}, "x": 2},
    )
    for shown in (
        "3 messages · max 120 tokens · temperature 0.3",
        "user        What is this?",
        "            [image image/png 2.9 KiB]",
        "            [audio audio/wav 300 B]",
        "assistant   [tool use weather city=Oslo]",
        'user        [tool result c1 "snow"]',
        "model       haiku · speed 0.5",
        'stop at     "END"',
        "context     thisServer",
        'metadata    {"trace": 7}',
        "tool        weather(city: string, *, days: integer = 1)",
        "            What the sky does.",
        "              city  string, required  Where",
        "choice      required",
        '_meta       {"a": 1}',
        "x           2",
        "the server wants a tool to be called",
    ):
        assert shown in person.screen


def test_a_long_question_is_wrapped_below_its_label() -> None:
    person = Person("fine", "")
    sampled(person, {"role": "user", "content": said("word " * 30)})
    lines = person.screen.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  user"))
    assert lines[at + 1].startswith(" " * 14 + "word")
    assert all(len(line) < 80 for line in lines)


@pytest.mark.parametrize("typed", [":d", " :d ", ":c", KeyboardInterrupt, EOFError])
def test_a_sampling_request_can_be_turned_down(typed: str | type[BaseException]) -> None:
    assert Person(typed).asked("sampling/createMessage", {"messages": []}) == {"action": "refuse"}


@pytest.mark.parametrize("typed", ["d", "c", ".", "y", ":-)", ":D", ":param x: y", "::", ":due today", "\\begin{a}"])
def test_what_is_no_command_is_an_answer(typed: str) -> None:
    assert sampled(Person(typed, "")) == said(typed)


@pytest.mark.parametrize(("typed", "text"), [("\\:d", ":d"), ("\\:r no", ":r no"), ("\\\\:d", "\\:d")])
def test_a_backslash_makes_an_answer_of_what_looks_like_a_command(typed: str, text: str) -> None:
    assert sampled(Person(typed, "")) == said(text)


def test_a_command_works_on_any_line_of_an_answer() -> None:
    assert Person("Paris", ":d").asked("sampling/createMessage", {"messages": []}) == {"action": "refuse"}


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        (":r not today", -1, "not today"),
        (":r -32000 out of tokens", -32000, "out of tokens"),
        (":r 7", 7, "refused by the person"),
        (":r", -1, "refused by the person"),
        (":r 3rd rail", -1, "3rd rail"),
    ],
)
@pytest.mark.parametrize("method", ["sampling/createMessage", "elicitation/create", "x/custom"])
def test_any_question_can_be_refused_with_an_error(method: str, typed: str, code: int, message: str) -> None:
    person = Person(typed)
    assert person.asked(method, {}) == {"action": "error", "code": code, "message": message}
    assert f"refused: {message} ({code})" in person.screen


def test_an_unknown_command_is_no_answer() -> None:
    person = Person(":z", ":b", "Paris", "")
    assert sampled(person) == said("Paris")
    assert "! there is no command :z; \\:z is a text" in person.screen
    assert "! :b means nothing here" in person.screen


@pytest.mark.parametrize("typed", [":decline", " :cancel ", ":refuse"])
def test_a_command_may_be_typed_by_its_whole_name(typed: str) -> None:
    assert Person(typed, "sent", "").asked("sampling/createMessage", {"messages": []})["action"] in ("refuse", "error")


@pytest.mark.parametrize(
    ("typed", "told"), [(":declin", ":d is decline"), (":refuse too late", ":r is refuse"), (":wq", ":? lists")]
)
def test_what_may_have_been_meant_as_a_command_is_sent_when_it_is_typed_twice(typed: str, told: str) -> None:
    person = Person(typed, "Paris", "")
    assert sampled(person) == said("Paris")
    assert f"! there is no command like that; {told}" in person.screen
    assert sampled(Person(typed, typed, "")) == said(typed)
    assert sampled(Person(f"\\{typed}", "")) == said(typed)


def test_a_pasted_line_is_no_misspelled_command() -> None:
    assert sampled(Person(":param", "the city", "", pasted=1)) == said(":param\nthe city")


def test_an_empty_answer_has_to_be_meant() -> None:
    person = Person("", '""')
    assert sampled(person) == said("")
    assert "! nothing there yet" in person.screen


def test_an_empty_line_inside_a_pasted_text_does_not_end_it() -> None:
    assert sampled(Person("one", "", "two", "", pasted=1)) == said("one\n\ntwo")


def test_the_end_of_the_input_ends_an_answer_that_was_begun() -> None:
    assert sampled(Person("Paris")) == said("Paris")


def test_a_line_that_cannot_be_what_was_meant_is_asked_for_again() -> None:
    person = Person(Garbled("an arrow key."), "Paris", "")
    assert sampled(person) == said("Paris")
    assert "! an arrow key." in person.screen


def test_all_commands_are_told_in_one_line_and_listed_on_demand() -> None:
    person = Person(":?", "Paris", "")
    sampled(person)
    hint = next(line for line in person.screen.splitlines() if ":d decline" in line)
    assert len(hint) < 80
    assert ":r [CODE] WHY" in person.screen
    assert ":b [FIELD]" not in person.screen


def test_the_question_is_shown_again_as_it_came() -> None:
    image = {"type": "image", "data": "A" * 4000}
    person = Person(":q", "Paris", "")
    sampled(person, {"role": "user", "content": image})
    assert '"data": "(3.9 KiB of base64)"' in person.screen


def test_an_answer_is_json_where_text_is_not_enough() -> None:
    image = {"type": "image", "data": "AA==", "mimeType": "image/png"}
    assert sampled(Person(":j " + json.dumps(image))) == image
    assert sampled(Person(":j " + json.dumps([image, image]))) == [image, image]
    whole = {"role": "assistant", "content": image, "model": "m", "stopReason": "maxTokens"}
    person = Person(":j [", ":j 7", ":j " + json.dumps(whole))
    assert person.asked("sampling/createMessage", {"messages": []})["result"] == whole
    assert "! that is not JSON" in person.screen
    assert "! neither a result with content" in person.screen


# Tools


def test_a_tool_is_called_with_arguments_as_on_the_command_line() -> None:
    person = Person(":t wether city=Oslo", ":t weather days=x", ":t weather city=Oslo days=3")
    answer = person.asked("sampling/createMessage", {"messages": [], "tools": [TOOL]})["result"]
    use = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo", "days": 3}}
    assert (answer["content"], answer["stopReason"]) == (use, "toolUse")
    assert 'there is no tool "wether". Did you mean weather?' in person.screen
    assert "days" in person.screen


def test_the_arguments_of_a_tool_are_asked_for_like_a_form() -> None:
    person = Person(":t", ":t weather", ":b", ":t weather", "Oslo", "", "")
    use = sampled(person, tools=[TOOL])
    assert use["input"] == {"city": "Oslo", "days": 1}
    assert "weather(city: string, *, days: integer = 1)" in person.screen


def test_a_tool_call_has_an_id_that_the_conversation_has_not_used() -> None:
    before: dict[str, Any] = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {}}],
    }
    use = sampled(Person(":t weather city=Oslo"), before, tools=[TOOL])
    assert use["id"] == "call_2"


# Drafts

DRAFT = {"role": "assistant", "content": said("Paris."), "model": "tiny", "stopReason": "endTurn"}


def drafted(person: Person, draft: Any) -> dict[str, Any]:
    return person.asked("sampling/createMessage", {"messages": []}, draft=draft)


def test_a_draft_is_shown_and_sent_by_enter() -> None:
    person = Person("")
    assert drafted(person, {"rule": "--llm tiny", "result": DRAFT}) == {"action": "result", "result": DRAFT}
    assert "draft       Paris.\n              by --llm tiny" in person.screen


def test_a_draft_is_replaced_by_what_is_typed() -> None:
    answer = drafted(Person("Rome", ""), {"rule": "--llm tiny", "result": DRAFT})
    assert answer["result"]["content"] == said("Rome")


def test_a_draft_can_be_edited_and_declined(tmp_path: Path) -> None:
    person = Person(":e", editor=program(tmp_path, UPPER))
    assert drafted(person, {"rule": "--llm", "result": DRAFT})["result"]["content"] == said("PARIS.")
    assert drafted(Person(":d"), {"rule": "--llm", "result": DRAFT}) == {"action": "refuse"}


def test_without_a_draft_it_is_said_why() -> None:
    person = Person("Rome", "")
    drafted(person, {"rule": "", "problem": "the model is down"})
    assert "no draft: the model is down" in person.screen


# In an editor


def test_what_was_typed_goes_on_in_the_editor_with_the_question_below(tmp_path: Path) -> None:
    keep = "(folder / 'seen').write_text(file.read_text())\n"
    person = Person("one", "two", ":e", editor=program(tmp_path, keep + UPPER))
    answer = sampled(person, {"role": "user", "content": said("the question")})
    assert answer == said("ONE\nTWO")
    assert "# user        the question" in (tmp_path / "seen").read_text()


def test_an_editor_that_writes_nothing_or_fails_leaves_the_question_open(tmp_path: Path) -> None:
    nothing = Person(":e", "Paris", "", editor=program(tmp_path, "file.write_text('')"))
    assert sampled(nothing) == said("Paris")
    assert "! nothing was written" in nothing.screen
    failing = Person(":e", "Paris", "", editor=program(tmp_path, "sys.exit(3)"))
    assert sampled(failing) == said("Paris")
    assert "ended with 3, so nothing has changed" in " ".join(failing.screen.split())
    missing = Person(":e", "Paris", "")
    assert sampled(missing) == said("Paris")
    assert "! /nowhere/vi could not be used: No such file" in missing.screen
