"""Who goes with whom: as many as there can be."""

from __future__ import annotations

from mcpwatch.check.assign import assigned


def test_one_that_is_content_with_anything_leaves_the_others_what_they_need() -> None:
    assert assigned(["ab", "a"], "ab", lambda want, got: got in want) == [1, 0]
    assert assigned(["abc", "ab", "a"], "abc", lambda want, got: got in want) == [2, 1, 0]


def test_what_there_is_goes_to_one_only() -> None:
    assert assigned(["a", "a"], "ab", lambda want, got: got in want) == [0, None]
    assert assigned([], "ab", lambda want, got: True) == []
    assert assigned(["a"], "", lambda want, got: True) == [None]
