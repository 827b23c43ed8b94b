"""The ends of pipes: reads that can be stopped, and what comes on stderr as whole lines.

Owns how a thread waits for bytes. Every wait is a `poll` on the pipe and on a descriptor of ours: a descendant of a
server may hold a pipe open for ever, and once the server is gone a reader can then still be stopped, after it has read
all that was in the pipe. What the bytes are is left to who reads them.
"""

from __future__ import annotations

import math
import os
import select
import sys
import threading

__all__ = ["Gathered", "Source", "Stop", "unread"]

_POSIX = os.name == "posix"
_MOST_HELD = 64 * 1024
_LINE_PATIENCE = 0.05  # seconds that the rest of a line on stderr may take


class Gathered:
    """What came on stderr, until its line is whole, it is too long, or the rest of it is late."""

    def __init__(self) -> None:
        self._held = b""
        self._since: float | None = None  # when the oldest byte came; None: only more bytes can move it on

    @property
    def room(self) -> int:
        """Bytes that may be read at once."""
        return _MOST_HELD - len(self._held)

    def left(self, now: float) -> float | None:
        """Seconds that the next read may take; None without a bound."""
        return None if self._since is None else max(0.0, self._since + _LINE_PATIENCE - now)

    def take(self, chunk: bytes | None, at: float) -> tuple[bytes, float] | None:
        """Take in what was read at the time `at`: bytes, `b""` for the end, None where none came in time.

        Returns what is to be published now, if anything, and when it came.
        """
        if not chunk:
            at = at if self._since is None else self._since
            cut = len(self._held) if chunk == b"" else _whole_characters(self._held)
            self._since = None
        else:
            self._held += chunk
            cut = self._held.rfind(b"\n") + 1
            if not cut and len(self._held) == _MOST_HELD:
                cut = _whole_characters(self._held)
            if cut or self._since is None:
                self._since = at
        if not cut:
            return None
        piece, self._held = self._held[:cut], self._held[cut:]
        if not self._held:
            self._since = None
        return piece, at


class Stop:
    """A flag that a thread waiting in `poll` notices too."""

    def __init__(self) -> None:
        self.is_set = False
        self.fd, self._other = os.pipe()
        self._lock = threading.Lock()

    def set(self) -> None:
        with self._lock:
            if not self.is_set:
                self.is_set = True
                os.write(self._other, b".")  # never read: it stays readable

    def release(self) -> None:
        """Give the descriptors back, once nobody waits any more."""
        with self._lock:
            if self.fd >= 0:
                self.is_set = True
                os.close(self.fd)
                os.close(self._other)
                self.fd = -1

    def before_writable(self, fd: int) -> bool:
        """Wait until `fd` takes bytes again, or fails; True if the flag came first."""
        poll = select.poll()
        poll.register(fd, select.POLLOUT)
        poll.register(self.fd, select.POLLIN)
        return fd not in {ready for ready, _ in poll.poll()}


class Source:
    """The reading end of a pipe, until its end or until we stop."""

    def __init__(self, fd: int, stop: Stop) -> None:
        self._fd, self._stop = fd, stop
        # What was written before the stop is still in the pipe, so this much more, and then whoever writes is ignored.
        self._allowance = _capacity(fd)
        if _POSIX:
            self._poll = select.poll()
            self._poll.register(fd, select.POLLIN)
            self._poll.register(stop.fd, select.POLLIN)

    def read(self, most: int, timeout: float | None = None) -> bytes | None:
        """The next bytes, at most `most`; `b""` at the end; None if none came within `timeout` seconds."""
        if _POSIX:
            ready = self._poll.poll(None if timeout is None else math.ceil(timeout * 1000))
            if not ready:
                return None
            if self._stop.is_set:
                if all(fd != self._fd for fd, _ in ready):
                    return b""
                chunk = os.read(self._fd, min(most, self._allowance))
                self._allowance -= len(chunk)
                return chunk
        return os.read(self._fd, most)


def _capacity(fd: int) -> int:
    try:
        import fcntl  # not on Windows

        return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)
    except (ImportError, AttributeError, OSError):
        return 1024 * 1024


def unread(fd: int) -> int:
    """The bytes in a pipe that nobody has read yet; 0 where the system does not tell."""
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)
    except (ImportError, AttributeError, OSError, ValueError):  # Windows, or it was closed meanwhile
        return 0


def _whole_characters(data: bytes) -> int:
    """How many bytes there are before a UTF-8 character that has only begun."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return len(data) - back if length > back else len(data)
    return len(data)
