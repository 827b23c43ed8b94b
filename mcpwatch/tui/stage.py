"""An app on the terminal from start to end: whatever ends it, the terminal is restored and the source is closed.

Ctrl-C, SIGTERM and SIGHUP from outside end the app as if it had been left, without a question; one more ends the
servers at once. An error in a screen ends the app with a traceback on stderr; the recording is completed first.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from mcpwatch.errors import ExitCode, worst
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.live import Live

__all__ = ["ended", "shown"]

_CODES = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
    "SIGHUP": ExitCode.TERMINATED,
}


async def shown(app: WatchApp) -> ExitCode:
    """Run the app over its source until it is left, then close the source. Returns what the process should."""
    ends = _Ends(app)
    asyncio.get_running_loop().set_exception_handler(lambda _, about: app.failed_aside(about))
    crashed = ExitCode.FINDING
    with ends.caught():
        try:
            await app.run_async()
            crashed = ExitCode.FINDING if app.return_code else ExitCode.OK
        finally:
            ends.left = True
            await ended(app, worst(ends.code or ExitCode.OK, crashed))
    return worst(app.source.code, ends.code or ExitCode.OK)


async def ended(app: WatchApp, code: ExitCode = ExitCode.OK) -> None:
    """Close what the app was over, now that nobody is at its screens. `code` is why it ended, for the recording."""
    source = app.source
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED) and isinstance(source, Live):
        source.why = "interrupted" if code == ExitCode.INTERRUPTED else "terminated"
    unanswered = ExitCode.UNANSWERED if app.left_questions or app.questions_wait else ExitCode.OK
    source.code = worst(source.code, code, unanswered)
    app.desk.close()
    await source.close()


class _Ends:
    """Signals while the app runs and while its source is closed. `code` is None until one came."""

    def __init__(self, app: WatchApp) -> None:
        self.code: ExitCode | None = None
        self.left = False
        self._app = app

    @contextmanager
    def caught(self) -> Generator[None]:
        """While it lasts no signal ends us the rude way."""
        loop = asyncio.get_running_loop()
        undo: list[Callable[[], object]] = []
        for name in _CODES:
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # nohup wants a hang-up ignored
            try:
                loop.add_signal_handler(number, self._came, name)
            except (NotImplementedError, RuntimeError, ValueError):
                continue  # Windows, and loops that are not in the main thread
            undo.append(lambda number=number: loop.remove_signal_handler(number))
        try:
            yield
        finally:
            for one in undo:
                one()

    def _came(self, name: str) -> None:
        again, self.code = self.code is not None, self.code or _CODES[name]
        if not again and not self.left:
            self._app.exit()
        elif isinstance(self._app.source, Live):
            self._app.source.hurry()
