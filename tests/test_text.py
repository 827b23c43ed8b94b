from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.text import clip, duration, sanitize, size, width

ANY_TEXT = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("\x1b\x07\n\t\u202e\u200b\u0301\u0336\u0489\ufe0f\u3000\u00a0\u4e2d\ud800\ufeff👨\u200d👩[‹›")
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [bold]text[/]", "plain [bold]text[/]"),
        ("größe 中文 👍 é", "größe 中文 👍 é"),
        ("\x1b[31mred\x1b]52;c;aGk=\x07", "␛[31mred␛]52;c;aGk=␇"),
        ("\x00\x1f\x7f", "␀␟␡"),
        ("größe\x1b\x7f", "größe␛␡"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("a\u009b31mb", "a‹U+009B›31mb"),
        ("admin\u202etxt.exe", "admin‹U+202E›txt.exe"),
        ("a\u200bb\ufeff\u2060\u00ad", "a‹U+200B›b‹U+FEFF›‹U+2060›‹U+00AD›"),
        ("a\u2028b\u2029", "a‹U+2028›b‹U+2029›"),
        ("\ud800x\udcff", "‹U+D800›x‹U+DCFF›"),
        ("\ue000\U000f0000\uffff", "‹U+E000›‹U+F0000›‹U+FFFF›"),
        ("\U000e0041\U000e007f", "‹U+E0041›‹U+E007F›"),
        ("\u3164\u115f\u1160\uffa0\u034f", "‹U+3164›‹U+115F›‹U+1160›‹U+FFA0›‹U+034F›"),
        ("a\u00a0b\u3000c\u2003d", "a\u00a0b\u3000c\u2003d"),
        ("❤\ufe0f", "❤\ufe0f"),
    ],
)
def test_what_does_something_else_than_being_seen_becomes_visible(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb\tc", "a\nb\tc"), ("ä\nb\tc\r\n", "ä\nb\tc␍\n"), ("a\r\n\x1b\u202e", "a␍\n␛‹U+202E›"), ("a\x0bb", "a␋b")],
)
def test_lines_keep_their_line_ends_and_tabs_and_nothing_else(text: str, shown: str) -> None:
    assert sanitize(text, lines=True) == shown


def test_marks_are_kept_as_far_as_languages_need_them() -> None:
    for text in ("e\u0301", "ệ" + "\u0301" * 3, "שָׁ֑לוֹם", "กี่", "a" + "\u0301\u0302\u0303\u0304"):
        assert sanitize(text) == text


def test_a_pile_of_marks_is_cut_where_it_can_be_seen() -> None:
    assert sanitize("Z" + "\u0336\u0489" * 10 + "a") == "Z\u0336\u0489\u0336\u0489‹+16 marks›a"
    assert sanitize("x" + "\ufe0f" * 300) == "x" + "\ufe0f" * 4 + "‹+296 marks›"


@given(ANY_TEXT, st.booleans())
def test_sanitized_text_is_always_printable(text: str, lines: bool) -> None:
    shown = sanitize(text, lines=lines)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" or (lines and char in "\n\t") for char in shown)
    shown.encode("utf-8")
    assert sanitize(shown, lines=lines) == shown
    assert (shown == text) or not (text.isascii() and text.isprintable())


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("中文", 4),
        ("👍", 2),
        ("␛‹…", 3),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
    ],
)
def test_width_counts_the_cells_of_a_terminal(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("", 0, ""),
        ("abc", -1, ""),
        ("中文", 4, "中文"),
        ("中文", 3, "中…"),
        ("中文", 2, "…"),
        ("中文", 1, "…"),
        ("ae\u0301bc", 3, "ae\u0301…"),
        ("ae\u0301", 2, "ae\u0301"),
        ("äbc", 2, "ä…"),
    ],
)
def test_clip_cuts_by_cells_and_says_so(text: str, cells: int, shown: str) -> None:
    assert clip(text, cells) == shown


@given(ANY_TEXT.map(sanitize), st.integers(0, 30))
def test_clipped_text_fits_and_is_whole_where_it_can_be(text: str, cells: int) -> None:
    shown = clip(text, cells)
    assert width(shown) <= cells
    assert (shown == text) == (width(text) <= cells) or not text or shown.endswith("…")


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, "0 B"),
        (98, "98 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1229, "1.2 KiB"),
        (10_188, "9.9 KiB"),
        (10_189, "10 KiB"),
        (1_048_063, "1023 KiB"),
        (1_048_064, "1.0 MiB"),
        (64 << 20, "64 MiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 50, "5120 TiB"),
        (-1229, "-1.2 KiB"),
    ],
)
def test_a_size_is_short_and_never_rounds_up_to_1024_of_its_unit(n: int, shown: str) -> None:
    assert size(n) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.00004, "40 µs"),
        (0.0009996, "1.0 ms"),
        (0.0032, "3.2 ms"),
        (0.00996, "10 ms"),
        (0.412, "412 ms"),
        (0.9996, "1.0 s"),
        (3.2, "3.2 s"),
        (59.96, "1 m 00 s"),
        (125, "2 m 05 s"),
        (3599.4, "59 m 59 s"),
        (3599.6, "1 h 00 m"),
        (90_060, "25 h 01 m"),
        (-3.2, "-3.2 s"),
        (float("inf"), "?"),
        (float("nan"), "?"),
    ],
)
def test_a_duration_is_said_as_a_person_would(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
