"""stdout and stderr, which may break while we run: a reader that has gone, a disk that is full, a descriptor that was
closed before we began.

An outlet that broke is silent from then on, and says so once; nothing that is written to it raises. What that means is
for others to say: stdout is data, and without it a session has nobody to run for; stderr is talk, which goes on
unheard.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TextIO

from mcpwatch.errors import RecordingError
from mcpwatch.view.screen import Screen

__all__ = ["Outlet", "fill_gaps", "full", "mute"]

_GONE = frozenset({errno.EPIPE, errno.EIO})
"""Nobody is there any more: a closed pipe, a terminal that was closed."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Outlet:
    """One of the two. `screen` writes to it as the view wants to, `attempt` in any other way."""

    def __init__(self, file: TextIO, descriptor: int, broken: Callable[[], object] | None = None) -> None:
        screen = Screen.of(file)

        def write(text: str) -> None:
            self.attempt(partial(screen.write, text))

        self.screen = screen._replace(write=write)
        self.file = file
        self.error: OSError | None = None
        """Why it broke."""
        self._descriptor = descriptor
        self._broken = broken

    @property
    def closed(self) -> bool:
        """Whether whoever read it has closed it: that is no failure, only an end. A terminal that went is none."""
        return self.error is not None and self.error.errno == errno.EPIPE

    @property
    def failure(self) -> RecordingError | None:
        """What to say where it broke without anybody wanting it to."""
        if self.error is None or self.error.errno in _GONE:
            return None
        return full(self.error) or RecordingError(f"cannot write to stdout: {self.error.strerror or self.error}")

    def attempt(self, write: Callable[[], object]) -> None:
        """Run `write`, which writes to this outlet and may raise `OSError`; unless it broke before."""
        if self.error is not None:
            return
        try:
            write()
        except OSError as error:
            self.error = error
            mute(self._descriptor)
            if self._broken is not None:
                self._broken()


def full(error: OSError) -> RecordingError | None:
    """The sentence for an output that does not fit on the disk; None for any other error."""
    if error.errno not in _FULL:
        return None
    return RecordingError(
        f"cannot write to stdout: {os.strerror(error.errno).lower()}", hint="free some space, or write somewhere else"
    )


def mute(descriptor: int) -> None:
    """Let what is written from now on go nowhere, also what Python still holds and writes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def fill_gaps() -> None:
    """Put the null device where a standard descriptor is closed (`>&-`): the next file to be opened, a recording say,
    would take its number, and what is meant for a terminal would end up in it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Lowest first, so each gets the number that is free.
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8", errors="replace", closefd=False))
