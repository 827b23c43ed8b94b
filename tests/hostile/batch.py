"""Many command lines in one process, since a start of mcpwatch costs more than most of them: into files, or onto the
terminal that this stands at, with a mark between two.

Run as `python -m tests.hostile.batch FOLDER`: `FOLDER/plan.json` says what; see `Batch`.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cli.running import PROGRAM, environment

__all__ = ["Command", "Done", "at_a_terminal", "into_files", "terminal_output"]

ROOT: Final = Path(__file__).parent.parent.parent
WITHIN: Final = 300.0
QUIET: Final = 0.3
"""Seconds without output after which the next key is typed; what it meets then is not asserted."""
_MARK: Final = re.compile(r"<<<(\d+) ended (-?\d+)>>>\r?\n")


@dataclass(frozen=True)
class Command:
    """A command line with what is on its stdin, and variables of its own."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return " ".join(("mcpwatch", *self.argv)) + (f" {dict(self.env)}" if self.env else "")


@dataclass(frozen=True)
class Done:
    """What came of one. At a terminal everything is in `out`."""

    command: Command
    code: int
    out: bytes
    err: bytes = b""


def into_files(commands: Sequence[Command], folder: Path, cwd: Path, env: Mapping[str, str]) -> list[Done]:
    """Run all of them, with pipes' manners: no terminal anywhere."""
    _plan(commands, folder, tty=False)
    argv = [sys.executable, "-W", "error", "-m", "tests.hostile.batch", str(folder)]
    around = environment({**env, "PYTHONPATH": str(ROOT)})
    done = subprocess.run(
        argv, cwd=cwd, env=around, timeout=WITHIN, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
    return [
        Done(
            command,
            int((folder / f"{number}.code").read_text()),
            (folder / f"{number}.out").read_bytes(),
            (folder / f"{number}.err").read_bytes(),
        )
        for number, command in enumerate(commands)
    ]


def at_a_terminal(
    commands: Sequence[Command], folder: Path, cwd: Path, env: Mapping[str, str], columns: int = 80
) -> list[Done]:
    """Run all of them in one terminal."""
    _plan(commands, folder, tty=True)
    argv = [sys.executable, "-W", "error", "-m", "tests.hostile.batch", str(folder)]
    written = terminal_output(argv, cwd, env, columns)
    found = list(_MARK.finditer(written))
    assert [int(one[1]) for one in found] == list(range(len(commands))), written[-2000:]
    ends = [0, *(one.end() for one in found)]
    return [
        Done(command, int(mark[2]), written[start : mark.start()].encode())
        for command, mark, start in zip(commands, found, ends, strict=False)
    ]


def terminal_output(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], columns: int, keys: str = "", code: int | None = 0
) -> str:
    """Everything that a program writes to its terminal, as it wrote it; each of `keys` is typed when it was quiet. It
    has to end with `code`, or (None) in any way."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        around = environment({"TERM": "xterm-256color", **env, "PYTHONPATH": str(ROOT)})
        os.execvpe(argv[0], list(argv), around)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    data = bytearray()
    late = threading.Timer(WITHIN, os.kill, (pid, signal.SIGKILL))
    late.start()
    try:
        while True:
            if keys and data and not select.select([descriptor], [], [], QUIET)[0]:
                os.write(descriptor, keys[0].encode())
                keys = keys[1:]
            elif not (piece := os.read(descriptor, 1 << 16)):
                break
            else:
                data += piece
    except OSError:  # the last one has closed the other side
        pass
    finally:
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        late.cancel()
    written = data.decode("utf-8", "surrogateescape")
    assert code in (None, os.waitstatus_to_exitcode(status)), written[-3000:]
    return written


def _plan(commands: Sequence[Command], folder: Path, *, tty: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"argv": one.argv, "stdin": one.stdin.decode("latin-1"), "env": dict(one.env or {})} for one in commands]
    (folder / "plan.json").write_text(json.dumps({"tty": tty, "commands": rows}))


# ---- in the other process


def _main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    around = dict(os.environ)
    for number, row in enumerate(plan["commands"]):
        os.environ.clear()
        os.environ.update({**around, **row["env"]})
        if plan["tty"]:
            code = _run(row["argv"])
            os.write(1, f"<<<{number} ended {code}>>>\n".encode())
        else:
            (folder / f"{number}.in").write_bytes(row["stdin"].encode("latin-1"))
            # The proxy ends its process itself, with what the server ended with.
            run = _alone if row["argv"][0] == "proxy" else _redirected
            code = run(row["argv"], folder / str(number))
            (folder / f"{number}.code").write_text(str(code))


def _alone(argv: list[str], base: Path) -> int:
    with open(f"{base}.in", "rb") as given, open(f"{base}.out", "wb") as out, open(f"{base}.err", "wb") as err:
        return subprocess.run([*PROGRAM, *argv], stdin=given, stdout=out, stderr=err, check=False).returncode


def _redirected(argv: list[str], base: Path) -> int:
    files: list[int] = []
    for number, suffix, flags in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        descriptor = os.open(f"{base}.{suffix}", flags | (os.O_CREAT if number else 0), 0o600)
        os.dup2(descriptor, number)
        files.append(descriptor)
        os.close(descriptor)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding="utf-8", errors="backslashreplace"
    )
    return _run(argv)


def _run(argv: list[str]) -> int:
    from mcpwatch.cli import main

    try:
        main(argv)
    except SystemExit as end:
        code: Any = end.code
    except BaseException:
        traceback.print_exc()
        code = 99
    else:
        code = 0
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code if isinstance(code, int) else 0 if code is None else 98


if __name__ == "__main__":
    warnings.simplefilter("error")
    _main(Path(sys.argv[1]))
