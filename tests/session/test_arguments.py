from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.arguments import read_arguments, read_value, split_words

FIELDS: dict[str, Any] = {
    "n": {"type": "integer"},
    "x": {"type": "number"},
    "ok": {"type": "boolean"},
    "s": {"type": "string"},
    "nothing": {"type": "null"},
    "color": {"type": "string", "enum": ["red", "green"]},
    "level": {"enum": [1, 2, "auto", None, True]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "either": {"type": ["integer", "string"]},
    "several": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "optional_list": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
    "config": {"type": "object"},
    "any": {},
    "a.b": {"type": "integer"},
    "place": {"type": "object", "properties": {"lat": {"type": "number"}, "in": {"$ref": "#/$defs/Country"}}},
    "city": {"$ref": "#/$defs/City"},
    "home": {"anyOf": [{"$ref": "#/$defs/City"}, {"type": "null"}], "default": None},
    "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    "hue": {"type": "string", "oneOf": [{"const": "#f00", "title": "Red"}, {"const": "#0f0", "title": "Green"}]},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": FIELDS,
    "$defs": {
        "City": {"type": "object", "properties": {"name": {"type": "string"}, "people": {"type": "integer"}}},
        "Country": {"type": "string", "enum": ["NO", "FR"]},
    },
}


def read(*words: str) -> dict[str, Any]:
    return read_arguments(words, SCHEMA)


def refused(*words: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(*words)
    return caught.value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("n=5", 5),
        ("n=-5", -5),
        ("n=+5", 5),
        ("n=123456789012345678901234567890", 123456789012345678901234567890),
        ("x=1.5", 1.5),
        ("x=2", 2),
        ("x=1e3", 1000.0),
        ("x=.5", 0.5),
        ("ok=true", True),
        ("ok=y", True),
        ("ok=on", True),
        ("ok=1", True),
        ("ok=NO", False),
        ("ok=off", False),
        ("ok=0", False),
        ("s=5", "5"),
        ("s=true", "true"),
        ("s=null", "null"),
        ("s=", ""),
        ("s= a b ", " a b "),
        ("s=a=b:=c", "a=b:=c"),
        ("s={not json", "{not json"),
        ("nothing=null", None),
        ("color=red", "red"),
        ("level=2", 2),
        ("level=auto", "auto"),
        ("level=null", None),
        ("maybe=7", 7),
        ("maybe=null", None),
        ("either=7", 7),
        ("either=seven", "seven"),
        ('config={"deep": [1]}', {"deep": [1]}),
        ("any=5", "5"),
        ("unknown=5", "5"),
        ("hue=#f00", "#f00"),
    ],
)
def test_a_text_is_read_as_the_schema_has_it(word: str, value: object) -> None:
    read_back = read(word)[word.partition("=")[0]]
    assert (read_back, type(read_back)) == (value, type(value))


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("n=five", ("n", "integer")),
        ("n=1.5", ("n", "integer")),
        ("n=1_000", ("n", "integer")),
        ("n=", ("n", "integer")),
        ("x=NaN", ("x", "number")),
        ("x=1e999", ("x", "number")),
        ("x=1_0", ("x", "number")),
        ("ok=maybe", ("ok", "boolean")),
        ("nothing=something", ("nothing", "null")),
        ("color=purple", ("color", "red", "green")),
        ("level=3", ("level", "1", "2", "auto")),
        ("maybe=x", ("maybe", "integer", "null")),
        ("config=plain", ("config", "object")),
        ("config={broken", ("config", "JSON")),
        ("numbers=a", ("numbers", "integer")),
        ("city.people=many", ("city.people", "integer")),
        ("hue=#00f", ("hue", "#f00", "#0f0")),
    ],
)
def test_what_does_not_fit_is_refused_with_the_argument_and_what_would(word: str, named: tuple[str, ...]) -> None:
    error = refused(word)
    assert all(name in str(error) for name in named), str(error)
    assert f"{named[0]}:=" in error.hint


def test_the_hint_shows_how_to_send_a_value_that_the_schema_forbids() -> None:
    assert read('color:="purple"') == {"color": "purple"}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("tags=a",), ["a"]),
        (("tags=a", "tags=b", "tags=a"), ["a", "b", "a"]),
        (("tags=a,b",), ["a,b"]),
        (('tags=["a", "b"]',), ["a", "b"]),
        (('tags:=["a"]',), ["a"]),
        (("numbers=1", "numbers=2"), [1, 2]),
        (("several=a",), "a"),
        (("several=a", "several=b"), ["a", "b"]),
        (("optional_list=1", "optional_list=2"), [1, 2]),
        (("optional_list=null",), None),
    ],
)
def test_a_repeated_argument_fills_an_array(words: tuple[str, ...], value: object) -> None:
    assert read(*words) == {words[0].partition("=")[0].rstrip(":"): value}


