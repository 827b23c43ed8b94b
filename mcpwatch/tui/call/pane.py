"""The pane Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcpwatch.tui.pane import Pane

__all__ = ["CallPane"]


class CallPane(Pane, can_focus=True):
    """To be filled."""

    def fill(self, name: str, kind: str, arguments: Mapping[str, Any], link: str | None) -> None:
        """Open the form of this tool, prompt, resource or template, filled with `arguments`."""
