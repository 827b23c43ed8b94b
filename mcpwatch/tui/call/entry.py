"""What is typed into: one line, several, JSON. A character that cannot be seen shows as a mark, and stays what it is.

Textual writes what an entry holds to the terminal as it stands, and what it holds may come from a server: a default, a
suggestion, a call from a recording. So every entry draws its text through here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, TextArea

from mcpwatch.text import sanitize

__all__ = ["JsonEntry", "LinesEntry", "TextEntry", "visible"]

_UNSEEN = "�"


def visible(text: str) -> str:
    """`text` with as many characters, each of which can be seen."""
    if sanitize(text) == text:
        return text
    shown = "".join(char if sanitize(char) == char else _UNSEEN for char in text)
    return shown if sanitize(shown) == shown else "".join(char if char.isascii() else _UNSEEN for char in shown)


class TextEntry(Input):
    """One line. `suggest` offers values below it: down and up choose, Enter takes, Escape leaves them."""

    DEFAULT_CSS = """
    TextEntry { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    TextEntry:focus { border: none; background: $boost; }
    """

    class Suggesting(Message):
        """The suggestions, or which one is chosen, have changed."""

        def __init__(self, entry: TextEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, value: str = "", *, password: bool = False) -> None:
        super().__init__(value, password=password, select_on_focus=False, compact=True)
        self.suggested: Sequence[str] = ()
        self.chosen: int | None = None

    def suggest(self, values: Sequence[str]) -> None:
        """Offer these below the line; none take the offer away."""
        self.suggested, self.chosen = values, None
        self.post_message(self.Suggesting(self))

    @property
    def _value(self) -> Text:
        shown = "•" * len(self.value) if self.password else visible(self.value)
        return Text(shown, no_wrap=True, overflow="ignore", end="")

    async def _on_key(self, event: events.Key) -> None:
        if self.suggested and self._moved(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    def _moved(self, key: str) -> bool:
        match key:
            case "down":
                self.chosen = 0 if self.chosen is None else min(self.chosen + 1, len(self.suggested) - 1)
            case "up":
                self.chosen = None if not self.chosen else self.chosen - 1
            case "escape":
                self.suggested, self.chosen = (), None
            case "enter" if self.chosen is not None:
                self.value = self.suggested[self.chosen]
                self.cursor_position = len(self.value)
                self.suggested, self.chosen = (), None
            case _:
                return False
        self.post_message(self.Suggesting(self))
        return True


class LinesEntry(TextArea):
    """Several lines of text."""

    DEFAULT_CSS = """
    LinesEntry { width: 1fr; height: auto; min-height: 3; max-height: 8; border: none; padding: 0 1; }
    LinesEntry:focus { border: none; background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "edge(False)", show=False),
        Binding("ctrl+end", "edge(True)", show=False),
    ]

    def __init__(self, text: str = "", *, language: str | None = None) -> None:
        super().__init__(text, language=language, show_line_numbers=False, compact=True, tab_behavior="focus")

    def get_line(self, line_index: int) -> Text:
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)

    def action_edge(self, end: bool) -> None:
        """To the beginning or the end of all of it."""
        self.move_cursor(self.document.end if end else (0, 0))


class JsonEntry(LinesEntry):
    """JSON, in colours."""

    DEFAULT_CSS = """
    JsonEntry { min-height: 1; }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text, language="json")
