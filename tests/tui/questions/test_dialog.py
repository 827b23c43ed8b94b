"""The dialog of a question: what it shows, every way to answer, and its end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from textual import events

from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.answers.question import Unanswerable
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.questions.dialog import QuestionDialog
from mcpwatch.tui.questions.listing import QuestionsScreen
from mcpwatch.tui.questions.reader import Reader
from tests.session.answers.asking import form, question, roots, sampling
from tests.tui.conftest import LARGE
from tests.tui.questions.asking import HOSTILE, asked, at_desk, has_dialog, raw_on_screen

pytestmark = pytest.mark.anyio

EVERYTHING: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": {"type": "text", "text": "Hello\nthere"}},
        {"role": "assistant", "content": [{"type": "image", "data": "AA==", "mimeType": "image/png"}]},
        {"role": "user", "content": {"type": "text", "text": "Why is the sky blue?"}},
    ],
    "systemPrompt": "You are brief.",
    "modelPreferences": {"hints": [{"name": "haiku"}], "costPriority": 0.25},
    "temperature": 0.5,
    "maxTokens": 77,
    "stopSequences": ["END"],
    "includeContext": "thisServer",
    "metadata": {"trace": 9},
    "tools": [{"name": "weather", "description": "Tells it.", "inputSchema": {"properties": {"city": {}}}}],
    "toolChoice": {"mode": "required"},
    "unheardOf": 5,
    "_meta": {"beyond": 1},
}


def texts(answer: Answer) -> Any:
    return answer.result["content"]["text"]


# ---- what is shown


async def test_every_part_of_a_sampling_request_is_on_the_screen() -> None:
    async with at_desk(size=LARGE) as person:
        await person.is_asked(asked("sampling/createMessage", EVERYTHING, during="explain"))
        await person.shows(
            *("sampling", "alpha asks during explain", "3 messages", "Hello", "there", "image/png", "You are brief."),
            *("Why is the sky blue?", "haiku", "cost 0.25", "temperature 0.5", "77", "END", "thisServer", '"trace": 9'),
            *("weather", "Tells it.", "city", "required", "unheardOf", '"beyond": 1'),
        )


async def test_what_an_elicitation_says_besides_its_form_is_on_the_screen() -> None:
    schema = {"type": "object", "title": "Trip", "properties": {"a": {"type": "string"}}, "minProperties": 1}
    params = {"message": "Who?\nAnd where?", "requestedSchema": schema, "task": {"ttl": 5}, "_meta": {"k": "v"}}
    async with at_desk(size=LARGE) as person:
        await person.is_asked(asked("elicitation/create", params))
        await person.shows("Who?", "And where?", "Trip", "minProperties", '"ttl": 5', '"k": "v"')


async def test_the_question_can_be_seen_as_it_came_and_as_it_is_told() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("f5")
        await person.shows('"maxTokens": 10')
        await person.press("f5")
        await person.until(lambda: '"maxTokens": 10' not in person.text)


async def test_an_unknown_request_shows_its_method_and_params() -> None:
    async with at_desk() as person:
        await person.is_asked(asked("x/custom", {"deep": {"er": [1, 2]}}))
        await person.shows("x/custom", '"deep"', '"er"')


async def test_a_dialog_closes_whose_question_is_answered_from_elsewhere() -> None:
    async with at_desk() as person:
        pending = await person.is_asked(sampling())
        pending.refuse()
        await person.until(lambda: not isinstance(person.app.screen, QuestionDialog), "it is still there")
        assert (await person.heard()).error is not None


async def test_what_is_typed_right_behind_the_key_that_opens_the_answer_is_part_of_it() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        dialog = person.dialog
        dialog.taken = False
        dialog.query_one(Reader).focus()
        await person.until(lambda: isinstance(person.app.focused, Reader), "the question has no focus")
        for key in ("enter", "y", "e", "s"):  # all at once, as over a slow connection
            person.app.post_message(events.Key(key, None if key == "enter" else key))
        await person.until(lambda: "yes" in person.text, "it was not typed")


async def test_a_long_question_can_be_scrolled_while_one_answers() -> None:
    text = "\n".join(f"line {number}" for number in range(200))
    async with at_desk() as person:
        await person.is_asked(sampling(text))
        assert "line 40" not in person.text
        await person.press(*["ctrl+down"] * 13)
        await person.shows("line 40")
        await person.press(*["ctrl+up"] * 13)
        await person.shows("line 0")


# ---- how it is answered


async def test_sampling_is_answered_by_a_text() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.types("Paris, q a?\nof course")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert answer.rule == "person"
        assert answer.result == {
            "role": "assistant",
            "content": {"type": "text", "text": "Paris, q a?\nof course"},
            "model": "a person",
            "stopReason": "endTurn",
        }
        await person.until(lambda: not isinstance(person.app.screen, QuestionDialog))


async def test_nothing_typed_is_no_answer_and_an_empty_text_is_two_quotes() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("ctrl+j")
        await person.shows("nothing is typed yet")
        assert person.desk.waiting == 1
        await person.types('""')
        await person.press("ctrl+j")
        assert texts(await person.heard()) == ""


async def test_a_tool_is_called_with_a_form_of_its_own() -> None:
    tools: list[dict[str, Any]] = [
        {"name": "first", "inputSchema": {"type": "object", "properties": {}}},
        {"name": "weather", "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}}},
    ]
    params = {**sampling().params, "tools": tools}
    async with at_desk() as person:
        await person.is_asked(asked("sampling/createMessage", params))
        await person.press("f3")
        await person.shows("first")
        await person.press("right")
        await person.shows("city")
        await person.press("tab")
        await person.types("Oslo")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert answer.result["stopReason"] == "toolUse"
        use = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}}
        assert answer.result["content"] == use


@pytest.mark.parametrize(
    ("typed", "content"),
    [
        ('"a text"', {"type": "text", "text": "a text"}),
        ('[{"type":"text","text":"x"}]', [{"type": "text", "text": "x"}]),
        ('{"type":"audio","data":"AA==","mimeType":"audio/wav"}', None),
    ],
)
async def test_content_alone_becomes_a_result(typed: str, content: Any) -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("f3")
        await person.types(typed)
        await person.press("ctrl+j")
        answer = await person.heard()
        assert answer.result["role"] == "assistant"
        assert content is None or answer.result["content"] == content


async def test_a_result_goes_out_as_it_stands_once_its_doubt_was_heard() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("f3")
        await person.types('{"odd":')
        await person.press("ctrl+j")
        await person.shows("not JSON")
        await person.types("1}")
        await person.press("ctrl+j")
        await person.shows("it has no role, no content, no model")
        await person.press("ctrl+j")
        assert (await person.heard()).result == {"odd": 1}


async def test_another_way_starts_from_what_was_typed_before() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.types("Paris")
        await person.press("f3")
        await person.shows('"text": "Paris"')
        await person.press("ctrl+j")
        assert texts(await person.heard()) == "Paris"


async def test_a_form_is_filled_in_and_its_defaults_go_with_it() -> None:
    async with at_desk(size=LARGE) as person:
        await person.is_asked(form())
        await person.types("Ada")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert answer.result == {"action": "accept", "content": {"name": "Ada", "seats": 2, "meal": "none"}}


async def test_a_form_that_does_not_fit_stays_and_says_why() -> None:
    async with at_desk(size=LARGE) as person:
        await person.is_asked(form())
        await person.press("ctrl+j")
        await person.shows("the form does not fit yet", "required")
        assert person.desk.waiting == 1
        await person.types("Ada")
        await person.until(lambda: "does not fit yet" not in person.text, "what is not so any more stays")
        await person.press("ctrl+j")
        assert (await person.heard()).action == "accept"


async def test_a_result_that_does_not_fit_the_form_can_be_sent_on_purpose() -> None:
    async with at_desk(size=LARGE) as person:
        await person.is_asked(form())
        await person.press("f3")
        await person.shows('"name": null')
        await person.press("ctrl+j")
        assert (await person.heard()).result["content"]["name"] is None


async def test_a_form_without_a_field_is_accepted_as_it_is() -> None:
    async with at_desk() as person:
        await person.is_asked(form({"type": "object", "properties": {}}))
        await person.press("ctrl+j")
        assert (await person.heard()).result == {"action": "accept", "content": {}}


async def test_roots_are_folders_a_line_each() -> None:
    # A short name: what is said of it has to fit into one line of the screen.
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with at_desk() as person:
            await person.is_asked(roots())
            await person.types(f"{folder}\nfile:///elsewhere\n\n{folder}/none")
            await person.press("ctrl+j")
            await person.shows("/none is no")
            await person.press(*["backspace"] * 5)
            await person.press("ctrl+j")
            answer = await person.heard()
    first = {"uri": folder.as_uri(), "name": folder.name}
    assert answer.result["roots"] == [first, {"uri": "file:///elsewhere"}, first]


async def test_no_roots_at_all_is_an_answer() -> None:
    async with at_desk() as person:
        await person.is_asked(roots())
        await person.press("ctrl+j")
        assert (await person.heard()).result == {"roots": []}


async def test_an_unknown_request_is_answered_in_json() -> None:
    async with at_desk() as person:
        await person.is_asked(question("x/custom"))
        await person.press("ctrl+j")
        assert (await person.heard()).result == {}


# ---- no


async def test_an_elicitation_is_declined() -> None:
    async with at_desk() as person:
        await person.is_asked(form())
        await person.press("ctrl+n", "enter")
        assert (await person.heard()).result == {"action": "decline"}


async def test_an_elicitation_is_cancelled() -> None:
    async with at_desk() as person:
        await person.is_asked(form())
        await person.press("ctrl+n", "c")
        assert (await person.heard()).result == {"action": "cancel"}


async def test_anything_is_refused_with_a_code_and_a_message() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("ctrl+n")
        await person.press("shift+tab", "ctrl+u")
        await person.types("4x")
        await person.press("enter")
        await person.shows("an error's code is a whole number")
        await person.press("backspace", "tab", "ctrl+u")
        await person.types("not today")
        await person.press("enter")
        assert (await person.heard()).error == {"code": 4, "message": "not today"}


async def test_a_refusal_starts_as_the_protocols_own() -> None:
    async with at_desk() as person:
        await person.is_asked(question("x/custom"))
        await person.press("ctrl+n", "enter")
        assert (await person.heard()).error == {"code": -32601, "message": "Method not found"}


async def test_saying_no_can_be_thought_better_of() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.press("ctrl+n")
        await person.shows("Refuse")
        await person.press("escape")
        await person.until(lambda: "Refuse" not in person.text)
        assert isinstance(person.app.screen, QuestionDialog)
        await person.types("d")
        await person.press("ctrl+j")
        assert texts(await person.heard()) == "d"


# ---- a rule, a draft


async def test_an_answer_is_saved_as_a_rule_which_answers_from_then_on(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    async with at_desk(desk=Desk(save_to=None)) as person:
        await person.is_asked(sampling())
        await person.types("Paris")
        await person.press("ctrl+r", "ctrl+u")
        await person.types(str(file))
        await person.press("enter")
        await person.heard()
        await person.shows("saved as a rule")
        person.put(sampling())
        again = await person.heard(2)
        assert (again.rule, texts(again)) == (f"{file}:4", "Paris")


async def test_escape_where_the_file_is_named_closes_that_line_alone(tmp_path: Path) -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.types("Paris")
        await person.press("ctrl+r")
        await person.shows("save as a rule in", "enter sends and saves")
        await person.press("escape")
        await person.until(lambda: "save as a rule" not in person.text, "the line stays")
        await person.press("ctrl+j")
        assert texts(await person.heard()) == "Paris"


async def test_a_draft_is_there_to_be_sent_and_names_its_model() -> None:
    result = {"role": "assistant", "content": {"type": "text", "text": "Lyon"}, "model": "m-1", "stopReason": "x"}

    async def draft(asked: Question) -> Answer | None:
        return Answer("--llm m-1", result=result)

    async with at_desk(draft=draft) as person:
        await person.is_asked(sampling())
        await person.shows("draft by --llm m-1", "Lyon")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert (answer.rule, answer.result) == ("person, draft by --llm m-1", result)


async def test_a_changed_draft_is_the_persons() -> None:
    result = {"role": "assistant", "content": {"type": "text", "text": "Lyon"}, "model": "m-1", "stopReason": "x"}

    async def draft(asked: Question) -> Answer | None:
        return Answer("--llm m-1", result=result)

    async with at_desk(draft=draft) as person:
        await person.is_asked(sampling())
        await person.shows("Lyon")
        await person.press("ctrl+end")
        await person.types("s")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert answer.rule == "person"
        assert "s" in texts(answer)


async def test_a_draft_that_cannot_be_seen_as_it_is_comes_as_json() -> None:
    result = {"role": "assistant", "content": {"type": "text", "text": "a\u202eb"}, "model": "m", "stopReason": "x"}

    async def draft(asked: Question) -> Answer | None:
        return Answer("--llm m", result=result)

    async with at_desk(draft=draft) as person:
        await person.is_asked(sampling())
        await person.shows("a\\u202eb")
        await person.press("ctrl+j")
        assert (await person.heard()).result == result


async def test_a_draft_never_replaces_what_was_typed() -> None:
    import anyio

    typed = anyio.Event()

    async def draft(asked: Question) -> Answer | None:
        await typed.wait()
        return Answer("--llm m", result={"content": {"type": "text", "text": "Lyon"}})

    async with at_desk(draft=draft) as person:
        await person.is_asked(sampling())
        await person.shows("a draft is being written")
        await person.types("Par")
        typed.set()
        await person.shows("a draft by --llm m is there")
        await person.types("is")
        await person.press("ctrl+j")
        answer = await person.heard()
        assert (answer.rule, texts(answer)) == ("person", "Paris")


async def test_why_there_is_no_draft_is_said() -> None:
    async def draft(asked: Question) -> Answer | None:
        raise Unanswerable("--llm m: its 20 calls are used up")

    async with at_desk(draft=draft) as person:
        await person.is_asked(sampling())
        await person.shows("no draft: --llm m: its 20 calls are used up")


# ---- later, and over


async def test_a_question_is_put_off_with_all_that_was_typed() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling())
        await person.types("Par")
        await person.press("escape")
        await person.shows("1 question waits (a)")
        assert not isinstance(person.app.screen, QuestionDialog)
        await person.press("4", "a")
        await has_dialog(person)
        await person.types("is")
        await person.press("ctrl+j")
        assert texts(await person.heard()) == "Paris"


async def test_several_wait_at_once_and_each_key_opens_the_next() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling("first?"))
        person.put(sampling("second?"))
        person.put(form())
        await person.waits(3)
        await person.shows("2 more wait")
        for text in ("first?", "second?", "Who?", "first?"):
            await person.shows(text)
            await person.press("escape")
            await person.shows("3 questions wait (a)")
            await person.press("a")


async def test_the_next_question_opens_when_one_is_answered() -> None:
    async with at_desk() as person:
        await person.is_asked(sampling("first?"))
        person.put(sampling("second?"))
        await person.waits(2)
        await person.types("x")
        await person.press("ctrl+j")
        await person.heard()
        await person.shows("second?")


async def test_no_dialog_opens_over_another_screen_but_it_is_announced() -> None:
    async with at_desk() as person:
        await person.press("A")
        await person.until(lambda: isinstance(person.app.screen, QuestionsScreen))
        person.put(sampling())
        await person.shows("alpha asks: sampling (a answers it)")
        assert isinstance(person.app.screen, QuestionsScreen)


async def test_a_question_that_was_taken_back_goes_and_says_so() -> None:
    desk = Desk()
    async with at_desk(desk=desk) as person:
        task = person.put(sampling())
        await has_dialog(person)
        desk.why = lambda question: "the server took the question back"
        task.cancel()
        await person.until(lambda: not isinstance(person.app.screen, QuestionDialog))
        await person.shows("no longer asked", "took")


async def test_what_was_typed_stays_when_the_question_goes() -> None:
    desk = Desk()
    async with at_desk(desk=desk) as person:
        task = person.put(sampling())
        await has_dialog(person)
        await person.types("a long answer")
        desk.why = lambda question: "the server has gone"
        task.cancel()
        await person.shows("no longer asked: the server has gone", "a long answer", "closes")
        await person.press("ctrl+j")
        assert isinstance(person.app.screen, QuestionDialog)
        await person.press("escape")
        await person.until(lambda: not isinstance(person.app.screen, QuestionDialog))
        assert person.answers == []


async def test_a_question_that_goes_while_it_is_put_off_is_told() -> None:
    async with at_desk() as person:
        task = person.put(sampling())
        await has_dialog(person)
        await person.press("escape")
        task.cancel()
        await person.shows("no longer asked")
        await person.waits(0)


async def test_without_a_question_that_waits_the_key_opens_the_list() -> None:
    async with at_desk() as person:
        await person.press("a")
        await person.until(lambda: isinstance(person.app.screen, QuestionsScreen))


# ---- hostile


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
@pytest.mark.parametrize("kind", ["sampling", "form", "url", "roots", "custom"])
async def test_nothing_of_a_hostile_question_reaches_the_terminal_raw(kind: str, size: tuple[int, int]) -> None:
    text = HOSTILE
    tool = {"name": text, "description": text, "inputSchema": {"properties": {text: {"description": text}}}}
    field = {"type": "string", "title": text, "description": text, "default": text, "format": text}
    choice = {"enum": [text, "b"], "enumNames": [text, text], "default": text}
    put = {
        "sampling": asked(
            "sampling/createMessage",
            {
                "messages": [{"role": text, "content": {"type": "text", "text": text}}, text],
                "systemPrompt": text,
                "modelPreferences": {"hints": [{"name": text}], text: text},
                "stopSequences": [text],
                "includeContext": text,
                "metadata": {text: text},
                "tools": [tool],
                "toolChoice": {"mode": text},
                text: text,
            },
            during=text,
        ),
        "form": asked(
            "elicitation/create",
            {
                "message": text,
                "requestedSchema": {"title": text, "properties": {text: field, "b": choice}, text: text},
                text: text,
            },
            during=text,
        ),
        "url": asked("elicitation/create", {"mode": "url", "message": text, "url": "https://a.b/" + text, text: text}),
        "roots": asked("roots/list", {"_meta": {text: text}}),
        "custom": asked(f"x/{text}", {text: text}),
    }[kind]
    async with at_desk(size=size) as person:
        await person.is_asked(Question(text, put.method, put.params, put.seq, during=put.during))
        for key in ("f3", "f5", "f3", "f5", "ctrl+n", "ctrl+n", "ctrl+r", "ctrl+r"):
            await person.press(key)
            await person.pilot.pause()
            assert not raw_on_screen(person.app)
