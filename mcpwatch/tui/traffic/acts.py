"""What can be done with the line that the cursor is on: its other half, marks, a difference, copies, a file.

Half of the pane Traffic, by itself because none of it has to do with which lines there are.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from mcpwatch.errors import McpwatchError, RecordingError
from mcpwatch.events import Event, Frame, Stderr
from mcpwatch.recording.query import Query
from mcpwatch.recording.scan import event_at, head_of
from mcpwatch.text import size
from mcpwatch.tui.detail.loaded import Loaded, load
from mcpwatch.tui.messages import Say
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.traffic.difference import Difference
from mcpwatch.tui.traffic.pairs import other_half
from mcpwatch.tui.traffic.repeat import command_for
from mcpwatch.tui.traffic.writing import write_selection

if TYPE_CHECKING:
    from mcpwatch.tui.traffic.list import FrameList

__all__ = ["Acts"]

_MOST: Final = 1 << 20
"""Bytes that are copied: more than any terminal takes."""


class Acts(Pane):
    """The pane is asked for its list and to choose a row; everything else is here."""

    @property
    def frames(self) -> FrameList:
        raise NotImplementedError

    @property
    def selection(self) -> Query:
        raise NotImplementedError

    def go_to(self, row: int) -> None:
        raise NotImplementedError

    def action_pair(self) -> None:
        """To the other half."""
        event = self._event()
        if event is None:
            return
        row = other_half(self.source.index, self.source.timeline, event)
        if row is None:
            waits = isinstance(event, Frame) and event.type == "request"
            self._say("It has no answer." if waits else "Nothing belongs to that.", "warning")
        else:
            self.go_to(row)

    def action_mark(self) -> None:
        """Mark a line, or take its mark away; of three marks the first goes."""
        frames = self.frames
        if frames.row is None:
            return
        if frames.row in frames.marks:
            frames.marks.remove(frames.row)
        else:
            frames.marks[:] = [*frames.marks[-1:], frames.row]
        frames.refresh()

    def action_difference(self) -> None:
        """Compare the two marked lines, or the marked one with this one."""
        frames = self.frames
        rows = [*frames.marks]
        if len(rows) == 1 and frames.row is not None and frames.row not in rows:
            rows.append(frames.row)
        if len(rows) < 2:
            self._say("Mark a line with m, and then another, to compare them.", "warning")
            return
        self.app.push_screen(Difference(self.source, (rows[0], rows[1])))  # pyright: ignore[reportUnknownMemberType]

    def action_copy(self) -> None:
        """The message as it crossed the wire."""
        loaded = self._loaded()
        if loaded is None:
            return
        if loaded.more or len(loaded.data) > _MOST:
            self._say("It is too long for a clipboard; w writes it to a file.", "warning")
            return
        data = loaded.data
        if not isinstance(loaded.event, Frame | Stderr):
            data = self._line(loaded.row)
        self._copy(data.decode("utf-8", "backslashreplace"))
        self._say(f"{size(len(data))} copied")

    def action_copy_command(self) -> None:
        """A command line that sends the request again."""
        event = self._event()
        if isinstance(event, Frame) and event.type in ("response", "error") and event.re is not None:
            try:
                event = event_at(self.source.index, self.source.bytes_at, self.source.index.row(event.re), _MOST)[0]
            except (KeyError, RecordingError):
                event = None
        command = None
        if isinstance(event, Frame):
            row = self.source.index.row(event.seq)
            whole = event_at(self.source.index, self.source.bytes_at, row, _MOST)
            if whole[1] and isinstance(whole[0], Frame):
                command = command_for(whole[0], self._target(event.link))
        if command is None:
            self._say("That cannot be sent again from a command line.", "warning")
            return
        self._copy(command)
        self._say(f"copied: {command}" if len(command) < 200 else f"copied: {command[:200]}…")

    def write(self, text: str) -> None:
        """Write what the filter lets through to a new file."""
        if path := text.strip():
            self.run_worker(partial(self._write, Path(path).expanduser()), exclusive=True, group="traffic.write")

    async def _write(self, path: Path) -> None:
        stopped = threading.Event()
        try:
            count = await asyncio.to_thread(write_selection, self.source, self.selection, path, stopped.is_set)
            self._say(f"{count:,} event{'' if count == 1 else 's'} written to {path}")
        except (McpwatchError, OSError) as error:
            self._say(str(error), "error")
        finally:
            stopped.set()

    def _event(self) -> Event | None:
        return None if self.frames.row is None else self.frames.event(self.frames.row)

    def _loaded(self) -> Loaded | None:
        if self.frames.row is None:
            return None
        try:
            return load(self.source.index, self.source.bytes_at, self.frames.row)
        except RecordingError as error:
            self._say(str(error), "error")
            return None

    def _line(self, row: int) -> bytes:
        return head_of(self.source.index, self.source.bytes_at, row, _MOST)[0]

    def _target(self, link: str) -> Mapping[str, Any] | None:
        server = self.source.timeline.links.get(link)
        return None if server is None else server.target

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)  # pyright: ignore[reportUnknownMemberType]

    def _say(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        self.post_message(Say(text, severity))
