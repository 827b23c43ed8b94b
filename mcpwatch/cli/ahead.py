"""The server first: its process is started before what watches it is imported, so that the two starts overlap.

What is imported up to here is little: options, the target, the answers. The session, the event loop and the view come
after the start, which saves a fifth of the time until a server written in Python has shown what it offers.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from mcpwatch.cli.plan import Plan
from mcpwatch.errors import ConnectError, ExitCode
from mcpwatch.session.launch import launch
from mcpwatch.wire.process import subreaper

if TYPE_CHECKING:
    from mcpwatch.session.target import Target
    from mcpwatch.wire.process import Child

__all__ = ["carry_out"]


def carry_out(plan: Plan) -> ExitCode:
    """Start the plan's servers, watch them, and see them ended, whatever happens in between."""
    subreaper()
    with _ended_by_signals():
        started: dict[str, Child] = {}
        try:
            for target in plan.targets:
                _start(target, started)
            from mcpwatch.cli.watching import watch_plan

            return watch_plan(plan, started)
        finally:
            for child in started.values():
                # Nothing is left to do where the session has ended it.
                child.end(grace=0)
                child.close_stdout()
                child.close_stderr()


def _start(target: Target, started: dict[str, Child]) -> None:
    """Not for a URL; and where it cannot be started, the session will meet the same, and say so."""
    if target.url is None:
        with suppress(ConnectError):
            started[target.name] = launch(target)


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Until the loop takes the signals over, one of them ends us in order: the server is ended too."""

    def end(_: int, __: FrameType | None) -> None:
        raise SystemExit(ExitCode.TERMINATED)

    names = ("SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] == signal.SIG_DFL:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])
