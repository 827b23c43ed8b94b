"""What is typed at once goes where it was meant for."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from mcpwatch.tui.traffic.pane import TrafficPane
from tests.tui.conftest import opened

pytestmark = pytest.mark.anyio

NAMES = {"/": "slash", " ": "space"}


async def test_keys_behind_one_that_opens_a_line_are_typed_into_it() -> None:
    async with opened() as screens:
        for key in "/err weather":
            screens.app.post_message(events.Key(NAMES.get(key, key), key))
        pane = screens.app.query_one(TrafficPane)
        await screens.until(lambda: pane.prompt.query_one(Input).value == "err weather")
        assert not pane.errors_only and not pane.frames.marks


async def test_keys_behind_one_that_changes_the_pane_work_in_that_one() -> None:
    async with opened() as screens:
        for key in "4215":
            screens.app.post_message(events.Key(key, key))
        await screens.until(lambda: screens.app.pane.id == "server")
