from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.matching import comparison_error, mismatch, number_matches, regex_error, text_matches


@pytest.mark.parametrize(
    ("want", "text", "matches"),
    [
        ("capital", "the capital of", True),
        ("Capital", "the capital of", False),
        ("", "anything", True),
        ({"equals": "a"}, "a", True),
        ({"equals": "a"}, "ab", False),
        ({"regex": "e-?mail"}, "your email?", True),
        ({"regex": "^email"}, "your email?", False),
        ({"contains": "a", "regex": "b$"}, "ab", True),
        ({"contains": "a", "regex": "c$"}, "ab", False),
        ({}, "anything", True),
    ],
)
def test_a_text_is_matched_by_containing_and_otherwise_as_the_mapping_says(want: Any, text: str, matches: bool) -> None:
    assert text_matches(want, text) is matches


@pytest.mark.parametrize(
    ("want", "value", "matches"),
    [
        (3, 3, True),
        (3, 3.0, True),
        (3, 4, False),
        (">=3", 3, True),
        ("<= 5", 6, False),
        ("!=2", 3, True),
        ("==2", 2, True),
        ("=2", 2, True),
        (">1", 1, False),
        ("<-1.5e0", -2, True),
        (">=3, <5", 4, True),
        (">=3, <5", 5, False),
        ("==9007199254740993", 9007199254740992, False),
    ],
)
def test_a_number_is_matched_by_equality_or_a_comparison(want: Any, value: float, matches: bool) -> None:
    assert number_matches(want, value) is matches


@pytest.mark.parametrize("want", ["3", "about 3", ">", ">=3,", ""])
def test_a_text_that_is_no_comparison_is_a_usage_error(want: str) -> None:
    assert comparison_error(want) is not None
    with pytest.raises(UsageError, match="no comparison"):
        number_matches(want, 3)


def test_a_regular_expression_that_is_none_is_a_usage_error() -> None:
    assert regex_error("(") is not None
    assert regex_error("a+") is None
    with pytest.raises(UsageError, match="no regular expression"):
        text_matches({"regex": "("}, "a")


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ({"items": 5}, {"items": 5, "more": 1}),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}], "e": 0}}),
        ({"n": ">=3"}, {"n": 3}),
        ({"n": ">=3"}, {"n": ">=3"}),
        ({"t": {"regex": "^a"}}, {"t": "abc"}),
        ({"t": {"contains": "b"}}, {"t": "abc"}),
        ({"t": {"equals": {"a": 1}}}, {"t": {"a": 1}}),
        ({"t": {"equals": [1]}}, {"t": [1]}),
        ({"regex": "x"}, {"regex": "x"}),
        ({}, {"a": 1}),
        ({"a": None}, {"a": None}),
        ([], []),
        (1, 1.0),
    ],
)
def test_what_is_there_may_be_more_than_what_is_wanted(want: Any, got: Any) -> None:
    assert mismatch(want, got) is None


@pytest.mark.parametrize(
    ("want", "got", "said"),
    [
        ({"items": 5}, {"items": 4}, "data.items: expected 5, got 4"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "data.a.b[1]: expected 2, got 3"),
        ({"b": [1, 2]}, {"b": [1]}, "data.b: expected 2 items, got 1"),
        ({"b": [1]}, {"b": {}}, "data.b: expected a list of 1, got {}"),
        ({"a": 1}, {"b": 1, "c": 2}, "data.a: expected 1, but it is not there (there is b, c)"),
        ({"a": {}}, {"a": 1}, "data.a: expected {}, got 1"),
        ({"a": {"b": 1}}, {"a": "x"}, 'data.a: expected an object, got "x"'),
        ({"n": ">=3"}, {"n": 2}, "data.n: expected >=3, got 2"),
        ({"n": "3"}, {"n": 3}, 'data.n: expected "3", got 3'),
        ({"n": 1}, {"n": True}, "data.n: expected 1, got true"),
        ({"n": False}, {"n": 0}, "data.n: expected false, got 0"),
        ({"t": "ab"}, {"t": "abc"}, 'data.t: expected "ab", got "abc"'),
        ({"t": {"regex": "^b"}}, {"t": "abc"}, 'data.t: expected a text that matches "^b", got "abc"'),
        ({"t": {"contains": "x"}}, {"t": 1}, 'data.t: expected a text that contains "x", got 1'),
        ({"t": {"equals": {"a": 1}}}, {"t": {"a": 1, "b": 2}}, 'data.t: expected {"a": 1}, got {"a": 1, "b": 2}'),
        ({"a": None}, {}, "data.a: expected null, but it is not there"),
    ],
)
def test_the_first_difference_is_said_with_its_path(want: Any, got: Any, said: str) -> None:
    assert mismatch(want, got, "data") == said


def test_a_long_value_is_cut_in_the_sentence() -> None:
    assert len(mismatch("a", "b" * 10_000) or "") < 120
