"""Pictures of the pane Traffic. `--snapshot-update` draws them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.tui.conftest import LARGE, SMALL
from tests.tui.questions.test_pictures import Picture, picture
from tests.tui.traffic.screen import traffic
from tests.tui.traffic.talk import everyday

pytestmark = pytest.mark.anyio


async def test_what_went_wrong(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with traffic(everyday(), tmp_path, size=SMALL) as shown:
        await shown.press("e")
        await shown.shows(16, 18, 20)
        shown.pane.show_frame(18)
        await shown.details("isError: true")
        await shown.screens.shows("errors only")
        assert await picture(shown.screens) == snapshot(extension_class=Picture)


async def test_exchanges_as_a_tree(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await shown.press("t")
        await shown.shows(1, 2, 4, 5, 7, 15, 16, 17, 19, 21)
        shown.pane.show_frame(7)
        await shown.press("space")
        await shown.details('city: "Paris"')
        await shown.screens.shows("▾ → request tools/call", "tree")
        assert await picture(shown.screens) == snapshot(extension_class=Picture)
