"""Pictures of Logs, Server and Stats over one recording that a test tells. `--snapshot-update` draws them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from mcpwatch.tui.logs.pane import LogsPane
from mcpwatch.tui.stats.pane import StatsPane
from tests.model.story import Story
from tests.tui.conftest import LARGE, SMALL, opened
from tests.tui.questions.test_pictures import Picture, picture
from tests.tui.told import begun, to_pane, written

pytestmark = pytest.mark.anyio

WORDS = {4: ("3 stations near Paris", "city/lisbon"), 5: ("Out of cheese", "[all]"), 6: ("weather", "count▾")}


def told() -> Story:
    hints = "Ask for a city.\nThen wait for the weather."
    story = begun("alpha", result={"instructions": hints}, target={"command": "./weather"})
    story.request("tools/list", id=2, link="alpha")
    story.result({"tools": [{"name": "weather"}, {"name": "grow"}]}, id=2, link="alpha")
    messages = [
        ("debug", {"msg": "cache miss", "key": "city/lisbon"}),
        ("info", "3 stations near Paris"),
        ("warning", {"free": "1.2 GiB", "used": 0.93}),
        ("loud", "nobody knows this level"),
    ]
    for number, (level, data) in enumerate(messages):
        params = {"level": level, "logger": "demo.db" if number % 2 else "demo.cache", "data": data}
        story.tell("notifications/message", params, link="alpha", at=6.0 + number)
    story.stderr(b"loading stations\nDeprecationWarning: gone soon\n", link="alpha")
    for number in range(12):
        story.request("tools/call", {"name": "weather"}, id=number + 3, link="alpha", at=11.0 + number)
        story.result({"isError": number == 7}, id=number + 3, link="alpha", at=11.0 + number + number / 20)
    story.tell("notifications/tools/list_changed", link="alpha", at=24.0)
    story.stderr(b"Traceback\nOut of cheese\n", link="alpha")
    story.closed("alpha", reason="exit", code=7)
    return begun("beta", story=story, target={"url": "https://example.com/mcp"}, transport="http")


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(("number", "keys"), [(4, ["home", "enter"]), (5, []), (6, ["down"])])
async def test_a_pane(
    tmp_path: Path, number: int, keys: list[str], size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with opened(written(told(), tmp_path), size=size) as screens:
        await to_pane(screens, number)
        await screens.shows(*WORDS[number][:1])
        await screens.press(*keys)
        await screens.shows(*WORDS[number])
        logs, stats = screens.app.query_one(LogsPane), screens.app.query_one(StatsPane)
        await screens.until(lambda: number != 4 or logs.behind is None, "not everything was read")
        await screens.until(lambda: number != 6 or stats.is_laid_out, "the heading has another width")
        assert await picture(screens) == snapshot(extension_class=Picture)
