"""`mcpwatch` inside this process: the whole command line but for the start of an interpreter.

A run that hangs is interrupted, so that it ends with an exit code that no fault expects, and says where it stood.
"""

from __future__ import annotations

import faulthandler
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from mcpwatch.cli import main

__all__ = ["command"]

WITHIN = 90.0
"""Seconds, of which no fault needs more than a few: its own time-outs are far shorter."""


def command(*argv: str, within: float = WITHIN) -> tuple[int, str]:
    """Run it; the exit code, and what it wrote on both streams in order."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with _bounded(within), _as_it_was(), redirect_stdout(screen), redirect_stderr(screen):
        try:
            main(argv)
            code: object = 0
        except SystemExit as left:
            code = left.code
    gc.collect()  # what nobody closed is found here, and not in somebody else's test
    buffer = screen.buffer
    assert isinstance(buffer, io.BytesIO)
    return (code if isinstance(code, int) else 1), buffer.getvalue().decode()


@contextmanager
def _bounded(within: float) -> Generator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(within):
            faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
            os.kill(os.getpid(), signal.SIGINT)

    dog = threading.Thread(target=watch, daemon=True)
    dog.start()
    try:
        yield
    finally:
        over.set()
        dog.join()


@contextmanager
def _as_it_was() -> Generator[None]:
    """The command line changes its process for good, which this one outlives: the parent of orphans, its mark."""
    environment = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        if sys.platform == "linux":
            import ctypes

            ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
