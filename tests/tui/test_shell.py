"""What works on every screen: help, commands, keys and themes of one's own, and quitting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Static

from mcpwatch.errors import ExitCode, UsageError
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.help import HelpScreen
from mcpwatch.tui.leaving import LeaveScreen
from mcpwatch.tui.live import Live
from mcpwatch.tui.reading import Reading
from mcpwatch.tui.settings import Settings, binding_ids, config_file, read_settings
from tests.cli.running import bad
from tests.tui.conftest import GOLDEN, Screens, opened, wait_until, watching
from tests.tui.told import HOSTILE, begun, written

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything that was chosen before."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def configured(text: str) -> Settings:
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return read_settings()


# ---- help and commands


async def test_help_names_the_keys_of_the_focused_pane_and_the_ids_for_other_keys() -> None:
    async with opened(size=(120, 90)) as screens:
        await screens.press("question_mark")
        await screens.until(lambda: isinstance(screens.app.screen, HelpScreen))
        await screens.shows("traffic.follow", "Everywhere", "In the list", "app.quit", "app.help")
        assert "Framelist" not in screens.text and "Scroll Left" not in screens.text
        assert "running.cancel" not in screens.text
        await screens.press("escape", "2", "question_mark")
        await screens.shows("running.open")
        assert "traffic.follow" not in screens.text


async def test_the_palette_runs_what_has_a_key_and_opens_what_the_server_offers() -> None:
    async with watching("demo", size=(120, 40)) as screens:
        await screens.press("ctrl+p")
        await screens.press(*"stats")
        await screens.shows("app.pane-6")
        await screens.press("enter")
        await screens.until(lambda: screens.app.pane.id == "stats")
        await screens.press("ctrl+p")
        await screens.press(*"tool weather")
        await screens.shows("tool weather")
        await screens.press("enter")
        await screens.until(lambda: screens.app.pane.id == "call")


# ---- keys and themes


async def test_keys_are_given_by_ids_in_a_file(home: Path) -> None:
    settings = configured("keys:\n  app.pane-2: f2, x\n  app.quit: ctrl+d\n")
    source = Reading(GOLDEN / "v1-session.mcpw.jsonl")
    app = WatchApp(source, settings=settings)
    async with app.run_test() as pilot:
        await pilot.press("x")
        assert app.pane.id == "running"
        await pilot.press("1")
        assert app.pane.id == "traffic"
        await pilot.press("2")
        assert app.pane.id == "traffic"
        await pilot.press("f2")
        assert app.pane.id == "running"
        await pilot.press("ctrl+d")
        await wait_until(lambda: app.return_value is None and not app.is_running)
    await source.close()


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("keys:\n  traffic.folow: g\n", "there is nothing called traffic.folow", "traffic.follow"),
        ("keys:\n  app.quit: notakey\n", "tui.yaml:2:13: notakey is no key", "Such as f"),
        ("keys:\n  app.quit: R\n", "tui.yaml:2:13: R is the key of app.restart already", ""),
        ("key: {}\n", "tui.yaml:1:1", "keys"),
        ("keys:\n  app.quit: 7\n", "tui.yaml:2", ""),
    ],
)
async def test_a_key_that_cannot_be_is_an_error_with_its_place(text: str, said: str, hint: str, home: Path) -> None:
    with pytest.raises(UsageError) as raised:
        configured(text)
    assert said in str(raised.value)
    assert hint in f"{raised.value} {raised.value.hint}"


async def test_every_key_with_a_name_has_an_id_and_no_id_is_there_for_two_things() -> None:
    ids = binding_ids()
    assert {"app.quit", "app.help", "traffic.follow", "leave.yes", "home.find"} <= set(ids)
    # What works everywhere is named again where a screen stands before the others.
    assert [id for id, kinds in ids.items() if len(kinds) > 1 and not id.startswith("app.")] == []


async def test_the_theme_is_kept_for_the_next_session(home: Path) -> None:
    assert read_settings().theme is None
    source = Reading(GOLDEN / "v1-session.mcpw.jsonl")
    app = WatchApp(source)
    async with app.run_test():
        app.theme = "nord"
        await wait_until(lambda: read_settings().theme == "nord")
    await source.close()
    source = Reading(GOLDEN / "v1-session.mcpw.jsonl")
    app = WatchApp(source, settings=read_settings())
    async with app.run_test():
        assert app.theme == "nord"
    await source.close()


async def test_a_theme_that_is_not_there_any_more_is_no_reason_not_to_start(home: Path) -> None:
    source = Reading(GOLDEN / "v1-session.mcpw.jsonl")
    app = WatchApp(source, settings=Settings(theme="gone"))
    async with app.run_test():
        assert app.theme != "gone"
    await source.close()


# ---- quitting


async def asked_to_leave(screens: Screens) -> None:
    await screens.press("q")
    await screens.until(lambda: isinstance(screens.app.screen, LeaveScreen), "it did not ask")


async def working(screens: Screens) -> asyncio.Task[object]:
    """A call that goes on for as long as nobody ends it."""
    session = screens.source.session
    assert session is not None
    call = asyncio.create_task(session.client().call("work", {"label": "x", "seconds": 600}))
    await screens.until(lambda: session.timeline.waiting())
    return call


async def test_quitting_asks_where_a_call_runs_and_n_stays() -> None:
    async with watching("demo") as screens:
        call = await working(screens)
        await asked_to_leave(screens)
        await screens.shows("tools/call work demo waits for")
        await screens.press("n")
        await screens.until(lambda: not isinstance(screens.app.screen, LeaveScreen))
        assert screens.source.live
        await asked_to_leave(screens)
        await screens.press("y")
        await screens.until(lambda: not screens.app.is_running)
    assert await call is not None


async def test_quitting_asks_where_a_question_waits_and_is_exit_4() -> None:
    async with watching("demo") as screens:
        session = screens.source.session
        assert session is not None
        call = asyncio.create_task(session.client().call("ask_model", {}))
        await screens.until(lambda: session.timeline.unanswered())
        await screens.until(lambda: screens.app.desk.waiting)
        await screens.app.action_quit()
        await screens.until(lambda: isinstance(screens.app.screen, LeaveScreen))
        await screens.shows("sampling/createMessage")
        await screens.press("y")
        await screens.until(lambda: not screens.app.is_running)
        source = screens.source
        call.cancel()  # as the app does with those of its panes
    await asyncio.gather(call, return_exceptions=True)
    assert source.code == ExitCode.UNANSWERED


async def test_quitting_a_file_or_an_idle_server_asks_nothing() -> None:
    async with opened() as screens:
        await screens.press("q")
        await screens.until(lambda: not screens.app.is_running)
    async with watching("demo") as screens:
        await screens.press("ctrl+c")
        await screens.until(lambda: not screens.app.is_running)


# ---- sources


async def test_a_server_that_dies_leaves_its_history_and_says_so() -> None:
    async with watching(bad("segfault")[1:]) as screens:
        session = screens.source.session
        assert session is not None
        await asyncio.gather(session.client().call("any", {}), return_exceptions=True)
        await screens.shows("✗ segfault ended by SIGSEGV", "about to crash")
        assert screens.source.rows
        source = screens.source
    assert source.code == ExitCode.CONNECT


async def test_several_servers_are_watched_at_once_and_one_that_fails_leaves_the_others() -> None:
    async with watching("demo", ["sh", "-c", "exit 5"], size=(120, 24)) as screens:
        source = screens.source
        assert isinstance(source, Live)
        assert list(source.errors) == ["sh"]
        await screens.shows("✓ demo", "✗ sh exited 5")
    assert source.code == ExitCode.CONNECT


async def test_a_recording_that_cannot_be_written_ends_the_session_and_leaves_the_screens() -> None:
    async with watching("demo") as screens:
        session = screens.source.session
        assert session is not None

        def full(event: object) -> None:
            from mcpwatch.errors import RecordingError

            raise RecordingError("the disk is full")

        session.hub.record(full)
        session.client().notify("x/anything")
        await screens.shows("the disk is full")
        assert not screens.source.live
        source = screens.source
    assert source.code == ExitCode.RECORDING


async def test_what_a_server_says_is_never_markup_and_never_raw(tmp_path: Path) -> None:
    story = begun(HOSTILE, result={"serverInfo": {"name": HOSTILE, "version": HOSTILE}, "instructions": HOSTILE})
    story.request("tools/call", {"name": HOSTILE, "arguments": {}}, link=HOSTILE)
    path = written(story, tmp_path, footer=False)
    async with opened(path, size=(120, 40)) as screens:
        for key in "123456":
            await screens.press(key)
            await screens.pilot.pause()
            assert not {"\x1b", "\x07", "\u202e", "\u200b", "\x9b"} & set(screens.text)
        screens.app.push_screen(LeaveScreen([[(HOSTILE, "name")]]))
        await screens.shows("[/nope][@click=app.quit]x[/]")
        assert "\x1b" not in screens.text
        await screens.press("n")
        assert screens.app.query(Static)
