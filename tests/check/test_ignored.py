"""Paths, and the places that they name."""

from __future__ import annotations

import pytest

from mcpwatch import UsageError
from mcpwatch.check.ignored import ends, paths_of, started


@pytest.mark.parametrize(
    ("path", "place", "named"),
    [
        ("result.at", ("result", "at"), True),
        ("result.at", ("result", "att"), False),
        ("result.at", ("result",), False),
        ("$.result.at", ("result", "at"), True),
        ("items[0].id", ("items", 0, "id"), True),
        ("items[*].id", ("items", 7, "id"), True),
        ("*.id", ("a", "id"), True),
        ("*.id", ("a", "b", "id"), False),
        ("**.id", ("a", "b", "id"), True),
        ("**.id", ("id",), True),
        ("a.**", ("a", "b"), True),
        ("a.**.c", ("a", "b", "b", "c"), True),
        (r"com\.acme.x", ("com.acme", "x"), True),
    ],
)
def test_a_path_names_a_place_or_does_not(path: str, place: tuple[str | int, ...], named: bool) -> None:
    assert ends(started(paths_of([path]), place)) is named


@pytest.mark.parametrize("path", ["", ".", "a..b", ".a", "a.", "  "])
def test_what_is_no_path_is_refused_with_an_example(path: str) -> None:
    with pytest.raises(UsageError, match="is no path") as caught:
        paths_of([path])
    assert "result.structuredContent.at" in caught.value.hint
