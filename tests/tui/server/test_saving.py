"""Keeping the session under a name from inside, and a recording under another."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

import pytest
from textual.widgets import Input

from mcpwatch.api import Session
from mcpwatch.recording import Recording
from mcpwatch.session.options import ClientOptions
from tests.tui.conftest import Screens, opened, watching
from tests.tui.told import begun, said, written

pytestmark = pytest.mark.anyio
QUICK = [sys.executable, str(Path(__file__).parents[2] / "servers" / "good" / "quick.py")]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def asked(screens: Screens) -> Input:
    """Press the key, and wait for the question."""
    await screens.press("ctrl+s")
    await screens.shows("Save this recording as")
    return screens.app.screen.query_one("#save-name", Input)


async def test_a_running_session_is_saved_so_far_and_whole_in_the_end(here: Path) -> None:
    async with watching(QUICK, options=ClientOptions(era="legacy"), record=here / "x.mcpw.jsonl") as screens:
        name = await asked(screens)
        assert name.value == "quick.mcpw.jsonl"
        await screens.press("enter")
        await screens.until(lambda: "Saved so far as quick.mcpw.jsonl" in said(screens))
        assert (here / "quick.mcpw.jsonl").read_bytes().endswith(b"\n")
        await cast("Session", screens.source.session).call("say", text="later")
    with Recording.open(here / "quick.mcpw.jsonl") as recording:
        assert recording.complete
        assert b"later" in b"".join(recording.lines())
    assert (here / "quick.mcpw.jsonl").read_bytes() == (here / "x.mcpw.jsonl").read_bytes()


async def test_what_exists_is_told_and_never_replaced(here: Path) -> None:
    (here / "server.mcpw.jsonl").write_text("mine")
    async with opened(written(begun(), here)) as screens:
        name = await asked(screens)
        assert name.value == "server-2.mcpw.jsonl", "a name that is free is offered"
        name.value = "server.mcpw.jsonl"
        await screens.press("enter")
        await screens.shows("exists already")
        name.value = "nowhere/x"
        await screens.press("enter")
        await screens.shows("cannot create nowhere/x.mcpw.jsonl: there is no")
        name.value = "free.mcpw.jsonl.gz"
        await screens.press("enter")
        await screens.until(lambda: "Saved as free.mcpw.jsonl.gz." in said(screens))
        await screens.until(lambda: "Save this recording as" not in screens.text)
    assert (here / "server.mcpw.jsonl").read_text() == "mine"
    with Recording.open(here / "free.mcpw.jsonl.gz") as recording:
        assert recording.complete


async def test_nothing_is_saved_where_the_person_turns_away(here: Path) -> None:
    async with opened(written(begun(), here)) as screens:
        await asked(screens)
        await screens.press("escape")
        await screens.until(lambda: "Save this recording as" not in screens.text)
    assert os.listdir(here) == ["told.mcpw.jsonl"]


async def test_a_link_s_name_makes_no_path(here: Path) -> None:
    async with opened(written(begun("../../etc/[red]\x1b"), here)) as screens:
        assert (await asked(screens)).value == "etc--red.mcpw.jsonl"
