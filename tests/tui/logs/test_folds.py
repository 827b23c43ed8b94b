"""Which line of a list with unfolded entries is whose."""

from __future__ import annotations

import random

from mcpwatch.tui.logs.folds import Folds
from mcpwatch.view.style import Line


def lines(count: int) -> list[Line]:
    return [[(str(number), "")] for number in range(1, count + 1)]


def test_without_folds_every_entry_is_a_line() -> None:
    folds = Folds()
    assert (folds.total(7), folds.at(3), folds.line(3)) == (7, (3, 0), 3)


def test_lines_below_an_entry_push_down_what_follows() -> None:
    folds = Folds()
    folds.unfold(1, lines(2))
    assert [folds.at(line) for line in range(6)] == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0), (3, 0)]
    assert folds.below(1, 2) == [("2", "")]
    folds.fold(1)
    assert folds.at(2) == (2, 0)


def test_any_folds_agree_with_a_list_that_is_written_out() -> None:
    random.seed(3)
    for _ in range(50):
        entries = random.randrange(1, 40)
        folds, open_ = Folds(), {random.randrange(entries): random.randrange(5) for _ in range(random.randrange(8))}
        for position, count in open_.items():
            folds.unfold(position, lines(count))
        written = [(at, below) for at in range(entries) for below in range(open_.get(at, 0) + 1)]
        assert folds.total(entries) == len(written)
        assert [folds.at(line) for line in range(len(written))] == written
        assert [written[folds.line(at)] for at in range(entries)] == [(at, 0) for at in range(entries)]


def test_what_is_unfolded_behind_the_end_does_not_count() -> None:
    folds = Folds()
    folds.unfold(5, lines(3))
    assert (folds.total(5), folds.total(6)) == (5, 9)
