"""A mock on this process's own pipes, as a server that a client started.

Owns one reading thread and the writing; what is said is `core`'s. stdout belongs to the protocol alone. Two blocking
ends and a queue, no event loop: that is all that one client needs, and it starts at once.
"""

from __future__ import annotations

import os
import threading
from math import inf
from queue import Empty, SimpleQueue
from time import perf_counter

from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.play import Out
from mcpwatch.wire.framing import LineSplitter

__all__ = ["serve_stdio"]

_CHUNK = 1 << 16


def serve_stdio(mock: Mock, source: int = 0, sink: int = 1) -> None:
    """Serve until `source` ends, nobody reads `sink` any more, or the recorded server was gone.

    What is still to be said at the end of `source` is said at once, so that requests can be piped in. An exception
    that a signal raises leaves at once.
    """
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=_read, args=(source, lines), name="mcpwatch-mock-stdin", daemon=True).start()
    try:
        mock.open(perf_counter())
        while True:
            _write(sink, mock.due(perf_counter()))
            if mock.ended:
                return
            when = mock.next_due()
            try:
                line = lines.get(timeout=None if when is None else max(0.0, when - perf_counter()))
            except Empty:
                continue
            if line is None:
                break
            if line.strip():
                mock.receive(line, perf_counter())
        while rest := mock.due(inf):
            _write(sink, rest)
    except BrokenPipeError:
        pass  # the client is gone


def _read(source: int, lines: SimpleQueue[bytes | None]) -> None:
    splitter = LineSplitter()
    try:
        while chunk := os.read(source, _CHUNK):
            for line, _ in splitter.feed(chunk):
                lines.put(line)
        if rest := splitter.close():
            lines.put(rest[0])
    except OSError:
        pass  # as good as its end
    finally:
        lines.put(None)


def _write(sink: int, found: list[Out]) -> None:
    rest = memoryview(b"".join([out.data + out.eol.encode() for out in found]))
    while rest:
        rest = rest[os.write(sink, rest) :]
