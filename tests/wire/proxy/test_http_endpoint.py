"""Where a client of the older transport is told to post."""

from __future__ import annotations

import pytest

from mcpwatch.wire.proxy.http_endpoint import EndpointFilter

OURS = "http://127.0.0.1:9/messages?session=1"
THEIRS = "http://server:8000/messages?session=1"


def changed(url: str) -> str | None:
    return OURS if url == THEIRS else None


def passed(data: bytes, size: int, change: bool = True) -> tuple[bytes, list[bytes], EndpointFilter]:
    """What comes out, as a whole and for each piece of `size` bytes."""
    each = EndpointFilter(changed if change else lambda url: None)
    pieces = [each.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return b"".join((*pieces, each.close())), pieces, each


STREAMS = [
    "event: endpoint\ndata: {}\n\nevent: message\ndata: x\n\n",
    "event: endpoint\r\ndata: {}\r\n\r\nevent: message\r\ndata: x\r\n\r\n",
    "event:endpoint\rdata:{}\r\r",
    ": hello\n\nretry: 10\nevent: endpoint\nid: 1\ndata: {}\n\n",
    "data: first\n\nevent: endpoint\ndata: {}\n\ndata: {{}}\n\n",
    "\ufeffevent: endpoint\ndata: {}\n\n",
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("stream", STREAMS)
def test_the_address_of_the_server_becomes_ours(stream: str, size: int) -> None:
    found, _, each = passed(stream.format(THEIRS).encode(), size)
    assert found.decode() == stream.format(OURS)
    assert each.said == (THEIRS, OURS) and each.over


OTHERS = [
    *(stream.format("/messages?session=1") for stream in STREAMS),
    "event: endpoint\ndata\n\n",
    "event: endpoint\ndate: 1\ndatum\n\n",
    "event: endpoints\ndata: " + THEIRS + "\n\n",
    "data: " + THEIRS + "\nevent: message\n\n",
    "event: endpoint\n\ndata: " + THEIRS + "\n\n",
    "event: endpoint\ndata: http",
    "",
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("stream", OTHERS)
def test_everything_else_passes_as_it_is(stream: str, size: int) -> None:
    found, _, each = passed(stream.encode(), size)
    assert found == stream.encode() and each.said is None


def test_nothing_but_that_line_is_held_back() -> None:
    data = b'data: {"jsonrpc":"2.0"}\n\n: x\nid: 4\nevent: mess'
    _, pieces, _ = passed(data, 1)
    assert pieces == [bytes((byte,)) for byte in data]


def test_an_address_without_an_end_is_not_held_for_ever() -> None:
    each = EndpointFilter(changed)
    assert each.feed(b"event: endpoint\ndata: " + b"x" * 50_000) == b"event: endpoint\n"
    assert each.feed(b"x" * 50_000) == b"data: " + b"x" * 100_000
    assert each.feed(b"y") == b"y"
