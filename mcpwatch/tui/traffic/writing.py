"""What a filter lets through, as a recording of its own.

The lines are copied as they stand. The file is new: nothing is ever written over, and only its owner may read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from mcpwatch.errors import RecordingError
from mcpwatch.recording import footer_line
from mcpwatch.recording.rewrite import write_lines
from mcpwatch.recording.scan import Scan, Wanted, line_at, soon
from mcpwatch.tui.source import Source

__all__ = ["write_selection"]


def write_selection(source: Source, wanted: Wanted, path: Path, stopped: Callable[[], bool]) -> int:
    """Write the wanted events of `source` to a new file, in a thread; how many they were.

    Ends without a file once `stopped` says so. Raises RecordingError.
    """
    if source.header is None:
        header = b""
    else:
        header = json.dumps(source.header, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        index, read = source.index, source.bytes_at
        first = header or head_of_file(read)
        yield first
        stop = source.rows
        scan, at = Scan(index, read, wanted), 0
        last = 0
        while at < stop:
            if stopped():
                raise RecordingError("it was given up")
            rows, at = scan.rows(at, stop, soon())
            for row in rows:
                yield line_at(index, read, row) + b"\n"
                last = index.entry(row).seq
                count += 1
        t = index.times[stop - 1] if stop else 0.0
        yield footer_line(seq=last + 1, t=t, events=count, exit=_exit(source))

    write_lines(lines(), path, force=False)
    return count


def head_of_file(read: Callable[[int, int], bytes]) -> bytes:
    """The first line of a recording, which says what it is."""
    return read(0, 1 << 20).partition(b"\n")[0] + b"\n"


def _exit(source: Source) -> int:
    code = (source.footer or {}).get("exit")
    return code if type(code) is int else 0
