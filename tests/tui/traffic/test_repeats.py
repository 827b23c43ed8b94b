"""What repeats stands on one line, whatever comes in which order, and everything is there when it is unfolded."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.recording import Index, encode
from mcpwatch.tui.traffic.repeats import Folded
from tests.tui.traffic.screen import traffic
from tests.tui.traffic.talk import Talk


def shown(folded: Folded) -> list[tuple[int, int]]:
    """The row on each line, and how many it stands for; each is found again by its row."""
    nodes = [folded.node(line) for line in range(len(folded))]
    for line, node in enumerate(nodes):
        assert folded.line(node.row) == line
        assert folded.has(node.row)
    return [(node.row, max(node.inside, 1)) for node in nodes]


def fed(*pieces: str, start: int = 0) -> Folded:
    """Rows of which `x` repeats the one before it, and `.` does not; a blank is a row that is not wanted."""
    folded = Folded()
    row = start
    for piece in pieces:
        rows = [number for number, mark in enumerate(piece, row) if mark != " "]
        folded.add(array("I", rows), bytes(mark == "x" for mark in piece if mark != " "))
        row += len(piece)
    return folded


def test_a_run_is_one_line_with_the_last_of_it() -> None:
    assert shown(fed("..xx.x.")) == [(0, 1), (3, 3), (5, 2), (6, 1)]
    assert shown(fed("..", "x", "x.", "x.")) == shown(fed("..xx.x."))


def test_unfolded_each_has_its_line_and_what_follows_too_until_it_is_folded_again() -> None:
    folded = fed("..xx")
    assert folded.toggle(3)
    assert shown(folded) == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert [folded.node(line).open for line in range(4)] == [None, True, True, True]
    folded.add(array("I", [4, 5, 6]), bytes([1, 1, 0]))
    assert shown(folded) == [(row, 1) for row in range(7)]
    assert folded.toggle(5)
    assert shown(folded) == [(0, 1), (5, 5), (6, 1)]
    assert not folded.toggle(6)


def test_a_row_that_is_gone_to_is_on_a_line_of_its_own() -> None:
    folded = fed(".xx .")
    folded.pin(1)
    assert shown(folded) == [(0, 1), (1, 1), (2, 1), (4, 1)]
    folded.pin(3)
    assert shown(folded) == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]


def test_up_to_a_time_a_run_has_only_what_was_there() -> None:
    folded = fed("..xxx.")
    folded.limit(3)
    assert shown(folded) == [(0, 1), (2, 2)]
    folded.limit(None)
    assert shown(folded) == [(0, 1), (4, 4), (5, 1)]


@given(
    marks=st.text(".x ", max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    acts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 45), st.booleans()), max_size=6),
    limit=st.none() | st.integers(0, 45),
)
def test_every_row_is_on_one_line_and_all_of_them_when_all_is_unfolded(
    marks: str, cuts: list[int], acts: list[tuple[int, int, bool]], limit: int | None
) -> None:
    edges = [0, *sorted(min(cut, len(marks)) for cut in cuts), len(marks)]
    folded = Folded()
    rows = [row for row, mark in enumerate(marks) if mark != " "]
    pinned: set[int] = set()
    for number, (start, stop) in enumerate(zip(edges, edges[1:], strict=False)):
        piece = [row for row in rows if start <= row < stop]
        folded.add(array("I", piece), bytes(marks[row] == "x" for row in piece))
        for when, row, pins in acts:
            if when == number and pins:
                folded.pin(row)
                pinned.add(row)
            elif when == number:
                folded.toggle(row)
        shown(folded)
    folded.limit(limit)
    there = sorted(row for row in {*rows, *pinned} if limit is None or row < limit)
    assert sum(count for _, count in shown(folded)) == len(there)
    for row in there:
        folded.unfold(row)
    assert shown(folded) == [(row, 1) for row in there]


def test_the_index_knows_what_repeats() -> None:
    talk = Talk()
    call = talk.call("work")
    talk.progress(call, 1)
    talk.progress(call, 2)
    talk.log("one")
    talk.log("one")
    talk.notify("notifications/tools/list_changed")
    talk.notify("notifications/tools/list_changed")
    talk.notify("notifications/prompts/list_changed")
    index, offset = Index(), 0
    for event in talk.events:
        index.add(event, offset)
        offset += len(encode(event))
    rows = list(range(len(index)))
    assert list(index.repeats(rows, None)) == [0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert list(index.repeats(rows[3:], 2)) == [1, 0, 0, 0, 1, 0]


@pytest.mark.anyio
async def test_progress_is_one_line_with_a_count_that_space_unfolds_and_a_filter_shows_all_of(tmp_path: Path) -> None:
    talk = Talk()
    call = talk.call("work")
    for number in range(5):
        talk.progress(call, number)
    talk.text(call, "done")
    async with traffic(talk, tmp_path) as seen:
        await seen.shows(1, 2, 7, 8)
        await seen.screens.shows("▸ ← notify  progress", "×5  4/10")
        await seen.press("home", "down", "down", "space")
        await seen.shows(*range(1, 9))
        await seen.press("space")
        await seen.shows(1, 2, 7, 8)
        await seen.filter("method:progress")
        await seen.shows(3, 4, 5, 6, 7)
