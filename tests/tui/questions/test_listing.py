"""The list of all questions: what waits, what was answered by whom; live and in a file, in both eras."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.widgets import TextArea

from mcpwatch.session.answers import Answerer, Question, canned
from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.questions.dialog import QuestionDialog
from mcpwatch.tui.questions.listing import QuestionsScreen
from tests.tui.conftest import LARGE, Screens, opened, watching
from tests.tui.questions.asking import has_dialog

pytestmark = pytest.mark.anyio

ERAS = ["legacy", "modern"]


@asynccontextmanager
async def demo(era: str, *answerers: Answerer, record: Path | None = None) -> AsyncGenerator[Screens]:
    async with watching("demo", options=ClientOptions(era=era), answerers=answerers, record=record, size=LARGE) as here:
        yield here


async def call(screens: Screens, tool: str) -> asyncio.Task[Any]:
    session = screens.source.session
    assert session is not None
    return asyncio.get_running_loop().create_task(session.client().call(tool))


async def listed(screens: Screens) -> None:
    await screens.press("A")
    await screens.until(lambda: isinstance(screens.app.screen, QuestionsScreen), "no list")


@pytest.mark.parametrize("era", ERAS)
async def test_a_question_is_answered_by_the_person_and_listed_with_the_answer(era: str) -> None:
    async with demo(era) as screens:
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        await screens.shows("demo asks during ask_model", "Why is the sky blue?", "haiku")
        await screens.press(*"Rayleigh", "ctrl+j")
        reply = await calling
        assert "Rayleigh" in str(reply.result)
        await listed(screens)
        await screens.shows("0 wait", "1 answered", "by person", "Rayleigh", "Why is the sky blue?")


async def answers(screens: Screens) -> str:
    """Answer the question on the screen, or the next one; the kind that it was."""
    if not isinstance(screens.app.screen, QuestionDialog):
        await screens.press("a")
    pending = (await has_dialog(screens)).pending
    match pending.question.kind:
        case "elicitation":
            await screens.press(*"Ada")
        case "sampling":
            await screens.press(*"Go")
        case _:
            pass
    await screens.pilot.pause()
    await screens.press("ctrl+j")
    await screens.until(lambda: not pending.waiting, "not sent")
    return pending.question.kind


async def test_two_questions_of_a_round_wait_at_once_and_both_are_answered() -> None:
    async with demo("modern") as screens:
        calling = await call(screens, "plan_trip")
        await has_dialog(screens)
        await screens.until(lambda: screens.app.desk.waiting == 2, "not two")
        await screens.press("escape")
        await screens.shows("2 questions wait (a)")
        await listed(screens)
        await screens.shows("2 wait", "elicitation", "roots", "during plan_trip", "for ")
        await screens.press("escape")
        assert {await answers(screens), await answers(screens)} == {"elicitation", "roots"}
        await screens.until(lambda: screens.app.desk.waiting == 1, "no second round")
        assert await answers(screens) == "sampling"
        assert "Go" in str((await calling).result)


async def unprompted(screens: Screens) -> tuple[QuestionDialog, asyncio.Task[Any]]:
    """The dialog of a question that belongs to no call of the person's."""
    question = Question("demo", "roots/list", {}, 3)
    answering = asyncio.get_running_loop().create_task(screens.app.desk.answer(question))
    return await has_dialog(screens), answering


async def test_the_keys_of_the_screens_work_before_a_dialog_that_nobody_expected() -> None:
    async with demo("legacy") as screens:
        dialog, answering = await unprompted(screens)
        await screens.shows("enter answers it", "do what they do everywhere")
        await screens.press("3")
        await screens.until(lambda: screens.app.screen is not dialog and screens.app.pane.id == "call", "no pane")
        await screens.shows("1 question waits (a)")
        await screens.press("a")
        await screens.until(lambda: dialog.taken and screens.app.screen is dialog, "not opened")
        await screens.pilot.pause()
        await screens.press("slash", "ctrl+j")
        assert (await answering).result == {"roots": [{"uri": "file:///", "name": ""}]}


async def test_enter_takes_up_a_dialog_that_nobody_expected_and_the_palette_opens_over_it() -> None:
    async with demo("legacy") as screens:
        dialog, answering = await unprompted(screens)
        await screens.press("ctrl+p")
        await screens.until(lambda: isinstance(screens.app.screen, CommandPalette), "no palette")
        await screens.press("escape")
        await screens.until(lambda: screens.app.screen is dialog, "the palette stays")
        await screens.press("enter")
        await screens.until(lambda: isinstance(dialog.focused, TextArea), "nothing to type in")
        await screens.press("ctrl+j")
        assert (await answering).result == {"roots": []}


