"""A connection that ends before it is known whose it was leaves no link behind that stays open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mcpwatch.events import Closed, Event, Http, Opened
from mcpwatch.wire.proxy.http_heads import server_at
from mcpwatch.wire.proxy.http_links import LINGER, Links
from mcpwatch.wire.proxy.http_passage import How, Passage
from mcpwatch.wire.proxy.http_told import Teller

STREAM = b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
CHUNKS = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"


class Written:
    """Both connections, as far as something is written to them."""

    def __init__(self) -> None:
        self.client = b""
        self.server = b""

    def begin(self) -> None: ...
    def to_client(self, data: bytes) -> None:
        self.client += data

    def to_server(self, data: bytes) -> None:
        self.server += data

    def end_client(self, how: How) -> None: ...
    def end_server(self, how: How) -> None: ...
    def hold_client(self, hold: bool) -> None: ...


def unreachable(passage: Passage) -> None:
    passage.server_unreachable(ConnectionRefusedError())


def nothing(passage: Passage) -> None:
    """What came was enough."""


@pytest.mark.parametrize(
    ("request_", "then", "answer"),
    [
        (STREAM, unreachable, b"HTTP/1.1 502 "),
        (HALF, unreachable, b"HTTP/1.1 502 "),
        (CHUNKS, nothing, b"HTTP/1.1 400 "),
        (STREAM, Passage.client_gone, b""),
        (HALF, Passage.server_gone, b""),
    ],
)
def test_the_link_of_a_request_that_broke_is_closed_in_time(
    request_: bytes, then: Callable[[Passage], None], answer: bytes
) -> None:
    events: list[Event] = []

    def publish(event: Event, /, *, at: float | None = None) -> None:
        events.append(event)

    now, server, ends = [0.0], server_at("http://127.0.0.1:9/mcp"), Written()
    teller = Teller(Links("web", "http://127.0.0.1:9/mcp", publish, lambda: now[0]), publish, server.origin)
    passage = Passage(ends, server, teller, peer="127.0.0.1", here="localhost")
    passage.client_data(request_, 0.0)
    then(passage)
    assert ends.client[:13] == answer
    phases = [event.phase for event in events if isinstance(event, Http)]
    assert (phases[0], phases[-1]) == ("request", "error")
    now[0] += LINGER
    teller.links.sweep()
    assert [type(event) for event in events if isinstance(event, Opened | Closed)] == [Opened, Closed]
