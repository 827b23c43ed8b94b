"""The pane Logs: levels, filters, lanes, following, unfolding, over files and over servers."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from textual.events import MouseScrollUp
from textual.widgets import Input

from mcpwatch.api import Session
from mcpwatch.events import BatchItem
from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.logs.entries import said_by
from mcpwatch.tui.logs.list import LogList
from mcpwatch.tui.logs.pane import LogsPane
from mcpwatch.view.messages import log_text
from tests.model.story import Story
from tests.tui.conftest import LARGE, SMALL, Screens, opened, watching
from tests.tui.told import HOSTILE, begun, said, to_pane, written

pytestmark = pytest.mark.anyio
QUICK = [sys.executable, str(Path(__file__).parents[2] / "servers" / "good" / "quick.py")]
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


def pane(screens: Screens) -> LogsPane:
    return screens.app.query_one(LogsPane)


def above(screens: Screens) -> LogList:
    return screens.app.query_one("#logs-above", LogList)


async def read(screens: Screens) -> None:
    """Wait until all of it was looked at, whatever filters there are."""
    shown = pane(screens)
    await screens.until(lambda: not shown._reading and shown.behind is None, "the logs were not read")  # pyright: ignore[reportPrivateUsage]
    await screens.pilot.pause()


@asynccontextmanager
async def logs(story: Story, folder: Path, size: tuple[int, int] = SMALL) -> AsyncGenerator[Screens]:
    async with opened(written(story, folder), size=size) as screens:
        await to_pane(screens, 4)
        await read(screens)
        yield screens


def levels() -> Story:
    story = begun()
    for level in LEVELS:
        story.log(level, f"this is {level}")
    story.log("loud", "nobody knows this level")
    story.log(None, "no level at all")
    story.log({"x": 1}, "an object for a level")
    return story


def body(screens: Screens) -> list[str]:
    """The lines of the list."""
    return screens.text.splitlines()[2:-2]


async def test_every_level_is_shown_by_name_and_unknown_ones_with_a_question_mark(tmp_path: Path) -> None:
    async with logs(levels(), tmp_path) as screens:
        await screens.shows(*(f"this is {level}" for level in LEVELS))
        (line,) = [line for line in body(screens) if "nobody knows" in line]
        assert "loud?" in line
        await screens.shows("no level at all", "an object for a level", "critical  ")


async def test_the_least_level_hides_those_below_and_never_the_unknown(tmp_path: Path) -> None:
    async with logs(levels(), tmp_path) as screens:
        await screens.press("-", "-", "-")
        await read(screens)
        assert [level for level in LEVELS if f"this is {level}" in screens.text] == LEVELS[3:]
        await screens.shows("≥ warning", "nobody knows", "8 of 11")
        await screens.press("+")
        await read(screens)
        assert "this is notice" in screens.text
        await screens.press("escape")
        await read(screens)
        assert "this is debug" in screens.text


async def test_a_text_is_looked_for_while_it_is_typed(tmp_path: Path) -> None:
    story = begun()
    story.log("info", {"msg": "slow query", "table": "Users"}, at=4.0)
    story.log("info", "all is well", at=5.0)
    story.stderr(b"reading USERS\nreading books\n")
    async with logs(story, tmp_path) as screens:
        await screens.press("slash", *"users")
        await read(screens)
        await screens.shows("slow query", "reading USERS", "2 of 4")
        assert "all is well" not in screens.text and "books" not in screens.text
        await screens.press("enter")
        assert above(screens).has_focus
        await screens.press("escape")
        await read(screens)
        assert "all is well" in screens.text
        assert screens.app.query_one("#logs-text", Input).value == ""


async def test_digits_in_the_text_are_digits_and_no_panes(tmp_path: Path) -> None:
    story = begun()
    story.log("info", "chapter 11")
    async with logs(story, tmp_path) as screens:
        await screens.press("slash", *"11")
        await read(screens)
        assert screens.app.pane.id == "logs"
        assert pane(screens).filter.text == "11"


async def test_a_logger_is_chosen_from_those_that_were_heard(tmp_path: Path) -> None:
    story = begun()
    for logger, data in (("db", "opened"), ("web", "listening"), ("db", "closed"), (None, "anonymous")):
        story.tell("notifications/message", {"level": "info", "data": data} | ({"logger": logger} if logger else {}))
    story.stderr(b"on stderr\n")
    async with logs(story, tmp_path) as screens:
        await screens.press("g")
        await screens.shows("Show messages of", "every logger", "db  2", "web  1")
        await screens.press("down", "enter")
        await read(screens)
        await screens.until(lambda: "listening" not in screens.text, "the logger was not chosen")
        assert "opened" in screens.text and "closed" in screens.text
        assert "anonymous" not in screens.text and "on stderr" not in screens.text


async def test_structured_data_is_unfolded_and_folded_again(tmp_path: Path) -> None:
    story = begun()
    story.log("error", {"msg": "failed", "why": {"code": 7, "path": ["a", "b"]}})
    story.log("info", "after it")
    async with logs(story, tmp_path) as screens:
        await screens.shows("▸ error")
        await screens.press("home", "enter")
        await screens.shows("▾ error", "msg: ", "code: 7", '"b"', "event 4 · link server", "after it")
        await screens.press("enter")
        await screens.until(lambda: "code: 7" not in screens.text)
        await screens.press("enter")
        await screens.shows("code: 7")
        await screens.press("x")
        await screens.until(lambda: "code: 7" not in screens.text)


async def test_a_long_text_is_wrapped_when_it_is_unfolded(tmp_path: Path) -> None:
    story = begun()
    story.log("info", "first line\n" + "many words " * 30 + "the end")
    async with logs(story, tmp_path) as screens:
        assert "the end" not in screens.text
        await screens.press("enter")
        await screens.shows("the end")


async def test_an_endless_message_is_cut_where_it_is_unfolded(tmp_path: Path) -> None:
    story = begun()
    story.log("info", {"rows": list(range(2_000))})
    async with logs(story, tmp_path) as screens:
        await screens.press("enter", "end")
        await screens.shows("more lines (o: the message in Traffic)")
        assert above(screens).count < 500


async def test_a_click_unfolds_too(tmp_path: Path) -> None:
    story = begun()
    story.log("error", {"msg": "failed", "code": 77})
    async with logs(story, tmp_path) as screens:
        await screens.pilot.click("#logs-above", offset=(20, 0))
        await screens.shows("code: 77")


async def test_stderr_is_between_the_messages_or_in_a_lane_of_its_own_or_away(tmp_path: Path) -> None:
    story = begun()
    story.log("info", "a message")
    story.stderr(b"one\ntwo\rthree\nfour")
    story.log("info", "another")
    async with logs(story, tmp_path) as screens:
        shown = [line.split()[1:] for line in body(screens) if line]
        assert [words[0] for words in shown] == ["info", "stderr", "stderr", "stderr", "info"]
        assert [words[-1] for words in shown[1:4]] == ["one", "three", "four"]
        await screens.press("s")
        await read(screens)
        lane = body(screens).index("stderr")
        assert ["message" in " ".join(body(screens)[:lane]), "three" in " ".join(body(screens)[:lane])] == [True, False]
        assert "three" in " ".join(body(screens)[lane:])
        await screens.press("s")
        await read(screens)
        assert "three" not in screens.text and "another" in screens.text
        await screens.shows("no stderr")
        await screens.press("s")
        await read(screens)
        assert "three" in screens.text


async def test_the_end_is_followed_until_one_goes_up(tmp_path: Path) -> None:
    story = begun()
    for number in range(100):
        story.log("info", f"message {number}")
    async with logs(story, tmp_path) as screens:
        await screens.shows("message 99", "follow")
        await screens.press("up")
        await screens.shows("stopped")
        await screens.press("pageup", "pageup", "pageup")
        assert "message 99" not in screens.text
        await screens.press("f")
        await screens.shows("message 99", "follow")
        await screens.press("home")
        await screens.shows("message 0")
        await screens.press("end")
        await screens.shows("message 99", "follow")


async def test_the_wheel_stops_following_as_well(tmp_path: Path) -> None:
    story = begun()
    for number in range(100):
        story.log("info", f"message {number}")
    async with logs(story, tmp_path) as screens:
        list_ = above(screens)
        assert list_.following
        await screens.pilot._post_mouse_events([MouseScrollUp], list_, button=0)  # pyright: ignore[reportPrivateUsage]
        await screens.until(lambda: not list_.following and "message 99" not in screens.text)


async def test_a_message_is_shown_in_traffic_and_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = begun()
    story.log("info", {"msg": "copy me", "n": 1})
    async with logs(story, tmp_path) as screens:
        copied: list[str] = []
        monkeypatch.setattr(screens.app, "copy_to_clipboard", copied.append)
        await screens.press("y")
        await screens.until(lambda: copied)
        assert copied == ['copy me {"n": 1}']
        await screens.press("o")
        await screens.until(lambda: screens.app.pane.id == "traffic")


async def test_messages_of_a_batch_are_messages(tmp_path: Path) -> None:
    story = begun()
    message = {"jsonrpc": "2.0", "method": "notifications/message"}
    story.batch(
        (BatchItem("notification", "notifications/message"), {**message, "params": {"level": "info", "data": "first"}}),
        (BatchItem("invalid"), 7),
        (BatchItem("notification", "notifications/message"), {**message, "params": {"level": "info", "data": "last"}}),
    )
    async with logs(story, tmp_path) as screens:
        await screens.shows("first", "last", " 2  follow")


async def test_the_scrubber_hides_what_comes_later(tmp_path: Path) -> None:
    story = begun()
    for number in range(10):
        story.log("info", f"message {number}", at=10.0 + number)
    async with logs(story, tmp_path) as screens:
        screens.source.until = 12.5
        await screens.until(lambda: above(screens).count == 3 and "message 3" not in screens.text)
        await screens.press("-")
        await read(screens)
        assert above(screens).count == 3
        screens.source.until = None
        await screens.until(lambda: above(screens).count == 10)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_nothing_that_a_server_says_is_more_than_text(tmp_path: Path, size: tuple[int, int]) -> None:
    story = begun(HOSTILE[:20])
    story.tell("notifications/message", {"level": HOSTILE, "logger": HOSTILE, "data": HOSTILE}, link=HOSTILE[:20])
    story.log({HOSTILE: [HOSTILE]}, {HOSTILE: {HOSTILE: HOSTILE}})
    story.stderr(HOSTILE.encode() + b"\n\xff\xfe\n")
    async with logs(story, tmp_path, size) as screens:
        await screens.press("home", "enter", "end", "enter", "up", "up", "enter", "s")
        await read(screens)
        await screens.press("g")
        await screens.shows("Show messages of")
        await screens.press("down", "enter")
        await read(screens)
        await screens.press("escape", "slash", *"nope")
        await read(screens)
        assert above(screens).count
        for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\u200b"):
            assert bad not in screens.text
        await screens.shows("[/nope][@click=app.quit]")
        for y in range(size[1]):
            for x in range(0, size[0], 5):
                assert "@click" not in screens.app.screen.get_style_at(x, y).meta
        assert screens.app.is_running


async def test_a_live_server_s_logs_come_and_its_level_is_set_from_inside() -> None:
    async with watching(QUICK, options=ClientOptions(era="legacy")) as screens:
        session = cast("Session", screens.source.session)
        await to_pane(screens, 4)
        await screens.shows("asks ≥ debug")
        await screens.press("L")
        await screens.shows("Ask for logs from this level on", "emergency")
        await screens.press("down", "down", "down", "enter")
        await screens.shows("asks ≥ warning")
        link = next(iter(session.timeline.links.values()))
        assert link.log_level == "warning"


async def test_logs_of_a_modern_server_come_and_later_requests_ask_for_the_new_level() -> None:
    async with watching("demo") as screens:
        session = cast("Session", screens.source.session)
        await to_pane(screens, 4)
        await session.call("log_levels")
        await screens.until(lambda: above(screens).count > 3)
        await screens.press("L", "end", "enter")
        await screens.until(lambda: session.client().options.log_level == "emergency")
        before = above(screens).count
        await session.call("log_levels")
        await screens.shows("asks ≥ emergency")
        await screens.until(lambda: above(screens).count > before)


async def test_a_file_has_no_level_to_set(tmp_path: Path) -> None:
    async with logs(levels(), tmp_path) as screens:
        await screens.press("L")
        await screens.until(lambda: "Only a server that runs can be asked" in said(screens))


async def test_many_messages_are_all_found(tmp_path: Path) -> None:
    story = begun()
    for number in range(9_000):
        story.log("info" if number % 3 else "error", f"message {number}")
    async with logs(story, tmp_path) as screens:
        assert above(screens).count == 9_000
        await screens.press("-", "-", "-", "-")
        await read(screens)
        assert above(screens).count == 3_000
        await screens.press("slash", *"8997")
        await read(screens)
        assert above(screens).count == 1
        data: Any = body(screens)[1]
        assert "message 8997" in data


@pytest.mark.parametrize("text", ["caf", "straße", "needle in", "x y", "ein text"])
async def test_a_text_is_found_however_it_is_written_in_the_recording(tmp_path: Path, text: str) -> None:
    story = begun()
    for data in ("CAF\u00c9", {"msg": "STRASSE"}, {"a": "needle", "in": 1}, "x\ty", "Ein\u00a0Text", "nothing of it"):
        story.log("info", data)
    story.stderr(b"caf\xff\nx  y\nneedle in\n")
    story.log("info", "the last, a needle in a haystack, x y, ein text, a caf\u00e9 in a stra\u00dfe")
    async with logs(story, tmp_path) as screens:
        pane(screens).choose(replace(pane(screens).filter, text=text))
        await read(screens)
        wanted = text.casefold()
        entries = pane(screens).entries
        said = [said_by(screens.source.event(row), part) for row, part in zip(entries.rows, entries.parts, strict=True)]
        shown = [one.stderr or " ".join(("info", *log_text(one.data))) for one in said]
        assert above(screens).count == sum(wanted in one.casefold() for one in shown) > 0
