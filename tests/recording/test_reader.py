"""A recording is read to the end, or said to be damaged, and never mistaken for an empty one."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.recording import Filter, Recording, Writer, encode, footer_line
from tests.recording.conftest import HEADER, Record, lines_of, written, zstd
from tests.recording.samples import EVERY_KIND, FEW, GOLDEN, STARTED, frame


def test_a_recording_cut_at_any_byte_gives_its_whole_lines_or_says_why_not(tmp_path: Path, record: Record) -> None:
    whole = record().read_bytes()
    header, ends = len(HEADER), [at for at, byte in enumerate(whole) if byte == 0x0A]
    for size in range(len(whole) + 1):
        path = written(tmp_path, whole[:size])
        if size < header - 1:
            with pytest.raises(RecordingError, match="is empty" if size == 0 else "is cut in its first line"):
                Recording.open(path)
            continue
        # A line that lacks nothing but its end lacks nothing.
        lines = sum(end <= size for end in ends)
        with Recording.open(path) as recording:
            for _ in range(2):
                assert list(recording.events()) == FEW[: min(lines - 1, len(FEW))]
            assert recording.complete == (lines == len(FEW) + 2)
            assert recording.cut == (size not in ends and size - 1 not in ends)
            assert len(recording.index) == min(lines - 1, len(FEW))


@pytest.mark.parametrize("byte", [0, 0x22, 0x39, 0x7D, 0xFF])
def test_a_recording_with_any_byte_damaged_is_read_or_refused_and_never_a_crash(
    tmp_path: Path, record: Record, byte: int
) -> None:
    whole = record().read_bytes()
    refused = 0
    for at in range(len(whole)):
        path = written(tmp_path, whole[:at] + bytes([byte]) + whole[at + 1 :])
        try:
            with Recording.open(path) as recording:
                list(recording.events())
                _ = recording.complete
        except RecordingError as error:
            refused += 1
            assert str(path) in str(error)
    assert refused > 100


def test_unknown_kinds_are_counted_and_unknown_keys_passed_over(tmp_path: Path) -> None:
    content = (
        lines_of(FEW[0])
        + b'{"seq":2,"t":1,"kind":"heartbeat"}\n'
        + encode(FEW[2])[:-2]
        + b',"later":1}\n{"kind":"x"}\n'
        + footer_line(seq=5, t=1, events=2, exit=0)
    )
    with Recording.open(written(tmp_path, content)) as recording:
        assert list(recording.events()) == [FEW[0], FEW[2]]
        assert recording.unknown == 2
        assert recording.complete
        assert len(recording.index) == 2


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"nonsense\n", "it is not JSON"),
        (b"\n", "it is not JSON"),
        (b"[]\n", "it is not a JSON object"),
        (b'{"seq":4}\n', "it has no kind"),
        (HEADER, "a second header"),
        (encode(FEW[2]), "event 3 comes after event 3"),
        (encode(FEW[0]), "event 1 comes after event 3"),
        (encode(FEW[3])[:-20] + b"\n", "it is not JSON"),
        (b'{"seq":4,"t":1,"kind":"note","link":"s"}\n', 'it has no "what"'),
    ],
)
def test_a_corrupt_line_is_reported_with_its_number_when_it_is_reached(tmp_path: Path, bad: bytes, says: str) -> None:
    content = lines_of(*FEW[:3]) + bad + encode(FEW[5]) + footer_line(seq=8, t=1, events=4, exit=0)
    path = written(tmp_path, content)
    for packed in (content, gzip.compress(content), zstd.compress(content)):
        path.write_bytes(packed)
        with Recording.open(path) as recording:
            events = recording.events()
            assert list(islice(events, 3)) == FEW[:3]
            with pytest.raises(RecordingError, match="is damaged in line 5: ") as caught:
                list(events)
            assert says in str(caught.value)
            assert "head -n 4" in caught.value.hint


def test_a_footer_in_the_middle_is_an_error(tmp_path: Path) -> None:
    footer = footer_line(seq=2, t=1, events=1, exit=0)
    with Recording.open(written(tmp_path, lines_of(FEW[0]) + footer + encode(FEW[1]))) as recording:
        with pytest.raises(RecordingError, match="line 4: something follows the footer"):
            list(recording.events())
        assert not recording.complete
    with Recording.open(written(tmp_path, lines_of(FEW[0]) + footer + footer)) as recording:
        with pytest.raises(RecordingError, match="line 4: something follows the footer"):
            list(recording.events())


def test_gaps_are_fine_since_grep_makes_them(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of(FEW[1], FEW[4], FEW[6]) + footer_line(seq=8, t=1, events=7, exit=0))
    with Recording.open(path) as recording:
        assert list(recording.events()) == [FEW[1], FEW[4], FEW[6]]
        assert recording.complete
        assert recording.read(5) == FEW[4]
        with pytest.raises(RecordingError, match="there is no event 4"):
            recording.read(4)
        assert list(recording.events(4)) == [FEW[4], FEW[6]]
        assert list(recording.events(8)) == []


def test_line_ends_of_windows_do_no_harm(tmp_path: Path, record: Record) -> None:
    path = written(tmp_path, record().read_bytes().replace(b"\n", b"\r\n"))
    with Recording.open(path) as recording:
        assert list(recording.events()) == FEW
        assert recording.complete
        assert recording.read(5) == FEW[4]


@pytest.mark.parametrize(
    "name", ["v1-every-kind.mcpw.jsonl", "v1-every-kind.mcpw.jsonl.gz", "v1-every-kind.mcpw.jsonl.zst"]
)
def test_any_event_can_be_read_and_be_started_from(name: str) -> None:
    with Recording.open(GOLDEN / name) as recording:
        assert recording.read(20) == EVERY_KIND[19]
        assert [recording.read(event.seq) for event in reversed(EVERY_KIND)] == EVERY_KIND[::-1]
        for start in range(len(EVERY_KIND) + 2):
            assert list(recording.events(start)) == EVERY_KIND[max(start - 1, 0) :]
        for seq in (0, -3, len(EVERY_KIND) + 1):
            with pytest.raises(RecordingError, match=f"there is no event {seq}"):
                recording.read(seq)
        assert recording.complete
        assert not recording.cut


def test_two_iterations_at_once_do_not_disturb_each_other(record: Record) -> None:
    with Recording.open(record()) as recording:
        assert list(zip(recording.events(), recording.events(), strict=True)) == list(zip(FEW, FEW, strict=True))


def test_a_recording_that_grows_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    with Recording.open(writer.path) as recording:
        for count, event in enumerate(FEW, start=1):
            writer.write(event)
            assert recording.read(event.seq) == event
            assert len(recording.index) == count
            assert list(recording.events()) == FEW[:count]
            assert not recording.complete
            assert not recording.cut
        writer.close(0)
        assert recording.complete


def test_a_last_line_without_an_end_is_taken_once_when_the_end_comes(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of(*FEW[:2])[:-1])
    with Recording.open(path) as recording:
        assert len(recording.index) == 2
        with open(path, "ab") as file:
            file.write(b"\n" + encode(FEW[2]))
        assert len(recording.index) == 3
        assert [recording.read(seq) for seq in (1, 2, 3)] == FEW[:3]


def test_a_long_last_line_does_not_hide_how_it_ends(tmp_path: Path) -> None:
    long = frame("notification", b'{"a":"' + b"x" * 300_000 + b'"}', seq=1)
    for content, cut in ((lines_of(long), False), (lines_of(long)[:-1], False), (lines_of(long)[:-9], True)):
        with Recording.open(written(tmp_path, content)) as recording:
            assert (recording.complete, recording.cut) == (False, cut)
    whole = lines_of(long) + footer_line(seq=2, t=0, events=1, exit=0)
    with Recording.open(written(tmp_path, whole)) as recording:
        assert recording.complete
        assert list(recording.events()) == [long]


@pytest.mark.parametrize("packing", [bytes, gzip.compress, zstd.compress])
def test_lines_are_given_as_they_stand(tmp_path: Path, packing: Callable[[bytes], bytes]) -> None:
    foreign = (GOLDEN / "v1-foreign.mcpw.jsonl").read_bytes()
    path = written(tmp_path, packing(foreign))
    lines = foreign.splitlines()
    with Recording.open(path) as recording:
        assert list(recording.lines()) == [lines[1], lines[3], lines[4], lines[5]]
        assert list(recording.lines(Filter(methods={"tools/call"}))) == [lines[3]]
        assert list(recording.lines(Filter(dirs={"s2c"}))) == [lines[4], lines[5]]
        assert list(recording.lines(Filter(methods={"chat"}))) == [lines[5]]
        assert list(recording.lines(Filter(types={"opened"}))) == [lines[1]]
        assert list(recording.lines(Filter(text='"colour":"RED"'))) == [lines[1]]
        assert [event.seq for event in recording.events(filter=Filter(dirs={"s2c"}))] == [4, 9]
        assert [event.seq for event in recording.events(5, Filter(links={"s"}))] == [9]
        assert recording.complete


def test_the_index_is_given_out_while_it_grows_and_rows_of_it_are_read_meanwhile(tmp_path: Path) -> None:
    said = b'{"jsonrpc":"2.0","method":"x/y"}'
    events = [frame("notification", said, method="x/y", seq=seq, t=seq / 10) for seq in range(1, 2_001)]
    content = HEADER + b"".join(map(encode, events[:1_500]))
    with Recording.open(written(tmp_path, content)) as recording:
        assert len(recording.known) == 0
        lengths: list[int] = []
        for index in recording.indexed():
            assert index is recording.known
            lengths.append(len(index))
            if index:
                assert recording.at(len(index) - 1) == events[len(index) - 1]
        assert lengths == sorted(lengths)
        assert len(lengths) > 3
        assert lengths[-1] == 1_500
        with recording.path.open("ab") as file:
            file.write(b"".join(map(encode, events[1_500:])))
        assert [len(index) for index in recording.indexed()][-1] == 2_000
        assert recording.at(1_999) == events[-1]
        with pytest.raises(IndexError):
            recording.at(2_000)
