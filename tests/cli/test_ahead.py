"""The server is started before its watcher is imported, and never left behind, whatever ends us in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STARTS = """
import sys
from mcpwatch.cli import main

class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name == "mcpwatch.cli.watching":
            print("imports", flush=True)
            WHAT
        return None

sys.meta_path.insert(0, Watcher())
main(["run", "--no-record", "--list", "--", sys.executable, "-c", SERVER])
"""
SERVER = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), file=open(PATH, "w"), flush=True)
sys.stdin.read()
signal.pause()
"""


def _started(tmp_path: Path, what: str) -> tuple[subprocess.Popen[str], int]:
    """mcpwatch at the moment when it begins to import what watches, and the server that runs by then."""
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    server = SERVER.replace("PATH", repr(str(fifo)))
    program = STARTS.replace("WHAT", what).replace("SERVER", repr(server))
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with fifo.open() as words:
        pid = int(words.read())
    assert process.stdout is not None
    assert process.stdout.readline() == "imports\n"
    return process, pid


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(os.name != "posix", reason="signals and named pipes")
@pytest.mark.platform_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 143)])
def test_a_signal_during_the_imports_ends_the_server_too(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process, pid = _started(tmp_path, "import signal; signal.pause()")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    assert _is_gone(pid)


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
@pytest.mark.platform_only
def test_an_import_that_fails_ends_the_server_too(tmp_path: Path) -> None:
    process, pid = _started(tmp_path, 'sys.stdin.readline(); raise ImportError("broken")')
    process.communicate("\n", timeout=60)
    assert process.returncode == 1
    assert _is_gone(pid)
