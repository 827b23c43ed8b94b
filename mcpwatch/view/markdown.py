"""Text in Markdown, for a pull request or a job's summary: what a server said is shown there, and is never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mcpwatch.text import sanitize

__all__ = ["code", "fenced", "words"]

_TICKS: Final = re.compile(r"`+")
_FEWEST: Final = 3
"""Backticks that fence a block."""


def code(text: str) -> str:
    """A code span in which nothing is markup, whatever it holds."""
    shown = sanitize(text)
    ticks = "`" * (_longest(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def fenced(lines: Iterable[str]) -> str:
    """A block of code, each of `lines` on a line of its own. No line can end it."""
    shown = [sanitize(line) for line in lines]
    ticks = "`" * max(_FEWEST, max(map(_longest, shown), default=0) + 1)
    return "\n".join((f"{ticks}text", *shown, ticks))


def words(text: str) -> str:
    """A sentence of ours, in which a name may stand that somebody else chose."""
    return re.sub(r"([\\`*_\[\]<>|@#])", r"\\\1", sanitize(text))


def _longest(text: str) -> int:
    return max((len(found) for found in _TICKS.findall(text)), default=0)
