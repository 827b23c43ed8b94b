"""Pictures of the dialog, of the list, and of Running over a file. `--snapshot-update` draws them anew."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.widgets import Input, TextArea

from tests.session.answers.asking import form
from tests.tui.conftest import LARGE, SMALL, Screens, opened
from tests.tui.questions.asking import asked, at_desk
from tests.tui.questions.test_dialog import EVERYTHING

pytestmark = pytest.mark.anyio


class Picture(SingleFileSnapshotExtension):
    """A file for each, which a browser shows."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


async def picture(screens: Screens) -> str:
    """The screen as SVG, with cursors that do not blink."""
    for area in screens.app.screen.query(TextArea):
        area.cursor_blink = False
    for line in screens.app.screen.query(Input):
        line.cursor_blink = False
    await screens.pilot.pause()
    return screens.app.export_screenshot(title="mcpwatch", simplify=True)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_sampling_request_that_asks_for_everything(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with at_desk(size=size) as person:
        await person.press("2")
        await person.is_asked(asked("sampling/createMessage", EVERYTHING, during="explain"))
        await person.shows("You are brief.")
        assert await picture(person) == snapshot(extension_class=Picture)


async def test_a_form_with_its_ways_to_say_no(snapshot: SnapshotAssertion) -> None:
    async with at_desk(size=LARGE) as person:
        await person.press("2")
        await person.is_asked(form())
        await person.press("ctrl+n")
        await person.shows("Decline (d)")
        assert await picture(person) == snapshot(extension_class=Picture)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_questions_of_a_file(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with opened(size=size) as screens:
        await screens.press("A")
        await screens.shows("answered")
        assert await picture(screens) == snapshot(extension_class=Picture)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_what_was_under_way_at_a_time_of_a_file(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with opened(size=size) as screens:
        await screens.press("2")
        screens.source.until = 0.6
        await screens.shows("Progress")
        assert await picture(screens) == snapshot(extension_class=Picture)
