"""What is kept for a draft: words and what was asked with; no moments, identities, places, chance."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.check.draft.stable import NOTHING, looks_fickle, stable_data, stable_text, values_in


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Echo: hi", "Echo: hi"),
        ("a is done.", "a is done."),
        ("The sum of 2 and 3 is 5.", "The sum of 2 and 3 is"),
        ("Resource created at 7:21:35 AM", "Resource created at"),
        ("Done on 2026-11-21 with all of it", "Done on"),
        ("id 7f8a1b2c-1111-2222-3333-444455556666 was made", "was made"),
        ("token 9aF3k2LmQ8zX7vB1c0Yt is yours", "is yours"),
        ("wrote /home/ada/notes/today.txt for you", "wrote"),
        ("Saturday morning", None),
        ("42", None),
        ("", None),
        ('{"a": "some json"}', None),
        ("x=[redacted] and the rest of it", "and the rest of it"),
        ("the first line\na much longer second line", "a much longer second line"),
    ],
)
def test_a_text_gives_its_longest_piece_that_looks_stable(text: str, kept: str | None) -> None:
    assert stable_text(text, {"2", "3"}) == kept


def test_a_long_piece_ends_with_a_word() -> None:
    kept = stable_text("word " * 100, ())
    assert kept is not None
    assert len(kept) <= 120
    assert kept.endswith("word")


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"city": "Oslo", "sky": "snow"}, {"city": "Oslo", "sky": "snow"}),
        ({"items": 5, "id": "7f8a1b2c-1111-2222-3333-444455556666"}, {"items": 5}),
        ({"at": "2026-11-21T10:00:00Z", "day": "x", "open": True, "zone": "UTC"}, {"zone": "UTC"}),
        ({"pid": 4242, "name": "srv"}, {"name": "srv"}),
        ({"seconds": 3, "n": 5}, {"n": 5}),
        ({"ratio": 0.123, "n": 5}, {"n": 5}),
        ({"rows": ["a word", "other word"]}, {"rows": ["a word", "other word"]}),
        ({"rows": ["a word", "2026-11-21"]}, NOTHING),
        ({"big": 123456, "none": None}, NOTHING),
        ({}, NOTHING),
        ([], NOTHING),
    ],
)
def test_data_keeps_the_members_that_look_stable(data: Any, kept: Any) -> None:
    assert stable_data(data, {"UTC"}) == kept


def test_of_what_changes_by_itself_only_what_was_asked_with_is_kept() -> None:
    data = {"city": "Oslo", "sky": "snow", "warm": False}
    assert stable_data(data, {"Oslo"}, fickle=True) == {"city": "Oslo"}


@pytest.mark.parametrize("name", ["roll_dice", "get_current_time", "random_fact", "weather", "uuid"])
def test_a_name_may_speak_of_chance_or_of_time(name: str) -> None:
    assert looks_fickle(name)


def test_a_sentence_may_speak_of_it_too() -> None:
    assert looks_fickle("add", "Adds a random number.")
    assert not looks_fickle("add", "Add two numbers.", None)


def test_values_are_found_wherever_they_are() -> None:
    assert {"5", "Oslo", "7", "at 7"} <= set(values_in({"a": [5, {"b": "Oslo"}], "c": "at 7", "d": True, "e": None}))