async def test_a_call_of_which_one_question_is_refused_is_given_up_and_says_why() -> None:
    async with demo("modern") as screens:
        calling = await call(screens, "plan_trip")
        await has_dialog(screens)
        await screens.until(lambda: screens.app.desk.waiting == 2, "not two")
        await screens.press("escape")
        form, roots = sorted(screens.app.desk.pending, key=lambda one: one.question.kind)
        form.give({"action": "accept", "content": {"name": "Ada"}})
        roots.fail(-1, "not today")
        assert "not today" in str((await calling).error)
        await listed(screens)
        await screens.shows("0 wait", "refused", "answered", "never sent", "not today (-1)")
        await screens.press("end")
        await screens.shows("roots/list was not answered: not today")
        await screens.press("escape", "3", "h")
        await screens.shows("✗ call plan_trip", "given up", "roots/list was not answered: not today")
        await screens.press("2")
        await screens.shows("Ended", "plan_trip", "given up: roots/list was not answered: not today")
        await screens.press("1", "t")
        await screens.shows("✗ given up")


async def test_questions_that_come_one_after_the_other_open_one_after_the_other() -> None:
    async with demo("legacy") as screens:
        calling = await call(screens, "plan_trip")
        kinds: list[str] = []
        for _ in range(3):
            await screens.until(lambda: screens.app.desk.waiting == 1, "no question")
            kinds.append(await answers(screens))
            await screens.until(lambda: screens.app.desk.waiting == 0 or calling.done() or len(kinds) < 3)
        assert sorted(kinds) == ["elicitation", "roots", "sampling"]
        assert "Go" in str((await calling).result)


@pytest.mark.parametrize("era", ERAS)
async def test_what_a_rule_answered_is_listed_with_the_rule(era: str) -> None:
    async with demo(era, canned.sampling("Blue."), canned.elicit("decline")) as screens:
        await (await call(screens, "ask_model"))
        await (await call(screens, "ask_person"))
        await listed(screens)
        await screens.shows("2 answered", "by --sampling", "by --elicit", "decline")
        await screens.press("end")
        await screens.shows("Blue.")


@pytest.mark.parametrize("era", ERAS)
async def test_a_question_is_opened_from_the_list_and_refused(era: str) -> None:
    async with demo(era) as screens:
        calling = await call(screens, "ask_person")
        await has_dialog(screens)
        await screens.press("escape")
        await listed(screens)
        await screens.press("enter")
        await has_dialog(screens)
        await screens.press("ctrl+n", "d")
        assert "decline" in str((await calling).result)


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_of_a_call_that_is_cancelled_goes(era: str) -> None:
    async with demo(era) as screens:
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        calling.cancel()
        await screens.until(lambda: screens.app.desk.waiting == 0, "it stays")
        await screens.until(lambda: not isinstance(screens.app.screen, QuestionDialog), "the dialog stays")
        await screens.shows("no longer asked")


@pytest.mark.parametrize("era", ERAS)
async def test_no_request_times_out_while_the_person_thinks(era: str) -> None:
    async with demo(era) as screens:
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        session = screens.source.session
        assert session is not None
        assert session.client().is_asked
        await screens.press(*"ok", "ctrl+j")
        await calling
        assert not session.client().is_asked


async def test_a_file_shows_the_same_list_and_nothing_can_be_answered(tmp_path: Path) -> None:
    file = tmp_path / "asked.mcpw.jsonl"
    async with demo("legacy", canned.elicit("decline"), record=file) as screens:
        await (await call(screens, "ask_person"))
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        await screens.press(*"Rayleigh", "ctrl+j")
        await calling
    async with opened(file, size=LARGE) as screens:
        await screens.press("a")
        await screens.shows("2 answered", "by person", "by --elicit", "Rayleigh")
        await screens.press("enter")
        await screens.pilot.pause()
        assert isinstance(screens.app.screen, QuestionsScreen)
        screens.source.until = screens.source.timeline.questions[1].asked
        await screens.shows("1 waits", "waiting", "1 answered")


async def test_the_frame_of_a_question_is_shown_in_traffic() -> None:
    async with demo("legacy", canned.elicit("decline")) as screens:
        await (await call(screens, "ask_person"))
        await screens.press("4")
        await listed(screens)
        await screens.press("t")
        await screens.until(lambda: screens.app.pane.id == "traffic", "not in traffic")


async def test_a_rule_that_was_saved_is_used_no_more_when_the_person_wants_to_be_asked(tmp_path: Path) -> None:
    async with demo("legacy") as screens:
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        await screens.press(*"One", "ctrl+r", "ctrl+u", *str(tmp_path / "r.yaml"), "enter", "ctrl+j")
        await calling
        assert "One" in str((await (await call(screens, "ask_model"))).result)
        await listed(screens)
        await screens.shows("2 answered", "r.yaml:4")
        await screens.press("x")
        await screens.shows("answers no more")
        await screens.press("escape")
        calling = await call(screens, "ask_model")
        await has_dialog(screens)
        await screens.press(*"Two", "ctrl+j")
        assert "Two" in str((await calling).result)


async def test_a_list_without_a_question_says_so() -> None:
    async with opened() as screens:
        await screens.press("A")
        await screens.shows("Questions")
