"""A recording once more: what changes changes, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event, Stderr
from mcpwatch.recording import Recording
from mcpwatch.recording.rewrite import rewritten, write_lines

GOLDEN = Path(__file__).parent.parent / "golden"


def shouted(event: Event) -> Event:
    return replace(event, data=event.data.upper()) if isinstance(event, Stderr) else event


def copied(path: Path, change: object = None) -> list[bytes]:
    with Recording.open(path) as recording:
        return list(rewritten(recording, shouted if change else lambda event: event, policy="default"))


def test_what_stays_is_byte_for_byte_the_same() -> None:
    path = GOLDEN / "v1-session.mcpw.jsonl"
    assert copied(path)[1:-1] == path.read_bytes().splitlines(keepends=True)[1:-1]


def test_only_what_changes_is_written_anew() -> None:
    path = GOLDEN / "v1-every-kind.mcpw.jsonl"
    kinds = {
        json.loads(after)["kind"]
        for before, after in zip(copied(path), copied(path, shouted), strict=True)
        if before != after
    }
    assert kinds == {"stderr"}


def test_lines_of_unknown_kinds_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.jsonl"
    lines = (GOLDEN / "v1-session.mcpw.jsonl").read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"seq":1.5,"kind":"new","secret":"s"}\n', *lines[2:]]))
    with Recording.open(path) as recording:
        found = list(rewritten(recording, lambda event: event, policy="default"))
        assert recording.unknown == 1
    assert not any(b'"new"' in line for line in found)


def test_what_was_redacted_before_stays_said(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.jsonl"
    text = (GOLDEN / "v1-session.mcpw.jsonl").read_text()
    for was, now in (("default+keys", "default+names+keys"), ("off", "default+names")):
        path.write_text(text.replace('"policy":"default"', f'"policy":"{was}"'))
        with Recording.open(path) as recording:
            header = next(rewritten(recording, lambda event: event, policy="default+names"))
        assert json.loads(header)["redaction"]["policy"] == now


def test_it_may_replace_the_file_that_it_reads_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.jsonl"
    path.write_bytes((GOLDEN / "v1-session.mcpw.jsonl").read_bytes())
    with Recording.open(path) as recording:
        lines = rewritten(recording, lambda event: event, policy="default")
        with pytest.raises(RecordingError, match="exists already"):
            write_lines(lines, path, force=False)
        write_lines(lines, path, force=True)
    with Recording.open(path) as recording:
        assert recording.complete
    assert [one.name for one in tmp_path.iterdir()] == ["t.mcpw.jsonl"]


def test_a_damaged_recording_leaves_no_half_of_a_copy(tmp_path: Path) -> None:
    path, out = tmp_path / "t.mcpw.jsonl", tmp_path / "out.mcpw.jsonl"
    lines = (GOLDEN / "v1-session.mcpw.jsonl").read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"{broken\n", *lines[3:]]))
    with Recording.open(path) as recording, pytest.raises(RecordingError, match="damaged"):
        write_lines(rewritten(recording, lambda event: event, policy="default"), out, force=False)
    assert [one.name for one in tmp_path.iterdir()] == ["t.mcpw.jsonl"]
