"""Events become a recording: one file, one writer, one `write` a line.

This module owns the file while it grows, from the header to the footer, and reads back what it has written. It leaves
to others what stands in a line (`format.py`), the order of events and the clock (the hub, under whose lock `write` is
called). Nothing is buffered: what was written is in the file even if the process is killed the next moment. A recording
that cannot be written is an error at once, and stays one, since a gap that nobody notices is worse than no recording.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mcpwatch.errors import RecordingError
from mcpwatch.events import Entry, Event
from mcpwatch.recording import files, packed
from mcpwatch.recording.brief import encode_entries
from mcpwatch.recording.format import decode, encode, footer_line, header_line
from mcpwatch.recording.index import Index
from mcpwatch.recording.marks import Marks


class Writer:
    """A recording that is being written; `write` is a sink for the hub.

    A path that ends in `.gz` or `.zst` is written without that suffix first, and compressed by `close`. `started` is
    aware and is what `t` counts from; `policy` says how the events were redacted. With `force` an existing file (never
    one that somebody writes, never a link) is replaced. With `indexed` the `index` fills with every event, which takes
    25 bytes each; else as little is kept as `read` needs. Raises RecordingError where there can be no such file.
    """

    def __init__(
        self,
        path: Path,
        *,
        started: datetime,
        policy: str = "default",
        force: bool = False,
        indexed: bool = True,
    ) -> None:
        path = Path(path)
        self._packing: packed.Packing | None = packed.SUFFIXES.get(path.suffix)
        self._final = path
        self._force = force
        self.path = path.with_suffix("") if self._packing else path
        """Where the recording is: while it is written the plain file, after `close` the final one."""
        if self._packing:
            files.refuse_existing(path, force=force)
        self.index = Index()
        self._indexed = indexed
        self._marks = Marks()
        self._count = 0
        self._seq = 0
        self._t = 0.0
        self._end = 0
        self._closed = False
        self._failure: RecordingError | None = None
        self._descriptor = files.create(self.path, force=force)
        # Reads go on after `close`, so the reading side has a descriptor of its own, which does not hold the lock.
        try:
            self._reading = files.open_to_read(self.path)
        except RecordingError:
            os.close(self._descriptor)
            raise
        weakref.finalize(self, os.close, self._reading)
        try:
            self._append(header_line(started, policy=policy))
        except RecordingError:
            self._release()
            raise

    def write(self, event: Event) -> None:
        """Append one event, stamped by the hub; the system has it on return. Raises RecordingError, then for ever."""
        if event.seq <= self._seq:
            raise RecordingError(f"cannot write {self.path}: event {event.seq} comes after event {self._seq}")
        offset = self._end
        self._append(encode(event))
        self._seq = event.seq
        self._t = event.t
        self._count += 1
        if self._indexed:
            self.index.add(event, offset)
        elif offset >= self._marks.next:
            self._marks.add(event.seq, offset)

    def write_all(self, events: Sequence[Event]) -> None:
        """Append events that came together, with one write; else like `write`."""
        if self._indexed:
            for event in events:
                self.write(event)
        elif events:
            if events[0].seq <= self._seq:
                raise RecordingError(f"cannot write {self.path}: event {events[0].seq} comes after event {self._seq}")
            self._append_all([event.seq for event in events], [encode(event) for event in events], events[-1].t)

    def write_entries(self, link: str, entries: Sequence[Entry]) -> None:
        """Append frames of one link that came in brief, with one write; else like `write`. Not where an index fills."""
        if self._indexed or entries[0][0] <= self._seq:
            raise RecordingError(f"cannot write {self.path}: frames in brief, from event {entries[0][0]} on")
        self._append_all([entry[0] for entry in entries], encode_entries(link, entries), entries[-1][1])

    def _append_all(self, seqs: Sequence[int], lines: Sequence[bytes], t: float) -> None:
        offset = self._end
        self._append(b"".join(lines))
        if self._end > self._marks.next:
            for seq, line in zip(seqs, lines, strict=True):
                self._marks.add(seq, offset)
                offset += len(line)
        self._seq, self._t = seqs[-1], t
        self._count += len(lines)

    def read(self, seq: int) -> Event:
        """An event as it was written, read from the file, also after `close`. Raises RecordingError."""
        try:
            event = decode(self._line(seq))
        except OSError as error:
            raise files.failed("read", self.path, error) from error
        except (KeyError, ValueError):
            event = None
        if event is None:
            raise RecordingError(f"there is no event {seq} in {self.path}")
        return event

    def _line(self, seq: int) -> bytes:
        if self._indexed:
            row = self.index.row(seq)
            return files.read_line(self._reading, self.index.offsets[row], self.index.likely_size(row))
        offset = self._marks.find(seq, lambda size, offset: files.read_at(self._reading, size, offset))
        return files.read_line(self._reading, offset, 4096)

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the plain text from `offset`, from any thread, also after `close`. Raises
        RecordingError.
        """
        try:
            return files.read_at(self._reading, size, offset)
        except OSError as error:
            raise files.failed("read", self.path, error) from error

    def close(self, exit: int) -> Path:
        """Write the footer, let go of the file, compress it where its name says so; returns the final path.

        `exit` is the exit code of the process. A second call does nothing. Raises RecordingError where a write has
        failed, now or before; the file is let go of all the same.
        """
        if self._closed:
            if self._failure is not None:
                raise self._failure
            return self.path
        try:
            self._append(footer_line(seq=self._seq + 1, t=self._t, events=self._count, exit=exit))
        finally:
            self._release()
        if self._packing:
            try:
                packed.pack(self.path, self._final, self._packing, force=self._force)
            except RecordingError as error:
                self._failure = error
                raise
            self.path = self._final
        return self.path

    def _append(self, line: bytes) -> None:
        if self._failure is not None:
            raise RecordingError(str(self._failure), hint=self._failure.hint)
        if self._closed:
            raise RecordingError(f"cannot write {self.path}: it is closed")
        try:
            files.write_whole(self._descriptor, line)
        except OSError as error:
            self._failure = files.failed("write", self.path, error)
            raise self._failure from error
        self._end += len(line)

    def _release(self) -> None:
        self._closed = True
        try:
            try:
                files.unlock(self._descriptor)
            finally:
                os.close(self._descriptor)
        except OSError as error:
            # A network's file system may say only here that it could not keep what it took.
            if self._failure is None:
                self._failure = files.failed("write", self.path, error)
                raise self._failure from error
