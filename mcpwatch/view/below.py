"""A few lines that move, below those that stay, in a terminal whose cursor can be moved.

The cursor rests at their first cell. A terminal that is made narrower wraps what is below the cursor and leaves the
cursor where it is, so drawing anew erases all of it, however it was wrapped; drawing from the bottom up, as progress
bars usually do, leaves their torn halves behind. For the same reason nothing has to be repaired after Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcpwatch.view.screen import Screen

__all__ = ["Below"]

_ERASE: Final = "\x1b[J"
_END_OF_LINE: Final = "\x1b[K"


class Below:
    """What moves on `screen`. Only one may draw there."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._drawn: list[str] = []

    def draw(self, drawn: Sequence[str], above: Sequence[str] = ()) -> None:
        """Let `above` stay, and put `drawn` below it. One write; erasing line by line while writing over it is what
        does not flicker.
        """
        if not above and list(drawn) == self._drawn:
            return
        stay = "".join(f"{line}{_END_OF_LINE}\n" for line in above)
        move = f"{_END_OF_LINE}\n".join(drawn)
        back = f"\x1b[{len(drawn) - 1}A" if len(drawn) > 1 else ""
        if stay or drawn or self._drawn:
            self._screen.write(f"\r{stay}{move}{_ERASE}{back}\r")
        self._drawn = list(drawn)

    def lift(self) -> None:
        """Erase what moves, for something else that writes here; the next `draw` puts it below that."""
        if self._drawn:
            self._screen.write(f"\r{_ERASE}")
            self._drawn = []
