"""Replays against the servers that people have: the same server shows no difference, in both eras, stdio and HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.running import Ran, mcpwatch
from tests.real.running import command, everything, loopback

ANSWERS = ("--sampling", "because", "--elicit", "name=Ada", "--root", ".")
EVERYTHING = (
    *("--list", "--call", "echo message=hi", "--call", "get-sum a=1 b=2"),
    *("--call", "trigger-long-running-operation duration=1 steps=4"),
    *("--call", "trigger-sampling-request prompt=why maxTokens=50", "--call", "trigger-elicitation-request"),
    *("--call", "get-roots-list", "--read", "demo://resource/static/document/features.md"),
    *("--prompt", "simple-prompt", "--complete", "completable-prompt department=E"),
)
ROUNDS = ("--list", "--call", "add a=1 b=2", "--call", "count n=3", "--call", "ask_round question=hm")
PUSHED = ("--list", "--call", "add a=1 b=2", "--call", "ask_push question=hm", "--call", "ask_form")


def recorded_and_replayed(folder: Path, target: Sequence[str], steps: Sequence[str], *options: str) -> Ran:
    """A session that is recorded and then replayed to what was recorded, without naming it."""
    url = target if target[0].startswith("http") else ()
    words = () if url else ("--", *target)
    ran = mcpwatch("run", *url, "-o", "t.mcpw.jsonl", "-q", *options, *steps, *ANSWERS, *words, cwd=folder)
    assert ran.code in (0, 1, 4), ran.err
    return mcpwatch("replay", "t.mcpw.jsonl", "--as-recorded", "--allow-errors", "--no-record", cwd=folder)


STDIO = [
    ("everything", "auto", EVERYTHING),
    ("fastmcp3", "auto", ("--list", "--call", "add a=1 b=2", "--call", "count n=3", "--call", "ask question=hm")),
    ("fastmcp4", "modern", ROUNDS),
    ("fastmcp4", "legacy", PUSHED),
    ("sdk", "modern", ROUNDS),
    ("sdk", "legacy", PUSHED),
]


@pytest.mark.parametrize(("name", "era", "steps"), STDIO, ids=[f"{row[0]}-{row[1]}" for row in STDIO])
def test_the_same_server_over_stdio_is_the_same(
    name: str, era: str, steps: tuple[str, ...], servers_folder: Path, tmp_path: Path
) -> None:
    ran = recorded_and_replayed(tmp_path, command(servers_folder, name, tmp_path), steps, "--era", era)
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.startswith("same: ")


@pytest.mark.parametrize("kind", ["streamableHttp", "sse"])
def test_server_everything_at_a_url_is_the_same(kind: str, servers_folder: Path, tmp_path: Path) -> None:
    with everything(servers_folder, kind) as url:
        ran = recorded_and_replayed(tmp_path, [url], EVERYTHING)
    assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("kind", ["http", "json"])
def test_a_server_of_both_eras_at_a_url_is_the_same(kind: str, era: str, tmp_path: Path) -> None:
    steps = ROUNDS if era == "modern" else PUSHED[:5]
    with loopback(kind) as url:
        ran = recorded_and_replayed(tmp_path, [url], steps, "--era", era)
    assert ran.code == 0, ran.out + ran.err


def test_a_credential_in_a_header_is_asked_for(tmp_path: Path) -> None:
    with loopback("http") as url:
        options = ("--header", "Authorization: Bearer s3cr3t-t0ken", "--call", "add a=1 b=2")
        mcpwatch("run", url, "-o", "t.mcpw.jsonl", "-q", *options, cwd=tmp_path)
        ran = mcpwatch("replay", "t.mcpw.jsonl", "--as-recorded", "--no-record", cwd=tmp_path)
        given = mcpwatch("replay", "t.mcpw.jsonl", "--as-recorded", "--no-record", *options[:2], cwd=tmp_path)
    assert ran.code == given.code == 0
    assert "the header authorization was redacted" in ran.err
    assert given.err == ""
