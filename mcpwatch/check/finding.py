"""What was not as a script expects it: one sentence, where in the script it stands, and what would make it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mcpwatch.check.script import Place

__all__ = ["KEEP", "Finding"]


class _Keep:
    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = _Keep()
"""There is nothing that `test --update` could write there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is the expectation's, or the step's where it has none; `rewrite` a value that would be met there, or at
    `rewrite_at`.
    """

    message: str
    place: Place
    rewrite: Any = KEEP
    rewrite_at: Place | None = None
