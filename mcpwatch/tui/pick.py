"""A small list to choose one thing from, in front of the screen. What is offered may be a server's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mcpwatch.tui import paint
from mcpwatch.view.style import Line

__all__ = ["Pick", "ask"]

ValueT = TypeVar("ValueT")


def ask(asking: Widget, pick: Pick[ValueT], then: Callable[[ValueT], None]) -> None:
    """Show it in front of the screen of `asking`; `then` gets what was chosen, and is not called where nothing was."""

    def chosen(value: ValueT | None) -> None:
        if value is not None:
            then(value)

    asking.app.push_screen(pick, chosen)  # pyright: ignore[reportUnknownMemberType]


class Pick(ModalScreen[ValueT | None], Generic[ValueT]):
    """Dismissed with the value that was chosen; None where the person has turned away."""

    DEFAULT_CSS = """
    Pick { align: center middle; }
    Pick > Vertical { width: auto; min-width: 30; max-width: 80%; height: auto; max-height: 80%;
        border: round $primary; background: $surface; padding: 0 1; }
    Pick Static { width: auto; height: auto; text-style: bold; }
    Pick OptionList { width: auto; min-width: 28; height: auto; max-height: 16; border: none; padding: 0;
        background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "away", "Back", id="pick.away")]

    def __init__(self, title: str, offered: Sequence[tuple[ValueT, Line]], chosen: ValueT | None = None) -> None:
        super().__init__()
        self._title = title
        self._offered = list(offered)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(paint.content(self._title))
            yield OptionList(*(Option(paint.content(line)) for _, line in self._offered))

    def on_mount(self) -> None:
        values = [value for value, _ in self._offered]
        listed = self.query_one(OptionList)
        listed.highlighted = values.index(self._chosen) if self._chosen in values else 0 if values else None
        listed.focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss(self._offered[message.option_index][0])

    def action_away(self) -> None:
        self.dismiss(None)
