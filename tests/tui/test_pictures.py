"""Pictures of what there is to open, and of help. `--snapshot-update` draws them anew."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import OptionList

from mcpwatch.tui import home
from mcpwatch.tui.help import HelpScreen
from mcpwatch.tui.home import Choice, HomeApp, Offer
from tests.tui.conftest import GOLDEN, LARGE, SMALL, screen_text, wait_until
from tests.tui.questions.test_pictures import Picture, picture
from tests.tui.traffic.screen import traffic

pytestmark = pytest.mark.anyio


def offered() -> list[Offer]:
    """A session that runs, two servers, and a session that was kept, at times of their own."""
    return [
        Offer("Running now", Choice("file", "4f2k"), [("4f2k  ", "name"), ("Nov 21 01:45:00  12 KiB   live", "ok")]),
        Offer("Servers", Choice("target", "project:weather"), [("project:weather", "name"), ("  node srv.js", "")]),
        Offer("Servers", Choice("target", "demo"), [("demo", "name"), ("  the bundled server", "dim")]),
        Offer(
            "Kept sessions", Choice("file", "a8zq"), [("a8zq  ", "name"), ("Nov 20 18:02:11  3.1 MiB  exit 0", "dim")]
        ),
    ]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_what_there_is_to_open(
    size: tuple[int, int], snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "offers", offered)
    monkeypatch.setattr(home, "_here", lambda: "~/weather")
    app = HomeApp()
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: app.query_one(OptionList).option_count and "demo" in screen_text(app))
        await pilot.pause()
        assert app.export_screenshot(title="mcpwatch", simplify=True) == snapshot(extension_class=Picture)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_help_of_a_pane(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with traffic(GOLDEN / "v1-session.mcpw.jsonl", size=size) as behind:
        screens = behind.screens
        await behind.screens.until(
            lambda: behind.pane.detail.shown == (behind.pane.frames.row, behind.pane.detail.view)
        )
        await screens.press("question_mark")
        await screens.until(lambda: isinstance(screens.app.screen, HelpScreen))
        await screens.shows("traffic.filter")
        assert await picture(screens) == snapshot(extension_class=Picture)
