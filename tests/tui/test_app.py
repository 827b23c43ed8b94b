"""The shell of the screens: panes behind tabs, over a file and over a server."""

from __future__ import annotations

import pytest

from mcpwatch.errors import ExitCode
from mcpwatch.tui.live import Live
from tests.tui.conftest import opened, watching

pytestmark = pytest.mark.anyio


async def test_a_recording_opens_on_the_screens() -> None:
    async with opened() as screens:
        assert screens.source.rows == len(screens.source.index) == screens.source.timeline.seq == 18
        await screens.shows("1 Traffic", "FILE", "×18")


async def test_a_number_chooses_a_pane_and_so_does_a_click_on_its_name() -> None:
    async with opened() as screens:
        await screens.press("4")
        assert screens.app.pane.id == "logs"
        await screens.pilot.click("PaneTabs", offset=(14, 0))
        await screens.until(lambda: screens.app.pane.id == "running")


async def test_a_server_is_watched_and_ended_with_the_screens() -> None:
    async with watching("demo") as screens:
        await screens.shows("● REC", "✓ demo modern")
        source = screens.source
    assert isinstance(source, Live)
    assert (source.code, source.live, source.errors) == (ExitCode.OK, False, {})
