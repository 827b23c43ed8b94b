"""Every rule there is: importing this imports them all, in the order in which they are listed."""

from __future__ import annotations

from importlib import import_module

from mcpwatch.check.rules.rule import RULES

__all__ = ["RULES"]

FILES = (
    *("messages", "requests", "handshake", "capabilities", "progress", "logs", "subscriptions"),
    *("tools", "results", "rounds", "headers", "http", "ends", "deprecated"),
)
"""The files that hold rules."""

for _file in FILES:
    import_module(f"mcpwatch.check.rules.{_file}")
