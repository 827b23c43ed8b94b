"""A file that is no YAML is told where its mistake is, not where the parser gave up."""

from __future__ import annotations

import pytest

from mcpwatch.documents import parse_document
from mcpwatch.errors import UsageError

UNLIKE = "the indentation of this line fits nothing above it."


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("s:\n  - c: b\n   a: 1\n", f"3:4: {UNLIKE}", "Line 2, to which it may belong, begins in column 3."),
        ("s:\n  - c: b\n  a: 1\n", f"3:3: {UNLIKE}", "Line 2, to which it may belong, begins in column 3."),
        ("s:\n- c: b\n a: 1\n", f"3:2: {UNLIKE}", "column 1."),
        (
            "s:\n  - c: b\n\n      a: 1\n",
            "4:8: this line is indented deeper than line 2, which has its value",
            "same col",
        ),
        ("s:\n  a 1\n  b: 2\n", "3:4: line 2 is a text, and no key can follow it.", "Is its ': ' missing?"),
        ("a: b: c\n", "1:5: a value cannot have a ': ' in it.", "Quote a text"),
        ('s:\n  - c: "b\n    a: 1\n', "2:8: this quote is opened and never closed.", ""),
        ("s:\n  - c: 'b\n---\n", "2:8: this quote is opened and never closed.", ""),
        ("s:\n  - a: { b: 1\n  - c: 1\n", "2:8: this { is not closed.", "A } was missed in line 3."),
        ("s: [1, 2", "1:4: this [ is not closed.", ""),
        ("s: { a: 1 b: 2 }\n", "1:12: a comma or } was expected here.", "Quote"),
        ('s: "a" b\n', "1:8: this follows a value that has ended.", "Quote the whole text."),
        ("s:\n  a: {b: 1}}\n", "2:12: nothing is open that this } closes.", "Quote"),
        ("s: @x\n", "1:4: a text cannot begin with @ here.", "Quote it."),
        ("s:\n\ta: 1\n", "2:1: a tab stands here.", "Indent with spaces."),
        ("s: !<\n", "1:", ""),
    ],
)
def test_what_is_no_yaml_is_said_in_the_words_of_the_writer(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as wrong:
        parse_document(text, "a.yaml")
    place, _, message = said.partition(": ")
    expected = f"a.yaml:{place}: not YAML: {message}" if message else f"a.yaml:{said}"
    assert str(wrong.value).startswith(expected)
    assert hint in wrong.value.hint
