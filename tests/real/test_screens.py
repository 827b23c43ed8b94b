"""The screens over servers that people have: every kind of question is answered there, and bars move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.questions.dialog import QuestionDialog
from tests.real.running import command
from tests.tui.conftest import LARGE, Screens, watching
from tests.tui.questions.asking import has_dialog

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def over(servers: Path, name: str, folder: Path, era: str = "auto") -> AsyncGenerator[Screens]:
    async with watching(command(servers, name, folder), options=ClientOptions(era=era), size=LARGE) as screens:
        yield screens


def start(screens: Screens, tool: str, **arguments: Any) -> asyncio.Task[Any]:
    session = screens.source.session
    assert session is not None
    return asyncio.get_running_loop().create_task(session.client().call(tool, arguments))


async def answer_roots(screens: Screens) -> None:
    """server-everything asks for the roots as soon as it is connected."""
    shown = await has_dialog(screens)
    assert shown.pending.question.kind == "roots"
    await screens.press("enter", *"file:///x", "ctrl+j")
    await screens.until(lambda: screens.app.desk.waiting == 0)
    await screens.until(lambda: not isinstance(screens.app.screen, QuestionDialog))


async def test_everything_asks_for_roots_a_text_a_form_and_an_address(servers_folder: Path, tmp_path: Path) -> None:
    async with over(servers_folder, "everything", tmp_path) as screens:
        await answer_roots(screens)
        calling = start(screens, "trigger-sampling-request", prompt="Why?")
        await has_dialog(screens)
        await screens.shows("You are a helpful test server.", "Why?")
        await screens.press(*"Because", "ctrl+j")
        assert "Because" in str((await calling).result)

        calling = start(screens, "trigger-elicitation-request")
        await has_dialog(screens)
        await screens.press(*"Ada", "ctrl+j")
        await screens.until(lambda: calling.done())
        assert "Ada" in str(calling.result().result)

        url = "https://good.example@evil.example/in"
        calling = start(screens, "trigger-url-elicitation", url=url)
        await has_dialog(screens)
        await screens.shows(url, "what stands before @ is not the host")
        await screens.press("ctrl+n", "d")
        assert "decline" in str((await calling).result)

        calling = start(screens, "get-roots-list")
        assert "file:///x" in str((await calling).result)


async def test_everything_moves_a_bar(servers_folder: Path, tmp_path: Path) -> None:
    async with over(servers_folder, "everything", tmp_path) as screens:
        await answer_roots(screens)
        await screens.press("2")
        calling = start(screens, "trigger-long-running-operation", duration=600, steps=300)
        await screens.shows("Progress", "trigger-long-running-operation #", "1/300")
        calling.cancel()


async def test_fastmcp3_asks_with_a_tool_and_with_a_form(servers_folder: Path, tmp_path: Path) -> None:
    async with over(servers_folder, "fastmcp3", tmp_path) as screens:
        calling = start(screens, "ask_with_tools", question="Six times seven?")
        await has_dialog(screens)
        await screens.shows("Six times seven?", "multiply")
        await screens.press("f3", "tab", "6", "tab", "7", "ctrl+j")
        await screens.shows("tool result")
        await screens.shows("42")
        await has_dialog(screens)
        await screens.press("4", "2", "ctrl+j")
        assert "42" in str((await calling).result)

        calling = start(screens, "form")
        await has_dialog(screens)
        await screens.press(*"Ada", "ctrl+j")
        assert "Ada" in str((await calling).result)


@pytest.mark.parametrize(("era", "tool"), [("legacy", "turns_push"), ("modern", "turns_round")])
async def test_fastmcp4_asks_in_turns_in_both_eras(servers_folder: Path, tmp_path: Path, era: str, tool: str) -> None:
    async with over(servers_folder, "fastmcp4", tmp_path, era) as screens:
        calling = start(screens, tool, question="Six times seven?")
        await has_dialog(screens)
        await screens.press("f3", "tab", "6", "tab", "7", "ctrl+j")
        await screens.shows("42")
        await has_dialog(screens)
        await screens.press("o", "k", "ctrl+j")
        assert "ok" in str((await calling).result)
        await screens.press("A")
        await screens.shows("2 answered", f"during {tool}", "by person")
