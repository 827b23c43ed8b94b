"""The scrubber moves the time up to which all panes show what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.recording import Writer
from mcpwatch.tui.traffic.scrubber import Scrubber
from tests.tui.conftest import LARGE, opened
from tests.tui.traffic.screen import Traffic, traffic
from tests.tui.traffic.talk import STARTED, everyday

pytestmark = pytest.mark.anyio


def scrubber(shown: Traffic) -> Scrubber:
    return shown.pane.query_one(Scrubber)


async def test_keys_go_back_and_on_in_time(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.screens.shows("all of 210 ms")
        await shown.press("{")
        assert shown.pane.source.until == pytest.approx(0.20)
        await shown.shows(*range(1, 21))
        await shown.press("{", "{")
        await shown.shows(*range(1, 19))
        await shown.press("[")
        assert shown.pane.source.until == pytest.approx(0.176)
        await shown.shows(*range(1, 18))
        await shown.screens.shows("176 ms of 210 ms")
        await shown.press(*("]" * 10))
        assert shown.pane.source.until is None
        await shown.shows(*range(1, 22))
        await shown.press(*("[" * 60))
        await shown.shows(1)
        await shown.press("}")
        await shown.shows(1, 2)


async def test_other_panes_see_the_same_time(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        scrubber(shown).place(0.075)
        await shown.screens.until(lambda: len(shown.pane.source.timeline.running) == 1)
        await shown.shows(*range(1, 8))
        scrubber(shown).place(9.0)
        await shown.screens.until(lambda: not shown.pane.source.timeline.running)


async def test_a_filter_and_a_tree_end_there_too(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("method:tools/call")
        scrubber(shown).place(0.145)
        await shown.shows(7, 14)
        await shown.press("escape", "t")
        await shown.shows(1, 2, 4, 5, 7)
        scrubber(shown).place(0.105)
        await shown.shows(1, 2, 4, 5, 7)
        await shown.press("G", "space")
        await shown.shows(1, 2, 4, 5, 7, 8, 9, 10)
        scrubber(shown).place(1.0)
        await shown.shows(1, 2, 4, 5, 7, 15, 16, 17, 19, 21)


async def test_jumping_to_what_is_not_there_yet_goes_on_in_time(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        scrubber(shown).place(0.05)
        await shown.shows(1, 2, 3, 4, 5)
        shown.pane.show_frame(20)
        await shown.on(20)
        assert shown.pane.source.until is None
        await shown.press("t")
        scrubber(shown).place(0.05)
        await shown.shows(1, 2, 4, 5)
        shown.pane.show_frame(19)
        await shown.on(19)


async def test_the_mouse_drags_it(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        pilot = shown.screens.pilot
        await pilot.mouse_down("#traffic-scrubber", offset=(50, 0))
        await shown.screens.until(lambda: shown.pane.source.until is not None)
        before = shown.pane.source.until
        await pilot.hover("#traffic-scrubber", offset=(30, 0))
        await shown.screens.until(lambda: shown.pane.source.until != before)
        assert before is not None and (shown.pane.source.until or 1) < before
        await pilot.mouse_up("#traffic-scrubber", offset=(30, 0))
        now = shown.pane.source.until
        await pilot.hover("#traffic-scrubber", offset=(60, 0))
        assert shown.pane.source.until == now


async def test_what_is_still_written_has_none(tmp_path: Path) -> None:
    path = tmp_path / "growing.mcpw.jsonl"
    writer = Writer(path, started=STARTED)
    for event in everyday().events:
        writer.write(event)
    async with opened(path) as screens:
        shown = Traffic(screens)
        await shown.settle()
        assert not scrubber(shown).display
        writer.close(0)
        await screens.until(lambda: scrubber(shown).display)
