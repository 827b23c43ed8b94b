"""Two sequences side by side."""

from __future__ import annotations

import random

import pytest

from mcpwatch.check import align as room
from mcpwatch.check.align import Aligned, align


@pytest.fixture(params=["thorough", "bounded"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "bounded":
        monkeypatch.setattr(room, "_MOST", 0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("", "", Aligned([], [], [], [])),
        ("abc", "abc", Aligned([(0, 0), (1, 1), (2, 2)], [], [], [])),
        ("abc", "ac", Aligned([(0, 0), (2, 1)], [], [1], [])),
        ("ac", "abc", Aligned([(0, 0), (1, 2)], [], [], [1])),
        ("axc", "ayc", Aligned([(0, 0), (2, 2)], [], [1], [1])),
        ("aab", "ab", Aligned([(0, 0), (2, 1)], [], [1], [])),
    ],
)
def test_what_stands_in_both_are_pairs_and_the_rest_is_alone(first: str, second: str, expected: Aligned) -> None:
    assert align(first, second) == expected


@pytest.mark.usefixtures("way")
def test_two_that_changed_places_are_one_pair_and_one_move() -> None:
    aligned = align("abcd", "acbd")
    assert len(aligned.pairs) == 3 and len(aligned.moved) == 1
    assert not aligned.only_first and not aligned.only_second


@pytest.mark.usefixtures("way")
def test_what_stands_between_two_that_changed_places_has_not_moved() -> None:
    assert align("abcd", "cbad") == Aligned([(1, 1), (3, 3)], [(0, 2), (2, 0)], [], [])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(20))
def test_everything_is_somewhere_once_and_pairs_are_in_order(seed: int) -> None:
    chance = random.Random(seed)
    first, second = ([chance.choice("abcde") for _ in range(chance.randrange(40))] for _ in "ab")
    aligned = align(first, second)
    assert sorted([*(one for one, _ in [*aligned.pairs, *aligned.moved]), *aligned.only_first]) == [*range(len(first))]
    others = [*(other for _, other in [*aligned.pairs, *aligned.moved]), *aligned.only_second]
    assert sorted(others) == [*range(len(second))]
    assert all(first[one] == second[other] for one, other in [*aligned.pairs, *aligned.moved])
    assert aligned.pairs == sorted(aligned.pairs)
    assert [other for _, other in aligned.pairs] == sorted(other for _, other in aligned.pairs)


def test_many_of_one_kind_take_no_square_of_the_time() -> None:
    first, second = ["x"] * 60_000, [*["y"] * 30_000, *["x"] * 60_000]
    aligned = align(first, second)
    assert len(aligned.pairs) == 60_000
    first[0], second[-1] = "a", "b"  # so that nothing is the same at either end
    assert len(align(first, second).pairs) >= 59_000
