"""What there is to open, where nothing was named."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from mcpwatch.recording.kept import new_path
from mcpwatch.tui.home import Choice, HomeApp
from tests.tui.conftest import wait_until
from tests.tui.told import HOSTILE, begun, written

pytestmark = pytest.mark.anyio


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config of two servers, one of them with a name to be careful with, and one kept session."""
    monkeypatch.chdir(tmp_path)
    servers = {"weather": {"command": "node", "args": ["srv.js", "--token", "hunter2"]}, HOSTILE: {"url": "https://x/"}}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))
    kept = new_path("alpha")
    assert kept is not None
    written(begun("alpha"), kept.parent, name=kept.name)
    return kept


@asynccontextmanager
async def at_home(problem: str = "") -> AsyncGenerator[tuple[HomeApp, Pilot[Choice | None]]]:
    app = HomeApp(problem=problem)
    async with app.run_test(size=(100, 24)) as pilot:
        await wait_until(lambda: app.query_one(OptionList).option_count)
        yield app, pilot


def shown(app: HomeApp) -> str:
    rows = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    return "\n".join(row.text.rstrip() for row in rows)


async def test_servers_of_configs_the_demo_and_kept_sessions_are_offered(there: Path) -> None:
    async with at_home() as (app, _):
        await wait_until(lambda: "weather" in shown(app), lambda: shown(app))
        text = shown(app)
        assert "Servers" in text
        assert "demo" in text
        assert "Kept sessions" in text
        assert "hunter2" not in text
        assert "\x1b" not in text
        assert "[@click=app.quit]" in text


async def test_what_is_typed_narrows_the_list_and_enter_opens_the_first(there: Path) -> None:
    async with at_home() as (app, pilot):
        await pilot.press("slash", *"weather", "enter")
        await wait_until(lambda: not app.is_running)
    assert app.return_value is not None
    assert app.return_value.kind == "target"
    assert app.return_value.text.endswith(":weather")


async def test_a_kept_session_is_opened_as_a_file(there: Path) -> None:
    async with at_home() as (app, pilot):
        await pilot.press("slash", *"exit 0", "enter")
        await wait_until(lambda: not app.is_running)
    assert app.return_value == Choice("file", str(there))


async def test_a_target_can_be_typed(there: Path) -> None:
    async with at_home() as (app, pilot):
        await pilot.press("o", *"npx -y srv", "enter")
        await wait_until(lambda: not app.is_running)
    assert app.return_value == Choice("target", "npx -y srv")


async def test_what_could_not_be_opened_is_said_and_the_list_is_there_again(there: Path) -> None:
    async with at_home("There is no file srv.py [/nope].") as (app, pilot):
        assert "There is no file srv.py [/nope]." in shown(app)
        await pilot.press("q")
        await wait_until(lambda: not app.is_running)
    assert app.return_value is None
