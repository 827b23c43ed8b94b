"""The ends of a stream: what comes out of a descriptor, read as it comes; and a server at a URL that never stops."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from time import monotonic

WITHIN = 60.0
TOGETHER = 64 << 10


class Stream:
    """Reads a descriptor in a thread of its own, to its end."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._read = bytearray()
        self._stopping, self._stopper = os.pipe()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    @classmethod
    @contextmanager
    def posted(cls, port: int, path: str) -> Generator[Stream]:
        """The answer to a call that is sent over HTTP."""
        body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"work"}}'
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode() + body)
            stream = cls(connection.fileno())
            try:
                yield stream
            finally:
                stream.stop()

    def wait_for(self, text: bytes) -> None:
        """Wait until `text` came. Raises AssertionError where the stream ends before."""
        deadline = monotonic() + WITHIN
        with self._changed:
            while text not in self._read[:1_000_000]:
                left = deadline - monotonic()
                alive = self._thread.is_alive()
                assert left > 0 and alive, f"no {text!r} in {bytes(self._read[-2000:])!r}"
                self._changed.wait(min(left, 0.5))

    def read(self) -> bytes:
        """All that came so far."""
        with self._changed:
            return bytes(self._read)

    def rest(self) -> bytes:
        """All of it, to its end."""
        self._thread.join(WITHIN)
        assert not self._thread.is_alive(), "the stream has no end"
        self.stop()
        return bytes(self._read)

    def stop(self) -> None:
        """Read no more of it; twice is once."""
        with self._changed:
            stopper, self._stopper = self._stopper, -1
        if stopper >= 0:
            os.close(stopper)
        self._thread.join(WITHIN)

    def _pump(self) -> None:
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        poll.register(self._stopping, select.POLLHUP)
        with suppress(OSError):  # reset by whoever was killed
            while all(descriptor != self._stopping for descriptor, _ in poll.poll()):
                if not (piece := os.read(self.descriptor, 1 << 20)):
                    break
                with self._changed:
                    self._read += piece
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
        os.close(self._stopping)


@contextmanager
def streaming(size: int) -> Generator[str]:
    """The URL of a server that answers every POST with numbered events of a size, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taking = threading.Thread(target=_take, args=(listener, size), daemon=True)
        taking.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            taking.join(WITHIN)


def _take(listener: socket.socket, size: int) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, size), daemon=True).start()


def _answer(connection: socket.socket, size: int) -> None:
    head = b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"n='
    tail = b'"}}\n\n'
    fill = b";" + b"x" * max(0, size - len(head) - len(tail) - 10) + tail
    with connection, suppress(OSError):
        seen = b""
        while b"\r\n\r\n" not in seen:
            piece = connection.recv(65_536)
            if not piece:
                return
            seen += piece
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        number = 0
        while True:
            several = max(1, min(100, TOGETHER // max(size, 1)))
            connection.sendall(b"".join([b"%s%d%s" % (head, number + one, fill) for one in range(1, several + 1)]))
            number += several
