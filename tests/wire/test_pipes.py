"""Ends of pipes: reads that can be stopped, and what comes on stderr as whole lines."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator

import pytest

from mcpwatch.wire.pipes import Gathered, Source, Stop


@pytest.fixture
def pipe() -> Generator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for fd in (read, write):
        try:
            os.close(fd)
        except OSError:
            pass


def test_whole_lines_are_given_at_once_and_the_rest_is_held() -> None:
    gathered = Gathered()
    assert gathered.left(0.0) is None
    assert gathered.take(b"one\ntwo\nthr", 1.0) == (b"one\ntwo\n", 1.0)
    assert gathered.take(b"ee\n", 1.01) == (b"three\n", 1.01)
    assert gathered.left(2.0) is None


def test_the_rest_of_a_line_that_is_late_is_not_waited_for() -> None:
    gathered = Gathered()
    assert gathered.take("naïve ".encode()[:3], 1.0) is None
    left = gathered.left(1.0)
    assert left is not None
    assert 0 < left < 1
    assert gathered.left(9.0) == 0
    assert gathered.take(None, 9.0) == (b"na", 1.0)  # not half a character
    assert gathered.take(b"", 9.5) == (b"\xc3", 9.5)


def test_a_line_that_is_too_long_comes_in_pieces() -> None:
    gathered = Gathered()
    assert gathered.take(b"x" * gathered.room, 1.0) == (b"x" * 65536, 1.0)
    assert gathered.room == 65536


def test_at_the_end_nothing_is_left() -> None:
    gathered = Gathered()
    assert gathered.take(b"", 1.0) is None
    gathered.take(b"last", 2.0)
    assert gathered.take(b"", 3.0) == (b"last", 2.0)


def test_what_is_in_a_pipe_is_read_before_a_stop_is_noticed(pipe: tuple[int, int]) -> None:
    read, write = pipe
    stop = Stop()
    source = Source(read, stop)
    os.write(write, b"x" * 1000)
    stop.set()
    assert source.read(600) == b"x" * 600
    assert source.read(600) == b"x" * 400
    assert source.read(600) == b""  # though somebody still holds the other end
    stop.release()


def test_whoever_goes_on_writing_after_a_stop_is_not_read_for_ever(pipe: tuple[int, int]) -> None:
    read, write = pipe
    stop = Stop()
    source = Source(read, stop)
    stop.set()
    got = 0
    for _ in range(10_000):
        os.write(write, b"x" * 1000)
        if not (chunk := source.read(1000)):
            break
        got += len(chunk)
    assert 0 < got < 10_000_000
    stop.release()


def test_a_stop_ends_a_read_that_waits(pipe: tuple[int, int]) -> None:
    stop = Stop()
    source, got = Source(pipe[0], stop), list[bytes | None]()
    thread = threading.Thread(target=lambda: got.append(source.read(10)))
    thread.start()
    stop.set()
    thread.join(60)
    assert got == [b""]
    stop.release()


def test_a_read_waits_no_longer_than_it_is_told(pipe: tuple[int, int]) -> None:
    stop = Stop()
    assert Source(pipe[0], stop).read(10, 0.001) is None
    os.close(pipe[1])
    assert Source(pipe[0], stop).read(10, 60) == b""
    stop.release()
