from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.model.shapes import items, key, label, malformed, mapping, number, params, result, scalar, text


@pytest.mark.parametrize("value", [None, 1, "x", [1], True, 1.5])
def test_what_is_no_object_reads_as_an_empty_one(value: Any) -> None:
    assert mapping(value) == {} and params({"params": value}) == {} and result(value) == {}


def test_what_has_the_wrong_type_reads_as_absent() -> None:
    assert (items({"a": 1}), items("abc"), text(3), text(["x"])) == ((), (), None, None)
    assert (list(items([1])), text("x"), dict(params({"params": {"a": 1}}))) == ([1], "x", {"a": 1})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (2.5, 2.5),
        (True, None),
        ("3", None),
        (float("nan"), None),
        (float("-inf"), None),
        (10**400, None),
        (10**20, 1e20),
    ],
)
def test_a_number_is_one_that_arithmetic_is_safe_on(value: Any, expected: Any) -> None:
    found = number(value)
    assert found == expected and type(found) is type(expected)


def test_ids_of_different_types_are_different() -> None:
    values: list[Any] = [1, "1", 1.5, True, None, "None", [1], {"a": 1}]
    assert len({key(value) for value in values}) == len(values)


def test_an_id_is_hashable_whatever_it_is() -> None:
    values: list[Any] = [[[]], {"a": []}, float("nan"), 10**5000, "\ud800"]
    for value in values:
        assert isinstance(hash(key(value)), int) and isinstance(hash(key(scalar(value))), int)


def test_a_label_is_short_whatever_it_stands_for() -> None:
    assert label("info") == "info" and len(label("x" * 10_000)) == 200 and label([1] * 1000) == "[…]"
    assert label(10**5000) == "(a huge number)" and label(None) == "None"


@pytest.mark.parametrize(
    ("method", "value", "why"),
    [
        ("tools/call", {"content": []}, ""),
        ("tools/call", {"structuredContent": 1}, ""),
        ("tools/call", {"content": {}}, "content is no list"),
        ("tools/call", [], "the result is no object"),
        ("resources/read", {"contents": [1]}, "contents holds what is no object"),
        ("tools/list", {"tools": None}, "tools is no list"),
        ("tools/list", {}, "it holds no tools"),
        ("x/custom", 7, ""),
        (None, None, ""),
    ],
)
def test_a_result_that_no_client_could_read_is_malformed(method: str | None, value: Any, why: str) -> None:
    assert malformed(method, value) == why
