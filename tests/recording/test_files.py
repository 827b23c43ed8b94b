"""What is asked of the operating system: reasons in words, and a lock that goes with its process."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.recording import Tail, Writer, files
from tests.recording.conftest import Record
from tests.recording.samples import STARTED


def test_a_reason_that_nobody_thought_of_is_told_in_the_words_of_the_system() -> None:
    error = files.failed("write", Path("x"), OSError(errno.EDEADLK, "Resource deadlock avoided"))
    assert str(error) == "cannot write x: Resource deadlock avoided"
    assert str(files.failed("write", Path("x"), OSError())) == "cannot write x: OSError"


def test_a_file_is_held_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    assert not files.is_held(path)
    writer = Writer(path, started=STARTED)
    assert files.is_held(path)
    assert files.is_held(path)
    writer.close(0)
    assert not files.is_held(path)


def test_looking_whether_a_file_is_held_does_not_hold_it(record: Record) -> None:
    path = record()
    one, other = files.open_to_read(path), files.open_to_read(path)
    assert files.is_locked(one) is False
    assert files.is_locked(other) is False
    fcntl.flock(one, fcntl.LOCK_SH)
    assert files.is_locked(other) is False
    os.close(one)
    os.close(other)


def test_a_file_system_without_locks_can_still_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    assert not files.is_held(writer.path)
    tail = Tail(writer.path)
    tail.read()
    assert not tail.abandoned
    writer.close(0)


def test_what_exists_is_refused_by_what_it_is(tmp_path: Path) -> None:
    files.refuse_existing(tmp_path / "nothing", force=False)
    plain = tmp_path / "plain"
    plain.write_text("")
    files.refuse_existing(plain, force=True)
    with pytest.raises(RecordingError, match="exists already"):
        files.refuse_existing(plain, force=False)
