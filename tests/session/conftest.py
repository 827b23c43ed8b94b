"""What the tests of the session share: a clock that a test moves by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import pytest

from mcpwatch.session import dispatch


class Clock:
    """The loop's time and the dispatcher's, moved by the test: seconds pass at once, and what is due runs."""

    def __init__(self) -> None:
        self._ahead = 0.0
        loop = asyncio.get_running_loop()
        self._real: Callable[[], float] = loop.time
        loop.time = self.now  # type: ignore[method-assign]

    def now(self) -> float:
        return self._real() + self._ahead

    async def pass_(self, seconds: float) -> None:
        """Let everything run that is ready, then let `seconds` pass, then let run what became due."""
        await settled()
        self._ahead += seconds
        await settled()


async def settled() -> None:
    """Give every task that is ready its turn, and the ones that it wakes theirs."""
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> Clock:
    clock = Clock()
    monkeypatch.setattr(dispatch, "monotonic", clock.now)
    return clock
