"""Ctrl-C, SIGTERM and SIGHUP as an orderly end: the body is cancelled, the servers are ended, the recording is
completed.

A second signal ends the servers at once, as does a first one that comes when they are being ended already; the
recording is still completed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio

from mcpwatch.errors import ExitCode

__all__ = ["Interrupts"]

_CODES = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
    "SIGHUP": ExitCode.TERMINATED,
}


class Interrupts:
    """Signals while a session runs and while it is ended. `code` is None until one came."""

    def __init__(self) -> None:
        self.code: ExitCode | None = None
        self._body: anyio.CancelScope | None = None
        self._hurry: Callable[[], None] | None = None

    @contextmanager
    def caught(self) -> Generator[None]:
        """While it lasts no signal ends us: the first one cancels the body, or, where that is over, hurries."""
        loop = asyncio.get_running_loop()
        installed: list[int] = []
        for name in _CODES:
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # nohup wants a hang-up ignored
            try:
                loop.add_signal_handler(number, self._came, name)
            except (NotImplementedError, RuntimeError, ValueError):
                continue  # Windows has no handlers on a loop; Ctrl-C then ends the program the ordinary way
            installed.append(number)
        try:
            yield
        finally:
            for number in installed:
                loop.remove_signal_handler(number)

    @contextmanager
    def cancel(self, body: anyio.CancelScope, hurry: Callable[[], None]) -> Generator[None]:
        """`body` is what the first signal cancels while this lasts; `hurry` what any further one calls, also later."""
        self._body, self._hurry = body, hurry
        if self.code is not None:
            body.cancel()
        try:
            yield
        finally:
            self._body = None

    def _came(self, name: str) -> None:
        first, self.code = self.code is None, self.code or _CODES[name]
        if first and self._body is not None:
            self._body.cancel()
        elif self._hurry is not None:
            self._hurry()
