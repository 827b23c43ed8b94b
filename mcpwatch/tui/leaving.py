"""Quitting: at once where nothing is lost by it, else after a question that says what would be."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["LeaveScreen", "at_stake"]

MOST = 6
"""Running calls and questions that are named; the rest is counted."""


def at_stake(source: Source) -> list[Line]:
    """What would be given up by ending the session now, a line each: running calls, and questions without an answer.

    Empty where nothing is, and for every file.
    """
    if source.session is None or not source.live:
        return []
    now = source.now()
    lines: list[Line] = []
    for waiting in source.timeline.waiting():
        what = waiting.what
        line: Line = [(f"{what.method} ", "what")]
        name = getattr(what, "name", None)
        if isinstance(name, str):
            line.append((f"{name} ", "name"))
        since = duration(max(now - waiting.since, 0.0))
        lines.append([*line, (what.link, "dim"), (f" waits for {since}", "warning")])
    return lines


class LeaveScreen(ModalScreen[bool]):
    """Whether to quit although these wait; True is yes."""

    DEFAULT_CSS = """
    LeaveScreen { align: center middle; }
    LeaveScreen > Vertical {
        width: 70; max-width: 95%; height: auto; max-height: 90%; padding: 1 2; border: round $warning;
        background: $surface;
    }
    LeaveScreen Static { height: auto; margin-bottom: 1; }
    LeaveScreen Horizontal { height: auto; align-horizontal: right; }
    LeaveScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,ctrl+c", "answer(True)", "Quit", id="leave.yes"),
        Binding("n,escape", "answer(False)", "Stay", id="leave.no"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        more = len(lines) - MOST
        self._lines = lines[:MOST] + ([[(f"and {more:,} more", "dim")]] if more > 0 else [])

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(paint.content([("Quit, and give up what is going on?", "strong")]))
            yield Static(paint.lines_content(self._lines))
            with Horizontal():
                yield Button("Stay (n)", id="stay", compact=True)
                yield Button("Quit (y)", id="quit", variant="warning", compact=True)

    def on_mount(self, event: events.Mount) -> None:
        self.query_one("#stay", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "quit")

    def action_answer(self, leave: bool) -> None:
        self.dismiss(leave)
