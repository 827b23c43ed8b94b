"""What a proxy on pipes costs those whom it stands between: a round trip, and traffic at full speed.

The yardstick is the least that can be done: `tee FILE | SERVER | cat` copies the client's half into a file without
looking at it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.measure import Runs, mcpwatch, mebibytes, surroundings
from tests.bench.table import Row

SERVER = Path(__file__).parent / "servers/answers.py"
WARM_UP = 200


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Round trips one by one, then many requests in flight, with small results and with large ones."""
    rounds = 3 if quick else 15
    trips = 1_000 if quick else 5_000
    ours, theirs = _in_turns(folder, 100, rounds, lambda talk: _round_trip(talk, trips))
    note = f"the median of {trips:,} in a row"
    yield Row("a round trip through `proxy`, recorded", ours, "`tee … \\| server \\| cat`", theirs, "≤ 1.5", note)
    for size, count in ((100, 50_000), (64 * 1024, 2_000)):
        count //= 10 if quick else 1
        ours, theirs = _in_turns(folder, size, rounds, lambda talk, count=count: _flight(talk, count))
        rate = count / ours.median
        note = f"{rate:,.0f} requests/s" if size < 1024 else f"{rate * size / 1e6:,.0f} MB/s"
        what = f"{count:,} requests in flight through `proxy`, results of {size:,} bytes"
        yield Row(what, ours, "`tee … \\| server \\| cat`", theirs, "≤ 1.43 (0.7 of its speed)", note)


class _Talk:
    """A server, or what stands before it, on two pipes."""

    def __init__(self, argv: list[str], folder: Path) -> None:
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings(folder),
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self.write, self.read = self._process.stdin.fileno(), self._process.stdout.fileno()

    def ask(self, id: int) -> None:
        """One request, and its answer to the end."""
        os.write(self.write, request(id))
        while not os.read(self.read, 1 << 20).endswith(b"\n"):
            pass

    def end(self) -> float:
        """Its end; returns the memory of the largest process, in MiB."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        while os.read(self.read, 1 << 20):
            pass
        self._process.stdout.close()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode != 0:
            raise RuntimeError(f"it ended with {self._process.returncode}")
        return mebibytes(usage)


def request(id: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"work","arguments":{"n":%d}}}\n' % (id, id)


def _in_turns(folder: Path, size: int, rounds: int, measure: Callable[[_Talk], float]) -> tuple[Runs, Runs]:
    server = [sys.executable, str(SERVER), str(size)]
    recording, copy = folder / "between.mcpw.jsonl", folder / "copy.jsonl"
    programs = (
        mcpwatch("proxy", "--record", str(recording), "--force", "--", *server),
        ["sh", "-c", f'tee "{copy}" | "$@" | cat', "sh", *server],
    )
    runs = Runs(), Runs()
    for number in range(rounds + 1):
        for argv, found in zip(programs, runs, strict=True):
            talk = _Talk(argv, folder)
            for id in range(WARM_UP):
                talk.ask(id)
            seconds = measure(talk)
            memory = talk.end()
            if number:  # the first round fills caches
                found.seconds.append(seconds)
                found.mebibytes.append(memory)
        _nothing_lost(recording, copy)
    return runs


def _round_trip(talk: _Talk, trips: int) -> float:
    """The median of single round trips, in seconds."""
    took: list[float] = []
    for id in range(trips):
        began = perf_counter()
        talk.ask(id)
        took.append(perf_counter() - began)
    return median(took)


def _flight(talk: _Talk, count: int) -> float:
    """Seconds until all of so many requests are answered that were sent without waiting."""

    def send() -> None:
        rest = memoryview(b"".join(map(request, range(count))))
        while rest:
            rest = rest[os.write(talk.write, rest) :]

    sender = threading.Thread(target=send)
    began = perf_counter()
    sender.start()
    answered = 0
    while answered < count:
        answered += os.read(talk.read, 1 << 20).count(b"\n")
    took = perf_counter() - began
    sender.join()
    return took


def _nothing_lost(recording: Path, copy: Path) -> None:
    """The proxy has recorded as many requests as `tee` has copied, and as many answers."""
    with recording.open("rb") as lines:
        kinds = [b'"dir":"c2s"' in line for line in lines if b'"kind":"frame"' in line]
    with copy.open("rb") as lines:
        asked = sum(1 for _ in lines)
    if (sum(kinds), len(kinds) - sum(kinds)) != (asked, asked):
        raise RuntimeError(f"{sum(kinds)} requests and {len(kinds) - sum(kinds)} answers recorded, of {asked} each")
