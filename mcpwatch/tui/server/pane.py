"""The pane Server."""

from __future__ import annotations

from mcpwatch.tui.pane import Pane

__all__ = ["ServerPane"]


class ServerPane(Pane, can_focus=True):
    """To be filled."""

    def restart(self) -> None:
        """Start the server of the chosen link anew (`R`, from every screen)."""

    def save(self) -> None:
        """Keep the session under a name (`ctrl+s`, from every screen)."""
