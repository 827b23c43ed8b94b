"""Logs, Server and Stats on the servers that people have."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from mcpwatch.api import Session
from mcpwatch.session.answers.canned import roots
from tests.real.running import command
from tests.tui.conftest import LARGE, watching
from tests.tui.told import said, to_pane

pytestmark = pytest.mark.anyio


async def test_server_everything_logs_asks_for_roots_and_is_started_anew(servers_folder: Path, tmp_path: Path) -> None:
    target = command(servers_folder, "everything", tmp_path)
    async with watching(target, size=(200, 140), answerers=[roots([tmp_path])]) as screens:
        session = cast("Session", screens.source.session)
        link = session.current[0]
        await to_pane(screens, 5)
        await screens.shows("mcp-servers/everything", "asked 1 time · given 1", "list changes   tools")
        await session.call("toggle-simulated-logging")
        await to_pane(screens, 4)
        await screens.until(lambda: sum(session.timeline.links[link].logs.values()) > 0, "no log came")
        await screens.shows("asks ≥ debug")
        await to_pane(screens, 6)
        await screens.shows("toggle-simulated-logging")
        await screens.press("R")
        await screens.until(lambda: f"{link} goes on as {link}#2." in said(screens))
        await to_pane(screens, 5)
        await screens.shows(f"✓ {link}#2")
        await screens.shows(f"■ {link} · ended by mcpwatch")


@pytest.mark.parametrize("name", ["fastmcp3", "fastmcp4"])
async def test_fastmcp_has_numbers_of_its_tools(servers_folder: Path, tmp_path: Path, name: str) -> None:
    async with watching(command(servers_folder, name, tmp_path), size=LARGE) as screens:
        session = cast("Session", screens.source.session)
        for number in range(3):
            assert (await session.call("add", a=1, b=number)).data is not None
        await to_pane(screens, 6)
        await screens.press("t")
        await screens.until(lambda: any(line.split()[1:4] == ["add", "3", "·"] for line in screens.text.splitlines()))
        await to_pane(screens, 5)
        await screens.shows("✓ ", "offers", "capabilities", "used")
