"""Every rule there is: importing this imports them all, in the order in which they are listed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module

from mcpwatch.check.rules.rule import RULES

__all__ = ["FILES", "RULES", "named"]

FILES = (
    *("messages", "requests", "handshake", "capabilities", "progress", "logs", "subscriptions"),
    *("tools", "results", "rounds", "headers", "http", "ends", "deprecated"),
)
"""The files that hold rules."""

for _file in FILES:
    import_module(f"mcpwatch.check.rules.{_file}")


def named(word: str) -> list[str]:
    """The rules that a word means: an id, or a pattern such as `progress-*`."""
    return [id for id in RULES if fnmatchcase(id, word)]
