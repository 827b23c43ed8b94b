"""What every app of ours has, whatever it shows: our driver, the person's keys and theme, help, and a plain crash.

A crash shows where it happened and nothing of what was in memory then: Textual's own report prints local variables,
which may hold what redaction keeps out of everything else.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.theme import Theme

from mcpwatch.redact.crash import crash_report, without_secrets
from mcpwatch.text import sanitize
from mcpwatch.tui import paint, terminal
from mcpwatch.tui.everywhere import HELP, PALETTE, QUIT
from mcpwatch.tui.help import HelpScreen, help_lines
from mcpwatch.tui.palette import Commands
from mcpwatch.tui.settings import Settings, remember_theme
from mcpwatch.tui.typeahead import TypeAhead

__all__ = ["Shell"]

ResultT = TypeVar("ResultT")


class Shell(TypeAhead[ResultT]):
    """An app on the terminal. `about` is what `?` says above the keys, with a title."""

    TITLE = "mcpwatch"
    BINDINGS: ClassVar[list[BindingType]] = [
        HELP,
        PALETTE,
        Binding("ctrl+z", "suspend_process", "Suspend", id="app.suspend", show=False),
        QUIT,
    ]
    COMMANDS = {Commands}

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(driver_class=terminal.driver())
        self.settings = settings or Settings()
        self.crash: BaseException | None = None
        """What ended the app, where that was a mistake of ours."""

    def on_load(self) -> None:
        self.set_keymap(dict(self.settings.keys))
        if self.settings.theme in self.available_themes:
            self.theme = self.settings.theme
        paint.use_theme(self.theme_variables)

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, self._repaint)
        # What was on the terminal meanwhile (a shell, an editor) is not ours.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # pyright: ignore

    def about(self) -> tuple[str, str]:
        """A title and a paragraph for the help of what is shown now."""
        return "mcpwatch", ""

    def action_help(self) -> None:
        """What the focused place is for, and its keys."""
        title, about = self.about()
        self.push_screen(HelpScreen(help_lines(self.screen, about), title))

    def action_help_quit(self) -> None:
        """Ctrl-C, where nothing is selected that could be copied."""
        self.call_later(self.action_quit)

    def failed_aside(self, about: Mapping[str, Any]) -> None:
        """Something failed that nobody waits for. The terminal is in use, so it is told on it, and all goes on."""
        error = about.get("exception")
        said = f"{type(error).__name__}: {error}" if error is not None else str(about.get("message"))
        said = sanitize(without_secrets(f"Something failed beside the screens: {said}"))
        self.notify(said, severity="error", markup=False)

    def _repaint(self, theme: Theme) -> None:
        paint.use_theme(self.theme_variables)
        self.screen.refresh(layout=True)
        if theme.name != self.settings.theme:
            self.settings = replace(self.settings, theme=theme.name)
            remember_theme(theme.name)

    def _fatal_error(self) -> None:
        error = sys.exc_info()[1]
        self.crash = self.crash or error
        if error is not None:
            self._exit_renderables.append(Text(crash_report(error), end=""))
        self._close_messages_no_wait()
