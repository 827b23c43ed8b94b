"""The pane Running."""

from __future__ import annotations

from mcpwatch.tui.pane import Pane

__all__ = ["RunningPane"]


class RunningPane(Pane, can_focus=True):
    """To be filled."""
