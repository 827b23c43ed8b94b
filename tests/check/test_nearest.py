"""Likely partners, and the ones that only come near."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.exchanged import Exchanged
from mcpwatch.check.nearest import best_pairs, likeness, nearest


def call(name: str, number: int = 0, **arguments: Any) -> Exchanged:
    params = {"name": name, "arguments": arguments}
    return Exchanged("tools/call", name, number, 0.0, 1.0, params, "a result", ("result", {}), "user", 1.0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"a": 1}, {"a": 1}, 1.0),
        ({"a": 1}, {"a": 2}, 0.0),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, 1 / 3),
        ([1, 2], [1, 2, 3], 2 / 3),
        ({}, [], 0.5),
    ],
)
def test_likeness_is_how_much_is_the_same(a: Any, b: Any, expected: float) -> None:
    assert likeness(a, b) == pytest.approx(expected)


def test_as_many_as_before_stay_in_order() -> None:
    first, second = [call("add", a=1), call("add", a=2)], [call("add", a=8), call("add", a=9)]
    assert best_pairs(first, second, [0, 1], [0, 1]) == ([(0, 0), (1, 1)], [], [])


def test_of_more_than_before_the_most_alike_are_partners() -> None:
    first = [call("add", a=1, b=1)]
    second = [call("add", a=9, b=9), call("add", a=1, b=2)]
    assert best_pairs(first, second, [0], [0, 1]) == ([(0, 1)], [], [0])


def test_partners_have_one_name() -> None:
    assert best_pairs([call("add")], [call("sub")], [0], [0]) == ([], [0], [0])


def test_very_many_are_partners_by_their_order_alone() -> None:
    first, second = [call("add", a=at) for at in range(70)], [call("add", a=-at) for at in range(80)]
    pairs, left, right = best_pairs(first, second, range(70), range(80))
    assert pairs == [(at, at) for at in range(70)]
    assert (left, right) == ([], [*range(70, 80)])


def test_the_nearest_of_the_same_name_says_what_is_different() -> None:
    found = nearest(
        call("add", a=1, b=2), [call("add", 1, a=5, b=6), call("add", 2, a=1, b=3), call("sub", 3, a=1, b=2)]
    )
    assert found is not None
    assert (found.seq, found.why) == (2, "params.arguments.b: 2 → 3")


def test_the_same_as_another_that_has_its_partner_already() -> None:
    found = nearest(call("add", a=1), [call("add", a=1)])
    assert found is not None
    assert found.why == "it asks for the same, but there are fewer of them"


def test_another_name_is_near_by_its_letters_or_its_arguments() -> None:
    found = nearest(call("get_user", id=1), [call("list_all"), call("user_get_by_id", 7, id=1)])
    assert found is not None
    assert (found.seq, found.why) == (7, "another name with the same arguments")
    found = nearest(call("get_user"), [call("getUser", 3)])
    assert found is not None and found.seq == 3


def test_what_has_nothing_in_common_is_not_near() -> None:
    assert nearest(call("add", a=1), [call("weather", city="Oslo")]) is None
    assert nearest(call("tell"), [call("work")]) is None
    assert nearest(call("add", a=1), []) is None
