"""Servers that people have, recorded twice: the same is the same, and what was changed is found, and only that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.real.running import GOOD, command, everything

ANSWERS = ("--sampling", "Paris", "--elicit", "name=Ada value=Ada", "--root", ".", "--allow-errors")
EVERYTHING = (
    "echo message=hi",
    "trigger-long-running-operation duration=0.4 steps=4",
    "trigger-sampling-request prompt=capital maxTokens=20",
    "trigger-elicitation-request",
    "get-structured-content location=Chicago",
    "get-roots-list",
    "get-annotated-message messageType=error",
    "get-env",
    "get-tiny-image",
)
FASTMCP = ("add a=2", "count n=5", "ask question=hi", "form", "roots", "broken")
FASTMCP_4 = ("add a=2", "count n=5", "ask_push question=hi", "ask_form", "ask_round question=hi", "broken")
SERVERS = [
    ("everything", "legacy", EVERYTHING),
    ("fastmcp3", "legacy", FASTMCP),
    ("fastmcp4", "legacy", FASTMCP_4),
    ("fastmcp4", "modern", FASTMCP_4),
    ("sdk", "legacy", FASTMCP_4),
    ("sdk", "modern", FASTMCP_4),
    ("time", "modern", ("get_current_time timezone=UTC",)),
]


def record(folder: Path, name: str, calls: tuple[str, ...], *target: str, env: dict[str, str] | None = None) -> str:
    """Record a session of calls; the file's name."""
    file = str(folder / f"{name}.mcpw.jsonl")
    steps = [word for call in calls for word in ("--call", call)]
    ran = mcpwatch("run", "-q", "-o", file, "--list", *steps, *ANSWERS, *target, cwd=folder, env=env)
    assert Path(file).exists(), ran.err
    return file


@pytest.mark.parametrize(("name", "era", "calls"), SERVERS, ids=[f"{row[0]}-{row[1]}" for row in SERVERS])
def test_two_sessions_with_one_server_are_the_same(
    name: str, era: str, calls: tuple[str, ...], servers_folder: Path, tmp_path: Path
) -> None:
    target = ("--era", era, "--", *command(servers_folder, name, tmp_path))
    a, b = (record(tmp_path, which, calls, *target) for which in "ab")
    ran = mcpwatch("diff", a, b)
    assert ran.out.startswith("same: ") and ran.code == 0, ran.out


def test_two_sessions_over_http_at_two_ports_are_the_same(servers_folder: Path, tmp_path: Path) -> None:
    files: list[str] = []
    for which in "ab":
        with everything(servers_folder, "streamableHttp") as url:
            files.append(record(tmp_path, which, EVERYTHING, url))
    ran = mcpwatch("diff", *files, "--ignore", "**.PORT")
    assert ran.out.startswith("same: ") and ran.code == 0, ran.out


CHANGING = ("create title=x", "work", "tell", "ask", "fail")
CHANGES = {
    "": ["same: 7 exchanges and the interface"],
    "slow": ["same: 7 exchanges and the interface"],
    "drop": ["tools/call create", "  result.structuredContent.size is gone: 1", "different: 1 of 7 exchanges differs"],
    "swap": [
        "tools/call tell",
        '  log 2 ("two") moved: it was the 2nd, now it is the 1st',
        "different: 1 of 7 exchanges differs",
    ],
    "ask": [
        "tools/call ask",
        '  elicitation question 1: params.message: "What is your name?" → "What is he called?"',
        "different: 1 of 7 exchanges differs",
    ],
    "repaired": [
        "tools/call fail",
        """  it ended in the tool's error 'it cannot be done', now in a result""",
        "different: 1 of 7 exchanges differs",
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_server_that_was_changed_has_the_difference_and_only_that(change: str, tmp_path: Path) -> None:
    target = ("--", sys.executable, str(GOOD / "changing.py"))
    a = record(tmp_path, "a", CHANGING, *target, env={**os.environ, "CHANGE": ""})
    b = record(tmp_path, "b", CHANGING, *target, env={**os.environ, "CHANGE": change or "nothing"})
    lines = mcpwatch("diff", a, b).out.splitlines()
    assert [line if line.startswith((" ", "same", "different")) else line.split("  ")[0] for line in lines] == CHANGES[
        change
    ]


def test_a_tool_that_was_renamed_is_found_under_its_new_name(tmp_path: Path) -> None:
    target = ("--", sys.executable, str(GOOD / "changing.py"))
    a = record(tmp_path, "a", ("work", "tell"), *target)
    b = record(tmp_path, "b", ("labour", "tell"), *target, env={**os.environ, "CHANGE": "rename"})
    ran = mcpwatch("diff", a, b)
    assert ran.code == 1
    assert "  breaking  tool work is gone" in ran.out
    assert ran.out.splitlines()[-1] == (
        "different: 2 changes of the interface (1 breaking), 1 exchange only in A, 1 exchange only in B"
    )
