"""A real client and a real server on pipes, with us between them: bytes go on as they are.

Owns three threads, one a pipe, and the order of the end. Each reads a chunk, hands it on, and only then has it
published (`copies.py`). They block, so a slow reader holds back its writer, as if the two were joined directly, and
nobody else. What ends on one side is ended on the other: an end of input, a pipe that nobody reads any more. The
process and its group are `process.py`'s; which signals go where and what the exit code becomes is left to the command.

Nothing here ends a server that goes on without its client, or a client's patience: what one of them does to the other,
it does through us.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from time import perf_counter

from mcpwatch.events import Closed
from mcpwatch.wire.pipes import Gathered, Source, Stop
from mcpwatch.wire.process import Child, Exit
from mcpwatch.wire.proxy.copies import MOST, Copies, Door

__all__ = ["StdioProxy"]

_EXIT_PATIENCE = 2.0  # seconds between the end of stdout and that of a process that is just exiting
_ENDING = frozenset({"SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"})
_HASTE = 1.0  # seconds that a client may take nothing once the server has ended and somebody wanted it to


class StdioProxy:
    """Carries bytes between `child` and the client on three descriptors of ours (the standard ones).

    Every line is published, whole, in the order in which it was read, and `Closed` as the link's last event; publish
    `Opened` first. Without a `hub` bytes are carried and nothing else. `failed` is called, from any thread, if
    publishing fails in a way that nobody expected; the traffic goes on.
    """

    def __init__(
        self,
        child: Child,
        *,
        link: str,
        hub: Door | None,
        failed: Callable[[Exception], object] = lambda error: None,
        client: tuple[int, int, int] = (0, 1, 2),
    ) -> None:
        self.child = child
        self.link = link
        self._copies = Copies(link, hub, failed)
        self._stdin, self._stdout, self._stderr = client
        # A number of our own, which is never closed while a thread may write to it.
        self._server = os.dup(child.stdin)
        child.close_stdin()
        self._drained = Stop()  # from now on only what is in the pipes already
        self._moved = 0
        self._hasty = self._stopped = self._over = False
        self._signals: list[str] = []
        self._silent = self._hung_up = False
        self._running = {"s2c", "stderr"}
        self._look = threading.Event()
        self._ended = threading.Event()
        self._ender: threading.Thread | None = None

    def run(self) -> Exit:
        """Carry bytes until the server is gone and all it wrote is handed on; returns how it went."""
        attending = threading.Thread(
            target=self._copies.attend, args=(self._ended,), name="mcpwatch-copies", daemon=True
        )
        attending.start()
        for lane, carry in (("c2s", self._carry_in), ("s2c", self._carry_out), ("stderr", self._carry_stderr)):
            threading.Thread(target=self._guarded, args=(lane, carry), name=f"mcpwatch-{lane}", daemon=True).start()
        self.child.wait()
        left = self._hung_up or any(name in _ENDING for name in self._signals)  # what the client does next is no reason
        # What the server wrote is in the pipes; a descendant that holds them open is not waited for.
        self._drained.set()
        self._settle()
        self._over = True
        self._ended.set()
        self._copies.wake()
        attending.join()
        if self._ender is not None:
            self._ender.join()
        exit_ = self.child.end(grace=0, kill_group_only=True)
        if self._signals:
            self._copies.note("signalled", signals=self._signals)
        reason = "closed" if self._stopped else "left" if left else "signal" if exit_.signal else "exit"
        self._copies.close(Closed(link=self.link, reason=reason, code=exit_.code, signal=exit_.signal))
        return exit_

    def signal(self, number: int) -> None:
        """Hand a signal on to the server. Once it is gone, a client that takes nothing is not waited for any more."""
        self._hasty = True
        self._look.set()
        self._signals.append(signal.Signals(number).name)
        self.child.signal(number)

    def unrecorded(self) -> None:
        """Publish nothing any more; the traffic goes on. Any thread."""
        self._copies.forget()

    def stop(self) -> None:
        """End the traffic and the server. Any thread; returns at once."""
        if not self._stopped:
            self._stopped = self._hasty = True
            self._copies.forget()
            self._ender = threading.Thread(target=self._end, name="mcpwatch-proxy-end", daemon=True)
            self._ender.start()
            self._look.set()

    # -- the three threads

    def _carry_in(self) -> None:
        """From the client to the server."""
        copies, client, server = self._copies, self._stdin, self._server
        at, most, chunk = perf_counter(), MOST, b""
        while not self._stopped and (chunk := _get(client, most)):
            at = perf_counter()
            copies.came("c2s", chunk, at)
            if left := self._put(server, chunk):
                copies.not_sent(left, "the server's stdin is closed")
                break
            most = copies.keep_up("c2s", len(chunk), at)
        copies.end("c2s", at)
        if chunk:
            _let_go(client, os.O_RDONLY)  # so that the client meets what we met
        else:
            self._hung_up = not self._silent
            copies.note("client-closed")
        os.close(server)

    def _carry_out(self) -> None:
        """From the server to the client."""
        copies, child, client = self._copies, self.child, self._stdout
        source = Source(child.stdout, self._drained)
        at, most, left = perf_counter(), MOST, 0
        try:
            while not self._stopped and (chunk := source.read(most)):
                at = perf_counter()
                copies.came("s2c", chunk, at)
                if left := self._put(client, chunk):
                    break
                most = copies.keep_up("s2c", len(chunk), at)
                self._moved += 1
            copies.end("s2c", at)
        finally:
            self._silent = True
            _let_go(client, os.O_WRONLY)  # the end, for the client
            child.close_stdout()  # and for a server that would go on writing
        if left:
            copies.note("client-gone", bytes=left)
        elif not self._stopped and child.wait(_EXIT_PATIENCE) is None:
            copies.note("stdout-closed", pid=child.pid)

    def _carry_stderr(self) -> None:
        copies, child, gathered = self._copies, self.child, Gathered()
        source = Source(child.stderr, self._drained)
        chunk: bytes | None = None
        try:
            while chunk != b"" and not self._stopped:
                chunk = source.read(gathered.room, gathered.left(perf_counter()))
                if piece := gathered.take(chunk, perf_counter()):
                    copies.came("stderr", *piece)
                if chunk and self._put(self._stderr, chunk):
                    chunk = b""
                copies.record()
                self._moved += 1
            if piece := gathered.take(b"", perf_counter()):  # the client takes no more: these are the last words
                copies.came("stderr", *piece)
                copies.record()
        finally:
            child.close_stderr()

    # -- what they share

    def _put(self, fd: int, chunk: bytes) -> int:
        """Write it all; returns how many bytes of it nobody takes any more."""
        rest: bytes | memoryview = chunk
        while not self._over:
            try:
                done = os.write(fd, rest)
                if done == len(rest):
                    return 0
                rest = memoryview(rest)[done:]
            except BlockingIOError:
                _wait(fd, select.POLLOUT)
            except OSError:
                break
        return len(rest)

    def _settle(self) -> None:
        """Wait until all is handed on: as long as the client takes, or for a moment where somebody wants an end."""
        while self._running:
            moved, hasty = self._moved, self._hasty
            if not self._look.wait(_HASTE if hasty else None) and moved == self._moved:
                return
            self._look.clear()

    def _guarded(self, lane: str, carry: Callable[[], None]) -> None:
        try:
            carry()
        finally:
            self._running.discard(lane)
            self._look.set()

    def _end(self) -> None:
        self.child.end(grace=0, kill_group_only=True)


def _get(fd: int, most: int) -> bytes:
    while True:
        try:
            return os.read(fd, most)
        except BlockingIOError:  # whoever shares the client's end with us has set it so
            _wait(fd, select.POLLIN)
        except OSError:  # a terminal that went
            return b""


def _wait(fd: int, event: int) -> None:
    poll = select.poll()
    poll.register(fd, event)
    poll.poll()


def _let_go(fd: int, flags: int) -> None:
    """Close what `fd` stands for, and keep its number from standing for anything else."""
    nowhere = os.open(os.devnull, flags)
    os.dup2(nowhere, fd)
    os.close(nowhere)
