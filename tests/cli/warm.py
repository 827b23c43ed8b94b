"""A process of mcpwatch that need not import itself first: a fork of an interpreter that has imported everything.

A run to its end costs 0.2 to 0.8 s of processor time, nearly all of it for imports that are the same each time. What is
started here is a process like any other, with its own pipes, folder, environment, exit and finalisation, and warnings
are errors in it; only the imports are done. That imports are few, late and complete is looked at elsewhere, by programs
that start cold: `tests/test_layers.py`, the snippets of the documentation, and whatever uses `running` or `terminal`.

`MCPWATCH_TESTS_COLD=1` starts everything cold.
"""

from __future__ import annotations

import ast
import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent
_MOST = 1 << 20  # bytes of a request
_NOT_AT_A_PIPE = ("mcpwatch.tui", "mcpwatch.testing", "textual", "pytest", "_pytest")
_START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from tests.cli import warm
del sys.path[0]
warm.serve(int(sys.argv.pop(1)))
from mcpwatch.cli import main
main()
"""


def can_be(env: Mapping[str, str]) -> bool:
    """Whether a process with this environment may be a fork: the system can, and the interpreter would be the same."""
    if os.environ.get("MCPWATCH_TESTS_COLD") or not hasattr(os, "pidfd_open"):
        return False
    return all(env.get(name) == os.environ.get(name) for name in {*env, *os.environ} if _is_pythons(name))


def _is_pythons(name: str) -> bool:
    return name.startswith(("PYTHON", "LC_", "LANG")) and name != "PYTHONUTF8"  # which is always 1 there


# ---- in the test's process


class Fork:
    """A running `mcpwatch`. `pid`; `stdin`, `stdout`, `stderr`: our ends of its pipes."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> None:
        with _Pipes() as pipes:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                words = {"argv": list(argv), "env": dict(env), "cwd": str(cwd or os.getcwd())}
                request = json.dumps(words).encode()
                socket.send_fds(_mother(), [request], [theirs.fileno(), *pipes.theirs])
            self._told = ours
            self.stdin, self.stdout, self.stderr = pipes.take()
        told = ours.recv(100)
        if not told:
            self.close()
            raise RuntimeError("the interpreter that is forked is gone; MCPWATCH_TESTS_COLD=1 starts none")
        self.pid = int(told)
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or a signal's number below 0. Raises TimeoutError."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            self.returncode = int(self._told.recv(100))
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of it; it has to be over."""
        self._told.close()
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()


class _Pipes:
    """Three pipes; what nobody took is closed."""

    def __enter__(self) -> _Pipes:
        (into, self._in), (self._out, out), (self._err, err) = os.pipe(), os.pipe(), os.pipe()
        self.theirs = (into, out, err)
        self._taken = False
        return self

    def take(self) -> tuple[io.FileIO, io.FileIO, io.FileIO]:
        self._taken = True
        return io.FileIO(self._in, "w"), io.FileIO(self._out), io.FileIO(self._err)

    def __exit__(self, *_: object) -> None:
        for descriptor in (*self.theirs, *(() if self._taken else (self._in, self._out, self._err))):
            os.close(descriptor)


def run(
    argv: Sequence[str], *, stdin: bytes, env: Mapping[str, str], cwd: Path | None, timeout: float
) -> tuple[int, bytes, bytes]:
    """Run `mcpwatch` to its end: the exit code, and what came on both streams."""
    fork = Fork(argv, env, cwd)
    said: dict[io.FileIO, bytes] = {}

    def write() -> None:
        rest = memoryview(stdin)
        try:
            while rest:
                rest = rest[os.write(fork.stdin.fileno(), rest) :]
        except BrokenPipeError:
            pass
        fork.stdin.close()

    def read(pipe: io.FileIO) -> None:
        said[pipe] = pipe.readall()

    threads = [threading.Thread(target=write)]
    threads += [threading.Thread(target=read, args=(pipe,)) for pipe in (fork.stdout, fork.stderr)]
    for thread in threads:
        thread.start()
    try:
        fork.wait(timeout)
    finally:
        fork.kill()
        for thread in threads:
            thread.join()
        fork.close()
    return fork.wait(), said[fork.stdout], said[fork.stderr]


@cache
def _mother() -> socket.socket:
    """The other end is the interpreter that everything is a fork of. It ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _START, str(CHECKOUT), str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUTF8": "1"},
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# ---- in the interpreter that has imported everything


def serve(descriptor: int) -> None:
    """Fork once a request. Returns in the forks only."""
    with socket.socket(fileno=descriptor) as requests:
        _import_everything()
        assert threading.active_count() == 1, "a fork has none of its parent's threads"
        gc.collect()
        gc.freeze()
        running: dict[int, tuple[int, socket.socket]] = {}  # by the descriptor of the process
        poll = select.poll()
        poll.register(requests, select.POLLIN)
        while True:
            for ready, _ in poll.poll():
                if ready in running:
                    poll.unregister(ready)
                    pid, reply = running.pop(ready)
                    os.close(ready)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    _tell(reply, code)
                    reply.close()
                    continue
                data, given, _, _ = socket.recv_fds(requests, _MOST, 4)
                if not data:
                    os._exit(0)
                pid = os.fork()
                if pid == 0:
                    for handle, (_, reply) in running.items():
                        os.close(handle)
                        reply.close()
                    requests.close()
                    _become(json.loads(data), given)
                    return
                reply = socket.socket(fileno=given[0])
                for each in given[1:]:
                    os.close(each)
                _tell(reply, pid)
                handle = os.pidfd_open(pid)
                running[handle] = (pid, reply)
                poll.register(handle, select.POLLIN)


def _tell(reply: socket.socket, number: int) -> None:
    try:
        reply.send(str(number).encode())
    except OSError:  # the test is over
        pass


def _become(request: Mapping[str, object], given: Sequence[int]) -> None:
    """Make this fork what a process is that was started with these words, environment, folder and streams."""
    reply, *streams = given
    os.close(reply)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    env, argv = request["env"], request["argv"]
    assert isinstance(env, dict) and isinstance(argv, list)
    os.environ.clear()
    os.environ.update(env)  # pyright: ignore[reportUnknownArgumentType]
    os.chdir(str(request["cwd"]))
    sys.argv = ["-c", *argv]
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(open(0, "rb", closefd=False), "utf-8", "surrogateescape")
    for name, number, errors in (("stdout", 1, "surrogateescape"), ("stderr", 2, "backslashreplace")):
        buffered = open(number, "wb", closefd=False)
        stream = io.TextIOWrapper(buffered, "utf-8", errors, newline="\n", line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    atexit.register(_keep_others)


def _keep_others() -> None:
    """Take no time to take apart what is neither ours nor Python's: it is kept until the process is gone."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in (*sys.stdlib_module_names, "mcpwatch", "__main__"):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(module))
            del sys.modules[name]


def _import_everything() -> None:
    """Whatever a command that is not on the screen may import, at the top of a module or later."""
    import mcpwatch

    for name in sorted(set(_imported(Path(mcpwatch.__file__).parent))):
        if not name.startswith(_NOT_AT_A_PIPE):
            try:
                importlib.import_module(name)
            except ImportError:  # another system's, another Python's, or broken: the command that needs it says so
                pass


def _imported(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.py"):
        if not {"tui", "testing", "demo"} & set(file.relative_to(folder).parts):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    yield node.module
