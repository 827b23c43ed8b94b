"""A recording that grows, as the events that have come since one looked: for `--follow` and for the live view.

This module owns where one has got to, and how it ends: with a footer, or with a writer that is gone without one. It
never waits; when to look again is for the caller to say. A line is read when it is whole, so half a line that is
finished later is one event, once.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event
from mcpwatch.recording import files, packed
from mcpwatch.recording.header import read_header, read_started
from mcpwatch.recording.parse import as_object, decode

AT_ONCE = 1 << 22
"""Bytes after which `read` returns with what it has."""


class Tail:
    """A recording to follow. Raises RecordingError where there is no file, or it is compressed: that is complete."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.header: Mapping[str, Any] | None = None
        """Line 1, once `read` has met it."""
        self.started: datetime | None = None
        self.footer: Mapping[str, Any] | None = None
        self.ended = False
        """The footer was read: nothing more will come."""
        self.abandoned = False
        """All is read, there is no footer, and nobody writes any more. False where the system cannot tell."""
        self.unknown = 0
        self._descriptor = files.open_to_read(self.path)
        self.close = weakref.finalize(self, os.close, self._descriptor)
        """Lets go of the file."""
        self._offset = 0
        self._lines = 0
        self._seq = 0
        self._torn: list[bytes] = []
        try:
            if files.is_pipe(self._descriptor):
                raise RecordingError(f"cannot follow {self.path}: it is a pipe", hint="leave out --follow")
            if packed.packing_of(files.read_at(self._descriptor, 4, 0)):
                raise RecordingError(
                    f"cannot follow {self.path}: it is compressed, so it is complete", hint="leave out --follow"
                )
        except OSError as error:
            raise files.failed("read", self.path, error) from error

    def read(self, *, at_once: int = AT_ONCE) -> list[Event]:
        """The events whose lines were completed since the last call; an empty list where there are none yet.

        A long backlog comes in pieces of about `at_once` bytes, so call again until nothing comes. Raises
        RecordingError where the file is no recording, is damaged, or was truncated meanwhile.
        """
        if not self.close.alive:
            raise RecordingError(f"{self.path} is closed")
        events: list[Event] = []
        taken = 0
        try:
            # Looked at first: what a writer has written before it let go is in the file by then.
            held = files.is_locked(self._descriptor)
            while chunk := files.read_at(self._descriptor, packed.CHUNK, self._offset):
                self._offset += len(chunk)
                taken += len(chunk)
                *lines, torn = chunk.split(b"\n")
                if lines:
                    lines[0] = b"".join((*self._torn, lines[0]))
                    self._torn.clear()
                    for line in lines:
                        self._take(line, events)
                if torn:
                    self._torn.append(torn)
                if events and taken >= at_once:
                    return events
            if os.fstat(self._descriptor).st_size < self._offset:
                raise RecordingError(f"{self.path} has become shorter while it was followed")
        except OSError as error:
            raise files.failed("read", self.path, error) from error
        self.abandoned = held is False and not self.ended
        return events

    def _take(self, line: bytes, events: list[Event]) -> None:
        self._lines += 1
        if self.header is None:
            self.header = read_header(line, self.path)
            self.started = read_started(self.header, self.path)
            return
        if self.ended:
            raise self._damaged("something follows the footer")
        try:
            event = decode(line)
            members = as_object(line) if event is None else {}
        except ValueError as error:
            raise self._damaged(str(error)) from None
        if event is not None:
            if event.seq <= self._seq:
                raise self._damaged(f"event {event.seq} comes after event {self._seq}")
            self._seq = event.seq
            events.append(event)
        elif members["kind"] == "footer":
            self.ended = True
            self.footer = members
        elif members["kind"] == "header":
            raise self._damaged("a second header")
        else:
            self.unknown += 1

    def _damaged(self, reason: str) -> RecordingError:
        return RecordingError(f"{self.path} is damaged in line {self._lines}: {reason}")
