"""Recordings on disk to read, follow and damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mcpwatch.events import Event
from mcpwatch.recording import Writer
from tests.recording.samples import FEW, STARTED

Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Write a complete recording: `record(events, name=, exit=)`."""

    def write(events: Iterable[Event] = FEW, *, name: str = "r.mcpw.jsonl", exit: int = 0) -> Path:
        writer = Writer(tmp_path / name, started=STARTED)
        for event in events:
            writer.write(event)
        return writer.close(exit)

    return write
