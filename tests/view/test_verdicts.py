"""Verdicts on a screen: a line each, the difference below, nothing of a server's that does anything."""

from __future__ import annotations

from pathlib import Path

from mcpwatch.check.report import Ran, Verdict
from mcpwatch.text import width
from mcpwatch.view.style import plain
from mcpwatch.view.verdicts import closing_lines, doing_lines, head_line, ran_lines, verdict_lines

FAILED = Verdict("call a", "failed", 4, 2, ("data.x: expected 1, got 2", "text: no\x1b[2J"), "do this", seconds=0.25)


def test_a_step_that_went_well_is_one_line() -> None:
    (line,) = verdict_lines(Verdict("call a", "ok", 3, 1, seconds=0.012), "t.yaml", None)
    assert plain(line) == "  ok    call a  12 ms"


def test_a_step_that_failed_says_where_and_why() -> None:
    assert [plain(line) for line in verdict_lines(FAILED, "t.yaml", None)] == [
        "  FAIL  call a  250 ms",
        "        t.yaml:4:2",
        "        data.x: expected 1, got 2",
        "        text: no␛[2J",
        "        hint: do this",
    ]


def test_a_step_inside_another_is_indented_and_one_that_was_skipped_took_no_time() -> None:
    (line,) = verdict_lines(Verdict("call a", "skipped", depth=1), "t.yaml", None)
    assert plain(line) == "    skip  call a"


def test_a_step_that_takes_long_says_how_long_and_what_is_below_it() -> None:
    lines = doing_lines("wait x\x1b[2J", 1.2, 5.0, [[("  waiting", "")]], 60)
    assert [plain(line) for line in lines] == ["  …     wait x␛[2J  1.2 s of 5.0 s", "  waiting"]
    (line,) = doing_lines("call " + "x" * 100, 1.2, None, [], 40)
    assert width(plain(line)) <= 40
    assert plain(line).endswith("  1.2 s")


def test_every_line_keeps_to_the_width() -> None:
    long = Verdict("call " + "x" * 100, "failed", 4, 2, ("word " * 60,), seconds=1.0)
    lines = verdict_lines(long, "t.yaml", 60)
    assert len(lines) > 4
    assert max(width(plain(line)) for line in lines) <= 60


def test_the_end_counts_and_names_what_failed() -> None:
    good = Ran("a.yaml", "a.yaml", (Verdict("x", "ok"),))
    bad = Ran("b\x07.yaml", "b.yaml", (Verdict("x", "ok"), FAILED, Verdict("y", "skipped")), exit=1)
    assert [plain(line) for line in closing_lines([good], 1.0)] == ["1 script: 1 ok in 1.0 s"]
    assert [plain(line) for line in closing_lines([good, bad], 1.0)] == [
        "failed: b␇.yaml",
        "2 scripts: 2 ok, 1 failed, 1 skipped in 1.0 s",
    ]
    assert plain(head_line("b\x07.yaml")) == "b␇.yaml"


def test_after_a_script_its_unused_rules_and_where_a_failed_one_was_recorded() -> None:
    ran = Ran("a", "a", (), exit=1, recording=Path("r.mcpw.jsonl"), unused=("a:3: sampling never matched",))
    assert [plain(line) for line in ran_lines(ran, None)] == [
        "  warning: a:3: sampling never matched",
        "  recording: r.mcpw.jsonl",
    ]
