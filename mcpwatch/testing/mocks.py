"""The recorded server for a client of the test's own: a command to start, or a URL.

The command starts a process for each client that runs it; what those say goes to their clients. The server at the URL
runs in a thread of this process, so that what is not as recorded fails the test.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcpwatch.errors import McpwatchError, UsageError
from mcpwatch.testing.takes import fail, mock_command, readable

if TYPE_CHECKING:
    from mcpwatch.check.mock.http import HttpMock
    from mcpwatch.testing.takes import Takes

__all__ = ["Mock", "mock"]


class Mock:
    """A server that plays `recording`."""

    def __init__(self, recording: Path, served: Mapping[str, Any], until: ExitStack) -> None:
        self.recording = recording
        self.command = mock_command(recording, served)
        """What a client starts, as a list of words: it speaks over its pipes."""
        self._served = served
        self._until = until
        self._http: HttpMock | None = None

    @property
    def url(self) -> str:
        """Where it speaks Streamable HTTP, on loopback, from the first time that this is asked until the test ends."""
        if self._http is None:
            self._http = self._start()
        return self._http.url

    def missed(self) -> list[str]:
        """What clients at the URL asked or answered otherwise than recorded, a sentence each."""
        return [] if self._http is None else [text for one in self._http.mocks for text in one.problems]

    def _start(self) -> HttpMock:
        from mcpwatch.check.mock import core
        from mcpwatch.check.mock.http import HttpMock
        from mcpwatch.check.mock.story import story_of
        from mcpwatch.check.normalize import Normalizer
        from mcpwatch.check.recorded import read_recorded

        served = self._served
        recorded = read_recorded(self.recording)
        self._until.enter_context(recorded.recording)
        story = story_of(recorded.link(served.get("link")))

        def make() -> core.Mock:
            return core.Mock(
                story,
                match=served.get("match", "strict"),
                pace=served.get("pace", "none"),
                normalizer=Normalizer(served.get("ignore", ())),
            )

        http = HttpMock(story, make)
        self._until.callback(lambda: [one.finish() for one in http.mocks])
        return self._until.enter_context(http)


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
    with ExitStack() as until:
        made = Mock(wanted.recording, wanted.served, until)
        takes.mocks.append(made)
        yield made
