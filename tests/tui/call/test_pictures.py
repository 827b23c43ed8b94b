"""Pictures of the pane Call over a recording. `--snapshot-update` draws them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.tui.call.test_recorded import go_to_call, recorded, told
from tests.tui.conftest import LARGE, SMALL
from tests.tui.questions.test_pictures import Picture, picture

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_form(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with recorded(told(), tmp_path, size) as screens:
        await screens.press("enter")
        await screens.shows("city *", "metric ▾")
        assert await picture(screens) == snapshot(extension_class=Picture)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_result(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with recorded(told(), tmp_path, size) as screens:
        await go_to_call(screens, 0)
        await screens.shows("▣ image")
        assert await picture(screens) == snapshot(extension_class=Picture)
