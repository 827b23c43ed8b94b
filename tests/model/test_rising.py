"""Numbers that rise are kept as they came, in a byte each."""

from __future__ import annotations

import random
import sys

import pytest

from mcpwatch.model.rising import Rising


def _numbers(steps: tuple[int, ...], count: int) -> list[int]:
    chance, number, found = random.Random(count), 0, list[int]()
    for _ in range(count):
        number += chance.choice(steps)
        found.append(number)
    return found


@pytest.mark.parametrize("steps", [(1,), (1, 2, 3), (1, 253, 254, 255, 256, 257), (1, 1 << 40)], ids=str)
@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 512, 1_000])
def test_what_was_added_is_there_and_nothing_else(steps: tuple[int, ...], count: int) -> None:
    numbers = _numbers(steps, count)
    rising = Rising()
    for number in numbers:
        rising.add(number)
        rising.add(number)  # as several messages in one batch do
        assert rising.last == number
    assert list(rising) == numbers
    assert len(rising) == count
    assert all(number in rising for number in numbers)
    there = set(numbers)
    assert not any(number + 1 in rising for number in numbers if number + 1 not in there)
    assert -1 not in rising
    for position in (0, 1, 255, 256, 300, count, count + 1_000):
        assert list(rising.since(position)) == numbers[position:]


def test_a_number_that_does_not_rise_is_none() -> None:
    rising = Rising()
    for number in (5, 3, 5, 0, 6):
        rising.add(number)
    assert list(rising) == [5, 6]


def test_a_million_take_a_megabyte_and_a_half_at_most() -> None:
    rising = Rising()
    for number in range(0, 2_000_000, 2):
        rising.add(number)
    kept = sum(sys.getsizeof(getattr(rising, name)) for name in ("_steps", "_starts", "_at"))
    assert kept < 1_500_000
