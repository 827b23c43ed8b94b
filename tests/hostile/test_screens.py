"""No screen of the TUI paints what a server wrote so that it acts: no control character, no link, nothing to click."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.batch import terminal_output
from tests.hostile.judge import assert_inert
from tests.hostile.payloads import PAYLOADS
from tests.hostile.recorded import everything
from tests.hostile.walk import over_a_recording, over_a_server
from tests.tui.tmux import PROGRAM

pytestmark = pytest.mark.anyio
TURNS = range(0, len(PAYLOADS), 14)
OURS = re.compile(
    r"\x1b]22;[a-z-]*\x07|\x1b\[[<=>?]?[0-9;]*(?:\$p|[A-HJKSTXhlmnpqrtu])|\x1b[=>78]|\x1b\(B|[\r\x0e\x0f]"
)
"""What Textual writes to a terminal: modes, colours and places, never a string for the terminal to keep."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return everything(tmp_path_factory.mktemp("screens") / "a.mcpw.jsonl", TURNS)


async def test_no_screen_over_a_recording_paints_what_acts(recording: Path) -> None:
    verdict = await over_a_recording(recording, range(3, 420, 97), size=(100, 30))
    assert verdict.wrong == []
    assert verdict.runs > 80


async def test_no_screen_over_a_server_paints_what_acts() -> None:
    verdict = await over_a_server(3, size=(80, 24), brief=True)
    assert verdict.wrong == []
    assert verdict.runs > 25


def test_a_terminal_gets_only_what_moves_and_colours(recording: Path, tmp_path: Path) -> None:
    argv = [*PROGRAM, "tui", str(recording)]
    written = terminal_output(argv, tmp_path, {}, 100, keys="123456q")
    assert "Traffic" in written
    assert_inert(OURS.sub("", written))
