"""mcpwatch is killed, at a random moment, while messages of some size pass: what was shown is in the file.

Three ways: `run`, whose lines on stdout are what was shown; the proxy on pipes, and the proxy at a URL, where it is
what their client and server got. There at most one chunk of 64 KiB a direction may be missing, and nothing of a message
that was whole before it.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from mcpwatch import Recording
from mcpwatch.errors import RecordingError
from mcpwatch.events import Frame, Opened
from tests.cli.running import PROGRAM, SERVERS, environment, is_alive
from tests.crash.stream import Stream, streaming
from tests.crash.table import Row

SIZES = (200, 64 << 10, 4 << 20)
"""Bytes a message."""
CHUNK = 64 << 10
NUMBERED = str(SERVERS / "bad" / "numbered.py")
WITHIN = 60.0
_NUMBER = re.compile(rb"n=(\d+);")


def rows(count: int | None) -> list[Row]:
    """Kill it `count` times (1,000), the ways and sizes in turns."""
    ways = {"run": killed_run, "proxy, on pipes": killed_proxy, "proxy, at a URL": killed_http_proxy}
    found = {(way, size): Row(f"`{way}`, messages of {_size(size)}") for way in ways for size in SIZES}
    chance = random.Random()
    for at in range(1000 if count is None else count):
        way, size = list(found)[at % len(found)]
        with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
            # Some before it has begun, most in the midst of it.
            delay = chance.uniform(0.0, 0.4)
            early = chance.random() < 0.15
            try:
                wrong = ways[way](size, delay, Path(folder), early=early)
            except AssertionError as error:
                wrong = str(error)
            found[way, size].count(wrong)
    for row in found.values():
        row.seen = "all that was shown is in the file" if not row.wrong else row.wrong[0]
    return [row for row in found.values() if row.times]


def killed_run(size: int, delay: float, folder: Path, *, early: bool = False) -> str | None:
    """Kill `run` so many seconds after its first line (with `early` after its start); what is wrong, if anything."""
    file = folder / "r.mcpw.jsonl"
    argv = ["run", "--call", "work", "-o", str(file), "--", sys.executable, NUMBERED, str(size)]
    process = subprocess.Popen(
        [*PROGRAM, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    assert process.stdout is not None
    out = Stream(process.stdout.fileno())
    with _to_be_killed(process):
        if not early:
            out.wait_for(b"n=")
        threading.Event().wait(delay)
    shown = {int(number) for number in _NUMBER.findall(out.rest())}
    process.stdout.close()
    return _wrong(file, shown)


def killed_proxy(size: int, delay: float, folder: Path, *, early: bool = False) -> str | None:
    """The same with the proxy between two that send as fast as they can."""
    file, kept = folder / "p.mcpw.jsonl", folder / "kept"
    server = [sys.executable, NUMBERED, str(size), "--at-once", "--keep", str(kept)]
    process = subprocess.Popen(
        [*PROGRAM, "proxy", "-o", str(file), "--", *server],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        bufsize=0,
    )
    assert process.stdin is not None and process.stdout is not None
    sender = threading.Thread(target=_send, args=(process.stdin.fileno(), size))
    sender.start()
    out = Stream(process.stdout.fileno())
    with _to_be_killed(process):
        if not early:
            out.wait_for(b"n=")
        threading.Event().wait(delay)
    got = out.rest()
    sender.join()
    process.stdin.close()
    process.stdout.close()
    # On Linux the server is killed as well; elsewhere it hears all that was on its way.
    if (pid := _server_of(file)) is not None:
        _until(lambda: kept.with_name("kept.end").exists() or not is_alive(pid))
    heard = kept.read_bytes() if kept.exists() else b""
    for dir, seen in (("s2c", got), ("c2s", heard)):
        if (wrong := _wrong(file, _whole(seen, b"\n"), dir)) is not None:
            return wrong
    return None


def killed_http_proxy(size: int, delay: float, folder: Path, *, early: bool = False) -> str | None:
    """The same with an answer that streams over HTTP."""
    file = folder / "h.mcpw.jsonl"
    with streaming(size) as url:
        process = subprocess.Popen(
            [*PROGRAM, "proxy", url, "-o", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        assert process.stderr is not None
        said = Stream(process.stderr.fileno())
        with _to_be_killed(process):
            said.wait_for(b"/mcp\n")
            port = int(said.read().split(b"127.0.0.1:")[1].split(b"/")[0])
            with Stream.posted(port, "/mcp") as answer:
                if not early:
                    answer.wait_for(b"n=")
                threading.Event().wait(delay)
                process.kill()
                got = answer.rest()
        said.rest()
        process.stderr.close()
    return _wrong(file, _whole(got, b"\n\n"), "s2c")


@contextmanager
def _to_be_killed(process: subprocess.Popen[bytes]) -> Generator[None]:
    """Kill it at the end of the block, however that is reached."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _whole(seen: bytes, end: bytes) -> set[int]:
    """The numbers of the messages that were whole more than a chunk before the end of what was seen."""
    return {int(number) for number in _NUMBER.findall(seen[: seen.rfind(end, 0, max(0, len(seen) - CHUNK)) + 1])}


def _wrong(file: Path, seen: set[int], dir: str = "s2c") -> str | None:
    """What is wrong with a recording whose writer was killed after messages with these numbers were seen."""
    if not file.exists():
        return f"{len(seen)} messages were seen, and there is no file" if seen else None
    server = None
    try:
        with Recording.open(file) as recording:
            numbers, last = set[int](), 0
            for event in recording.events():
                if event.seq != last + 1:
                    return f"event {event.seq} follows event {last}"
                last = event.seq
                if isinstance(event, Opened):
                    server = event.pid
                elif isinstance(event, Frame) and event.dir == dir and event.type != "invalid":
                    numbers.update(int(number) for number in _NUMBER.findall(event.data[:400]))
            if recording.footer is not None:
                return "it has a footer"
    except RecordingError as error:
        # Killed before the first line was in it.
        return str(error) if seen or not re.search("is empty|cut in its first line", str(error)) else None
    if server is not None:
        _until(lambda: not is_alive(server))  # its pipes are closed, which ends it
    missing = seen - numbers
    return (
        f"{len(missing)} of {len(seen)} messages that were seen are missing, from {min(missing)}" if missing else None
    )


def _server_of(file: Path) -> int | None:
    try:
        with Recording.open(file) as recording:
            return next((event.pid for event in recording.events() if isinstance(event, Opened)), None)
    except (RecordingError, OSError):
        return None


def _send(descriptor: int, size: int) -> None:
    head, tail = b'{"jsonrpc":"2.0","method":"notifications/x","params":{"data":"n=', b'"}}\n'
    fill = b";" + b"x" * max(0, size - len(head) - len(tail) - 10) + tail
    number = 0
    try:
        while True:
            number += 1
            rest = memoryview(b"%s%d%s" % (head, number, fill))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    except OSError:
        pass  # killed


def _until(there: Callable[[], bool]) -> None:
    """Wait until something is so, a minute at most."""
    pause, deadline = threading.Event(), monotonic() + WITHIN
    while not there():
        assert monotonic() < deadline, "it never came to be"
        pause.wait(0.01)


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"
