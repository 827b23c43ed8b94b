"""A scan finds what a query wants, wherever it stands and however long a line is; in pieces, forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Event, Frame, Stderr
from mcpwatch.recording import Index, Recording, Writer, encode
from mcpwatch.recording.query import parse_query
from mcpwatch.recording.scan import Scan, event_at, head_of, partial_event
from tests.recording.conftest import Record
from tests.recording.samples import EVERY_KIND, STARTED, events, frame
from tests.recording.test_query import QUERIES


class Lines:
    """Events as they would stand in a file, without one."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.index = Index()
        self.data = b"header\n"
        for event in events:
            self.index.add(event, len(self.data))
            self.data += encode(event)

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]

    def rows(self, text: str) -> list[int]:
        return list(Scan(self.index, self.read, parse_query(text)).rows(0, len(self.index), lambda: False)[0])


@given(lines=st.lists(events, max_size=12), words=st.lists(st.sampled_from(QUERIES), max_size=3))
def test_a_scan_finds_what_the_query_accepts(lines: list[Event], words: list[str]) -> None:
    kept = [replace(event, seq=number, t=round(event.t, 3)) for number, event in enumerate(lines, 1)]
    made = Lines(kept)
    wanted = parse_query(" ".join(words))
    expected: list[int] = []
    for row in range(len(kept)):
        event, whole = event_at(made.index, made.read, row, 1 << 30)
        assert event is not None and whole
        if wanted.accepts(event, head_of(made.index, made.read, row, 1 << 30)[0]):
            expected.append(row)
    scan = Scan(made.index, made.read, wanted)
    assert list(scan.rows(0, len(kept), lambda: False)[0]) == expected
    back: list[int] = []
    start = len(kept)
    while (found := scan.back(start, 0, lambda: False)[0]) is not None:
        back.append(found)
        start = found
    assert back[::-1] == expected


def test_a_scan_can_be_left_and_taken_up_again() -> None:
    made = Lines(frame("notification", b'{"n":%d}' % n, method="m", seq=n) for n in range(1, 101))
    scan = Scan(made.index, made.read, parse_query('"n" -"5"'))
    row, found, asked = 0, list[int](), 0
    while row < 100:
        looks = iter([False, False, True])
        rows, row = scan.rows(row, 100, lambda looks=looks: next(looks, True))
        found += rows
        asked += 1
        assert asked < 200
    assert found == [n - 1 for n in range(1, 101) if "5" not in str(n) and "5" not in f"{made.index.times[n - 1]:.6f}"]


def test_what_stands_far_inside_of_a_very_long_line_is_found() -> None:
    long = b'{"jsonrpc":"2.0","method":"m","params":{"x":"%s needle"}}' % (b"y" * (3 << 20))
    made = Lines(
        [
            frame("notification", b'{"n":1}', method="m", seq=1),
            frame("notification", long, method="m", seq=2),
            frame("notification", long.replace(b"needle", b"straws"), method="m", seq=3),
        ]
    )
    assert made.rows("needle") == [1]
    assert made.rows("straws") == [2]
    assert made.rows("size>1m") == [1, 2]
    assert made.rows("size>1m -needle") == [2]
    assert made.rows("-method:m") == []


def test_the_beginning_of_a_long_line_says_what_it_is() -> None:
    request = frame("request", b'{"params":{"name":"add","x":"' + b"y" * 5000 + b'"}}', method="tools/call", id=7)
    junk = frame("invalid", b"\xff\xfe" * 3000, error="not UTF-8")
    stderr = Stderr(link="s", data=b"words " * 1000, seq=3)
    made = Lines([replace(request, name="add"), replace(junk, seq=2), stderr])
    first, whole = event_at(made.index, made.read, 0, 1000)
    assert isinstance(first, Frame) and not whole
    assert (first.method, first.id, first.name, first.size) == ("tools/call", 7, "add", len(request.data))
    assert first.params["name"] == "add"
    second, _ = event_at(made.index, made.read, 1, 1000)
    assert isinstance(second, Frame) and second.type == "invalid" and second.data.startswith(b"\xff\xfe\xff\xfe")
    third, _ = event_at(made.index, made.read, 2, 1000)
    assert isinstance(third, Stderr) and third.data.startswith(b"words words")
    assert partial_event(b"nothing") is None
    assert partial_event(b'["no object"') is None


def test_every_kind_can_be_read_from_its_beginning_wherever_it_is_cut() -> None:
    for event in EVERY_KIND:
        line = encode(event)
        for cut in range(40, len(line), 7):
            found = partial_event(line[:cut])
            assert found is None or (found.seq, found.link) == (event.seq, event.link) or cut < 90


def test_files_and_writers_are_read_alike(record: Record, tmp_path: Path) -> None:
    with Recording.open(record(EVERY_KIND)) as recording:
        index = recording.index
        scan = Scan(index, recording.bytes_at, parse_query("method:tools/call"))
        assert [row + 1 for row in scan.rows(0, len(index), lambda: False)[0]] == [4, 8, 9, 15]
        assert head_of(index, recording.bytes_at, len(index) - 1, 1 << 20)[0].endswith(b"}")
    writer = Writer(tmp_path / "w.mcpw.jsonl", started=STARTED)
    for event in EVERY_KIND:
        writer.write(event)
    scan = Scan(writer.index, writer.bytes_at, parse_query("add kind:request"))
    assert [row + 1 for row in scan.rows(0, len(EVERY_KIND), lambda: False)[0]] == [4, 15]
    writer.close(0)
    assert [row + 1 for row in scan.rows(0, len(EVERY_KIND), lambda: False)[0]] == [4, 15]
