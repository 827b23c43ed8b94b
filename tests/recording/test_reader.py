"""A recording is read to the end, or said to be damaged, and never mistaken for an empty one."""

from __future__ import annotations

import gzip
import os
import re
import threading
import zlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from backports import zstd

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.events import Event
from mcpwatch.recording import Filter, Recording, Tail, Writer, encode, footer_line, header_line
from tests.recording.conftest import Record
from tests.recording.samples import EVERY_KIND, FEW, GOLDEN, STARTED, frame

HEADER = header_line(STARTED)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "r.mcpw.jsonl"
    path.write_bytes(content)
    return path


def lines_of(*events: Event) -> bytes:
    return HEADER + b"".join(map(encode, events))


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


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_compressed_recording_cut_at_any_byte_gives_what_is_before_the_cut(
    tmp_path: Path, record: Record, packing: str
) -> None:
    plain = record().read_bytes()
    whole = gzip.compress(plain) if packing == "gzip" else zstd.compress(plain)
    read = 0
    for size in range(1, len(whole) + 1):
        path = written(tmp_path, whole[:size])
        try:
            with Recording.open(path) as recording:
                events = list(recording.events())
                assert events == FEW[: len(events)]
                assert recording.cut == (size < len(whole))
                assert size < len(whole) or recording.complete
                assert len(recording.index) == len(events)
                assert [recording.read(event.seq) for event in events] == events
            read += 1
        except RecordingError as error:
            assert re.search("cut in its first line|is not a mcpwatch recording", str(error))
    assert read > 0


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


def test_a_file_that_is_no_recording_is_called_what_it_is(tmp_path: Path) -> None:
    for content in (
        b"hello\n",
        b"{}\n",
        b"[1]\n",
        b"\x00" * 5000,
        b"\n",
        b'{"seq":1,"t":0,"kind":"closed"}\n',
        b"x" * 3_000_000,
    ):
        with pytest.raises(RecordingError, match="is not a mcpwatch recording|is empty") as caught:
            Recording.open(written(tmp_path, content))
        assert caught.value.exit_code == ExitCode.RECORDING
    for content in (b"", gzip.compress(b""), zstd.compress(b"")):
        with pytest.raises(RecordingError, match="is empty"):
            Recording.open(written(tmp_path, content))


def test_what_cannot_be_opened_is_said_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no such file"):
        Recording.open(tmp_path / "nothing")
    with pytest.raises(RecordingError, match="it is a folder"):
        Recording.open(tmp_path)
    with pytest.raises(RecordingError, match="it is a device"):
        Recording.open("/dev/null")


@pytest.mark.parametrize("version", ["2", "99"])
def test_a_newer_version_is_refused_clearly(tmp_path: Path, version: str) -> None:
    header = HEADER.replace(b'"version":1', b'"version":' + version.encode())
    with pytest.raises(RecordingError, match=f"newer version of mcpwatch: its format is {version}") as caught:
        Recording.open(written(tmp_path, header))
    assert "update" in caught.value.hint


@pytest.mark.parametrize("version", [b"0", b"-1", b'"1"', b"true", b"1.0", b"null"])
def test_a_version_that_is_none_makes_it_no_recording(tmp_path: Path, version: bytes) -> None:
    with pytest.raises(RecordingError, match="is not a mcpwatch recording"):
        Recording.open(written(tmp_path, HEADER.replace(b'"version":1', b'"version":' + version)))


@pytest.mark.parametrize("started", [b"null", b"5", b'"yesterday"'])
def test_a_header_must_say_when_it_started(tmp_path: Path, started: bytes) -> None:
    header = re.sub(rb'"started":"[^"]*"', b'"started":' + started, HEADER)
    with pytest.raises(RecordingError, match="when it was started"):
        Recording.open(written(tmp_path, header))


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


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_compression_is_reported(record: Record, suffix: str) -> None:
    events = [frame("invalid", os.urandom(2000), error="x", seq=seq) for seq in range(1, 200)]
    path = record(events, name=f"r{suffix}")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 64] = b"\xff" * 64
    path.write_bytes(whole)
    with pytest.raises(RecordingError, match="cannot be unpacked to its end|is damaged in line"):
        with Recording.open(path) as recording:
            list(recording.events())
    with pytest.raises(RecordingError, match="cannot be unpacked to its end"):
        with Recording.open(path) as recording:
            recording.read(1)


def test_two_streams_in_one_file_are_one_recording(tmp_path: Path, record: Record) -> None:
    whole = record().read_bytes()
    for compress in (gzip.compress, zstd.compress):
        path = written(tmp_path, compress(whole[:300]) + compress(whole[300:]))
        with Recording.open(path) as recording:
            assert list(recording.events()) == FEW
            assert recording.complete


def test_a_bomb_is_unpacked_in_small_pieces(tmp_path: Path) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = bomb.compress(HEADER) + b"".join(bomb.compress(b"\n" * 1_000_000) for _ in range(20)) + bomb.flush()
    with Recording.open(written(tmp_path, content)) as recording:
        with pytest.raises(RecordingError, match="damaged in line 2"):
            list(recording.events())


def test_a_closed_recording_says_so(record: Record) -> None:
    recording = Recording.open(record())
    events = recording.events()
    next(events)
    recording.close()
    with pytest.raises(RecordingError, match="is closed"):
        recording.read(1)
    with pytest.raises(RecordingError, match="is closed"):
        list(recording.events())
