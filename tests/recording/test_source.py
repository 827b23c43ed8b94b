"""The same bytes, wherever they are kept."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.recording import Recording, Tail
from tests.recording.conftest import Record, lines_of, written
from tests.recording.samples import FEW, frame


def test_what_cannot_be_opened_is_said_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no such file"):
        Recording.open(tmp_path / "nothing")
    with pytest.raises(RecordingError, match="it is a folder"):
        Recording.open(tmp_path)
    with pytest.raises(RecordingError, match="it is a device"):
        Recording.open("/dev/null")


def test_lines_longer_than_a_chunk_are_whole(tmp_path: Path) -> None:
    events = [
        frame("notification", b'{"a":"' + b"x" * size + b'"}', seq=seq)
        for seq, size in enumerate((10, 65_000, 65_536, 200_000, 5, 1_000_000, 1), start=1)
    ]
    path = written(tmp_path, lines_of(*events))
    with Recording.open(path) as recording:
        assert list(recording.events()) == events
        assert [recording.read(event.seq) for event in events] == events
    tail = Tail(path)
    assert tail.read() == events


def test_a_pipe_is_read_like_a_file(tmp_path: Path, record: Record) -> None:
    whole = record().read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: pipe.write_bytes(whole))
    thread.start()
    with Recording.open(pipe) as recording:
        assert list(recording.events()) == FEW
        assert recording.read(3) == FEW[2]
        assert recording.complete
    thread.join()


def test_a_closed_recording_says_so(record: Record) -> None:
    recording = Recording.open(record())
    events = recording.events()
    next(events)
    recording.close()
    with pytest.raises(RecordingError, match="is closed"):
        recording.read(1)
    with pytest.raises(RecordingError, match="is closed"):
        list(recording.events())
