"""Recordings on disk to read, follow and damage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mcpwatch.events import Event
from mcpwatch.recording import Writer, encode, header_line
from tests.recording.samples import FEW, STARTED

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["HEADER", "Record", "lines_of", "written", "zstd"]

Record = Callable[..., Path]
HEADER = header_line(STARTED)


def written(tmp_path: Path, content: bytes) -> Path:
    """A file that holds `content`, always of the same name."""
    path = tmp_path / "r.mcpw.jsonl"
    path.write_bytes(content)
    return path


def lines_of(*events: Event) -> bytes:
    """The header and the lines of `events`, without a footer."""
    return HEADER + b"".join(map(encode, events))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Write a complete recording: `record(events, name=, exit=)`."""

    def write(events: Iterable[Event] = FEW, *, name: str = "r.mcpw.jsonl", exit: int = 0) -> Path:
        writer = Writer(tmp_path / name, started=STARTED)
        for event in events:
            writer.write(event)
        return writer.close(exit)

    return write
