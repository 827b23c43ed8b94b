from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.documents import Mark, parse_document, read_document
from mcpwatch.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("0x1F", 31),
        ("007", 7),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-21", "2026-11-21"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-12", -12),
        ("'12'", "12"),
        ("=", "="),
        ("1" * 30, int("1" * 30)),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    read = parse_document(f"k: {text}\n", "a.yaml").value["k"]
    assert (read, type(read)) == (value, type(value))


def test_a_key_is_always_a_text() -> None:
    assert parse_document("no: 1\n1: 2\ntrue: 3\n~: 4\n", "a.yaml").value == {"no": 1, "1": 2, "true": 3, "~": 4}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.sampled_from([None, 2, "\t"]))
def test_json_says_the_same_as_in_json(value: Any, indent: int | str | None) -> None:
    assert parse_document(json.dumps(value, indent=indent), "a.json").value == value


def test_line_separators_in_pasted_json_are_characters_like_others() -> None:
    text = json.dumps({"a": "one \u2028 two\x85three"}, ensure_ascii=False)
    assert parse_document(text, "a.json").value == {"a": "one \u2028 two\x85three"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "a.yaml:4:3: the key 'c' is there twice, first in line 3."),
        ('{"a": 1, "a": 2}', "a.yaml:1:10: the key 'a' is there twice"),
        ("a: &x 1\n", "a.yaml:1:4: anchors and aliases"),
        ("a: *x\n", "a.yaml:1:4: anchors and aliases"),
        ("a:\n  <<: {b: 1}\n", "a.yaml:2:3: '<<' merges"),
        ("a: !!int '3'\n", "a.yaml:1:4: tags"),
        ("a: !mine {}\n", "a.yaml:1:4: tags"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document"),
        ("a: [1, 2\nb: 3\n", "a.yaml:1:4: not YAML: this [ is not closed."),
        ("a: b: c\n", "a.yaml:1:5: not YAML"),
        ("a:\n\tb: 1\n", "a.yaml:2:1: not YAML"),
        ("? [a]\n: b\n", "a.yaml:1:3: a key is a text"),
        ("a: .nan\n", "a.yaml:1:4: .nan is a number that JSON does not have"),
        ("a: 1e999\n", "a.yaml:1:4: 1e999 is a number that JSON does not have"),
        ("a: " + "1" * 5000, "a.yaml:1:4: an integer of more digits"),
        ("a: 1\nb: \x07\n", "a.yaml:2:4: the character U+0007"),
        ("[" * 5000, "a.yaml:1:102: nested deeper than 100 levels"),
        ("a: 'x\n", "not YAML"),
        ('a: 1\nb: "\\U00110000"', "a.yaml:2:7: there is no such character"),
    ],
)
def test_what_would_say_something_else_than_it_seems_is_an_error_at_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_document(text, "a.yaml")
    assert said in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_document_or_a_usage_error(text: str) -> None:
    try:
        parse_document(text, "a.yaml")
    except UsageError as error:
        assert str(error).startswith("a.yaml")


STORY = """\
# a comment
mcpwatch: 1
answers:
  - sampling: Paris   # why
    text: |
      one
      two

  - elicitation:
      message: { regex: 'e-?mail' }
    accept: {}
"""


def test_every_value_knows_its_line_and_column() -> None:
    story = parse_document(STORY, "s.yaml")
    assert story.where(("answers", 0)) == Mark(4, 5)
    assert story.where(("answers", 1, "elicitation", "message", "regex")) == Mark(10, 25)
    assert story.where(("answers", 1, "elicitation", "message"), key=True) == Mark(10, 7)
    assert story.at(("answers", 0, "text")) == "s.yaml:5:11"
    assert story.line(("answers", 1)) == "s.yaml:9"


def test_a_path_that_is_not_there_is_placed_at_its_nearest_ancestor() -> None:
    story = parse_document(STORY, "s.yaml")
    assert story.where(("answers", 1, "nowhere", 3)) == story.where(("answers", 1))
    assert str(story.error(("answers", 9), "wrong")) == "s.yaml:4:3: wrong"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("mcpwatch",), "1"),
        (("answers", 0, "sampling"), "Paris"),
        (("answers", 0, "text"), "|\n      one\n      two"),
        (("answers", 0), "sampling: Paris   # why\n    text: |\n      one\n      two"),
        (("answers", 1, "elicitation", "message"), "{ regex: 'e-?mail' }"),
        (("answers", 1, "accept"), "{}"),
    ],
)
def test_a_span_is_the_text_of_the_value_and_nothing_after_it(path: tuple[str | int, ...], text: str) -> None:
    story = parse_document(STORY, "s.yaml")
    start, end = story.span(path)
    assert story.text[start:end] == text


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(UsageError, match=r"a\.yaml:2:4: not UTF-8"):
        read_document(file)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_document(file).value == {"a": 1, "b": 2}


def test_importing_the_room_imports_neither_the_parser_nor_the_validator() -> None:
    code = "import sys, mcpwatch.documents; print(*{'yaml', 'jsonschema'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
