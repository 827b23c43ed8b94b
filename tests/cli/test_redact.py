"""`mcpwatch redact`: what the options name is gone from the copy, and the copy is as good as the original."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mcpwatch import Recording
from tests.cli.running import SERVERS, mcpwatch

SECRET = "hunter2-hunter2"
CHANGING = ("--", sys.executable, str(SERVERS / "good" / "changing.py"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "t.mcpw.jsonl"
    ran = mcpwatch("run", "--no-redact", "-o", str(made), "--list", "--call", f"create title={SECRET}", *CHANGING)
    assert ran.code == 0
    assert SECRET in made.read_text()
    return made


def redact(file: Path, *argv: str, **env: str) -> str:
    """Redact into `clean.mcpw.jsonl`; what was said."""
    ran = mcpwatch("redact", file.name, "-o", "clean.mcpw.jsonl", *argv, env=env, cwd=file.parent)
    assert ran.code == 0, ran.err
    return ran.err


@pytest.mark.parametrize("how", [("--secret-env", "LICENCE"), ("--pattern", r"hunter\d[\w-]*")])
def test_a_value_is_gone_wherever_it_stood(file: Path, how: tuple[str, str]) -> None:
    said = redact(file, *how, LICENCE=SECRET)
    clean = file.with_name("clean.mcpw.jsonl")
    assert SECRET not in clean.read_text()
    assert said == "redacted 2 events: clean.mcpw.jsonl\n"


def test_a_key_loses_its_value(file: Path) -> None:
    redact(file, "--key", "title")
    assert SECRET not in file.with_name("clean.mcpw.jsonl").read_text()


def test_what_has_nothing_to_hide_is_copied_byte_for_byte(file: Path) -> None:
    redact(file, "--key", "title")
    before, after = file.read_bytes().splitlines(), file.with_name("clean.mcpw.jsonl").read_bytes().splitlines()
    changed = [number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert len(changed) == 3  # the header, the call, its result
    assert json.loads(after[0])["redaction"] == {"policy": "default+keys"}
    for number in changed[1:]:
        assert json.loads(after[number])["bytes"] == json.loads(before[number])["bytes"]
        assert json.loads(after[number])["redacted"] == 1


def test_the_copy_still_checks_diffs_and_replays(file: Path) -> None:
    redact(file, "--key", "title")
    for argv in (("check",), ("diff", file.name), ("replay", "--as-recorded")):
        ran = mcpwatch(*argv, "clean.mcpw.jsonl", cwd=file.parent)
        assert ran.code == 0, ran.out + ran.err


def test_it_can_be_redacted_in_place_and_again_and_packed(file: Path) -> None:
    ran = mcpwatch("redact", file.name, "--key", "title", "-o", file.name, cwd=file.parent)
    assert ran.code == 6
    assert "exists already" in ran.err
    for said in ("redacted 2 events", "nothing more to redact"):
        ran = mcpwatch("redact", file.name, "--key", "title", "-o", file.name, "--force", cwd=file.parent)
        assert ran.err.startswith(said)
    mcpwatch("redact", file.name, "-o", "clean.mcpw.jsonl.gz", cwd=file.parent)
    with Recording.open(file.with_name("clean.mcpw.jsonl.gz")) as recording:
        assert recording.complete
        assert recording.header["redaction"] == {"policy": "default+keys"}


def test_without_a_name_it_goes_to_stdout(file: Path) -> None:
    ran = mcpwatch("redact", file.name, "--key", "title", cwd=file.parent)
    assert mcpwatch("check", "-", stdin=ran.stdout).code == 0


def test_an_incomplete_recording_stays_one(file: Path) -> None:
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    assert "no footer" in redact(file)
    with Recording.open(file.with_name("clean.mcpw.jsonl")) as recording:
        assert not recording.complete


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--secret-env", "NOBODY_SETS_THIS"), "is not set"),
        (("--secret-env", "SHORT"), "too short or too common"),
        (("--pattern", "("), "no regular expression"),
    ],
)
def test_what_cannot_be_looked_for_is_a_usage_error(file: Path, argv: tuple[str, ...], said: str) -> None:
    ran = mcpwatch("redact", file.name, *argv, env={"SHORT": "abc"}, cwd=file.parent)
    assert ran.code == 2
    assert said in ran.err
