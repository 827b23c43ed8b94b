"""Ctrl-C, SIGTERM and SIGHUP as an orderly end: the body is cancelled, the servers are ended, the recording is
completed.

A second signal ends the servers at once, as does a first one that comes when they are being ended already; the
recording is still completed. Ctrl-Z stops us as it stops any program, with what moves on the screen taken away first
and put back afterwards.
"""

from __future__ import annotations

import asyncio
import signal
import threading
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
_ASIDE = 0.5
"""Seconds that making room on the screen may take; a terminal that nobody reads must not keep us from stopping."""


class Interrupts:
    """Signals while a session runs and while it is ended. `code` is None until one came."""

    def __init__(self) -> None:
        self.code: ExitCode | None = None
        self._body: anyio.CancelScope | None = None
        self._hurry: Callable[[], None] | None = None
        self._hide: Callable[[], object] = lambda: None
        self._show: Callable[[], object] = lambda: None
        self._deaf = 0
        self._stopped_by_us = False

    def on_stop(self, hide: Callable[[], object], show: Callable[[], object]) -> None:
        """What to call before Ctrl-Z stops us, and when we go on; each in a thread of its own."""
        self._hide, self._show = hide, show

    @contextmanager
    def deaf(self) -> Generator[None]:
        """While it lasts Ctrl-C is for somebody else at the same terminal: an editor. From any thread."""
        self._deaf += 1
        try:
            yield
        finally:
            self._deaf -= 1

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
        installed += self._catch_stop(loop)
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

    def _catch_stop(self, loop: asyncio.AbstractEventLoop) -> list[int]:
        """Take over Ctrl-Z where it would stop us; the signals that were taken."""
        if not hasattr(signal, "SIGTSTP") or signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:
            return []
        try:
            loop.add_signal_handler(signal.SIGTSTP, self._stop)
            loop.add_signal_handler(signal.SIGCONT, self._go_on)
        except (NotImplementedError, RuntimeError, ValueError):
            return []
        return [signal.SIGTSTP, signal.SIGCONT]

    def _stop(self) -> None:
        _aside(self._hide)
        self._stopped_by_us = True
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        # From here on we run again.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, self._stop)
        _aside(self._show)

    def _go_on(self) -> None:
        """After a stop that nobody announced (SIGSTOP) the screen is somebody else's."""
        if not self._stopped_by_us:
            _aside(self._hide)
            _aside(self._show)
        self._stopped_by_us = False

    def _came(self, name: str) -> None:
        if name == "SIGINT" and self._deaf:
            return
        first, self.code = self.code is None, self.code or _CODES[name]
        if first and self._body is not None:
            self._body.cancel()
        elif self._hurry is not None:
            self._hurry()


def _aside(call: Callable[[], object]) -> None:
    """Call it beside the loop, and wait for a moment at most."""
    thread = threading.Thread(target=call, name="mcpwatch-aside", daemon=True)
    thread.start()
    thread.join(_ASIDE)
