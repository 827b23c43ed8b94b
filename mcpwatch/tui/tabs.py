"""The first line of the screen: which panes there are, by number, and which one is shown."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

__all__ = ["PaneTabs"]


class PaneTabs(Widget):
    """One line; a click on a name chooses it."""

    DEFAULT_CSS = """
    PaneTabs { height: 1; width: 1fr; background: $panel; color: $foreground; }
    """
    current = reactive(0)

    class Chosen(Message):
        """A name was clicked: the number of its pane, from 0."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._labels = [f" {number} {name} " for number, name in enumerate(names, 1)]

    @property
    def title(self) -> str:
        """The name of the pane that is shown."""
        return self._names[self.current]

    def render(self) -> Content:
        return Content.assemble(
            *((label, "bold reverse" if number == self.current else "") for number, label in enumerate(self._labels))
        )

    def on_click(self, event: events.Click) -> None:
        end = 0
        for number, label in enumerate(self._labels):
            end += len(label)
            if event.x < end:
                self.post_message(self.Chosen(number))
                return
