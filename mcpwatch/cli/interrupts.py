"""Ctrl-C, SIGTERM and SIGHUP as an orderly end: the body is cancelled, the servers are ended, the recording is
completed.

A second signal ends the servers at once; the recording is still completed.
"""

from __future__ import annotations

import asyncio
import os
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
    """Signals while a session runs. `code` is None until one came."""

    def __init__(self) -> None:
        self.code: ExitCode | None = None

    @contextmanager
    def cancel(self, scope: anyio.CancelScope, hurry: Callable[[], None]) -> Generator[None]:
        """While it lasts the first signal cancels `scope`, and a further one calls `hurry`."""
        loop = asyncio.get_running_loop()

        def caught(name: str) -> None:
            if self.code is not None:
                hurry()
                return
            self.code = _CODES[name]
            scope.cancel()

        installed: list[int] = []
        for name in _CODES:
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # nohup wants a hang-up ignored
            try:
                loop.add_signal_handler(number, caught, name)
            except (NotImplementedError, RuntimeError, ValueError):
                continue  # Windows has no handlers on a loop; Ctrl-C then ends the program the ordinary way
            installed.append(number)
        try:
            yield
        finally:
            for number in installed:
                loop.remove_signal_handler(number)


def ignore_broken_pipe() -> None:
    """Let what follows at exit write into nowhere: whoever read our stdout has gone, and that is no failure."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
