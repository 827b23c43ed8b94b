"""The pane Traffic."""

from __future__ import annotations

from mcpwatch.tui.pane import Pane

__all__ = ["TrafficPane"]


class TrafficPane(Pane, can_focus=True):
    """To be filled."""

    def show_frame(self, seq: int) -> None:
        """Bring the frame `seq` into view and choose it."""
