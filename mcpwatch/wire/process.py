"""A child on three pipes of ours, and its end.

Owns the start of a server's process (no shell, a session of its own so that a Ctrl-C in our terminal does not hit it),
the knowledge of how it went, and the end of it and of everything it started. Reading and writing the pipes is left to
who holds the child (`stdio.py`, the proxy): `stdin`, `stdout` and `stderr` are bare descriptors.

Three things make the end dependable. The process is seen to be gone without being reaped (`WNOWAIT`): until `end` is
through, its pid, group and session cannot become somebody else's. Every descendant carries a marker in its environment,
so one that called `setsid` or forked twice is found too, on Linux in `/proc`, elsewhere as far as `ps` tells. And the
command line may make itself the subreaper, which also catches one that emptied its environment.

On Windows only the process itself is ended; nothing there is imported that it does not have.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, NamedTuple

from mcpwatch.errors import ConnectError

MARK = "MCPWATCH_LINK"
"""The environment entry that every descendant inherits: one random word for each mcpwatch above it."""

_POSIX = os.name == "posix"
_AFTER_TERM = 1.0  # seconds from SIGTERM to SIGKILL, or `grace` where that is shorter
_AFTER_KILL = 5.0  # only a process stuck in the kernel takes any of it
_SWEEP = (signal.SIGTERM, 0.5), *((getattr(signal, "SIGKILL", signal.SIGTERM), 1.0),) * 4
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_registry = threading.Lock()  # between a fork and its entry here, a child of ours would look like a stray orphan
_leaders: set[int] = set()
_own_word: str | None = None  # set by `subreaper`


class Exit(NamedTuple):
    """How a process went: its exit `code`, or the name of the `signal` that ended it; neither if the system lost it."""

    code: int | None = None
    signal: str | None = None


class Child:
    """A running process. `pid`; `stdin`, `stdout`, `stderr`: descriptors; `exit`: None while it runs."""

    def __init__(self, popen: subprocess.Popen[bytes], word: str) -> None:
        assert popen.stdin and popen.stdout and popen.stderr
        self.pid = popen.pid
        self.stdin, self.stdout, self.stderr = popen.stdin.fileno(), popen.stdout.fileno(), popen.stderr.fileno()
        self.exit: Exit | None = None
        self._popen, self._word = popen, word
        self._gone = threading.Event()
        self._ending = threading.Lock()  # held through the whole end: the second caller waits for the first
        self._signals = threading.Lock()  # held for an instant: no signal may follow the reaping
        self._reaped = False
        self._waiter = threading.Thread(target=self._await, name=f"mcpwatch-wait-{self.pid}", daemon=True)
        self._waiter.start()

    @classmethod
    def start(
        cls,
        command: str,
        args: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        marked: bool = True,
        tied: bool = False,
    ) -> Child:
        """Start `command` (looked up on the PATH of `env`); `env` is the whole environment, None means ours.

        Unmarked it sees nothing of us in its environment; `end` then has to be told to end its group only. Tied it is
        killed where we are (on Linux; more exactly where this thread ends, and what it started itself lives on).

        Raises ConnectError, with a hint, when the system refuses.
        """
        word = os.urandom(12).hex()
        whole = dict(os.environ if env is None else env)
        if marked:
            whole[MARK] = " ".join(filter(None, (os.environ.get(MARK), word)))
        if not _POSIX:
            command = shutil.which(command, path=whole.get("PATH")) or command  # npx is a .cmd there
        try:
            with _registry:
                popen = subprocess.Popen(
                    [command, *args],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=cwd,
                    env=whole,
                    start_new_session=_POSIX,
                    preexec_fn=_tie() if tied else None,
                )
                _leaders.add(popen.pid)
        except (OSError, ValueError) as error:
            raise _refusal(error, command, whole.get("PATH"), cwd) from error
        return cls(popen, word)

    def wait(self, timeout: float | None = None) -> Exit | None:
        """Wait until the process is gone, at most `timeout` seconds; None if it is not."""
        self._gone.wait(timeout)
        return self.exit

    def close_stdin(self) -> None:
        """Let the server see the end of its input. Not while another thread writes to `stdin`."""
        _close(self._popen.stdin)

    def close_stdout(self) -> None:
        _close(self._popen.stdout)

    def close_stderr(self) -> None:
        _close(self._popen.stderr)

    def signal(self, number: int) -> None:
        """Hand a signal on to the group. Any thread, also a signal's handler; nothing once the process was reaped."""
        self._signal(number)

    def kill(self) -> None:
        """Kill the group at once. Any thread, also while another one is in `end`, which then has less to wait for."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self, *, grace: float = 2.0, kill_group_only: bool = False) -> Exit:
        """End the process and what it started; return how it went. Any thread, any number of times.

        Closes stdin and waits `grace` seconds, terminates the group, kills it; returns as soon as everything is gone.
        Then everything else that the process started is terminated and killed too; with `kill_group_only` just its
        group, for a proxy, whose client may want its server's daemons. `stdout` and `stderr` stay open: they may hold
        last words, and whoever reads them closes them.
        """
        with self._ending:
            if self._reaped and self.exit:
                return self.exit
            self.close_stdin()
            if not self._gone.wait(grace):
                self._signal(signal.SIGTERM)
                if not self._gone.wait(min(grace, _AFTER_TERM)):
                    self.kill()
                    self._gone.wait(_AFTER_KILL)
            if _POSIX:
                self._sweep(group_only=kill_group_only)
            if self.exit is None:
                return Exit()
            self._waiter.join()
            with self._signals:
                self._popen.wait()
                self._reaped = True
            with _registry:
                _leaders.discard(self.pid)
            if _own_word:
                _reap_orphans()
            return self.exit

    def _await(self) -> None:
        try:
            if hasattr(os, "waitid"):
                seen = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
                status = 0 if seen is None else seen.si_status if seen.si_code == os.CLD_EXITED else -seen.si_status
            else:
                status = self._popen.wait()
        except ChildProcessError:  # somebody ignores SIGCHLD, or reaped what was ours
            self.exit = Exit()
        else:
            self.exit = Exit(code=status) if status >= 0 else Exit(signal=_name(-status))
        self._gone.set()

    def _signal(self, number: int) -> None:
        with self._signals, contextlib.suppress(ProcessLookupError, PermissionError):
            if self._reaped:
                return
            if _POSIX:
                os.killpg(self.pid, number)
            else:
                self._popen.kill()

    def _sweep(self, *, group_only: bool) -> None:
        for number, patience in _SWEEP:  # killed more than once: between a look and a kill, there may be a fork
            left = self._left(group_only)
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
            _await_end(left, patience)

    def _left(self, group_only: bool) -> set[int]:
        """The pids of what this process started and what still runs."""
        with _registry:
            running = [one for one in _snapshot() if one.pid != os.getpid() and one.state != "Z"]
            if group_only:
                return {one.pid for one in running if one.group == self.pid}
            word = self._word.encode()
            found = {one.pid for one in running if self.pid in (one.group, one.session) or word in _environment(one)}
            if _own_word and _leaders <= {self.pid}:  # with other links alive, nobody knows whose it is
                own = _own_word.encode()
                found.update(one.pid for one in running if _is_orphan(one) and own not in _environment(one))
        while children := {one.pid for one in running if one.parent in found} - found:
            found |= children
        return found


def subreaper() -> bool:
    """Make this process the parent of every orphan below it; True if the system does that (Linux).

    For the command line, once, before the first child: it is a property of the whole process. What we start ourselves
    and want to live on (a browser) is told apart by a word of ours in its environment.
    """
    global _own_word
    import ctypes  # only the command line pays for it

    try:
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            return False
    except (OSError, AttributeError, TypeError):
        return False
    if _own_word is None:
        _own_word = os.urandom(12).hex()
        os.environ[MARK] = " ".join(filter(None, (os.environ.get(MARK), _own_word)))
    return True


def _tie() -> Callable[[], None] | None:
    """What a child of ours runs before its program to be killed where we are; None where the system has no such thing.

    Safe while there is no other thread that could hold a lock in the moment of the fork.
    """
    if not sys.platform.startswith("linux"):
        return None
    import ctypes  # 1.5 ms

    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    us = os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != us:  # too late to be told
            os._exit(1)

    return tie


class _Process(NamedTuple):
    pid: int
    parent: int
    group: int
    session: int
    state: str
    words: bytes = b""  # command and environment, where `ps` told them; else _environment reads the latter when asked


_PROC = "/proc"
_PS = re.compile(rb"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+(.*)")


def _snapshot() -> list[_Process]:
    found: list[_Process] = []
    if os.path.exists(f"{_PROC}/self/stat"):
        for name in os.listdir(_PROC):
            if name.isdigit():
                with contextlib.suppress(OSError):  # gone since
                    # "pid (name) state parent group session …": a name may hold spaces and parentheses
                    state, parent, group, session = _read(f"{_PROC}/{name}/stat").rpartition(b")")[2].split()[:4]
                    found.append(_Process(int(name), int(parent), int(group), int(session), state.decode()))
        return found
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listing = subprocess.run(
            ["ps", "axeww", "-o", "pid=,ppid=,pgid=,state=,command="], capture_output=True, timeout=5, check=True
        )
        for match in filter(None, map(_PS.match, listing.stdout.splitlines())):
            pid, parent, group = (int(number) for number in match.groups()[:3])
            found.append(_Process(pid, parent, group, 0, match[4].decode(), match[5]))
    return found


def _environment(one: _Process) -> bytes:
    try:
        return one.words or _read(f"{_PROC}/{one.pid}/environ")
    except OSError:  # gone, or not ours to read
        return b""


def _is_orphan(one: _Process) -> bool:
    """Whether it came to us because its parent died: our own are leaders, or run in our session."""
    return one.parent == os.getpid() and one.session != os.getsid(0) and one.pid not in _leaders


def _reap_orphans() -> None:
    with _registry:
        for one in _snapshot():
            if one.state == "Z" and _is_orphan(one):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(one.pid, os.WNOHANG)


def _await_end(pids: Iterable[int], patience: float) -> None:
    """Wait until all have ended, be it as zombies, at most `patience` seconds."""
    deadline = time.perf_counter() + patience
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            handle = _handle(pid)
            if handle is None:
                while time.perf_counter() < deadline:
                    os.kill(pid, 0)
                    threading.Event().wait(0.02)
                continue
            try:
                poll = select.poll()
                poll.register(handle, select.POLLIN)
                poll.poll(max(0.0, deadline - time.perf_counter()) * 1000)
            finally:
                os.close(handle)


def _handle(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where the system has no such thing."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:  # an older kernel, or a sandbox that forbids it
        return None


def refusal(command: str, *, env: Mapping[str, str] | None = None, cwd: str | None = None) -> ConnectError | None:
    """Why `command` cannot be started for lack of a file; None where there is one, whatever comes of it."""
    path = (os.environ if env is None else env).get("PATH")
    named = os.path.dirname(command)
    found = os.path.lexists(os.path.join(cwd or "", command)) if named else shutil.which(command, path=path)
    if found:
        return None
    return _refusal(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), command, path, cwd)


def _refusal(error: OSError | ValueError, command: str, path: str | None, cwd: str | None) -> ConnectError:
    what, hint = str(error), ""
    number = error.errno if isinstance(error, OSError) else None
    named = os.path.dirname(command) != ""
    file = os.path.join(cwd or "", command) if named else shutil.which(command, path=path)
    by_hand = f"name what runs it: -- python3 {command}"
    if cwd is not None and not os.path.isdir(cwd):
        what, hint = f"its working directory {cwd} is not a directory", "--cwd takes an existing folder"
    elif number == errno.ENOENT and file and os.path.exists(file):
        what, hint = f"the interpreter in the first line of {file} does not exist", f"correct that line, or {by_hand}"
    elif number == errno.ENOENT and named:
        what, hint = "there is no such file", f"a relative path starts at {os.path.abspath(cwd or os.curdir)}"
    elif number == errno.ENOENT:
        what, hint = f"{command} was not found on PATH", _where_from(command, path)
    elif file and os.path.isdir(file):
        what, hint = "it is a directory", "name the script or program in it"
    elif number == errno.EACCES:
        what, hint = "it may not be executed", f"chmod +x {command}, or {by_hand}"
    elif number == errno.ENOEXEC:
        what, hint = "it is neither a program nor a script with a #! line", by_hand
    elif isinstance(error, OSError) and error.strerror:
        what = error.strerror
    return ConnectError(f"cannot start {command}: {what}", hint=hint)


def _where_from(command: str, path: str | None) -> str:
    if command == "python" and shutil.which("python3", path=path):
        return "python3 is there: -- python3 …"
    sources = {"npx": "Node.js", "node": "Node.js", "uvx": "uv", "uv": "uv", "docker": "Docker", "deno": "Deno"}
    if command in sources:
        return f"it comes with {sources[command]}"
    return "install it, or give its full path"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name of their own
        return f"SIG{number}"


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe:
        with contextlib.suppress(OSError):
            pipe.close()
