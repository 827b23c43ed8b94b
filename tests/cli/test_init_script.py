"""`mcpwatch init-script`: a recording becomes a script that is green at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import DEMO, QUICK, mcpwatch

STEPS = (
    *("--list", "--call", "say text=hello", "--call", "data", "--call", "count n=3", "--call", "fail"),
    *(
        "--call",
        "refuse",
        "--call",
        "sample",
        "--call",
        "form",
        "--call",
        "form",
        "--call",
        "roots",
        "--call",
        "custom",
    ),
    *("--call", "visit", "--read", "quick://note", "--prompt", "greet who=Ada", "--complete", "greet who=A"),
    *("--subscribe", "quick://note", "--request", 'x/add {"a": 1}', "--notify", 'x/y {"b": "${HOME}"}'),
)
ANSWERS = ("--sampling", "Paris", "--elicit", "name=Ada", "--elicit-url", "--root", ".")


def test_what_was_done_is_done_again_and_well(tmp_path: Path) -> None:
    mcpwatch("run", "-o", "t.mcpw.jsonl", *STEPS, *ANSWERS, *QUICK, cwd=tmp_path)
    drafted = mcpwatch("init-script", "t.mcpw.jsonl", cwd=tmp_path)
    assert drafted.code == 0
    (tmp_path / "t.mcpw.yaml").write_text(drafted.out)
    for wanted in (
        "era: legacy",
        'roots: ["."]',
        "call: say",
        "data: { city: Oslo",
        "progress: { complete: true }",
        "ok: false",
        "code: -32050",
        "text: Paris",
        "accept: { seats: 2, name: Ada }",
        "$${HOME}",
    ):
        assert wanted in drafted.out
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == 0, ran.out
    assert "warning" not in ran.out


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_whole_tour_of_the_demo_is_green_in_both_eras(era: str, tmp_path: Path) -> None:
    calls = ("log_levels", "ask_person", "look_around", "chat", "grow", "touch", "noisy", "fail", "plan_trip")
    steps = [part for call in calls for part in ("--call", call)]
    more = ("--call", "weather city=Lisbon", "--call", "work label=a n=3 seconds=0.1", "--read", "demo://counter")
    answers = ("--sampling", "Light scatters.", "--elicit", "name=Ada")
    mcpwatch("run", "-o", "t.mcpw.jsonl", "--era", era, *steps, *more, *answers, *DEMO, cwd=tmp_path)
    drafted = mcpwatch("init-script", "t.mcpw.jsonl", cwd=tmp_path)
    (tmp_path / "t.mcpw.yaml").write_text(drafted.out)
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == 0, drafted.out + ran.out


def test_a_recording_in_which_nobody_did_anything_is_a_usage_error(tmp_path: Path) -> None:
    mcpwatch("run", "-o", "t.mcpw.jsonl", *QUICK, cwd=tmp_path)
    ran = mcpwatch("init-script", "t.mcpw.jsonl", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "Nobody called anything" in ran.err


def test_what_is_no_recording_is_told_as_everywhere(tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.jsonl").write_text("hello")
    assert mcpwatch("init-script", "t.mcpw.jsonl", cwd=tmp_path).code == 6
    assert mcpwatch("init-script", "none.mcpw.jsonl", cwd=tmp_path).code == 6
