"""A small version of `python -m tests.crash messages`: a message leaves nothing in memory, however many there are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

from mcpwatch.hub import Hub
from mcpwatch.model import Timeline
from mcpwatch.recording import Writer
from mcpwatch.redact import Redactor
from mcpwatch.wire.framing import classify

CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"work","_meta":{"progressToken":7}}}'
PROGRESS = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":%d}}'
LOG = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"line":%d}}}'
PING = b'{"jsonrpc":"2.0","id":%d,"method":"ping"}'
PONG = b'{"jsonrpc":"2.0","id":%d,"result":{}}'
MOST = 3
"""Bytes that a message may leave: one, for that it belongs to a call, and what Python keeps in reserve."""


def test_a_message_of_a_call_leaves_a_byte_or_so(tmp_path: Path) -> None:
    hub = Hub(redact=Redactor())
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=hub.started, indexed=False)
    timeline = Timeline(fetch=writer.read)
    hub.record(writer.write)
    hub.attach(timeline.apply)
    hub.publish(classify(CALL, link="a", dir="c2s"))

    def pass_by(first: int, last: int) -> None:
        for number in range(first, last):
            hub.publish(classify((PROGRESS if number % 2 else LOG) % number, link="a", dir="s2c"))

    assert _left_by(lambda: pass_by(0, 10_000), lambda: pass_by(10_000, 30_000)) < 20_000 * MOST
    assert timeline.exchanges[0].progress_count == 15_000
    writer.close(0)


def test_through_a_proxy_requests_and_answers_leave_nothing(tmp_path: Path) -> None:
    hub = Hub(redact=Redactor())
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=hub.started, indexed=False)
    hub.record(writer.write, writer.write_all)

    def pass_by(first: int, last: int) -> None:
        for start in range(first, last, 100):
            ids = range(start, start + 100)
            hub.publish_all([classify(PING % number, link="a", dir="c2s") for number in ids])
            hub.publish_all([classify(PONG % number, link="a", dir="s2c") for number in ids])

    assert _left_by(lambda: pass_by(0, 5_000), lambda: pass_by(5_000, 15_000)) < 20_000 * MOST
    writer.close(0)


def _left_by(before: Callable[[], object], then: Callable[[], object]) -> int:
    """Bytes that are held more after `then` than before it, when `before` has filled what is filled once."""
    tracemalloc.start()
    try:
        before()
        held = tracemalloc.get_traced_memory()[0]
        then()
        return tracemalloc.get_traced_memory()[0] - held
    finally:
        tracemalloc.stop()
