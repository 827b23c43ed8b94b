"""Numbers that only rise, a byte each: which of a recording's events belong together, when there may be millions.

What is kept of each is how far it lies behind the one before it. Whoever reads may do so while another thread adds.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

__all__ = ["Rising"]

_EACH = 256
"""Numbers from one that is kept as it is to the next."""
_FAR = 0xFF
"""Stands for a step that is in eight bytes of its own behind it."""


class Rising:
    """Integers from 0 to 2**64 - 1 in rising order, each once."""

    __slots__ = ("_at", "_count", "_starts", "_steps", "last")

    def __init__(self) -> None:
        self.last = -1
        """The largest, and the latest; -1 where there is none."""
        self._steps = bytearray()
        self._starts = array("Q")
        self._at = array("Q")
        self._count = 0

    def add(self, number: int) -> None:
        """Take in a number; one that is not larger than the last is none."""
        step = number - self.last
        if step <= 0:
            return
        if self._count % _EACH == 0:
            self._at.append(len(self._steps))
            self._starts.append(number)
        elif step < _FAR:
            self._steps.append(step)
        else:
            self._steps += b"\xff" + step.to_bytes(8, "little")
        self.last = number
        self._count += 1  # last: what is not counted is not read

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return self.since(0)

    def __contains__(self, number: int) -> bool:
        block = bisect_right(self._starts, number) - 1
        if block < 0:
            return False
        for one in self._block(block, self._count):
            if one >= number:
                return one == number
        return False

    def since(self, position: int) -> Iterator[int]:
        """The numbers from the one at `position` on, as many as there are now."""
        count = self._count
        for block in range(position // _EACH, -(-count // _EACH)):
            skipped = max(position - block * _EACH, 0)
            for at, one in enumerate(self._block(block, count)):
                if at >= skipped:
                    yield one

    def _block(self, block: int, count: int) -> Iterator[int]:
        """The numbers of a block, of `count` altogether."""
        number, at, steps = self._starts[block], self._at[block], self._steps
        yield number
        for _ in range(min(count - block * _EACH, _EACH) - 1):
            step = steps[at]
            at += 1
            if step == _FAR:
                step = int.from_bytes(steps[at : at + 8], "little")
                at += 8
            number += step
            yield number
