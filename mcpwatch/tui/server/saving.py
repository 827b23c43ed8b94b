"""Keeping the session under a name, from inside: asking for it, and saying what came of it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from mcpwatch.errors import RecordingError
from mcpwatch.recording.saving import SavedCopy, save_copy, wanted_name
from mcpwatch.tui import paint
from mcpwatch.tui.messages import Say
from mcpwatch.tui.source import Source

__all__ = ["SaveScreen", "save"]


class SaveScreen(ModalScreen[SavedCopy | None]):
    """Asks for a name until the recording is there under it. Dismissed with what was written, or with None."""

    DEFAULT_CSS = """
    SaveScreen { align: center middle; }
    SaveScreen > Vertical { width: 80%; max-width: 100; height: auto; border: round $primary; background: $surface;
        padding: 0 1; }
    SaveScreen Static { width: 1fr; height: auto; }
    SaveScreen #save-title { text-style: bold; }
    SaveScreen #save-problem { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "away", "Back", id="save.away")]

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._writing = False

    def compose(self) -> ComposeResult:
        session = self._source.session is not None and self._source.live
        more = "What comes until the end of the session is added then." if session else ""
        with Vertical():
            yield Static(paint.content("Save this recording as"), id="save-title")
            yield Input(_suggested(self._source), id="save-name")
            yield Static(paint.content(f"{more} A name in .gz or .zst is compressed.".strip(), "dim"))
            yield Static(id="save-problem")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if not self._writing and message.value.strip():
            self._writing = True
            self.run_worker(partial(self._write, message.value.strip()), exit_on_error=False)

    async def _write(self, name: str) -> None:
        source = self._source
        try:
            path = wanted_name(name)
            if source.session is not None and source.live:
                saved = await asyncio.to_thread(source.session.save, path)
            else:
                saved = await asyncio.to_thread(save_copy, source.path, path)
        except RecordingError as error:
            said = f"{error}" if not error.hint or "--force" in error.hint else f"{error}: {error.hint}"
            self.query_one("#save-problem", Static).update(paint.content(said))
            self._writing = False
            return
        self.dismiss(saved)

    def action_away(self) -> None:
        self.dismiss(None)


def save(asking: Widget, source: Source) -> None:
    """Let the person name a file, and keep the recording in it."""

    def saved(copy: SavedCopy | None) -> None:
        if copy is None:
            return
        if source.session is not None and source.live:
            asking.post_message(Say(f"Saved so far as {copy.path}; the rest is added when the session ends."))
        else:
            asking.post_message(Say(f"Saved as {copy.path}."))

    asking.app.push_screen(SaveScreen(source), saved)  # pyright: ignore[reportUnknownMemberType]


def _suggested(source: Source) -> str:
    """A name that is free, from what is watched."""
    link = next((one for one in source.timeline.links if one), "session")
    stem = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in link)[:60]
    stem = stem.strip(".-") or "session"
    free, number = f"{stem}.mcpw.jsonl", 1
    while Path(free).exists():
        number += 1
        free = f"{stem}-{number}.mcpw.jsonl"
    return free
