"""The pane Server: what is known of each link, over files and over servers that run, die and are begun anew."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from mcpwatch.api import Session
from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.live import Live
from mcpwatch.tui.server.pane import ServerPane
from tests.model.story import Story
from tests.session.web import INITIALIZED, says, served, status
from tests.tui.conftest import LARGE, Screens, opened, watching
from tests.tui.told import HOSTILE, begun, said, to_pane, written

pytestmark = pytest.mark.anyio
QUICK_FILE = Path(__file__).parents[2] / "servers" / "good" / "quick.py"
QUICK = [sys.executable, str(QUICK_FILE)]
LEGACY = ClientOptions(era="legacy")
TALL = (100, 70)


@asynccontextmanager
async def server(story: Story, folder: Path, size: tuple[int, int] = TALL) -> AsyncGenerator[Screens]:
    async with opened(written(story, folder), size=size) as screens:
        await to_pane(screens, 5)
        yield screens


def session(screens: Screens) -> Session:
    return cast("Session", screens.source.session)


async def test_everything_that_is_known_of_a_server_is_shown(tmp_path: Path) -> None:
    story = begun(result={"instructions": "Ask politely.\nThen wait."})
    story.request("tools/list", id=2)
    story.result({"tools": [{"name": "work"}, {"name": "rest"}]}, id=2)
    story.tell("notifications/tools/list_changed", at=10.0)
    story.tell("notifications/tools/list_changed", at=12.5)
    story.request("tools/list", id=3)
    story.result({"tools": [{"name": "work"}, {"name": "play"}]}, id=3)
    story.request("resources/subscribe", {"uri": "file:///a"}, id=4)
    story.result({}, id=4)
    story.tell("notifications/resources/updated", {"uri": "file:///a"}, at=20.0)
    story.ask("roots/list", id=7)
    story.result({"roots": [{"uri": "file:///home/me", "name": "home"}]}, id=7, dir="c2s")
    story.log("error", "it broke")
    story.tell("x/odd")
    async with server(story, tmp_path) as screens:
        await screens.shows("✓ server · legacy 2025-11-25 · stdio · pid 7", "server-server 1.2", "Ask politely.")
        await screens.shows("Then wait.", "tools (list changes) · logging", "2 tools  work, play")
        await screens.shows("tools  2×  first at 10.000 s, last at 12.500 s", "+ play", "− rest")
        await screens.shows("file:///a  since", "file:///a  1×  first at 20.000 s", "asked 1 time · given 1")
        await screens.shows("file:///home/me  home", "error 1", "x/odd 1", "→ 5 frames", "logging 1")


async def test_the_end_of_a_server_that_died_is_shown_with_its_last_words(tmp_path: Path) -> None:
    story = begun()
    story.stderr(b"Traceback\n  boom\nOut of cheese\n")
    story.closed(reason="exit", code=7)
    async with server(story, tmp_path) as screens:
        await screens.shows("✗ server · exit code 7 at 4.000 s", "last words", "Out of cheese", "server-server 1.2")


async def test_a_signal_has_its_name(tmp_path: Path) -> None:
    story = begun()
    story.closed(reason="signal", signal="SIGSEGV")
    async with server(story, tmp_path) as screens:
        await screens.shows("✗ server · ended by SIGSEGV", "nothing came on stderr")


async def test_several_links_stand_one_below_the_other_or_alone(tmp_path: Path) -> None:
    story = begun("alpha")
    begun("beta", story=story)
    async with server(story, tmp_path) as screens:
        await screens.shows("[all] alpha  beta", "✓ alpha", "✓ beta")
        await screens.press("right")
        await screens.shows("[alpha]", "alpha-server")
        assert "beta-server" not in screens.text
        await screens.press("left", "left")
        await screens.shows("[beta]", "beta-server")
        assert "alpha-server" not in screens.text
        await screens.press("right")
        await screens.shows("[all]")


async def test_a_link_that_was_replaced_is_told_in_short_and_in_full_when_it_is_chosen(tmp_path: Path) -> None:
    story = begun("alpha")
    more: dict[str, Any] = {"as": "alpha#2", "why": "asked"}
    story.note("restarted", link="alpha", **more)
    story.closed("alpha")
    begun("alpha#2", story=story)
    async with server(story, tmp_path) as screens:
        await screens.shows("[all] alpha#2  alpha", "goes on as alpha#2", "alpha#2-server 1.2")
        assert "alpha-server" not in screens.text
        await screens.press("right", "right")
        await screens.shows("[alpha]", "alpha-server 1.2")


async def test_the_scrubber_shows_what_was_known_then(tmp_path: Path) -> None:
    story = begun()
    story.tell("notifications/tools/list_changed", at=10.0)
    story.closed(reason="exit", code=3)
    async with server(story, tmp_path) as screens:
        await screens.shows("exit code 3")
        screens.source.until = 9.0
        await screens.until(lambda: "✓ server · legacy" in screens.text and "tools  1×" not in screens.text)


@pytest.mark.parametrize("size", [(80, 24), LARGE, TALL])
async def test_nothing_that_a_server_says_of_itself_is_more_than_text(tmp_path: Path, size: tuple[int, int]) -> None:
    said_: dict[str, Any] = {
        "instructions": HOSTILE + "\n" + HOSTILE,
        "protocolVersion": HOSTILE,
        "serverInfo": {"name": HOSTILE, "version": HOSTILE, "title": HOSTILE + "!"},
        "capabilities": {HOSTILE: {HOSTILE: True}, "experimental": {HOSTILE: HOSTILE}},
    }
    story = begun(HOSTILE, result=said_, target={"command": HOSTILE, "args": [HOSTILE], "cwd": HOSTILE})
    story.request("tools/list", id=2, link=HOSTILE)
    story.result({"tools": [{"name": HOSTILE}], "nextCursor": HOSTILE}, id=2, link=HOSTILE)
    story.tell("notifications/resources/updated", {"uri": HOSTILE}, link=HOSTILE)
    story.tell(HOSTILE, link=HOSTILE)
    story.log(HOSTILE, 1, link=HOSTILE)
    story.ask("roots/list", id=7, link=HOSTILE)
    story.result({"roots": [{"uri": HOSTILE, "name": [HOSTILE]}, HOSTILE]}, id=7, dir="c2s", link=HOSTILE)
    story.stderr(HOSTILE.encode() + b"\xff\n" + HOSTILE.encode(), link=HOSTILE)
    story.closed(HOSTILE, reason="lost", error=HOSTILE)
    async with server(story, tmp_path, size) as screens:
        for _ in range(6):
            for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\u200b"):
                assert bad not in screens.text
            for y in range(size[1]):
                for x in range(0, size[0], 5):
                    assert "@click" not in screens.app.screen.get_style_at(x, y).meta
            await screens.press("pagedown")
        await screens.press("right", "R", "ctrl+s")
        await screens.shows("Save this recording as")
        assert screens.app.is_running


async def test_a_server_is_started_anew_from_every_screen_and_its_history_stays() -> None:
    async with watching(QUICK, options=LEGACY) as screens:
        first = session(screens).timeline.links["quick"].pid
        await screens.press("1", "R")
        await screens.until(lambda: "goes on as quick#2" in said(screens), "not restarted")
        second = session(screens).timeline.links["quick#2"]
        assert second.open and second.pid != first
        assert (await session(screens).call("say", text="hi")).text == "hi"
        await to_pane(screens, 5)
        await screens.shows("[all] quick#2  quick", "■ quick · ended by mcpwatch")
        await screens.shows("✓ quick#2")
        assert "quick exited" not in screens.text


async def test_a_server_that_died_says_how_and_is_started_anew() -> None:
    async with watching(QUICK, options=LEGACY) as screens:
        await to_pane(screens, 5)
        with pytest.raises(Exception, match="code 7"):
            await session(screens).call("die", code=7)
        await screens.shows("✗ quick · exit code 7", "out of cheese")
        await screens.press("R")
        await screens.shows("✓ quick#2", "✗ quick · exit code 7", "out of cheese")
    assert isinstance(screens.source, Live)
    assert screens.source.code == 0, "what was put right from inside is no failure any more"


async def test_a_server_that_was_killed_names_the_signal() -> None:
    async with watching(QUICK, options=LEGACY) as screens:
        await to_pane(screens, 5)
        pid = session(screens).timeline.links["quick"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await screens.shows("✗ quick · ended by SIGKILL")


async def test_of_several_servers_the_person_says_which() -> None:
    async with watching(["env", "--", *QUICK], QUICK, options=LEGACY) as screens:
        links = session(screens).current
        assert len(links) == 2
        await screens.press("R")
        await screens.shows("Restart", "every link")
        await screens.press("down", "enter")
        await screens.until(lambda: "goes on as" in said(screens))
        assert links[0] in session(screens).current and links[1] not in session(screens).current
        await screens.press("R", "end", "enter")
        await screens.until(lambda: not set(links) & set(session(screens).current))


async def test_a_chosen_link_is_restarted_without_asking() -> None:
    async with watching(["env", "--", *QUICK], QUICK, options=LEGACY) as screens:
        links = session(screens).current
        await to_pane(screens, 5)
        await screens.press("right", "R")
        await screens.until(lambda: "goes on as" in said(screens))
        assert links[1] in session(screens).current and links[0] not in session(screens).current


async def test_what_cannot_be_started_anew_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    script = tmp_path / "srv"
    text = f"#!/bin/sh\nexec {sys.executable} {QUICK_FILE}\n"
    script.write_text(text)
    script.chmod(0o755)
    async with watching([str(script)], options=LEGACY) as screens:
        script.unlink()
        await to_pane(screens, 5)
        await screens.press("R")
        await screens.until(lambda: "srv#2:" in said(screens), "the failure was not told")
        assert screens.app.is_running
        script.write_text(text)
        script.chmod(0o755)
        await screens.press("R")
        await screens.shows("✓ srv#3")


async def test_a_session_that_a_server_forgot_is_begun_anew() -> None:
    async with served({"initialize": says(INITIALIZED, "mcp-session-id: s-1")}) as web:
        async with watching(web.url, options=LEGACY) as screens:
            await to_pane(screens, 5)
            web.replies["x/y"] = [status("404 Not Found"), says({"ok": 1})]
            web.replies["ping"] = [status("404 Not Found")]
            with pytest.raises(Exception, match="session"):
                await session(screens).request("x/y")
            await screens.shows("✗ 127.0.0.1 · connection lost")
            del web.replies["ping"]
            await screens.press("R")
            await screens.shows("✓ 127.0.0.1#2")
            assert await session(screens).request("x/y") == {"ok": 1}


async def test_a_file_has_no_server_to_restart(tmp_path: Path) -> None:
    async with server(begun(), tmp_path) as screens:
        await screens.press("R")
        await screens.until(lambda: "Only a server that runs can be restarted" in said(screens))


async def test_a_modern_server_shows_what_it_is_subscribed_to_and_what_changed() -> None:
    async with watching("demo", size=TALL) as screens:
        await to_pane(screens, 5)
        await session(screens).call("grow")
        await screens.shows("✓ demo · modern 2026-07-28", "tools list, prompts list, resources list", "tools  1×")
        pane = screens.app.query_one(ServerPane)
        assert pane.chosen is None
