"""Sameness: as JSON means it, with holes where something was redacted."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.same import Redacted, fingerprint, same


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        ({"a": float("nan")}, {"a": float("nan")}, True),
        (float("nan"), 1.0, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        (Redacted("[redacted]"), {"any": "thing"}, True),
        (7, Redacted("[redacted]"), True),
        (Redacted("a [redacted] b"), "a x b", True),
        (Redacted("a [redacted] b"), "a x c", False),
        (Redacted("a[redacted]b[redacted]c"), "a1b2c", True),
        (Redacted("a[redacted]b[redacted]c"), "a12c", False),
        (Redacted("ab[redacted]b"), "ab", False),
        (Redacted("a[redacted]"), Redacted("[redacted]b"), False),
        (Redacted("[redacted]"), Redacted("x[redacted]"), True),
    ],
)
def test_two_values_are_the_same_or_not_whoever_is_first(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


def test_what_is_the_same_has_the_same_fingerprint() -> None:
    assert fingerprint({"a": 1, "b": [True, None]}) == fingerprint({"b": [True, None], "a": 1})
    assert fingerprint(1) != fingerprint(True)
    assert fingerprint("1") != fingerprint(1)


def test_values_nested_without_end_are_not_the_same_and_do_no_harm() -> None:
    def deep() -> Any:
        value: Any = 1
        for _ in range(5000):
            value = [value]
        return value

    assert not same(deep(), deep())
    assert fingerprint(deep()) == "?"
