from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.recording import Filter, decode, encode
from mcpwatch.recording.selection import Selection
from tests.recording.samples import EVERY_KIND

LINES = [encode(event)[:-1] for event in EVERY_KIND]
NUMBERS = [event.seq for event in EVERY_KIND]
FILTERS = [Filter(methods=["tools/call"]), Filter(types=["note"]), Filter(errors=True), Filter(since=1.0, text="a")]


def taken(selection: Selection, size: int) -> list[int]:
    """The numbers of what it wants, asked as a reader asks: block by block, line by line."""
    found: list[int] = []
    for start in range(0, len(LINES), size):
        block = LINES[start : start + size]
        if not selection.precheck(b"\n".join(block) + b"\n"):
            continue
        for line in block:
            event = None if selection.decide(line) is False else decode(line)
            if event is not None and selection.accepts(event, line):
                found.append(event.seq)
    return found


@given(
    filters=st.lists(st.sampled_from(FILTERS), max_size=3),
    seqs=st.lists(st.sampled_from([*NUMBERS, 999_999]), max_size=4),
    size=st.integers(1, 60),
)
def test_it_takes_what_any_filter_wants_and_what_is_named(filters: list[Filter], seqs: list[int], size: int) -> None:
    wanted = [
        event.seq
        for event, line in zip(map(decode, LINES), LINES, strict=True)
        if event is not None
        if event.seq in seqs or any(one.accepts(event, line) for one in filters)
    ]
    assert taken(Selection(filters, seqs), size) == wanted


def test_a_line_that_is_written_otherwise_is_found_by_its_number_too() -> None:
    line = b'{ "kind": "note", "what": "w", "link": "s", "t": 1, "seq": 7 }'
    event = decode(line)
    selection = Selection([], [7])
    assert event is not None
    assert selection.precheck(line + b"\n") and selection.decide(line) is None and selection.accepts(event, line)


def test_a_filter_that_is_added_counts_from_the_next_line_on() -> None:
    selection = Selection([Filter(methods=["nothing/like/it"])])
    assert not selection.precheck(LINES[0] + b"\n")
    selection.add(Filter())
    assert selection.decide(LINES[0]) is not False
    assert selection.precheck(LINES[1] + b"\n")
