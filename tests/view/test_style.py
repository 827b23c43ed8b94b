from __future__ import annotations

import io

import pytest
from rich.console import Console

from mcpwatch.text import width
from mcpwatch.view.style import STYLES, Line, ansi, clean, clip_line, pad, plain, rich_text, wrap
from tests.view.scene import HOSTILE


def test_a_line_is_its_text_and_a_style_is_a_code_around_it() -> None:
    line: Line = [("→ ", "out"), ("work", "name"), (" ", ""), ("n=5", "no such style")]

    assert plain(line) == "→ work n=5"
    assert ansi(line) == "\x1b[36m→ \x1b[0m\x1b[1mwork\x1b[0m n=5"


def test_clean_spans_hold_nothing_that_a_terminal_acts_on() -> None:
    assert plain(clean([(HOSTILE, "error"), ("fine", "")])).isprintable()


def test_rich_gets_text_and_not_markup() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=False, width=200)
    console.print(rich_text(clean([("[/nope] [bold]x[/bold]", "error"), (HOSTILE, "")])))

    shown = file.getvalue()
    assert "[/nope] [bold]x[/bold]" in shown
    assert shown.rstrip("\n").isprintable()


def test_every_style_is_one_that_rich_understands_too() -> None:
    for name in STYLES:
        assert rich_text([("x", name)]).plain == "x"


@pytest.mark.parametrize("limit", [1, 5, 9, 10, 11, 12, 30])
def test_a_clipped_line_fits_and_says_that_it_was_cut(limit: int) -> None:
    line: Line = [("abc", "name"), ("日本語", ""), (" é", "dim")]

    clipped = plain(clip_line(line, limit))
    assert width(clipped) <= limit
    assert clipped == plain(line) if limit >= 11 else clipped.endswith("…")


def test_a_line_cut_between_two_spans_is_marked_as_well() -> None:
    assert plain(clip_line([("abcde", ""), ("f", "")], 5)) == "abcd…"


def test_padding_counts_cells() -> None:
    assert pad("日本", 6) == "日本  "
    assert pad("longer", 3) == "longer"


def test_wrapped_lines_break_at_spaces_and_hang() -> None:
    line: Line = [("hint: ", "hint"), ("one two three four five", "")]

    assert [plain(part) for part in wrap(line, 15, 6)] == ["hint: one two", "      three", "      four five"]


def test_a_word_that_is_longer_than_a_line_is_broken_where_it_has_to_be() -> None:
    assert [plain(part) for part in wrap([("x " + "a" * 20, "")], 10, 2)] == ["x aaaaaaaa", "  aaaaaaaa", "  aaaa"]
    assert [plain(part) for part in wrap([("日本" * 4, "")], 7, 1)] == ["日本日", " 本日本", " 日本"]


@pytest.mark.parametrize("limit", range(7, 40))
def test_wrapping_loses_nothing_and_fits(limit: int) -> None:
    line: Line = [("error: ", "error"), ("a file was not found: ", ""), ("/a/very/long/path/to/it 日本語 " * 3, "dim")]

    lines = [plain(part) for part in wrap(line, limit, 4)]
    assert max(map(width, lines)) <= limit
    assert "".join("".join(lines).split()) == "".join(plain(line).split())
