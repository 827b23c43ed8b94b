"""The pane Traffic, key by key: moving, following, filtering, searching, trees, pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.recording import Writer
from mcpwatch.tui.messages import Show
from tests.tui.conftest import GOLDEN, LARGE, opened
from tests.tui.traffic.screen import Traffic, traffic
from tests.tui.traffic.talk import STARTED, Talk, everyday

pytestmark = pytest.mark.anyio
ALL = list(range(1, 22))


def long(count: int = 300) -> Talk:
    talk = Talk()
    for number in range(count):
        talk.log(f"line {number}")
    return talk


async def test_everything_is_a_line_and_each_says_what_it_is(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=(180, 40)) as shown:
        assert shown.seqs == ALL
        await shown.screens.shows(
            "time     kind    method",
            "opened  python srv.py · stdio",
            "→ request initialize",
            "→ request tools/call",
            "add #6",
            "n=7 city=Paris",
            "← notify  progress",
            "1/10 10%  first",
            "log info",
            "← asks    sampling",
            "note    about 10  answered",
            "→ answer",
            "stderr  a warning of the server",
            "← junk    ✗ hello world",
            "← failed  tools/call",
            '✗ "n is no number"',
            "← error   nope/nope",
            "✗ -32601 Method not found",
            "closed  ended exit code 0",
            "70 ms",
        )


async def test_what_went_wrong_over_http_is_a_line_and_all_of_http_on_request(tmp_path: Path) -> None:
    async with traffic(GOLDEN / "v1-every-kind.mcpw.jsonl", size=LARGE) as shown:
        kinds = {seq: shown.pane.source.index.entry(seq - 1).kind for seq in shown.seqs}
        assert [seq for seq, kind in kinds.items() if kind == "http"] == [33]
        await shown.press("H")
        assert len(shown.seqs) == len(shown.pane.source.index)
        await shown.screens.shows("all of HTTP")
        await shown.press("H")
        await shown.filter("kind:http phase")
        assert shown.seqs == list(range(27, 34))


async def test_keys_move_the_cursor_and_details_follow_it(tmp_path: Path) -> None:
    async with traffic(long(), tmp_path) as shown:
        await shown.on(1)
        await shown.press("j", "j", "down", "k")
        assert shown.seq == 3
        await shown.details("line 1")
        await shown.press("G")
        assert shown.seq == 301
        await shown.press("g")
        assert shown.seq == 1
        await shown.press("end", "pageup")
        assert 280 < (shown.seq or 0) < 301
        await shown.press("home", "pagedown")
        assert 1 < (shown.seq or 0) < 25


async def test_a_click_chooses_a_line(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.screens.pilot.click("#traffic-list", offset=(12, 4))
        await shown.on(5)
        await shown.details("tools/list")


async def test_details_stand_beside_the_list_where_there_is_room_and_below_it_else(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=(80, 24)) as shown:
        frames, detail = shown.pane.frames.region, shown.pane.detail.region
        assert frames.bottom <= detail.y and frames.width == detail.width == 80
    async with traffic(tmp_path / "talk.mcpw.jsonl", size=LARGE) as shown:
        frames, detail = shown.pane.frames.region, shown.pane.detail.region
        assert frames.right <= detail.x and detail.right == 120


async def test_the_list_and_the_details_can_each_have_all_of_the_room(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("z")
        assert not shown.pane.detail.display and shown.pane.frames.region.height > 14
        await shown.press("z")
        assert shown.pane.detail.region.height > 14
        await shown.screens.until(lambda: shown.pane.detail.body.has_focus)
        await shown.press("z")
        assert shown.pane.detail.display and shown.pane.frames.display
        await shown.screens.until(lambda: shown.pane.frames.has_focus)
        await shown.press("z", "escape")
        assert shown.pane.detail.display


# ---- following


async def test_the_end_is_followed_until_one_goes_up_and_again_from_there_on(tmp_path: Path) -> None:
    path = tmp_path / "growing.mcpw.jsonl"
    talk = long(30)
    writer = Writer(path, started=STARTED)
    for event in talk.events[:10]:
        writer.write(event)
    async with opened(path) as screens:
        shown = Traffic(screens)
        await shown.shows(*range(1, 11))
        assert shown.pane.frames.following  # as one's own session is: somebody writes it
        await shown.on(10)
        for event in talk.events[10:14]:
            writer.write(event)
        await shown.on(14)
        await shown.press("up")
        assert not shown.pane.frames.following
        for event in talk.events[14:20]:
            writer.write(event)
        await shown.shows(*range(1, 21))
        assert shown.seq == 13
        await shown.press("G")
        for event in talk.events[20:]:
            writer.write(event)
        await shown.on(31)
        await shown.press("f")
        assert not shown.pane.frames.following
        writer.close(0)


# ---- filters


async def test_a_filter_works_while_it_is_typed_and_keeps_the_line_one_is_on(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("down", "down", "down", "down", "down", "down")
        await shown.on(7)
        await shown.press("/", *"method:tools")
        await shown.shows()
        await shown.press(*"/call")
        await shown.shows(7, 14, 17, 18)
        await shown.press(*" dir:s2c")
        await shown.shows(14, 18)
        await shown.screens.shows("2 of 21")
        await shown.press("enter")
        await shown.screens.shows("filter /", "method:tools/call dir:s2c")
        assert shown.pane.frames.has_focus
        await shown.press("escape")
        await shown.shows(*ALL)
        await shown.on(7)


@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("err", [16, 18, 20]),
        ("ms>30", [14]),
        ("kind:stderr,junk", [15, 16]),
        ("name:add -err", [7, 14, 17]),
        ("id:6", [7, 14]),
        ('"done it"', [14]),
        ("-method:* -kind:junk", [1, 11, 15, 21]),
        ("t<0.025", [1, 2]),
        ("link:other", []),
    ],
)
async def test_the_words_of_a_filter(tmp_path: Path, text: str, seqs: list[int]) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter(text)
        await shown.shows(*seqs)


async def test_a_wrong_filter_is_told_above_the_line_and_the_last_good_one_stays(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await shown.press("/", *"hello kind:stdr")
        await shown.screens.shows("! there is no kind:stdr — did you mean stderr?")
        await shown.shows(16)
        await shown.press(*(["backspace"] * 10))
        await shown.shows(16)
        await shown.screens.shows("1 of 21")


@pytest.mark.parametrize(
    ("text", "said"),
    [("bogus:xx", "there is no bogus:"), ("ms>abc", "ms>abc is no number"), ("size>10x", "size>10x is no number")],
)
async def test_a_wrong_filter_that_is_entered_stays_to_be_mended(text: str, said: str, tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await shown.press("/", *text, "enter")
        await shown.screens.shows(f"! {said}", f"filter / {text}")
        await shown.press("end", *(["backspace"] * len(text)), *"hello", "enter")
        await shown.shows(16)
        assert "!" not in shown.screens.text.splitlines()[-4]


async def test_an_empty_filter_shows_its_language(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("/")
        await shown.screens.shows("method:tools/call dir:s2c err", "ms>100", "link:alpha", "kind:stderr", "filter /")
        await shown.press("e")
        await shown.screens.until(lambda: "answers to calls" not in shown.screens.text)


async def test_escape_in_the_line_takes_the_filter_away(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("/", *"kind:note", "escape")
        await shown.shows(*ALL)
        assert shown.pane.frames.has_focus
        assert "filter /" not in shown.screens.text


async def test_only_errors_and_all_again(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("e")
        await shown.shows(16, 18, 20)
        await shown.screens.shows("errors only")
        await shown.press("/", *"kind:junk", "enter")
        await shown.shows(16)
        await shown.press("escape", "e")
        await shown.shows(*ALL)


async def test_nothing_found_is_an_empty_list_and_breaks_nothing(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("no such thing anywhere")
        await shown.shows()
        for key in ("down", "up", "pagedown", "G", "g", "p", "m", "d", "y", "Y", "n", "N", "space", "v", "t", "+", "-"):
            await shown.press(key)
        assert shown.seq is None


# ---- searches


async def test_a_search_goes_from_one_to_the_next_and_round_the_end(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("s", *"method:tools/call")
        await shown.on(7)
        await shown.shows(*ALL)
        await shown.press("enter", "n")
        await shown.on(14)
        await shown.press("n")
        await shown.on(17)
        await shown.press("N")
        await shown.on(14)
        await shown.press("n", "n")
        await shown.on(18)
        await shown.press("n")
        await shown.on(7)
        await shown.told("From the beginning on")
        await shown.press("N")
        await shown.on(18)


async def test_a_search_stays_inside_of_the_filter(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("dir:s2c")
        await shown.press("s", *"tools/call", "enter")
        await shown.on(14)
        await shown.press("n")
        await shown.on(18)


async def test_a_search_for_what_is_not_there_says_so(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("s", *"nope")
        await shown.on(19)
        await shown.press(*"nope")
        await shown.told("Nothing matches nopenope")
        await shown.on(1)
        await shown.press(*(["backspace"] * 4), "escape")
        await shown.on(1)


async def test_without_a_search_n_goes_through_the_filtered_lines(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("err")
        await shown.press("g", "n")
        await shown.on(18)
        await shown.press("N")
        await shown.on(16)


# ---- trees


async def test_an_exchange_folds_into_a_line_that_says_how_it_went(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=(160, 40)) as shown:
        await shown.press("t")
        await shown.shows(1, 2, 4, 5, 7, 15, 16, 17, 19, 21)
        await shown.screens.shows("tree", "▸ → request tools/call", "ok 70 ms · progress")
        await shown.press("j", "j", "j", "j", "space")
        await shown.shows(1, 2, 4, 5, *range(7, 15), 15, 16, 17, 19, 21)
        await shown.on(7)
        await shown.screens.shows("▾ → request tools/call")
        await shown.press("j", "j", "space")
        await shown.shows(1, 2, 4, 5, 7, 15, 16, 17, 19, 21)
        await shown.on(7)
        await shown.press("+")
        await shown.screens.until(lambda: len(shown.seqs) == 21)
        await shown.press("-")
        await shown.shows(1, 2, 4, 5, 7, 15, 16, 17, 19, 21)
        await shown.press("t")
        await shown.shows(*ALL)


async def test_a_filter_leaves_the_exchanges_that_have_something_to_it(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.press("t")
        await shown.filter("err")
        await shown.shows(16, 17, 19)


async def test_a_tree_grows_with_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "growing.mcpw.jsonl"
    talk = everyday()
    writer = Writer(path, started=STARTED)
    for event in talk.events[:8]:
        writer.write(event)
    async with opened(path, size=LARGE) as screens:
        shown = Traffic(screens)
        await shown.press("t")
        await shown.shows(1, 2, 4, 5, 7)
        await shown.press("G", "space")
        await shown.shows(1, 2, 4, 5, 7, 8)
        for event in talk.events[8:]:
            writer.write(event)
        await shown.shows(1, 2, 4, 5, *range(7, 15), 15, 16, 17, 19, 21)
        writer.close(0)


# ---- pairs, and other panes


async def test_p_goes_to_the_other_half(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        shown.pane.show_frame(7)
        for there in (14, 7):
            await shown.press("p")
            await shown.on(there)
        for seq, there in ((8, 7), (9, 7), (10, 12), (12, 10), (11, 10), (20, 19)):
            shown.pane.show_frame(seq)
            await shown.on(seq)
            await shown.press("p")
            await shown.on(there)
        shown.pane.show_frame(15)
        await shown.press("p")
        await shown.told("Nothing belongs to that.")


async def test_a_request_without_an_answer_says_so(tmp_path: Path) -> None:
    talk = Talk()
    talk.call("work")
    async with traffic(talk, tmp_path) as shown:
        await shown.press("j", "p")
        await shown.told("It has no answer.")


async def test_what_the_filter_hides_is_shown_all_the_same_when_one_jumps_to_it(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.filter("err")
        await shown.press("G", "p")
        await shown.on(19)
        await shown.shows(16, 18, 19, 20)
        await shown.told("The filter hides that line")


async def test_another_pane_can_send_one_to_a_frame(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path) as shown:
        await shown.screens.press("4")
        shown.screens.app.post_message(Show(14))
        await shown.on(14)
        assert shown.screens.app.pane is shown.pane
        shown.screens.app.post_message(Show(99))
        await shown.told("There is no event 99 here.")
        assert shown.seq == 14
