"""Differences, leaf by leaf: each with its sentence, its place, and what would be written there."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.compare import differences, number_finding, text_finding
from mcpwatch.check.finding import KEEP


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ({}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ([1, {"a": 1}], [1, {"a": 1, "b": 2}]),
        ({"n": ">=3"}, {"n": 3}),
        ({"s": {"regex": "^x"}}, {"s": "xy"}),
        ({"s": {"contains": "y"}}, {"s": "xyz"}),
        ({"equals": 1}, {"equals": 1, "other": 2}),
        (None, None),
    ],
)
def test_what_fits_has_no_differences(want: Any, got: Any) -> None:
    assert list(differences(want, got, (), "data")) == []


def test_each_leaf_that_differs_is_told_with_its_place() -> None:
    want = {"a": 1, "b": {"c": "x", "d": ">5"}, "e": [1, 2]}
    got = {"a": 2, "b": {"c": "y", "d": 5}, "e": [1, 3]}
    found = list(differences(want, got, ("data",), "data"))
    assert [(one.place, one.rewrite) for one in found] == [
        (("data", "a"), 2),
        (("data", "b", "c"), "y"),
        (("data", "b", "d"), 5),
        (("data", "e", 1), 3),
    ]
    assert found[0].message == "data.a: expected 1, got 2"


def test_a_member_that_is_missing_says_what_there_is_and_can_be_left_out() -> None:
    (found,) = differences({"a": 1, "b": 2}, {"a": 1, "c": 3}, ("data",), "data")
    assert found.message == "data.b is missing; there is a, c"
    assert (found.rewrite_at, found.rewrite) == (("data",), {"a": 1})


@pytest.mark.parametrize(
    ("want", "got", "said"),
    [
        ({"a": 1}, [1], "expected a mapping"),
        ([1], {"a": 1}, "expected a list"),
        ([1], [1, 2], "expected 1 items, got 2"),
        (1, True, "expected 1, got true"),
    ],
)
def test_another_shape_is_a_difference(want: Any, got: Any, said: str) -> None:
    (found,) = differences(want, got, (), "data")
    assert said in found.message
    assert found.rewrite == got


def test_a_long_value_is_cut_in_the_sentence_and_whole_in_the_rewrite() -> None:
    found = text_finding("x", "y" * 1000, (), "text")
    assert found is not None
    assert len(found.message) < 300
    assert found.rewrite == "y" * 1000


@pytest.mark.parametrize(
    ("want", "said"),
    [
        ("b", '"b" is not in "a"'),
        ({"equals": "b"}, 'expected "b", got "a"'),
        ({"regex": "^b"}, 'expected to match "^b", got "a"'),
        ({"contains": "a", "regex": "b"}, 'expected to match "b", got "a"'),
    ],
)
def test_a_text_that_does_not_fit_says_how_it_should_have_been(want: Any, said: str) -> None:
    found = text_finding(want, "a", (), "text")
    assert found is not None
    assert found.message == f"text: {said}"


def test_a_number_that_is_not_there_cannot_be_rewritten() -> None:
    found = number_finding(">=1", None, (), "n")
    assert found is not None
    assert (found.message, found.rewrite) == ("n: expected >=1, there is none", KEEP)
    assert number_finding(">=1", 1, (), "n") is None