@pytest.mark.parametrize("words", [("n=1", "n=2"), ("n:=1", "n:=2"), ("s:=null", "s:=null"), ("tags=a", 'tags:=["b"]')])
def test_what_is_no_array_cannot_be_given_twice(words: tuple[str, ...]) -> None:
    assert "twice" in str(refused(*words))


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (("place.lat=1", "place.in=NO"), {"place": {"lat": 1, "in": "NO"}}),
        (("city.people=5", "city.name=5"), {"city": {"people": 5, "name": "5"}}),
        (("home.people=5",), {"home": {"people": 5}}),
        (("home=null",), {"home": None}),
        (("counts.a=1", "counts.b=2"), {"counts": {"a": 1, "b": 2}}),
        (("city.unknown.deep=5",), {"city": {"unknown": {"deep": "5"}}}),
        (('city:={"name": "Oslo"}', "city.people=5"), {"city": {"name": "Oslo", "people": 5}}),
        (("a.b=5",), {"a.b": 5}),
    ],
)
def test_a_dot_leads_inside_unless_the_schema_knows_that_name(words: tuple[str, ...], arguments: object) -> None:
    assert read(*words) == arguments


@pytest.mark.parametrize(
    "words", [("s=1", "s.a=1"), ("city.name=a", "city:={}"), ("city.name=a", 'city:={"name":"b"}')]
)
def test_a_nested_argument_cannot_contradict_an_earlier_one(words: tuple[str, ...]) -> None:
    assert "contradicts an earlier argument" in str(refused(*words))


def test_json_is_taken_as_it_is_whatever_the_schema_says() -> None:
    assert read("n:=null", 's:={"a": [1, true]}', "x.y:=1e2") == {"n": None, "s": {"a": [1, True]}, "x": {"y": 100.0}}


def test_json_that_is_none_names_the_argument_and_hints_at_a_plain_text() -> None:
    error = refused("s:=plain")
    assert str(error).startswith("s is not JSON: ")
    assert "s=" in error.hint


def test_one_json_object_stands_for_all_arguments() -> None:
    assert read('{"n": "five", "deep": {"a": 1}}') == {"n": "five", "deep": {"a": 1}}
    assert read_arguments(' {"n": "a b"} ', SCHEMA) == {"n": "a b"}


@pytest.mark.parametrize("word", ["{", '{"a": 1} x', "{'a': 1}", '{"a":' * 100_000])
def test_a_broken_json_object_is_refused(word: str) -> None:
    assert isinstance(refused(word), UsageError)


def test_a_value_comes_from_a_file(tmp_path: Path) -> None:
    text, number, document = tmp_path / "text", tmp_path / "number", tmp_path / "x.json"
    text.write_text("caf\u00e9\n", encoding="utf-8")
    number.write_text("5\n", encoding="utf-8")
    document.write_text(json.dumps({"a": 1}), encoding="utf-8")
    assert read(f"s=@{text}", f"n=@{number}", f"config:=@{document}") == {
        "s": "caf\u00e9\n",
        "n": 5,
        "config": {"a": 1},
    }


def test_a_file_that_cannot_be_read_is_named_with_its_argument(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "missing", tmp_path / "latin", tmp_path, Path("~nobody-of-this-name/x")):
        error = refused(f"s=@{path}")
        assert str(error).startswith(f"s=@{path} cannot be read: ")
        assert "s:=" in error.hint


def test_an_at_sign_alone_is_a_text() -> None:
    assert read("s=@") == {"s": "@"}


@pytest.mark.parametrize("word", ["plain", "=x", ":=x", "a..b=1", ".a=1", "a.=1"])
def test_a_word_that_is_no_argument_is_refused_with_the_forms_that_are(word: str) -> None:
    error = refused(word, "s=1")
    assert repr(word) in str(error)
    assert error.hint


def test_a_text_is_split_as_a_shell_would_split_it() -> None:
    assert read_arguments("s='a b' n=5 color=\"red\"", SCHEMA) == {"s": "a b", "n": 5, "color": "red"}
    assert split_words(r"a\ b 'c d'") == ["a b", "c d"]


def test_an_open_quote_is_refused() -> None:
    with pytest.raises(UsageError, match="No closing quotation"):
        read_arguments("s='a b", SCHEMA)


def test_without_a_schema_values_are_texts_and_dots_still_nest() -> None:
    assert read_arguments("n=5 a.b=x c:=5", None) == {"n": "5", "a": {"b": "x"}, "c": 5}


HOSTILE: list[dict[str, Any]] = [
    {"properties": []},
    {"properties": {"a": 5}},
    {"properties": {"a": {"type": 5, "anyOf": 7, "enum": "x", "$ref": 3, "items": False}}},
    {"properties": {"a": {"$ref": "#/properties/a"}}},
    {"properties": {"a": {"$ref": "https://elsewhere/x"}}},
    {"properties": {"a": {"$ref": "#/no/where"}}},
    {"properties": {"a": {"type": [None, {}, 5]}}},
]


@pytest.mark.parametrize("schema", HOSTILE)
def test_a_hostile_schema_says_nothing(schema: dict[str, Any]) -> None:
    assert read_arguments("a=5", schema) == {"a": "5"}


def test_one_value_can_be_read_by_itself() -> None:
    assert read_value("5", {"type": "integer"}, "n") == 5
    assert read_value("5", None, "n") == "5"
