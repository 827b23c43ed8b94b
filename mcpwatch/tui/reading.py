"""A file as a source: indexed and folded in a thread of its own, while its first screen is up already.

The index comes first, since it is what a list of lines needs; the fold follows, which takes several times as long. A
file that is still being written is looked at again until its footer is there, or nobody writes it any more. Going back
in time folds the file once more, up to there: that, too, in the thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.events import Event
from mcpwatch.model import Timeline
from mcpwatch.recording import Recording
from mcpwatch.recording.files import is_held
from mcpwatch.tui.source import Source

__all__ = ["Reading"]

AGAIN = 0.1
"""Seconds between two looks at a file that is being written."""
AT_ONCE = 256
"""Events that are folded between two looks at whether something else is wanted."""
INDEXING = 0.3
"""How much of all the reading the index is, for the bar that shows how far it got."""


class Reading(Source):
    """The recording at `path`. Raises RecordingError at once where it is none."""

    def __init__(self, path: Path) -> None:
        self._recording = Recording.open(path)
        super().__init__(path, next(self._recording.indexed()), Timeline(fetch=self._recording.read))
        self.header = self._recording.header
        self.live = True
        self.reading = 0.0
        self._whole = self._timeline
        self._past: Timeline | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mcpwatch-reading", daemon=True)

    def start(self) -> None:
        super().start()
        self._thread.start()

    async def close(self) -> None:
        await super().close()
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
        self._recording.close()

    @property
    def timeline(self) -> Timeline:
        return self._timeline if self._past is None else self._past

    def bytes_at(self, offset: int, size: int) -> bytes:
        return self._recording.bytes_at(offset, size)

    def _read(self, row: int) -> Event:
        return self._recording.at(row)

    def _rewound(self) -> None:
        self._past = None if self._until is None else Timeline(fetch=self._recording.read)
        self._wake.set()

    # ---- in the thread

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                held = is_held(self.path)  # first: what a writer wrote before it let go is in the file by then
                self._index_on()
                self._fold_on()
                self.footer = self._recording.footer
                self.reading = None
                if self.footer is not None or not held:
                    break
                self.grew()
                self._pause(AGAIN)
            self.live = False
            self.grew()
            while not self._closing.is_set():
                self._wake.wait()
                self._wake.clear()
                self._fold_past()
        except (RecordingError, OSError) as error:
            self.problem = str(error)
            self.code = ExitCode.RECORDING
            self.reading, self.live = None, False
            self.grew()

    def _pause(self, seconds: float) -> None:
        if self._wake.wait(seconds):
            self._wake.clear()

    def _index_on(self) -> None:
        size = max(self.path.stat().st_size, 1)
        for index in self._recording.indexed():
            if self._closing.is_set():
                return
            if self.reading is not None and len(index):
                self.reading = min(index.offsets[-1] / size, 1.0) * INDEXING
            self.grew()

    def _fold_on(self) -> None:
        whole, index = self._whole, self.index
        events = self._recording.events(whole.seq + 1)
        while not self._closing.is_set() and self._fold(whole, events, None):
            if self.reading is not None:
                done = (index.row_from(whole.seq) + 1) / max(len(index), 1)
                self.reading = INDEXING + (1 - INDEXING) * done
            self._fold_past()
            self.grew()

    def _fold_past(self) -> None:
        """Fold what the scrubber asks for; another position while this goes on begins anew."""
        past, until = self._past, self._until
        if past is None or until is None or past.seq:
            return
        events = self._recording.events()
        while past is self._past and not self._closing.is_set() and self._fold(past, events, until):
            self.grew()
        self.grew()

    def _fold(self, timeline: Timeline, events: Iterator[Event], until: float | None) -> bool:
        """Fold a few; whether there are more."""
        some = 0
        for some, event in enumerate(islice(events, AT_ONCE), 1):  # noqa: B007 - counts
            if until is not None and event.t > until:
                return False
            timeline.apply(event)
        return some == AT_ONCE
