"""Copies of a recording under another name: whole, compressed by name, and never in place of what is there."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Note
from mcpwatch.recording import Recording, Writer
from mcpwatch.recording.saving import save_copy, wanted_name


def writer(folder: Path, name: str = "run.mcpw.jsonl") -> Writer:
    found = Writer(folder / name, started=datetime(2026, 11, 21, tzinfo=UTC))
    for seq in (1, 2):
        note(found, seq)
    return found


def note(to: Writer, seq: int) -> None:
    to.write(Note(link="a", what="x", seq=seq, t=float(seq)))


def seqs(path: Path) -> list[int]:
    with Recording.open(path) as recording:
        return [event.seq for event in recording.events()]


@pytest.mark.parametrize("name", ["kept.mcpw.jsonl", "kept.mcpw.jsonl.gz", "kept.mcpw.jsonl.zst"])
def test_what_there_is_so_far_is_kept_and_the_whole_in_the_end(tmp_path: Path, name: str) -> None:
    run = writer(tmp_path)
    saved = save_copy(run.path, tmp_path / name)
    assert seqs(tmp_path / name) == [1, 2]
    note(run, 3)
    saved.complete(run.close(0))
    assert seqs(tmp_path / name) == [1, 2, 3]
    with Recording.open(tmp_path / name) as recording:
        assert recording.complete
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "run.mcpw.jsonl"])
    assert stat.S_IMODE(os.stat(tmp_path / name).st_mode) == 0o600


def test_a_plain_copy_is_byte_for_byte(tmp_path: Path) -> None:
    run = writer(tmp_path)
    path = run.close(0)
    save_copy(path, tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == path.read_bytes()


def test_a_compressed_recording_is_saved_as_a_plain_one_too(tmp_path: Path) -> None:
    path = writer(tmp_path, "run.mcpw.jsonl.gz").close(0)
    save_copy(path, tmp_path / "plain.jsonl")
    assert (tmp_path / "plain.jsonl").read_bytes().startswith(b'{"format":"mcpwatch"')
    assert seqs(tmp_path / "plain.jsonl") == [1, 2]


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    path = writer(tmp_path).close(0)
    with open(path, "ab") as file:
        file.write(b'{"seq":4,"t":')
    save_copy(path, tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes().endswith(b"}\n")


def test_what_exists_is_never_replaced(tmp_path: Path) -> None:
    path = writer(tmp_path).close(0)
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for name in ("there", "link", "run.mcpw.jsonl"):
        with pytest.raises(RecordingError):
            save_copy(path, tmp_path / name)
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(RecordingError, match="no folder"):
        save_copy(path, tmp_path / "nowhere" / "b.jsonl")


def test_a_file_that_somebody_has_put_in_its_place_stays(tmp_path: Path) -> None:
    run = writer(tmp_path)
    saved = save_copy(run.path, tmp_path / "kept.jsonl")
    other = tmp_path / "other"
    other.write_text("mine")
    other.replace(tmp_path / "kept.jsonl")
    with pytest.raises(RecordingError, match="not what was saved there"):
        saved.complete(run.close(0))
    assert (tmp_path / "kept.jsonl").read_text() == "mine"
    (tmp_path / "kept.jsonl").unlink()
    with pytest.raises(RecordingError):
        saved.complete(run.path)
    assert not (tmp_path / "kept.jsonl").exists()


def test_a_name_without_an_ending_gets_a_recording_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert wanted_name("today") == Path("today.mcpw.jsonl")
    assert wanted_name("a/today.v2") == Path("a/today.v2.mcpw.jsonl")
    assert wanted_name("~/x.mcpw.jsonl.zst") == Path("/home/me/x.mcpw.jsonl.zst")
