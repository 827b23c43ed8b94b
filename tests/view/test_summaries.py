"""The summary of a job: bounded, and with nothing in it that a server could make markup of."""

from __future__ import annotations

from mcpwatch.check.report import Ran, Verdict
from mcpwatch.view.markdown import code, fenced
from mcpwatch.view.summaries import MOST_CHARACTERS, failures, summary, trees


def ran(count: int, messages: int = 1) -> Ran:
    said = tuple(f"m{at}" for at in range(messages))
    return Ran("t", "t.yaml", tuple(Verdict(f"s{at}", "failed", 3, 1, said, "do this") for at in range(count)), 1)


def test_each_failure_has_its_place_its_sentences_and_what_to_do() -> None:
    assert failures([ran(1, 2)]) == "- **s0** (`t.yaml:3`)\n  - `m0`\n  - `m1`\n  - hint: do this\n"
    assert failures([Ran("t", "t", (Verdict("x", "ok"), Verdict("y", "skipped")))]) == ""


def test_of_many_failures_and_sentences_the_first_are_told_and_the_others_counted() -> None:
    text = failures([ran(70)])
    assert text.count("- **s") == 50
    assert text.endswith("- … and 20 more\n")
    assert "  - … and 5 more\n" in failures([ran(1, 15)])


def test_a_summary_that_would_be_too_large_ends_at_a_line() -> None:
    text = summary("check", "said", "", "line\n" * MOST_CHARACTERS)
    assert MOST_CHARACTERS - 10 < len(text) <= MOST_CHARACTERS
    assert text.endswith("\nline\n")


def test_what_a_server_said_is_no_markup() -> None:
    assert fenced(["```", "a\x1b[31m````"]).splitlines() == ["`````text", "```", "a␛[31m````", "`````"]
    assert code("a`b") == "``a`b``"
    shown = trees({"<b>x</b>": ["one"], "nothing": []})
    assert shown == "<details open><summary>&lt;b&gt;x&lt;/b&gt;</summary>\n\n```text\none\n```\n\n</details>\n"
