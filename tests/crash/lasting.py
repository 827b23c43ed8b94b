"""mcpwatch runs for very long, or with very much at once: memory and descriptors stay as they are.

Looked at from outside, every few seconds: what the process holds (`VmRSS`) and how many descriptors it has open.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path
from time import monotonic

from mcpwatch import Recording
from mcpwatch.events import Closed, Opened, Stderr
from tests.cli.running import PROGRAM, environment, is_alive
from tests.crash.killed import NUMBERED
from tests.crash.stream import Stream
from tests.crash.table import Row

EVERY = 5.0
"""Seconds between two looks; fewer where the whole does not last long."""
GROWTH = 16
"""MiB that a process may hold more at its end than after its first tenth."""
TOGETHER = 20_000
ANSWERS = r"""
import os
rest = b""
while piece := os.read(0, 1 << 20):
    whole, end, rest = (rest + piece).rpartition(b"\n")
    data = memoryview((whole + end).replace(b',"method":"ping"}', b',"result":{}}'))
    while data:
        data = data[os.write(1, data):]
"""
"""A server that answers pings, as fast as bytes are replaced."""


@dataclass(slots=True)
class Looks:
    """What was seen of a process, in the order of time: MiB, descriptors, and how far it was (0 to 1)."""

    seen: list[tuple[float, int, float]] = field(default_factory=list[tuple[float, int, float]])
    seconds: float = 0.0

    @property
    def early(self) -> tuple[float, int]:
        """What it was after the first tenth."""
        memory, descriptors, _ = next((one for one in self.seen if one[2] >= 0.1), self.seen[-1])
        return memory, descriptors

    @property
    def wrong(self) -> str | None:
        memory, descriptors = self.early
        later = [one for one in self.seen if one[2] >= 0.1] or self.seen
        if (most := max(one[0] for one in later)) > memory + GROWTH:
            return f"it held {memory:.0f} MiB after a tenth, and {most:.0f} MiB later"
        if later[-1][1] > descriptors:
            return f"it had {descriptors} descriptors after a tenth, and {later[-1][1]} at the end"
        return None

    def __str__(self) -> str:
        memory, descriptors = self.early
        last, most = self.seen[-1], max(one[0] for one in self.seen)
        return (
            f"{memory:.0f} MiB after a tenth, {last[0]:.0f} MiB at the end (at most {most:.0f}); "
            f"{descriptors} and {last[1]} descriptors; {self.seconds:,.0f} s"
        )


def messages(count: int | None) -> list[Row]:
    """So many messages (10 million) through `run` and through the proxy."""
    whole = 10_000_000 if count is None else count
    rows = [Row("messages through `run`, recorded", whole), Row("messages through `proxy`, recorded", whole)]
    for row, play in zip(rows, (through_run, through_proxy), strict=True):
        with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
            looks, wrong = play(whole, Path(folder) / "r.mcpw.jsonl")
        row.seen = str(looks)
        row.wrong += [one for one in (wrong, looks.wrong) if one is not None]
    return rows


def through_run(whole: int, file: Path) -> tuple[Looks, str | None]:
    """Notifications in one call, all of them."""
    server = [sys.executable, NUMBERED, "100", "--count", str(whole)]
    argv = ["run", "-q", "--call", "work", "--timeout", "10000s", "-o", str(file), "--", *server]
    process = _started(argv)
    looks = _looked_at(process, file, whole * 230)
    return looks, _wrong(process, file, whole)


def through_proxy(whole: int, file: Path) -> tuple[Looks, str | None]:
    """Requests and their answers, half and half."""
    process = _started(["proxy", "-o", str(file), "--", sys.executable, "-c", ANSWERS], stdin=subprocess.PIPE)
    assert process.stdin is not None
    sender = threading.Thread(target=_ping, args=(process.stdin.fileno(), whole // 2))
    sender.start()
    closer = threading.Thread(target=lambda: (sender.join(), process.stdin and process.stdin.close()))
    closer.start()
    looks = _looked_at(process, file, whole * 150)
    closer.join()
    return looks, _wrong(process, file, whole)


def stderr(count: int | None) -> list[Row]:
    """So many MiB (1,024) on stderr, while nothing else happens."""
    mebibytes = 1024 if count is None else count
    rows = [Row("MiB on stderr of an idle server, `run`", mebibytes), Row("the same, `proxy`", mebibytes)]
    for row, argv in zip(rows, (["run", "-q", "--until-idle", "2s"], ["proxy", "-q"]), strict=True):
        with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
            looks, wrong = _through_stderr(argv, mebibytes, Path(folder) / "r.mcpw.jsonl")
        row.seen = str(looks)
        row.wrong += [one for one in (wrong, looks.wrong) if one is not None]
    return rows


def _through_stderr(argv: Sequence[str], mebibytes: int, file: Path) -> tuple[Looks, str | None]:
    server = ["--", sys.executable, NUMBERED, "100", "--stderr", str(mebibytes)]
    process = _started([*argv, "-o", str(file), *server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    out = Stream(process.stdout.fileno())
    proxied = argv[0] == "proxy"
    with process.stdin:
        if proxied:  # whose client we are
            process.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            process.stdin.flush()
        looks = _looked_at(process, file, mebibytes << 20, over=lambda: proxied and b"all said" in out.read())
    code = process.wait()
    out.rest()
    process.stdout.close()
    with Recording.open(file) as recording:
        kept = sum(len(event.data) for event in recording.events() if isinstance(event, Stderr))
        complete = recording.complete
    if kept == mebibytes << 20 and code == 0 and complete:
        return looks, None
    return looks, f"{kept:,} bytes of it are in the file, exit code {code}, complete: {complete}"


def sessions(count: int | None) -> list[Row]:
    """So many sessions (100): links of one process, and processes, ten at a time."""
    many = 100 if count is None else count
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
        together = _links(many, Path(folder))
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
        apart = _processes(many, Path(folder))
    return [together, apart]


def _links(many: int, folder: Path) -> Row:
    row, file = Row("links of one `run`, all at once", many), folder / "r.mcpw.jsonl"
    server = f"{sys.executable} {NUMBERED} 100 --count 100"
    targets = [f"l{number}={server}" for number in range(many)]
    calls = [word for number in range(many) for word in ("--call", f"l{number}:work")]
    process = _started(["run", *targets, "-q", *calls, "-o", str(file)])
    looks = _looked_at(process, file, many * 100 * 250)
    code = process.wait()
    with Recording.open(file) as recording:
        pids = [event.pid for event in recording.events() if isinstance(event, Opened) and event.pid is not None]
        closed = sum(isinstance(event, Closed) for event in recording.events())
        text = file.read_bytes().count(b'"n=100;')
        complete = recording.complete
    left = sum(map(is_alive, pids))
    row.seen = f"at most {max(one[0] for one in looks.seen):.0f} MiB, {looks.seconds:.0f} s; nobody left, all complete"
    if (code, len(pids), closed, text, left, complete) != (0, many, many, many, 0, True):
        row.wrong.append(f"exit code {code}, {len(pids)} opened, {closed} closed, {text} served, {left} left")
    return row


def _processes(many: int, folder: Path) -> Row:
    row = Row("processes of `run` that keep their sessions, ten at once", many)

    def one(_: int) -> int:
        argv = ["run", "-q", "--call", "work", "--", sys.executable, NUMBERED, "100", "--count", "1000"]
        env = environment({"MCPWATCH_SESSIONS": str(folder), "CI": ""})
        return subprocess.run([*PROGRAM, *argv], env=env, stdin=subprocess.DEVNULL, check=False).returncode

    began = monotonic()
    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(one, range(many)))
    files = sorted(folder.glob("*.mcpw.jsonl"))
    complete = 0
    for file in files:
        with Recording.open(file) as recording:
            complete += recording.complete and len(list(recording.events())) > 1000
    # Ten that begin together may each leave room for one.
    row.seen = f"all ended well; {len(files)} are kept, all complete; {monotonic() - began:.0f} s"
    if any(codes) or complete != len(files) or not min(many, 40) <= len(files) <= 60:
        row.wrong.append(f"exit codes {sorted(set(codes))}, {len(files)} kept, {complete} complete")
    return row


def _started(
    argv: Sequence[str], stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PROGRAM, *argv], stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=environment())


def _looked_at(
    process: subprocess.Popen[bytes], file: Path, size: int, over: Callable[[], bool] = lambda: False
) -> Looks:
    """Look at it until it ends or is `over`; when its recording has `size` bytes or so, it is done."""
    looks, began = Looks(), monotonic()
    for at in counting():
        with suppress(OSError, IndexError):
            memory = int(Path(f"/proc/{process.pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
            descriptors = len(os.listdir(f"/proc/{process.pid}/fd"))
            written = file.stat().st_size if file.exists() else 0
            if written:
                looks.seen.append((memory, descriptors, written / size))
        if over():
            break
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(EVERY, 0.1 * (at + 1)))
            break
    looks.seconds = monotonic() - began
    return looks


def _wrong(process: subprocess.Popen[bytes], file: Path, whole: int) -> str | None:
    """What is wrong with how it went, and with its recording."""
    code = process.wait()
    with Recording.open(file) as recording:
        footer = recording.footer
    if code or footer is None:
        return f"exit code {code}, {'no' if footer is None else 'a'} footer"
    if not whole <= footer["events"] <= whole + 50:
        return f"{footer['events']:,} events of {whole:,} messages"
    return None


def _ping(descriptor: int, pings: int) -> None:
    for start in range(0, pings, TOGETHER):
        ids = range(start, min(start + TOGETHER, pings))
        rest = memoryview(b"".join([b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n' % one for one in ids]))
        while rest:
            rest = rest[os.write(descriptor, rest) :]
