"""A mock on two pipes: lines in, lines out, and the end of either."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from mcpwatch.check.mock.core import Mock, Pace
from mcpwatch.check.mock.stdio import serve_stdio
from tests.check.mock.live import played, text
from tests.model.story import Story

CALL = b'{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"work"}}'


class Pipes:
    """The client's ends of both pipes."""

    def __init__(self, write: int, read: int, thread: Thread) -> None:
        self.write, self.read, self.thread = write, read, thread
        self._lines = os.fdopen(read, "rb", closefd=False)

    def send(self, data: bytes) -> None:
        os.write(self.write, data)

    def line(self) -> Any:
        return json.loads(self._lines.readline())

    def rest(self) -> bytes:
        return self._lines.read()

    def close(self, *which: str) -> None:
        for name in which:
            os.close(getattr(self, name))
            setattr(self, name, -1)


@contextmanager
def serving(told: Story, folder: Path, *, pace: Pace = "none", junk: bool = False) -> Generator[Pipes]:
    mock = Mock(played(told, folder), pace=pace, junk=junk)
    source, write = os.pipe()
    read, sink = os.pipe()

    def run() -> None:
        try:
            serve_stdio(mock, source, sink)
        finally:
            os.close(sink)

    thread = Thread(target=run)
    thread.start()
    pipes = Pipes(write, read, thread)
    try:
        yield pipes
    finally:
        for fd in (pipes.write, pipes.read):
            if fd >= 0:
                os.close(fd)
        thread.join(30)
        os.close(source)
    assert not thread.is_alive()


def working(**more: Any) -> Story:
    told = Story().legacy()
    told.call("work", at=10.0)
    told.result(text("done"), at=10.0 + more.get("after", 0.1))
    return told


def test_a_line_is_answered_by_a_line(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as pipes:
        pipes.send(CALL + b"\r\n\n" + CALL.replace(b'"x"', b"2") + b"\n")
        assert [pipes.line()["id"], pipes.line()["id"]] == ["x", 2]


def test_what_is_due_later_comes_by_itself(tmp_path: Path) -> None:
    with serving(working(), tmp_path, pace="recorded") as pipes:
        pipes.send(CALL + b"\n")
        assert pipes.line()["result"] == text("done")


def test_at_the_end_of_its_input_the_rest_is_said_at_once(tmp_path: Path) -> None:
    with serving(working(after=3600.0), tmp_path, pace="recorded") as pipes:
        pipes.send(CALL)  # without a line end
        pipes.close("write")
        assert pipes.line()["result"] == text("done")
        assert pipes.rest() == b""


def test_a_client_that_reads_no_more_ends_it(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as pipes:
        pipes.close("read")
        pipes.send(CALL + b"\n")
        pipes.thread.join(30)
        assert not pipes.thread.is_alive()


def test_where_the_server_was_gone_it_ends_with_what_was_said(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.log(data="last words")
    told.closed(reason="exit", code=3)
    with serving(told, tmp_path) as pipes:
        pipes.send(CALL + b"\n")
        assert pipes.line()["params"]["data"] == "last words"
        assert pipes.rest() == b""


def test_junk_has_its_own_line_end(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("work")
    told.invalid(b"print\xff")
    told.result(text("done"))
    with serving(told, tmp_path, junk=True) as pipes:
        pipes.send(CALL + b"\n")
        pipes.close("write")
        assert pipes.rest().startswith(b"print\xff\n{")
