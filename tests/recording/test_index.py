"""The index knows of each event where it is and what it is, from events and from lines alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Event, Frame
from mcpwatch.recording import Index, decode, encode, is_wrong
from tests.recording.samples import EVERY_KIND, events, frame


def indexes_of(events: list[Event]) -> tuple[Index, Index]:
    """The index of a writer, and that of a reader of what it wrote."""
    live, read = Index(), Index()
    offset = 0
    for event in events:
        line = encode(event)
        live.add(event, offset)
        assert read.add_line(line[:-1], offset)
        offset += len(line)
    return live, read


def test_every_kind_is_described() -> None:
    for index in indexes_of(EVERY_KIND):
        assert len(index) == len(EVERY_KIND)
        for row, event in enumerate(EVERY_KIND):
            entry = index.entry(row)
            assert (entry.seq, entry.t, entry.link) == (event.seq, event.t, event.link)
            assert entry.kind == type(event).__name__.lower()
            assert index.row(event.seq) == row
            if isinstance(event, Frame):
                assert (entry.dir, entry.type, entry.method, entry.re) == (
                    event.dir,
                    event.type,
                    event.method or "",
                    event.re,
                )
            else:
                assert (entry.dir, entry.type, entry.method, entry.re) == (None, None, "", None)


@given(found=st.lists(events, max_size=6, unique_by=lambda event: event.seq))
def test_a_reader_knows_what_a_writer_knows(found: list[Event]) -> None:
    found.sort(key=lambda event: event.seq)
    live, read = indexes_of([_as_read(event) for event in found])
    assert [live.entry(row) for row in range(len(live))] == [read.entry(row) for row in range(len(read))]
    assert live.last == read.last == (found[-1].seq if found else 0)


def _as_read(event: Event) -> Event:
    back = decode(encode(event))  # with its message
    assert back is not None
    return back


def test_what_went_wrong_is_marked() -> None:
    live, read = indexes_of([_as_read(event) for event in EVERY_KIND])
    for index in (live, read):
        wrong = [index.entry(row).seq for row in range(len(index)) if index.entry(row).wrong]
        assert wrong == [event.seq for event in map(_as_read, EVERY_KIND) if is_wrong(event)]
        assert wrong == [9, 10, 11, 15, *range(17, 25), 33, 38, 39]


def test_gaps_cost_a_column_and_nothing_else() -> None:
    events: list[Event] = [frame("notification", b"{}", seq=seq, t=float(seq)) for seq in (3, 4, 9, 10, 20)]
    for index in indexes_of(events):
        assert [index.entry(row).seq for row in range(5)] == [3, 4, 9, 10, 20]
        assert [index.row(seq) for seq in (3, 4, 9, 10, 20)] == [0, 1, 2, 3, 4]
        assert [index.row_from(seq) for seq in (0, 3, 5, 9, 11, 20, 21)] == [0, 0, 2, 2, 4, 4, 5]
        for seq in (0, 2, 5, 21):
            with pytest.raises(KeyError):
                index.row(seq)
    for before in ([3], [3, 9]):
        index = indexes_of([frame("notification", b"{}", seq=seq) for seq in before])[0]
        with pytest.raises(ValueError, match=f"event 3 comes after event {before[-1]}"):
            index.add(frame("notification", b"{}", seq=3), 0)


def test_no_server_can_fill_the_memory_with_names() -> None:
    index = Index()
    for seq in range(1, 70_000):
        index.add(frame("notification", b"{}", method=f"m{seq}", seq=seq), seq)
    index.add(frame("notification", b"{}", method="x" * 100_000, seq=70_000), 0)
    assert index.entry(0).method == "m1"
    assert index.entry(69_998).method == ""
    assert index.entry(69_999).method == ""
    assert index.entry(69_999).link == "server"


def test_an_event_takes_25_bytes() -> None:
    index = Index()
    columns = [value for value in vars(index).values() if hasattr(value, "itemsize")]
    assert sum(column.itemsize for column in columns) == 25
