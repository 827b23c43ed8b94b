"""A file as a source: indexed and folded in a thread of its own, while its first screen is up already.

The index comes first, since it is what a list of lines needs; the fold follows, which takes several times as long. A
file that is still being written is looked at again until its footer is there, or nobody writes it any more.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.events import Event
from mcpwatch.model import Timeline
from mcpwatch.recording import Recording
from mcpwatch.recording.files import is_held
from mcpwatch.tui.folding import LARGE, Folding
from mcpwatch.tui.source import Source

__all__ = ["Reading"]

AGAIN = 0.1
"""Seconds between two looks at a file that is being written."""
BREATH = 0.0005
"""Seconds that the thread stands back after every few milliseconds of work, so that whoever types need not wait."""
FULL, SELDOM = 1_000, 0.25
"""Events after which panes are told of more only so often (seconds) while a file is being read."""
INDEXING = 0.3
"""How much of all the reading the index is, for the bar that shows how far it got."""


class Reading(Source):
    """The recording at `path`. Raises RecordingError at once where it is none."""

    def __init__(self, path: Path) -> None:
        self._recording = Recording.open(path)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._folding = Folding(self._recording, self._closing.wait)
        super().__init__(path, self._recording.known, self._folding.timeline)
        self.header = self._recording.header
        self.live = True
        self.written = is_held(path)
        self.reading = 0.0
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
        return self._folding.timeline

    def bytes_at(self, offset: int, size: int) -> bytes:
        return self._recording.bytes_at(offset, size)

    def _read(self, row: int) -> Event:
        return self._recording.at(row)

    def _rewound(self) -> None:
        self._folding.want(self._until, len(self.index))
        self._wake.set()

    def _apart(self) -> float:
        # Once the first screen is full of lines, drawing each step of the reading would only hold it up.
        return SELDOM if self.reading is not None and len(self.index) > FULL else super()._apart()

    # ---- in the thread

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                # First: what a writer wrote before its footer, or before it let go, is in the file by then.
                held, footer = is_held(self.path), None if self._recording.compressed else self._recording.footer
                self._index_on()
                self._fold_on()
                self.footer = footer or (None if held else self._recording.footer)
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
                self._fold_on()
                self.reading = None
                self.grew()
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
            self._closing.wait(BREATH)

    def _fold_on(self) -> None:
        for done in self._folding.go_on():
            if self._closing.is_set():
                return
            if self.reading is not None:
                self.reading = INDEXING + (1 - INDEXING) * done
            elif self.until is not None and len(self.index) > LARGE:
                self.reading = done  # begun anew
            self.grew()
