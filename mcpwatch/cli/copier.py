"""`--events`: the recording itself on stdout, byte for byte, while it grows.

Copied from the file, not made from events a second time: header, events and footer, so that what was redirected into
a file is a recording too. Only a terminal gets it cleaned: there a server's text could do more than be read.
"""

from __future__ import annotations

import sys
from codecs import getincrementaldecoder
from collections.abc import Sequence
from pathlib import Path

from mcpwatch.cli.outlets import Outlet
from mcpwatch.events import Event
from mcpwatch.text import sanitize

__all__ = ["Copier"]

_PIECE = 1 << 20


class Copier:
    """A stream that copies what has been added to the recording at `path`; `close` brings the footer."""

    def __init__(self, path: Path, outlet: Outlet) -> None:
        # A handle of its own, which goes on to read what is compressed or removed in the end.
        self._file = path.open("rb")
        self._outlet = outlet
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def feed(self, events: Sequence[Event]) -> None:
        self._copy()

    def tick(self) -> None:
        """There is nothing that moves."""

    def pause(self) -> None:
        """Nothing of this is on the terminal where questions are asked."""

    def resume(self) -> None:
        """See `pause`."""

    def close(self) -> None:
        self._copy()
        self._file.close()

    def _copy(self) -> None:
        while piece := self._file.read(_PIECE):
            if self._outlet.screen.terminal:
                self._outlet.screen.write(sanitize(self._decoder.decode(piece), lines=True))
            else:
                self._outlet.attempt(lambda piece=piece: sys.stdout.buffer.write(piece))
        self._outlet.attempt(sys.stdout.buffer.flush)
