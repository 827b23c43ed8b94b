"""The recorded server for a client of the test's own: a command to start, or a URL."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcpwatch.errors import McpwatchError, UsageError
from mcpwatch.testing.takes import fail, mock_command, readable

if TYPE_CHECKING:
    from mcpwatch.testing.takes import Takes

__all__ = ["Mock", "mock"]


class Mock:
    """A server that plays `recording`."""

    def __init__(self, recording: Path, command: list[str]) -> None:
        self.recording = recording
        self.command = command
        """What a client starts: it speaks over its pipes."""


@contextmanager
def mock(takes: Takes) -> Generator[Mock]:
    """The recorded server of a test. Fails the test where there is no recording that could be served."""
    wanted = takes.wanted_of_marker()
    try:
        if wanted.recording is None:
            raise UsageError("The test names no recording to serve.", hint='@pytest.mark.mcpwatch("name.mcpw.jsonl")')
        readable(wanted.recording)
    except McpwatchError as error:
        fail(error)
    takes.mocked = wanted.recording
    yield Mock(wanted.recording, mock_command(wanted.recording, wanted.served))
