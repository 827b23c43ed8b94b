"""The status line: what it all comes from, how each link does, what waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.events import Closed
from mcpwatch.tui.bar import status
from mcpwatch.view.style import plain
from tests.tui.conftest import opened, watching
from tests.tui.told import begun, written

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (None, "✓ server legacy"),
        (Closed(link="server", reason="closed", code=0), "■ server ended"),
        (Closed(link="server", reason="exit", code=0), "■ server ended"),
        (Closed(link="server", reason="exit", code=3), "✗ server exited 3"),
        (Closed(link="server", reason="exit", signal="SIGSEGV"), "✗ server ended by SIGSEGV"),
        (Closed(link="server", reason="lost", error="refused"), "✗ server lost"),
    ],
)
async def test_each_link_says_how_it_does(closed: Closed | None, said: str, tmp_path: Path) -> None:
    story = begun()
    if closed is not None:
        story.closed(**{name: getattr(closed, name) for name in ("reason", "code", "signal", "error")})
    async with opened(written(story, tmp_path)) as screens:
        line = plain(status(screens.source, 0))
        assert said in line
        assert line.startswith("FILE")
        assert line.endswith("told.mcpw.jsonl")


async def test_a_url_at_which_nobody_answers_is_not_connecting_for_ever() -> None:
    async with watching("http://127.0.0.1:1/mcp") as screens:
        await screens.shows("✗ 127.0.0.1 cannot be reached")
        await screens.press("5")
        await screens.shows("✗ 127.0.0.1 · cannot be reached: ")


async def test_a_server_over_http_that_no_request_reaches_any_more_says_so(tmp_path: Path) -> None:
    story = begun()
    story.http("request", 7, verb="POST", url="http://a/mcp")
    story.http("error", 7, error="connection refused")
    async with opened(written(story, tmp_path)) as screens:
        await screens.shows("✗ server cannot be reached")
        await screens.press("5")
        await screens.shows("cannot be reached: connection refused")


@pytest.mark.parametrize(
    ("waiting", "said"), [(0, ""), (1, "1 question waits (a)"), (2, "2 questions wait (a)")], ids=str
)
async def test_questions_that_wait_are_seen_from_every_pane(waiting: int, said: str, tmp_path: Path) -> None:
    async with opened(written(begun(), tmp_path)) as screens:
        assert said in plain(status(screens.source, waiting))


async def test_the_scrubber_says_up_to_when(tmp_path: Path) -> None:
    story = begun()
    async with opened(written(story, tmp_path)) as screens:
        screens.source.until = story.events[1].t
        assert "up to" in plain(status(screens.source, 0))
