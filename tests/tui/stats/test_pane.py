"""The pane Stats, over files and over servers that answer while one looks."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from mcpwatch.api import Session
from mcpwatch.session.options import ClientOptions
from tests.model.story import Story
from tests.tui.conftest import LARGE, SMALL, Screens, opened, watching
from tests.tui.told import HOSTILE, begun, to_pane, written

pytestmark = pytest.mark.anyio
QUICK = [sys.executable, str(Path(__file__).parents[2] / "servers" / "good" / "quick.py")]


@asynccontextmanager
async def stats(story: Story, folder: Path, size: tuple[int, int] = SMALL) -> AsyncGenerator[Screens]:
    async with opened(written(story, folder), size=size) as screens:
        await to_pane(screens, 6)
        yield screens


def calls() -> Story:
    story = begun()
    for number, (name, took) in enumerate([("slow", 2.0), ("quick", 0.25), ("quick", 0.5)]):
        story.request("tools/call", {"name": name}, id=number + 2, at=10.0 * number + 10)
        story.result({"isError": name == "slow"}, id=number + 2, at=10.0 * number + 10 + took)
    return story


def rows(screens: Screens) -> list[str]:
    """The lines of the table."""
    return [line for line in screens.text.splitlines()[3:-2] if line.startswith((" →", " ←", "     "))]


async def test_methods_and_tools_have_their_numbers(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        await screens.shows("count▾", "→ tools/call", "     quick", "     slow", "→ initialize")
        call, quick, slow, _ = [line.split() for line in rows(screens)]
        assert call[2:10] == ["3", "1", "500", "ms", "2.0", "s", "2.0", "s"]
        assert quick[1:9] == ["2", "·", "250", "ms", "500", "ms", "500", "ms"]
        assert slow[1:4] == ["1", "1", "2.0"]
        assert "█" in rows(screens)[0]


async def test_keys_choose_the_column_and_the_order(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        await screens.press("greater_than_sign", "greater_than_sign")
        await screens.shows("p50▾")
        assert [line.split()[0] for line in rows(screens)] == ["→", "→", "slow", "quick"], "initialize took the longest"
        await screens.press("r")
        await screens.shows("p50▴")
        assert [line.split()[0] for line in rows(screens)] == ["→", "quick", "slow", "→"]
        await screens.press("less_than_sign", "less_than_sign", "less_than_sign")
        await screens.shows("method▾")
        assert [line.split()[:2] for line in rows(screens)][0] == ["→", "initialize"]


async def test_a_click_on_a_heading_sorts_by_it_and_a_second_the_other_way(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        await screens.shows("    p99     bytes")
        await screens.until(lambda: "   count▾" in screens.text.splitlines()[2], "the heading is not wide")
        at = screens.text.splitlines()[2].index("bytes")
        await screens.pilot.click("#stats-heading", offset=(at, 0))
        await screens.shows("bytes▾")
        await screens.pilot.click("#stats-heading", offset=(at, 0))
        await screens.shows("bytes▴")


async def test_tools_alone_are_one_list(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        await screens.press("t")
        await screens.until(lambda: "tools/call" not in "".join(rows(screens)))
        assert [line.split()[1] for line in rows(screens)] == ["quick", "slow"]


async def test_the_row_under_the_cursor_is_told_in_full(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        await screens.press("down")
        await screens.shows("tools/call quick  asked by the client", "answered in 250 ms to 500 ms")


async def test_links_are_added_up_or_chosen(tmp_path: Path) -> None:
    story = calls()
    begun("other", story=story)
    async with stats(story, tmp_path) as screens:
        await screens.shows("[all] server  other")
        await screens.press("right_square_bracket", "right_square_bracket")
        await screens.shows("[other]")
        assert [line.split()[1] for line in rows(screens)] == ["initialize"]


async def test_the_scrubber_shows_the_numbers_of_then(tmp_path: Path) -> None:
    async with stats(calls(), tmp_path) as screens:
        screens.source.until = 15.0
        await screens.until(lambda: "quick" not in screens.text and "slow" in screens.text)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_names_of_servers_are_only_text(tmp_path: Path, size: tuple[int, int]) -> None:
    story = begun(HOSTILE)
    story.request("tools/call", {"name": HOSTILE}, id=2, link=HOSTILE)
    story.result({}, id=2, link=HOSTILE)
    story.tell(HOSTILE, link=HOSTILE)
    async with stats(story, tmp_path, size) as screens:
        await screens.press("down", "down", "t", "right_square_bracket")
        for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\u200b"):
            assert bad not in screens.text
        for y in range(size[1]):
            for x in range(0, size[0], 5):
                assert "@click" not in screens.app.screen.get_style_at(x, y).meta
        assert screens.app.is_running


async def test_the_numbers_change_while_one_looks() -> None:
    async with watching(QUICK, options=ClientOptions(era="legacy")) as screens:
        session = cast("Session", screens.source.session)
        await to_pane(screens, 6)
        await screens.press("t")
        for _ in range(3):
            await session.call("say", text="hi")
        await session.call("fail")
        await screens.until(lambda: len(rows(screens)) == 2)
        await screens.until(lambda: rows(screens)[0].split()[1:4] == ["say", "3", "·"], "say was not counted")
        await screens.until(lambda: rows(screens)[1].split()[1:4] == ["fail", "1", "1"], "fail was not counted")
        await screens.press("down")
        await screens.shows("tools/call fail")
        for _ in range(3):
            await session.call("fail")
        await screens.until(lambda: rows(screens)[0].split()[1:3] == ["fail", "4"], "the order did not change")
        await screens.shows("tools/call fail")
