from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch.view.values import arguments, block, blocks, compact, cut, quoted, text_of, word


def test_arguments_read_like_a_command_line() -> None:
    given = {
        "n": 5,
        "text": "two words",
        "path": "src/a_b-c.py",
        "flag": True,
        "none": None,
        "digits": "5",
        "o": {"a": 1},
    }

    assert arguments(given) == ('n=5 text="two words" path=src/a_b-c.py flag=true none=null digits="5" o={"a": 1}')
    assert arguments(None) == arguments({}) == ""
    assert arguments([1, 2]) == "[1, 2]"
    assert word("true") == '"true"'
    assert word("") == '""'


def test_what_is_cut_says_by_how_many_bytes() -> None:
    assert cut("abcdef", 3) == "abc… (+3 B)"
    assert quoted("é" * 10, 4) == '"éééé"… (+12 B)'
    assert compact({"a": "x" * 100}, 10) == '{"a": "xxx… (+99 B)'
    assert compact("abc", 10) == '"abc"'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**5000, "(an integer of 16,610 bits)…"),
        ([1, 10**5000], "[1, (an integer of 16,610 bits)]…"),
        ({1, 2}, '"(set)"…'),
        (float("nan"), "NaN"),
    ],
    ids=["huge", "huge inside", "set", "nan"],
)
def test_what_no_json_can_hold_is_described(value: Any, shown: str) -> None:
    assert compact(value).removesuffix("…") == shown.removesuffix("…")


def test_deep_nesting_ends_in_an_ellipsis_and_not_in_an_error() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = {"a": [deep]}

    assert compact(deep).startswith('{"a": [{"a": [')
    assert "…" in compact(deep)


def test_a_heavy_value_is_written_no_further_than_it_is_shown() -> None:
    class Watched(dict[str, Any]):
        looked_at = 0

        def items(self) -> Any:
            for key, value in super().items():
                Watched.looked_at += 1
                yield key, value

    heavy = Watched({str(n): "x" * 50 for n in range(10_000)})
    shown = compact(heavy, 200, weight=64 * 1024 * 1024)

    assert shown.endswith("… (64 MiB in all)")
    assert len(shown) < 240
    assert Watched.looked_at < 10


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"type": "text", "text": "a\nb"}, '"a\\nb"'),
        ({"type": "image", "data": "AAAA" * 3, "mimeType": "image/png"}, "[image image/png 9 B]"),
        ({"type": "audio", "data": "AAA=", "mimeType": "audio/wav"}, "[audio audio/wav 2 B]"),
        ({"type": "resource_link", "name": "x", "uri": "demo://x"}, "[link x demo://x]"),
        ({"type": "resource", "resource": {"uri": "demo://x", "text": "é"}}, "[resource demo://x 2 B]"),
        ({"type": "tool_use", "name": "add", "input": {"a": 1}}, "[tool use add a=1]"),
        ({"type": "text", "text": 7}, '{"type": "text", "text": 7}'),
        ("bare", '"bare"'),
        (None, "null"),
    ],
)
def test_a_content_block_is_its_text_or_what_it_is(content: Any, shown: str) -> None:
    assert block(content) == shown


def test_many_blocks_are_counted_instead_of_shown() -> None:
    text = {"type": "text", "text": "x"}

    assert blocks([text, text]) == '"x" "x"'
    assert blocks([text] * 25).endswith('"x" … (+5 blocks)')
    assert blocks([]) == ""


def test_anything_but_a_string_is_text_as_json() -> None:
    assert [text_of(value) for value in ("a", None, 5, ["x"])] == ["a", "", "5", '["x"]']
    assert json.loads(text_of({"a": 1})) == {"a": 1}
