"""The pane Stats."""

from __future__ import annotations

from mcpwatch.tui.pane import Pane

__all__ = ["StatsPane"]


class StatsPane(Pane, can_focus=True):
    """To be filled."""
