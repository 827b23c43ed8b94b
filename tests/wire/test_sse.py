from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.wire.sse import SseEvent, SseParser


def events_of(chunks: list[bytes]) -> list[SseEvent]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)] + parser.close()


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        # the examples of the standard
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [SseEvent(data=b"YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                SseEvent(comment="test stream"),
                SseEvent(data=b"first event", id="1"),
                SseEvent(data=b"second event", id=""),
                SseEvent(data=b" third event"),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [SseEvent(), SseEvent(data=b"\n"), SseEvent(complete=False)]),
        (b"data:test\n\ndata: test\n\n", [SseEvent(data=b"test"), SseEvent(data=b"test")]),
        # line ends
        (b"data: a\r\ndata: b\r\n\r\n", [SseEvent(data=b"a\nb")]),
        (b"data: a\rdata: b\r\r", [SseEvent(data=b"a\nb")]),
        (b"data: a\r\n\rdata: b\n\r\n", [SseEvent(data=b"a"), SseEvent(data=b"b")]),
        (b"\n\r\n\r\n\ndata: a\n\n\n\n", [SseEvent(data=b"a")]),
        (b"data: a\x0bb\x85\xe2\x80\xa8\n\n", [SseEvent(data=b"a\x0bb\x85\xe2\x80\xa8")]),
        # the start
        (b"\xef\xbb\xbfdata: a\n\n", [SseEvent(data=b"a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [SseEvent(data=b"a")]),
        # fields
        (b"event: ping\ndata: {}\n\n", [SseEvent(event="ping", data=b"{}")]),
        (b"event: a\nevent:\ndata: {}\n\n", [SseEvent(event="message", data=b"{}")]),
        (b"event: ping\n\ndata: {}\n\n", [SseEvent(event="ping"), SseEvent(data=b"{}")]),
        (b"id: a\0b\ndata: x\n\n", [SseEvent(data=b"x")]),
        (b"id: a\nid: a\0b\ndata: x\n\n", [SseEvent(data=b"x", id="a")]),
        (b"id: 1\ndata:\n\n", [SseEvent(id="1")]),
        (b"retry: 3000\n\n", [SseEvent(retry=3000)]),
        (b"retry: 007\n\n", [SseEvent(retry=7)]),
        (b"retry: -1\nretry: 1.5\nretry:\nretry:  5\nretry: x\n\n", []),
        (b"retry: " + b"9" * 5_000 + b"\n\n", []),
        (b"retry: \xd9\xa1\n\n", []),
        (b"Data: a\n data: b\nfoo: c\nfoo\n\n", []),
        (b"data:a:b\n\n", [SseEvent(data=b"a:b")]),
        (b":\n:a\n: b\ndata: x\n\n", [SseEvent(data=b"x", comment="\na\nb")]),
        (b"event: \xff\nid: \xff\ndata: \xff\n\n", [SseEvent(event="\ufffd", id="\ufffd", data=b"\xff")]),
        # the end
        (b"", []),
        (b"data: a\n\n", [SseEvent(data=b"a")]),
        (b"data: a\n", [SseEvent(data=b"a", complete=False)]),
        (b"data: a\nid: 5\ndata: b", [SseEvent(data=b"a\nb", id="5", complete=False)]),
        (b": bye", [SseEvent(comment="bye", complete=False)]),
        (b"\xef\xbb\xbfdata: a", [SseEvent(data=b"a", complete=False)]),
        (b"dat", []),
    ],
)
def test_a_stream_is_cut_into_events(stream: bytes, events: list[SseEvent]) -> None:
    assert events_of([stream]) == events
    assert events_of(bytewise(stream)) == events


def test_an_event_is_there_as_soon_as_its_blank_line_has_begun_to_end() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\r\n\r") == [SseEvent(data=b"a")]
    assert parser.feed(b"") == []
    assert parser.feed(b"\n") == []
    assert parser.feed(b"\ndata: b\n\n") == [SseEvent(data=b"b")]


def test_nothing_is_left_after_close() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a") == []
    assert parser.close() == [SseEvent(data=b"a", complete=False)]
    assert parser.close() == []


PARTS = [
    b"data",
    b"event",
    b"id",
    b"retry",
    b"x",
    b": ",
    b":",
    b"12",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\r\n",
]


@given(st.lists(st.sampled_from(PARTS)).map(b"".join), st.lists(st.integers(0)))
def test_chunks_do_not_change_the_events(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(at % (len(stream) + 1) for at in cuts), len(stream)]
    chunks = [stream[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    assert events_of(chunks) == events_of([stream]) == events_of(bytewise(stream))


@given(st.lists(st.binary().map(lambda data: data.replace(b"\r", b"").replace(b"\n", b"")), min_size=1))
def test_data_arrives_as_it_was_sent(lines: list[bytes]) -> None:
    stream = b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"
    assert events_of([stream]) == [SseEvent(data=b"\n".join(lines))]
