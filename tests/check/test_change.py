"""How two values differ, leaf by leaf, in sentences that fit on a line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.check.change import MOST_CHANGES, Change, changes_in, sentence
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.same import Redacted, same

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


def told(a: Any, b: Any) -> list[str]:
    return [sentence(one) for one in changes_in(a, b, ("result",))]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"x": 1}, {"x": 1.0}, []),
        ({"x": 1}, {"x": True}, ["result.x: 1 → true"]),
        ({"x": 1}, {"y": 1}, ["result.x is gone: 1", "result.y is new: 1"]),
        ({"x": None}, {}, ["result.x is gone: null"]),
        ([1, 2, 3], [1, 3], ["result.1 is gone: 2"]),
        ([1, 3], [1, 2, 3], ["result.1 is new: 2"]),
        ([1, 2, 3], [1, 9, 3], ["result.1: 2 → 9"]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}], ['result.0 is gone: {"id": 1}']),
        ([1], [2, 3], ["result.0: 1 → 2", "result.1 is new: 3"]),
        ("a", ["a"], ['result: "a" → ["a"]']),
        ({"a.b": 1}, {"a.b": 2}, [r"result.a\.b: 1 → 2"]),
        ({"k": Redacted("[redacted]"), "n": 1}, {"k": "x", "n": 2}, ["result.n: 1 → 2"]),
    ],
)
def test_each_leaf_is_told_with_its_path(a: Any, b: Any, expected: list[str]) -> None:
    assert told(a, b) == expected


def test_long_texts_are_cut_where_they_part() -> None:
    (said,) = told({"t": "x" * 500 + " one " + "y" * 500}, {"t": "x" * 500 + " two " + "y" * 500})
    assert " one " in said and " two " in said
    assert len(said) < 250


def test_two_things_that_have_nothing_in_common_are_not_told_without_end() -> None:
    assert len(changes_in([*range(5000)], [*range(5000, 10_000)])) == MOST_CHANGES


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change("moved", a=1, b=22, what="log 1"), "log 1 moved: it was the 1st, now it is the 22nd"),
        (Change("moved", a=11, b=3, what="log 1"), "log 1 moved: it was the 11th, now it is the 3rd"),
        (Change("outcome", a="a result", b="an error"), "it ended in a result, now in an error"),
        (Change("slower", a="20 ms", b="90 ms"), "slower: 20 ms before, 90 ms now"),
        (Change("changed", "params.data", 1, 2, "log 3"), "log 3: params.data: 1 → 2"),
        (Change("new", b={"a": 1}, what="log 3"), 'log 3 is new: {"a": 1}'),
    ],
)
def test_a_change_is_a_sentence(change: Change, expected: str) -> None:
    assert sentence(change) == expected


@given(VALUES, VALUES)
def test_two_values_are_the_same_or_something_is_told(a: Any, b: Any) -> None:
    assert bool(changes_in(a, b)) is not same(a, b)
    assert all(sentence(one) for one in changes_in(a, b))


@given(VALUES)
def test_a_value_is_the_same_as_itself_however_often_it_is_made_comparable(value: Any) -> None:
    once = Normalizer().value(value)
    assert same(once, Normalizer().value(value))
    assert changes_in(once, Normalizer().value(value)) == []
