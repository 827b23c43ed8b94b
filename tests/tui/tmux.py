"""mcpwatch in a real terminal: a tmux of the test's own, whose screen is read and whose keys are typed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.cli.running import PROGRAM, environment

__all__ = ["Tmux", "needs_tmux", "tmux"]

WITHIN = 60.0
needs_tmux = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux"),
    pytest.mark.platform_only,
]
_PAUSE = threading.Event()


class Tmux:
    """One window with a shell, or with mcpwatch alone."""

    def __init__(self, socket: Path) -> None:
        self._command = ["tmux", "-S", str(socket), "-f", os.devnull]

    def run(self, *argv: str) -> str:
        """A command of tmux; what it says."""
        done = subprocess.run([*self._command, *argv], capture_output=True, text=True, check=False, timeout=WITHIN)
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    @property
    def screen(self) -> str:
        """What the window shows, and what has gone out at its top."""
        return self.run("capture-pane", "-p", "-S", "-", "-t", ":0")

    @property
    def ended(self) -> int | None:
        """What the program in the window returned; None while it runs."""
        # tmux was seen to miss the end of its window on a busy machine: that of another child has it look at all.
        self.run("run-shell", "true")
        dead, _, code = self.run("display-message", "-p", "-t", ":0", "#{pane_dead} #{pane_dead_status}").partition(" ")
        return int(code) if dead == "1" and code.strip() else None

    @property
    def pid(self) -> int:
        """The process of the window."""
        return int(self.run("display-message", "-p", "-t", ":0", "#{pane_pid}"))

    def keys(self, *keys: str) -> None:
        """Type keys, as tmux names them (`C-z`, `Enter`)."""
        self.run("send-keys", "-t", ":0", *keys)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self.run("send-keys", "-t", ":0", "-l", text)

    def shows(self, *texts: str) -> str:
        """Wait until all of these are on the screen, and return it."""
        end = monotonic() + WITHIN
        while not all(text in self.screen for text in texts):
            assert monotonic() < end, f"never shown: {texts}\n{self.screen}"
            _PAUSE.wait(0.05)
        return self.screen

    def lacks(self, text: str) -> None:
        """Wait until this is not on the screen any more."""
        end = monotonic() + WITHIN
        while text in self.screen:
            assert monotonic() < end, f"never gone: {text}\n{self.screen}"
            _PAUSE.wait(0.05)

    def ends(self) -> int:
        """Wait for the end of the program; what it returned."""
        end = monotonic() + WITHIN
        while (code := self.ended) is None:
            assert monotonic() < end, f"it does not end\n{self.screen}"
            _PAUSE.wait(0.05)
        return code


@contextmanager
def tmux(
    *argv: str,
    columns: int = 80,
    rows: int = 24,
    env: Mapping[str, str] | None = None,
    program: Sequence[str] = PROGRAM,
    cwd: Path | None = None,
) -> Generator[Tmux]:
    """`mcpwatch ARGV` in a window of that size; with `program` another one. All of it is killed at the end."""
    # A path of a socket has to be short, and those of pytest are not.
    with tempfile.TemporaryDirectory(prefix="mcpw-") as folder:
        made = Tmux(Path(folder) / "s")
        command = shlex.join([*program, *argv])
        start = ["new-session", "-d", "-x", str(columns), "-y", str(rows), *(("-c", str(cwd)) if cwd else ())]
        subprocess.run(
            # The option first: the program may end at once.
            [*made._command, "start-server", ";", "set", "-g", "remain-on-exit", "on", ";", *start, command],  # pyright: ignore
            env=environment({"TERM": "xterm-256color", **(env or {})}),
            check=True,
            timeout=WITHIN,
        )
        try:
            yield made
        finally:
            subprocess.run([*made._command, "kill-server"], capture_output=True, check=False)  # pyright: ignore
