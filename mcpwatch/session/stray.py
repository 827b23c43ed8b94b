"""What a server sent that nobody can take for an answer, for whoever waits for one in vain.

Owns the sentence. A request that times out while such a thing came was most likely answered, in a way that no client
understands: to wait longer does not help.
"""

from __future__ import annotations

__all__ = ["Stray"]

_LONGER = "Give it longer with --timeout SECONDS; progress starts the time anew."


class Stray:
    """How often it happened on one link, and what it was last."""

    def __init__(self) -> None:
        self.count = 0
        self._last = ""

    def unreadable(self) -> None:
        """A line or body that is no message."""
        self.count += 1
        self._last = "was no message that can be read"

    def unasked(self) -> None:
        """An answer to an id that no request waits with."""
        self.count += 1
        self._last = "answers an id that nobody asked with"

    def hint(self, since: int) -> str:
        """What may help with a request that timed out; `since` is the count when it was made."""
        return _LONGER if self.count == since else f"What came meanwhile {self._last}: the answer may be in it."
