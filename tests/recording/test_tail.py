"""A growing recording gives each event once, when it is whole, and tells how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event
from mcpwatch.recording import Tail, Writer, encode, files, footer_line
from tests.recording.conftest import HEADER, Record, lines_of, written
from tests.recording.samples import EVERY_KIND, FEW, GOLDEN, STARTED, frame


def test_events_come_once_as_they_are_written(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    tail = Tail(writer.path)
    assert tail.read() == []
    assert tail.started == STARTED
    for event in EVERY_KIND:
        writer.write(event)
        assert tail.read() == [event]
        assert tail.read() == []
    assert not tail.ended
    assert not tail.abandoned
    writer.close(3)
    assert tail.read() == []
    assert tail.ended
    assert not tail.abandoned
    assert tail.footer is not None
    assert tail.footer["exit"] == 3


def test_what_is_torn_at_any_byte_is_one_event_when_it_is_whole(tmp_path: Path, record: Record) -> None:
    whole = record(name="whole").read_bytes()
    path = written(tmp_path, b"")
    tail = Tail(path)
    seen: list[Event] = []
    with open(path, "ab", buffering=0) as file:
        for byte in whole:
            assert not tail.ended
            file.write(bytes([byte]))
            seen += tail.read()
            assert len(seen) == max(0, min(path.read_bytes().count(b"\n") - 1, len(FEW)))
    assert seen == FEW
    assert tail.ended


def test_a_long_backlog_comes_in_pieces_and_whole(tmp_path: Path) -> None:
    events = [frame("notification", b'{"a":"' + b"x" * 1000 + b'"}', seq=seq) for seq in range(1, 500)]
    tail = Tail(written(tmp_path, lines_of(*events)))
    pieces: list[list[Event]] = []
    while piece := tail.read(at_once=1):
        pieces.append(piece)
    assert len(pieces) > 3
    assert [event for piece in pieces for event in piece] == events


def test_a_piece_is_never_empty_while_there_is_more(tmp_path: Path) -> None:
    unknown = b'{"kind":"heartbeat","pad":"' + b"x" * 100 + b'"}\n'
    tail = Tail(written(tmp_path, HEADER + unknown * 2000 + encode(FEW[0])))
    assert tail.read(at_once=1) == FEW[:1]
    assert tail.unknown == 2000


def test_a_writer_that_is_gone_without_a_footer_has_abandoned_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of(*FEW[:2])[:-5])
    tail = Tail(path)
    assert tail.read() == FEW[:1]
    assert tail.abandoned
    with open(path, "ab") as file:
        file.write(lines_of(*FEW[:2])[-5:] + footer_line(seq=3, t=1, events=2, exit=0))
    assert tail.read() == FEW[1:2]
    assert tail.ended
    assert not tail.abandoned


def test_the_lock_is_looked_at_before_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that ends between the two has not abandoned anything."""
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    tail = Tail(writer.path)
    is_locked = files.is_locked

    def then_it_ends(descriptor: int) -> bool | None:
        held = is_locked(descriptor)
        writer.write(FEW[0])
        writer.close(0)
        return held

    monkeypatch.setattr(files, "is_locked", then_it_ends)
    assert tail.read() == FEW[:1]
    assert tail.ended
    assert not tail.abandoned


def test_a_replaced_recording_is_abandoned_and_not_mixed_with_the_new_one(tmp_path: Path, record: Record) -> None:
    path = written(tmp_path, lines_of(*FEW[:3]))
    tail = Tail(path)
    tail.read()
    writer = Writer(path, started=STARTED, force=True)
    writer.write(FEW[0])
    assert tail.read() == []
    assert tail.abandoned
    writer.close(0)


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of(*FEW[:3]))
    tail = Tail(path)
    tail.read()
    path.write_bytes(HEADER)
    with pytest.raises(RecordingError, match="has become shorter"):
        tail.read()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello\n", "is not an mcpwatch recording"),
        (lines_of(*FEW[:2]) + b"rubbish\n", "damaged in line 4: it is not JSON"),
        (lines_of(FEW[1], FEW[0]), "damaged in line 3: event 1 comes after event 2"),
        (HEADER + HEADER, "damaged in line 2: a second header"),
        (HEADER + footer_line(seq=1, t=0, events=0, exit=0) + encode(FEW[0]), "line 3: something follows the footer"),
        ((GOLDEN / "v2-newer.mcpw.jsonl").read_bytes(), "newer version"),
    ],
)
def test_damage_is_reported(tmp_path: Path, content: bytes, says: str) -> None:
    tail = Tail(written(tmp_path, content))
    with pytest.raises(RecordingError, match=says):
        tail.read()


def test_what_cannot_grow_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="it is compressed") as caught:
        Tail(GOLDEN / "v1-every-kind.mcpw.jsonl.gz")
    assert "--follow" in caught.value.hint
    with pytest.raises(RecordingError, match="there is no such file"):
        Tail(tmp_path / "nothing")


def test_a_closed_tail_says_so(record: Record) -> None:
    tail = Tail(record())
    tail.close()
    with pytest.raises(RecordingError, match="is closed"):
        tail.read()
