"""The server's process, its client's signals and its end, with the proxy between them.

The server comes first: it is started before what records it is imported, so that its client waits no longer than it
would without us. And we end as it ended, with its exit code or by its signal.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from mcpwatch.errors import ExitCode
from mcpwatch.wire.process import Child

if TYPE_CHECKING:
    from mcpwatch.wire.process import Exit

__all__ = ["pass_on"]

SWITCH = 0.0002
"""Seconds that a thread with bytes to carry waits for one that records."""
_HANDED_ON = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def pass_on(command: Sequence[str], given: Mapping[str, Any]) -> NoReturn:
    """Start the server, carry what it and its client say, and end as it ends. Raises `ConnectError`, `UsageError`."""
    signals = _Signals()
    child = Child.start(command[0], command[1:], marked=False, tied=True)
    try:
        exit_, failed = _carried(child, command, given, signals)
    except BaseException:
        child.end(grace=0, kill_group_only=True)
        child.close_stdout()
        child.close_stderr()
        raise
    _end_like(exit_, failed)


def _carried(child: Child, command: Sequence[str], given: Mapping[str, Any], signals: _Signals) -> tuple[Exit, bool]:
    """How the server ended, and whether the recording failed."""
    from mcpwatch.cli.keeping import Keeping
    from mcpwatch.events import Opened
    from mcpwatch.session.target import parse_target
    from mcpwatch.wire.proxy.stdio import StdioProxy

    target = parse_target((), command)
    link: str = given["name"] or target.name
    keeping = Keeping(given, link)

    def broken(error: Exception) -> None:
        keeping.fail(f"an error of ours, {type(error).__name__}: {error}")

    proxy = StdioProxy(child, link=link, hub=keeping.hub if keeping.records else None, failed=broken)
    signals.to(proxy.signal)
    if keeping.records:
        described = target.describe()
        keeping.hub.publish(Opened(link=link, mode="proxy", transport="stdio", target=described, pid=child.pid))
    keeping.on_failure(lambda: proxy.stop() if keeping.stopped else proxy.unrecorded())
    _tune()
    exit_ = proxy.run()
    keeping.close(_code(exit_))
    return exit_, keeping.failure is not None


def _tune() -> None:
    """What a carrier of bytes needs of Python: threads that let each other through, and no search for garbage in what
    every program has."""
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


class _Signals:
    """What is sent to us from now on, for whoever takes it."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for name in _HANDED_ON:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, _heard)

    def to(self, take: Callable[[int], object]) -> None:
        """Give every signal to `take`, in a thread: also those that have come already."""

        def listen() -> None:
            while numbers := os.read(self._read, 64):
                for number in numbers:
                    take(number)

        threading.Thread(target=listen, name="mcpwatch-signals", daemon=True).start()


def _heard(number: int, frame: object) -> None:
    """The number is in the pipe by now."""


def _code(exit_: Exit) -> int:
    """What a shell would say of it."""
    if exit_.signal is not None:
        return 128 + _number(exit_.signal)
    return ExitCode.CONNECT if exit_.code is None else exit_.code


def _number(name: str) -> int:
    try:
        return signal.Signals[name]
    except KeyError:  # a real-time signal
        return int(name.removeprefix("SIG"))


def _end_like(exit_: Exit, failed: bool) -> NoReturn:
    """End at once, whatever our threads wait for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    if exit_.signal is not None and not failed:
        number = _number(exit_.signal)
        with suppress(ImportError, OSError, ValueError):
            import resource  # not on Windows

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the server's is the one of interest
        with suppress(OSError, ValueError):
            if number != signal.SIGKILL:
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
    os._exit(ExitCode.RECORDING if failed else _code(exit_))
