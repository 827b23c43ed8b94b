"""Values put into a message: found by their path, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.check.mock.rewriting import Path, replaced

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("data", "values", "expected"),
    [
        (b'{"id":1}', {("id",): "a"}, b'{"id":"a"}'),
        (b' { "id" : "x\\"y" , "b":2 }', {("id",): 7}, b' { "id" : 7 , "b":2 }'),
        (b'{"a":{"id":1},"id":2}', {("id",): 3}, b'{"a":{"id":1},"id":3}'),
        (b'{"params":{"progressToken":"t"},"id":1}', {("params", "progressToken"): 5}, None),
        (b'{"a":[{"b":1},{"b":2}]}', {("a", 1, "b"): 9}, b'{"a":[{"b":1},{"b":9}]}'),
        (b'{"id":1,"id":2}', {("id",): 3}, b'{"id":3,"id":3}'),
        (b'{"\\u0069d":1}', {("id",): 3}, b'{"\\u0069d":3}'),
        (b'{"id":{"deep":1}}', {("id",): 3}, b'{"id":{"deep":1}}'),
        (b'{"n":NaN,"id":1}', {("id",): 3}, b'{"n":NaN,"id":3}'),
        (b'\xef\xbb\xbf{"id":1}', {("id",): 3}, b'\xef\xbb\xbf{"id":3}'),
        (b'{"id":1', {("id",): 3}, b'{"id":3'),
        (b'{"s":"\xff","id":1}', {("id",): 3}, b'{"s":"\xff","id":3}'),
        (b"no json", {("id",): 3}, b"no json"),
        (b"]", {("id",): 3}, b"]"),
        (b'{"id":1}', {}, b'{"id":1}'),
    ],
)
def test_the_value_at_a_path_is_replaced_and_every_other_byte_stays(
    data: bytes, values: dict[Path, Any], expected: bytes | None
) -> None:
    if expected is None:
        expected = b'{"params":{"progressToken":5},"id":1}'
    assert replaced(data, values) == expected


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.text() | st.integers())
def test_whatever_stands_around_it_the_id_is_found_and_the_rest_is_the_same(around: dict[str, Any], id: Any) -> None:
    message = {**around, "id": 0}
    assert json.loads(replaced(json.dumps(message).encode(), {("id",): id})) == {**around, "id": id}
