"""What can be done with a line: marks and differences, copies, command lines, files."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mcpwatch.recording import Recording, Writer
from mcpwatch.tui.traffic.difference import Difference
from tests.tui.conftest import LARGE
from tests.tui.traffic.screen import Traffic, traffic
from tests.tui.traffic.talk import STARTED, Talk, everyday

pytestmark = pytest.mark.anyio


def clipboard(shown: Traffic) -> str:
    return shown.screens.app.clipboard


async def typed(shown: Traffic, text: str) -> None:
    """Put a text into the line at the foot, all at once, and Enter."""
    from textual.widgets import Input

    field = shown.pane.prompt.query_one(Input)
    field.value = text
    await shown.screens.press("enter")


# ---- marks and differences


async def test_two_marked_lines_are_compared(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        shown.pane.show_frame(7)
        await shown.press("m")
        await shown.screens.shows("0.070◆")
        shown.pane.show_frame(17)
        await shown.press("m", "d")
        await shown.screens.until(lambda: isinstance(shown.screens.app.screen, Difference))
        await shown.screens.shows(
            "what changed from the first",
            "id: 6 → 16",
            'params.arguments.n: 7 → "seven"',
            "params.arguments.city is gone",
        )
        await shown.screens.press("escape")
        await shown.screens.until(lambda: not isinstance(shown.screens.app.screen, Difference))
        assert len(shown.pane.frames.marks) == 2
        await shown.press("escape")
        assert shown.pane.frames.marks == []


async def test_a_marked_line_is_compared_with_the_one_that_the_cursor_is_on(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        shown.pane.show_frame(8)
        await shown.press("m")
        shown.pane.show_frame(13)
        await shown.press("d")
        await shown.screens.shows("params.progress: 1 → 2", 'params.message: "first" → "second"')
        await shown.screens.press("d")
        await shown.screens.until(lambda: not isinstance(shown.screens.app.screen, Difference))


async def test_of_three_marks_the_first_goes_and_a_mark_can_be_taken_away(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("m", "j", "m", "j", "m")
        assert shown.pane.frames.marks == [1, 2]
        await shown.press("m", "d")
        await shown.screens.shows("what changed from the first")
        await shown.screens.press("q")
        await shown.press("k", "m", "d")
        await shown.told("Mark a line with m")


async def test_the_same_in_other_bytes_is_told_from_the_same(tmp_path: Path) -> None:
    talk = Talk()
    for data in (b'{"method":"a","n":1}', b'{"method":"a","n":1}', b'{"n":1, "method":"a"}'):
        talk.frame("notification", "s2c", data, method="a")
    async with traffic(talk, tmp_path, size=LARGE) as shown:
        await shown.press("j", "m", "j", "d")
        await shown.screens.shows("They are the same.")
        await shown.screens.press("escape")
        await shown.press("j", "d")
        await shown.screens.shows("They say the same, in other bytes.")


# ---- the clipboard


async def test_y_copies_the_message_as_it_crossed_the_wire(tmp_path: Path) -> None:
    talk = Talk()
    data = b'{"jsonrpc":"2.0",  "method":"x","params":{"a":1.50}}'
    talk.frame("notification", "s2c", data, method="x")
    talk.junk(b"not \xff json")
    talk.stderr("words\n")
    talk.note("waiting", data=5)
    async with traffic(talk, tmp_path) as shown:
        await shown.press("j", "y")
        assert clipboard(shown) == data.decode()
        await shown.told("copied")
        await shown.press("j", "y")
        assert clipboard(shown) == "not \\xff json"
        await shown.press("j", "y")
        assert clipboard(shown) == "words\n"
        await shown.press("j", "y")
        assert json.loads(clipboard(shown))["what"] == "waiting"


async def test_what_is_too_long_for_a_clipboard_is_not_copied(tmp_path: Path) -> None:
    talk = Talk()
    talk.log("x" * (2 << 20))
    async with traffic(talk, tmp_path) as shown:
        await shown.press("j", "y")
        await shown.told("too long for a clipboard")
        assert clipboard(shown) == ""


async def test_upper_case_y_copies_a_command_line_that_repeats_a_call(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        wanted = "mcpwatch call add n:=7 city=Paris -- python srv.py"
        for seq in (7, 14):
            shown.pane.show_frame(seq)
            await shown.press("Y")
            assert clipboard(shown) == wanted
        shown.pane.show_frame(19)
        await shown.press("Y")
        assert clipboard(shown) == "mcpwatch run --request 'nope/nope {\"x\": 1}' -- python srv.py"
        for seq in (2, 8, 10, 15):
            shown.pane.show_frame(seq)
            await shown.press("Y")
            await shown.told("That cannot be sent again from a command line.")
        assert "nope/nope" in clipboard(shown)


# ---- files


async def test_w_writes_what_the_filter_lets_through_as_a_recording(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("method:tools/call")
        target = tmp_path / "few.mcpw.jsonl"
        await shown.press("w")
        await shown.screens.shows("write to")
        await typed(shown, str(target))
        await shown.screens.until(target.exists, "nothing was written")
        await shown.told("4 events written")
        with Recording.open(target) as recording, Recording.open(shown.pane.source.path) as whole:
            assert [event.seq for event in recording.events()] == [7, 14, 17, 18]
            assert list(recording.events()) == [whole.read(seq) for seq in (7, 14, 17, 18)]
            assert recording.header == whole.header
            assert recording.complete and recording.footer is not None
            assert recording.footer["events"] == 4
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_nothing_is_ever_written_over(tmp_path: Path) -> None:
    target = tmp_path / "there.mcpw.jsonl"
    target.write_text("mine")
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("w")
        await typed(shown, str(target))
        await shown.told("exists already")
        assert target.read_text() == "mine"
        await shown.press("w", "escape")
        await shown.press("w")
        await typed(shown, str(tmp_path / "no" / "folder.jsonl"))
        await shown.told("there is no folder")


async def test_only_what_is_there_by_then_is_written_up_to_the_scrubber(tmp_path: Path) -> None:
    talk = everyday()
    target = tmp_path / "early.mcpw.jsonl"
    async with traffic(talk, tmp_path) as shown:
        shown.pane.source.until = 0.045
        await shown.shows(1, 2, 3, 4)
        await shown.press("w")
        await typed(shown, str(target))
        await shown.told("4 events written")
        with Recording.open(target) as recording:
            assert [event.seq for event in recording.events()] == [1, 2, 3, 4]


async def test_a_recording_that_is_still_written_can_be_copied(tmp_path: Path) -> None:
    path, target = tmp_path / "live.mcpw.jsonl", tmp_path / "copy.mcpw.jsonl.gz"
    writer = Writer(path, started=STARTED)
    for event in everyday().events:
        writer.write(event)
    async with traffic(path) as shown:
        await shown.press("w")
        await typed(shown, str(target))
        await shown.told("21 events written")
        with Recording.open(target) as recording:
            assert len(list(recording.events())) == 21
    writer.close(0)
