"""The keys that work on every screen, one list for the app and for the screens that stand before it.

What stands before the others (a question, the list of questions) hides the app's own keys, so it names those that go on
working there. They have the same ids, so that a key of one's own is the same everywhere.
"""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

__all__ = ["HELP", "NAMES", "PALETTE", "PANES", "QUIT", "RESTART"]

NAMES: Final = ("Traffic", "Running", "Call", "Logs", "Server", "Stats")
"""What the panes are called, in the order of their keys."""
PANES: Final = tuple(
    Binding(str(number), f"app.pane({number - 1})", name, id=f"app.pane-{number}", show=False)
    for number, name in enumerate(NAMES, 1)
)
HELP: Final = Binding("question_mark", "app.help", "Help", key_display="?", id="app.help")
PALETTE: Final = Binding("ctrl+p", "app.command_palette", "Commands", id="app.palette", show=False)
QUIT: Final = Binding("q", "app.quit", "Quit", id="app.quit")
RESTART: Final = Binding("R", "app.restart", "Restart the server", id="app.restart", show=False)
