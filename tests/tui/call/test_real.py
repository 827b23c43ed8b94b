"""The pane Call on the servers that people have."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.session.answers.canned import roots, sampling
from mcpwatch.tui.call.files import files_folder
from tests.real.running import command
from tests.tui.call.test_pane import calls, ended, fill, open_offer
from tests.tui.conftest import LARGE, watching

pytestmark = pytest.mark.anyio


async def test_server_everything_fills_calls_and_saves(servers_folder: Path, tmp_path: Path) -> None:
    async with watching(
        command(servers_folder, "everything", tmp_path), size=LARGE, answerers=[roots([tmp_path])]
    ) as screens:
        await open_offer(screens, "tool", "echo")
        await fill(screens, {"message": "hello there"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.shows("Echo: hello there")
        await open_offer(screens, "tool", "get-tiny-image")
        await screens.press("ctrl+j")
        await ended(screens, 2)
        await screens.shows("▣ image  image/png")
        await screens.press("w")
        await screens.until(lambda: files_folder().exists() and list(files_folder().iterdir()))
        (file,) = files_folder().iterdir()
        assert file.suffix == ".png"
        file.unlink()


async def test_server_everything_suggests_arguments_and_reports_progress(servers_folder: Path, tmp_path: Path) -> None:
    async with watching(
        command(servers_folder, "everything", tmp_path), size=LARGE, answerers=[roots([tmp_path])]
    ) as screens:
        await open_offer(screens, "prompt", "completable-prompt")
        await screens.press("E")
        await screens.shows("Engineering")
        await open_offer(screens, "tool", "trigger-long-running-operation")
        await fill(screens, {"duration": 2, "steps": 4})
        await screens.press("ctrl+j")
        call = await ended(screens, 1)
        assert call.progress_count >= 3


@pytest.mark.parametrize("name", ["fastmcp3", "fastmcp4"])
async def test_fastmcp_adds_fails_reads_and_prompts(servers_folder: Path, tmp_path: Path, name: str) -> None:
    async with watching(command(servers_folder, name, tmp_path), size=LARGE) as screens:
        await open_offer(screens, "tool", "add")
        await screens.shows("a *", "b", "integer")
        await screens.press("2", "tab", "backspace", "3", "ctrl+j")
        await ended(screens, 1)
        await screens.shows("structured content", "✓ fits the output schema", "result: 5")
        await open_offer(screens, "tool", "broken")
        await screens.press("ctrl+j")
        await ended(screens, 2)
        await screens.shows("✗ the tool says that it failed (isError)")
        await open_offer(screens, "resource", "fastmcp://motd")
        await screens.press("enter")
        await ended(screens, 3)
        await screens.shows("✓ read fastmcp://motd", "fastmcp://motd  text/plain")
        await open_offer(screens, "prompt", "review")
        await screens.press("x", "ctrl+j")
        await ended(screens, 4)
        await screens.shows("✓ prompt review", "user:")


async def test_a_round_of_input_belongs_to_its_call(servers_folder: Path, tmp_path: Path) -> None:
    async with watching(
        command(servers_folder, "fastmcp4", tmp_path), size=LARGE, answerers=[sampling("Paris")]
    ) as screens:
        await open_offer(screens, "tool", "ask_round")
        await fill(screens, {"question": "Which city?"})
        await screens.press("ctrl+j")
        await screens.until(lambda: calls(screens) and calls(screens)[0].state == "done")
        assert len(calls(screens)[0].rounds) == 2
        await screens.shows("Paris", "1 questions")
