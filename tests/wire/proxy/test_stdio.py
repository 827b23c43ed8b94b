"""A client and a server on pipes, with us between them. What its user sees of it is in `tests/cli/test_proxy.py`."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Generator

import pytest

from mcpwatch.events import Closed, Event, Frame
from mcpwatch.hub import Hub
from mcpwatch.wire.process import Child, Exit
from mcpwatch.wire.proxy.stdio import StdioProxy

ECHO = "import os\nwhile chunk := os.read(0, 65536): os.write(1, chunk)"
DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"here\\n")
os.read(os.pipe()[0], 1)
"""
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'


class Between:
    """A proxy in a thread, on pipes whose other ends are the test's."""

    def __init__(self, program: str, *, recorded: bool = True) -> None:
        self.events: list[Event] = []
        hub = Hub()
        hub.attach(self.events.append)
        theirs_in, self.stdin = os.pipe()
        self.stdout, theirs_out = os.pipe()
        theirs_err = os.open(os.devnull, os.O_WRONLY)
        child = Child.start(sys.executable, ["-c", program], marked=False)
        self.theirs = theirs_in, theirs_out, theirs_err
        self.proxy = StdioProxy(child, link="x", hub=hub if recorded else None, client=self.theirs)
        self.exit: Exit | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> Exit | None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.exit

    def rest(self) -> bytes:
        heard = b""
        while piece := os.read(self.stdout, 65536):
            heard += piece
        return heard

    def close(self) -> None:
        self.proxy.child.kill()
        self._thread.join(60)
        for fd in (self.stdin, self.stdout, *self.theirs):
            os.close(fd)

    def _run(self) -> None:
        self.exit = self.proxy.run()


@pytest.fixture
def opened() -> Generator[list[Between]]:
    found: list[Between] = []
    yield found
    for one in found:
        one.close()


def test_bytes_go_there_and_back_and_the_end_comes_last(opened: list[Between]) -> None:
    opened.append(one := Between(ECHO))
    os.write(one.stdin, PING)
    assert os.read(one.stdout, 100) == PING
    one.proxy.signal(signal.SIGTERM)
    assert one.rest() == b""
    assert one.end() == Exit(signal="SIGTERM")
    assert [event.dir for event in one.events if isinstance(event, Frame)] == ["c2s", "s2c"]
    assert isinstance(one.events[-1], Closed)


def test_stopping_ends_a_server_that_does_not_listen(opened: list[Between]) -> None:
    opened.append(one := Between(DEAF))
    assert os.read(one.stdout, 100) == b"here\n"
    one.proxy.stop()
    assert one.end() == Exit(signal="SIGKILL")
    assert one.rest() == b""


def test_stopping_before_the_threads_run_leaves_no_pipe_to_the_garbage_collector() -> None:
    nowhere = [os.open(os.devnull, os.O_RDWR) for _ in range(3)]
    child = Child.start(sys.executable, ["-c", DEAF], marked=False)
    proxy = StdioProxy(child, link="x", hub=None, client=(nowhere[0], nowhere[1], nowhere[2]))
    proxy.stop()
    assert proxy.run().signal
    for thread in threading.enumerate():
        if thread.name.startswith("mcpwatch-"):
            thread.join(60)
    del child, proxy
    gc.collect()  # warns of what was left open, and a warning is an error here
    for fd in nowhere:
        os.close(fd)


@pytest.mark.parametrize("later", [False, True])
def test_unrecorded_traffic_goes_on(later: bool, opened: list[Between]) -> None:
    opened.append(one := Between(ECHO, recorded=later))
    if later:
        one.proxy.unrecorded()
    os.write(one.stdin, PING)
    assert os.read(one.stdout, 100) == PING
    one.proxy.signal(signal.SIGKILL)
    assert one.end() == Exit(signal="SIGKILL")
    assert not one.events
