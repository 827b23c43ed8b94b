"""The pane Logs."""

from __future__ import annotations

from mcpwatch.tui.pane import Pane

__all__ = ["LogsPane"]


class LogsPane(Pane, can_focus=True):
    """To be filled."""
