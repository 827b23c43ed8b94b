"""Markdown is shown as lines that can be read and do nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.text import sanitize
from mcpwatch.view.marked import looks_marked, marked
from mcpwatch.view.style import plain


def shown(text: str, width: int = 60) -> list[str]:
    return [plain(line).rstrip() for line in marked(text, width)]


def test_shows_headings_lists_quotes_code_and_tables() -> None:
    text = """# Title
A *soft*
line with `code` and **weight**.

- one
- two
  1. inner
  2. more

> said
> so

```python
x = 1
```

| a | long name |
|---|---|
| 1 | **2** |

---
"""
    assert shown(text) == [
        "Title",
        "",
        "A soft line with code and weight.",
        "",
        "• one",
        "• two",
        "  1. inner",
        "  2. more",
        "",
        "│ said so",
        "",
        "  x = 1",
        "",
        "a  long name",
        "─  ─────────",
        "1  2",
        "",
        "─" * 40,
    ]


def test_a_link_is_its_words_and_its_address() -> None:
    assert shown("see [here](https://a.example/x) or <https://b.example>") == [
        "see here (https://a.example/x) or https://b.example"
    ]
    assert shown("![a cat](https://a.example/cat.png)") == ["[image: a cat] (https://a.example/cat.png)"]


def test_html_is_shown_as_it_stands() -> None:
    assert shown("<script>x()</script>\n\nand <b>bold</b>") == ["<script>x()</script>", "", "and <b>bold</b>"]


def test_long_lines_are_wrapped_and_go_on_below_their_words() -> None:
    assert shown("- " + "word " * 9, 24) == ["• word word word word", "  word word word word", "  word"]


@pytest.mark.parametrize("text", ["&#x202e;abc", "&#27;[31m", "a\x1b[2J", "[x](javascript:%1b)", "`\u2066`", "# \x9b"])
def test_what_is_hidden_in_entities_and_addresses_is_made_visible(text: str) -> None:
    assert all(sanitize(line) == line for line in shown(text))


@given(st.text(st.characters() | st.sampled_from("#*_`[]()<>!|-\n &;"), max_size=200), st.integers(1, 100))
def test_takes_any_text_at_any_width(text: str, width: int) -> None:
    for line in marked(text, width):
        assert sanitize(plain(line)) == plain(line)


def test_a_text_of_megabytes_is_left_as_it_is() -> None:
    assert len(shown("*a " * 100_000 + "\n# b")) > 1000


def test_what_is_nested_too_deep_is_left_as_it_is() -> None:
    assert shown("> " * 30 + "x", 80) == ["> " * 30 + "x"]


def test_tells_markdown_from_plain_text() -> None:
    assert looks_marked("# Title")
    assert looks_marked("some **bold** words")
    assert not looks_marked("a plain line, 3 * 4 = 12")
