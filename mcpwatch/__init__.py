"""mcpwatch: see, answer and record everything that crosses the wire of the Model Context Protocol."""

from __future__ import annotations

__version__ = "0.1.0"
