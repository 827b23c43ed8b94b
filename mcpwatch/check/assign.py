"""Who goes with whom, where each that is wanted needs one of its own: as many as there can be, not first come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["assigned"]

WantT = TypeVar("WantT")
GotT = TypeVar("GotT")


def assigned(wanted: Sequence[WantT], got: Sequence[GotT], fits: Callable[[WantT, GotT], bool]) -> list[int | None]:
    """For each that is wanted the index of what it got, in order as far as that leaves the most; None for nothing."""
    fitting = [[number for number, one in enumerate(got) if fits(want, one)] for want in wanted]
    holder: dict[int, int] = {}

    def find(want: int, tried: set[int]) -> bool:
        for number in fitting[want]:
            if number not in tried:
                tried.add(number)
                if number not in holder or find(holder[number], tried):
                    holder[number] = want
                    return True
        return False

    for want in range(len(wanted)):
        find(want, set())
    found: list[int | None] = [None] * len(wanted)
    for number, want in holder.items():
        found[want] = number
    return found
