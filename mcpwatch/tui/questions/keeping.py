"""The line in which a person names the file that an answer is kept in as a rule."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from mcpwatch.view.dialogue import RULES_FILE

__all__ = ["Keeping"]


class Keeping(Horizontal):
    """Hidden until it is wanted: an answer that goes out while it is seen is kept."""

    DEFAULT_CSS = """
    Keeping { height: auto; display: none; }
    Keeping Input { width: 1fr; }
    """

    class Named(Message):
        """Enter: the answer may go out."""

    def __init__(self, file: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = file

    def compose(self) -> ComposeResult:
        yield Label("save as a rule in ")
        yield Input(self._first, compact=True)
        yield Label(" enter sends and saves")

    @property
    def field(self) -> Input:
        return self.query_one(Input)

    @property
    def file(self) -> str | None:
        """The file, where the answer is to be kept."""
        return (self.field.value.strip() or RULES_FILE) if self.display else None

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Named())
