"""Any event of a recording that grows is found by a few marks, and nothing else is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.recording import Writer
from mcpwatch.recording.marks import APART, Marks
from tests.recording.samples import EVERY_KIND, STARTED, frame

SIZES = (0, 1, 100, 5_000, APART - 200, APART, APART + 1, 3 * APART)


def test_every_event_is_read_back_in_any_order_while_the_file_grows_and_after(tmp_path: Path) -> None:
    chance = random.Random(1)
    sizes = [chance.choice(SIZES[:4]) for _ in range(1_500)] + [chance.choice(SIZES) for _ in range(60)]
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED, indexed=False)
    events = [frame("notification", b'{"a":"%s"}' % (b"x" * size), seq=at) for at, size in enumerate(sizes, 1)]
    for at, event in enumerate(events):
        writer.write(event)
        assert writer.read(event.seq) == event
        assert writer.read(events[chance.randrange(at + 1)].seq).seq
    writer.close(0)
    assert all(writer.read(event.seq) == event for event in (*events, *reversed(events)))
    for seq in (0, len(events) + 1):
        with pytest.raises(RecordingError, match="there is no event"):
            writer.read(seq)


def test_events_that_came_together_are_read_back_too(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED, indexed=False)
    events = [frame("notification", b'{"a":"%s"}' % (b"x" * 900), seq=at) for at in range(1, 1_000)]
    for at in range(0, len(events), 300):
        writer.write_all(events[at : at + 300])
    assert [writer.read(event.seq) for event in events] == events


def test_what_a_message_says_is_not_taken_for_the_head_of_a_line(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED, indexed=False)
    writer.write(frame("notification", rb'{"a":"\n{\"seq\":2,"}', seq=1))
    writer.write(frame("notification", b'{"seq":3,"b":1}', seq=2))
    writer.write(EVERY_KIND[2])
    assert writer.read(2).seq == 2
    assert writer.read(3) == EVERY_KIND[2]


def test_marks_are_as_far_apart_as_the_file_is_long_and_not_as_many_as_there_are_events() -> None:
    marks = Marks()
    looked: list[int] = []

    def read(size: int, offset: int) -> bytes:
        looked.append(offset)
        return b""

    for seq in range(1, 10_001):
        marks.add(seq, seq * 100)
    for seq in (1, 5_000, 10_000):
        with pytest.raises(KeyError):
            marks.find(seq, read)
    assert all(0 <= seq * 100 - offset < APART for seq, offset in zip((1, 5_000, 10_000), looked, strict=True))
    assert len(set(looked)) == 3
