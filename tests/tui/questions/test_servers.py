"""Questions of a server written with the official SDK, on stdio and over HTTP, in both eras."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from mcpwatch.session.options import ClientOptions
from tests.real.running import GOOD, loopback
from tests.tui.conftest import LARGE, Screens, watching
from tests.tui.questions.asking import has_dialog

pytestmark = pytest.mark.anyio


def start(screens: Screens, tool: str, **arguments: Any) -> asyncio.Task[Any]:
    session = screens.source.session
    assert session is not None
    return asyncio.get_running_loop().create_task(session.client().call(tool, arguments))


async def answered(screens: Screens, era: str) -> None:
    calling = start(screens, "ask_push" if era == "legacy" else "ask_round", question="Why?")
    await has_dialog(screens)
    await screens.shows("Why?", "during ask_" + ("push" if era == "legacy" else "round"))
    await screens.press(*"Because", "ctrl+j")
    assert "Because" in str((await calling).result)
    await screens.press("A")
    await screens.shows("1 answered", "by person", "Because")


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_a_server_on_pipes_is_answered(era: str) -> None:
    server = [sys.executable, str(GOOD / "sdk_server.py")]
    async with watching(server, options=ClientOptions(era=era), size=LARGE) as screens:
        await answered(screens, era)


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_a_server_over_http_is_answered(era: str) -> None:
    with loopback("http") as url:
        async with watching(url, options=ClientOptions(era=era), size=LARGE) as screens:
            await answered(screens, era)


async def test_a_form_of_a_server_on_pipes_is_filled_in() -> None:
    server = [sys.executable, str(GOOD / "sdk_server.py")]
    async with watching(server, options=ClientOptions(era="legacy"), size=LARGE) as screens:
        calling = start(screens, "ask_form")
        await has_dialog(screens)
        await screens.shows("Who travels?", "seats")
        await screens.press(*"Ada", "ctrl+j")
        result = str((await calling).result)
        assert "accept" in result and "Ada" in result and "2" in result
