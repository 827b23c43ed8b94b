"""What the six panes have in common: a source, being told when it grew, and a few words of help."""

from __future__ import annotations

from typing import ClassVar

from textual.widget import Widget

from mcpwatch.tui.source import Source

__all__ = ["Pane"]


class Pane(Widget):
    """One of the screens behind the tabs. Bindings have ids (`traffic.follow`), for people to change keys by."""

    DEFAULT_CSS = """
    Pane { height: 1fr; width: 1fr; layout: vertical; }
    """
    HELP: ClassVar[str | None] = None
    """A paragraph or two for `?`, above the list of keys; our own words, so they may hold line ends and no markup."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source = source

    def grew(self) -> None:
        """The source has more, or the pane has just come into view. Only called while it is visible."""

    def enter(self) -> None:
        """The pane has been chosen: give the focus to whatever it is for."""
        first = next((one for one in self.query("*") if one.focusable), self if self.focusable else None)
        if first is not None:
            first.focus(scroll_visible=False)
