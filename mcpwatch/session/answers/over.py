"""Whether a question is still wanted: one word between the loop, which learns it, and the thread that asks a person.

There is one for each question, made before anybody is asked. So a word that comes early is not lost, and one that
comes late ends no other question: both happened when a screen had a flag of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["Over"]


class Over:
    """Not over until `set`. Any thread may call anything; `why` is a sentence for the person, or empty."""

    def __init__(self) -> None:
        self.why = ""
        self._lock = threading.RLock()
        self._is_set = False
        self._calls: list[Callable[[], object]] = []

    @property
    def is_set(self) -> bool:
        return self._is_set

    def set(self, why: str = "") -> None:
        """Nobody waits for the answer any more. Only the first time counts."""
        with self._lock:
            if self._is_set:
                return
            self._is_set, self.why = True, why
            for call in self._calls:
                call()

    @contextmanager
    def calls(self, call: Callable[[], object]) -> Generator[None]:
        """`call` is called once when it is over, at once where it is already, and never after the block."""
        with self._lock:
            self._calls.append(call)
            if self._is_set:
                call()
        try:
            yield
        finally:
            with self._lock:
                self._calls.remove(call)
