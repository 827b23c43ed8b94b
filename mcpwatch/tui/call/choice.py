"""What is chosen, not typed: one of several, any of several, or the one thing that can be done here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mcpwatch.text import sanitize
from mcpwatch.tui import paint
from mcpwatch.view.style import Line

__all__ = ["Choice", "Press", "Ticks"]

_MOST = 8
"""Options that are seen at once."""


class Choice(Widget, can_focus=True):
    """One of several on one line. Left and right change it, Enter opens the list of them below."""

    DEFAULT_CSS = """
    Choice { width: 1fr; height: auto; padding: 0 1; background: $surface; }
    Choice:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", id="form.before", show=False),
        Binding("right", "step(1)", "Next", id="form.next", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter,space", "open", "Options", id="form.options", show=False),
        Binding("escape", "close", show=False),
    ]
    chosen: reactive[int | None] = reactive(None, layout=True)
    opened: reactive[bool] = reactive(False, layout=True)
    at: reactive[int] = reactive(0)

    class Chosen(Message):
        """A person chose. `choice.chosen` is which, None for nothing."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, options: Sequence[str], chosen: int | None = None, *, optional: bool = False) -> None:
        super().__init__()
        self._options = [sanitize(option) for option in options]
        self._optional = optional
        self.set_reactive(Choice.chosen, chosen)

    def render(self) -> Content:
        shown = "–" if self._optional else "choose…"
        label = shown if self.chosen is None else self._options[self.chosen]
        style = "strong" if self.has_focus else ""
        lines: list[Line] = [[("‹ " if self.has_focus else "  ", "key"), (label, style), (" ▾", "key")]]
        if self.opened:
            first = self._first()
            for at in range(first, min(first + _MOST, len(self._rows))):
                text, which = self._rows[at]
                mark = "● " if which == self.chosen else "  "
                lines.append(
                    [("› " if at == self.at else "  ", "hint"), (mark + text, "strong" if at == self.at else "")]
                )
            if len(self._rows) > _MOST:
                lines.append([(f"    {self.at + 1} of {len(self._rows)}", "dim")])
        return paint.lines_content(lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if not self.opened:
            return 1
        return 1 + min(len(self._rows), _MOST) + (len(self._rows) > _MOST)

    @property
    def _rows(self) -> list[tuple[str, int | None]]:
        """The list: what there is to choose, and nothing where that may be."""
        rows: list[tuple[str, int | None]] = [(option, at) for at, option in enumerate(self._options)]
        return [("–", None), *rows] if self._optional else rows

    def _first(self) -> int:
        return max(0, min(self.at - _MOST // 2, len(self._rows) - _MOST))

    def _place(self) -> int:
        return next((at for at, (_, which) in enumerate(self._rows) if which == self.chosen), -1)

    def _choose(self, row: int) -> None:
        self.chosen = self._rows[row][1]
        self.post_message(self.Chosen(self))

    def action_step(self, by: int) -> None:
        if self._rows:
            self._choose((max(self._place(), 0 if by < 0 else -1) + by) % len(self._rows))

    def action_move(self, by: int) -> None:
        if self.opened:
            self.at = max(0, min(self.at + by, len(self._rows) - 1))
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_open(self) -> None:
        if self.opened:
            self.opened = False
            self._choose(self.at)
        elif self._rows:
            self.at = max(self._place(), 0)
            self.opened = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.opened if action == "close" else True

    def action_close(self) -> None:
        self.opened = False

    def on_blur(self) -> None:
        self.opened = False

    def on_focus(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if self.opened and 0 < offset.y <= min(len(self._rows), _MOST):
            row = self._first() + offset.y - 1
            self.opened = False
            self._choose(row)
        elif offset.y == 0:
            self.opened = not self.opened


class Ticks(Widget, can_focus=True):
    """Any of several, a line each. Space ticks the one that the arrows are at."""

    DEFAULT_CSS = """
    Ticks { width: 1fr; height: auto; max-height: 12; padding: 0 1; background: $surface; }
    Ticks:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter,space", "tick", "Tick", id="form.tick", show=False),
    ]
    at: reactive[int] = reactive(0)

    class Ticked(Message):
        """A person ticked: `ticks.ticked` are the numbers of the options, in their order."""

        def __init__(self, ticks: Ticks) -> None:
            super().__init__()
            self.ticks = ticks

        @property
        def control(self) -> Ticks:
            return self.ticks

    def __init__(self, options: Sequence[str], ticked: Sequence[int] = ()) -> None:
        super().__init__()
        self._options = [sanitize(option) for option in options]
        self.ticked = set(ticked)

    def render(self) -> Content:
        lines: list[Line] = []
        for at, option in enumerate(self._options):
            here = self.has_focus and at == self.at
            mark = "[x] " if at in self.ticked else "[ ] "
            lines.append([("› " if here else "  ", "hint"), (mark, "key"), (option, "strong" if here else "")])
        return paint.lines_content(lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._options)

    def action_move(self, by: int) -> None:
        to = self.at + by
        if 0 <= to < len(self._options):
            self.at = to
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_tick(self) -> None:
        self.ticked ^= {self.at}
        self.refresh()
        self.post_message(self.Ticked(self))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.y < len(self._options):
            self.at = offset.y
            self.action_tick()


class Press(Widget, can_focus=True):
    """A word or a sign that does one thing, on Enter or a click. `what` tells its owner which."""

    DEFAULT_CSS = """
    Press { width: auto; height: 1; padding: 0 1; }
    Press:focus { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "press", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    class Pressed(Message):
        """It was pressed."""

        def __init__(self, press: Press) -> None:
            super().__init__()
            self.press = press

        @property
        def control(self) -> Press:
            return self.press

    def __init__(self, label: Line | str, what: str) -> None:
        super().__init__()
        self.what = what
        self._label = paint.content(label)

    def relabel(self, label: Line | str) -> None:
        """Say something else on it."""
        self._label = paint.content(label)
        self.refresh(layout=True)

    def render(self) -> Content:
        return self._label

    def action_press(self) -> None:
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        self.action_press()
