"""What stands on which line, whatever comes in which order."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.tui.traffic.shown import Flat


def lines(flat: Flat) -> list[int]:
    return [flat.node(line).row for line in range(len(flat))]


@given(
    found=st.lists(st.lists(st.integers(0, 60), max_size=8), max_size=6),
    pins=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 60)), max_size=5),
    limit=st.none() | st.integers(0, 61),
)
def test_rows_are_in_order_once_each_with_those_that_were_pinned(
    found: list[list[int]], pins: list[tuple[int, int]], limit: int | None
) -> None:
    flat = Flat()
    rows = sorted({row for some in found for row in some})
    pieces = [rows[at : at + 3] for at in range(0, len(rows), 3)]
    for number in range(max(len(pieces), 7)):
        for when, row in pins:
            if when == number:
                flat.pin(row)
                assert flat.has(row)
        if number < len(pieces):
            flat.add(array("I", pieces[number]))
        assert lines(flat) == sorted(set(lines(flat)))
    wanted = sorted({*rows, *(row for _, row in pins)})
    assert lines(flat) == wanted
    flat.limit(limit)
    wanted = [row for row in wanted if limit is None or row < limit]
    assert lines(flat) == wanted
    for line, row in enumerate(wanted):
        assert (flat.line(row), flat.has(row)) == (line, True)
    for row in range(62):
        assert 0 <= flat.line(row) <= max(len(wanted) - 1, 0)
        assert flat.has(row) == (row in wanted)


def test_there_is_nothing_on_a_line_that_is_not_there() -> None:
    flat = Flat()
    assert (len(flat), flat.line(3), flat.has(3)) == (0, 0, False)
    with pytest.raises(IndexError):
        flat.node(0)
