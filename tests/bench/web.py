"""What a proxy before a URL costs: a round trip, and a long stream of events.

The yardstick is the least that can be done: a relay that hands bytes on and copies them into a file without looking at
them, on the same event loop. What the server takes by itself is in the notes.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.measure import Runs, mcpwatch, mebibytes, surroundings
from tests.bench.table import Row

SERVERS = Path(__file__).parent / "servers"
RELAY = "a relay that copies bytes"


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Round trips one by one on one connection, then one stream."""
    rounds = 3 if quick else 10
    trips, events = (300, 5_000) if quick else (2_000, 50_000)
    direct, relay, ours = _in_turns(folder, rounds, lambda port: _round_trip(port, trips), trips, 0)
    cost = f"the server itself: {direct.median * 1e6:.0f} µs"
    yield Row("a round trip through `proxy URL`, recorded", ours, RELAY, relay, "", cost)
    direct, relay, ours = _in_turns(folder, rounds, lambda port: _stream(port, events), 1, events)
    cost = f"{events / ours.median:,.0f} events/s; the server itself: {events / direct.median:,.0f}"
    yield Row(f"a stream of {events:,} events through `proxy URL`, recorded", ours, RELAY, relay, "", cost)


def _in_turns(
    folder: Path, rounds: int, measure: Callable[[int], float], requests: int, events: int
) -> tuple[Runs, Runs, Runs]:
    """Direct, through the relay, and through the proxy."""
    recording = folder / "web.mcpw.jsonl"
    runs = Runs(), Runs(), Runs()
    for number in range(rounds + 1):
        with ExitStack() as stack:
            port = stack.enter_context(_program([sys.executable, str(SERVERS / "web.py")], folder, Runs()))
            relay = [sys.executable, str(SERVERS / "relay.py"), str(port), str(folder / "copy")]
            ours = mcpwatch("proxy", f"http://127.0.0.1:{port}/mcp", "--record", str(recording), "--force")
            for argv, found in zip((None, relay, ours), runs, strict=True):
                with ExitStack() as one:
                    its = found if number else Runs()  # the first round fills caches
                    at = port if argv is None else one.enter_context(_program(argv, folder, its))
                    its.seconds.append(measure(at))
        _nothing_lost(recording, requests, events)
    return runs


@contextmanager
def _program(argv: list[str], folder: Path, found: Runs) -> Generator[int]:
    """It, until the block ends; gives the port that its first line names, and keeps how much memory it took."""
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=surroundings(folder)
    )
    assert process.stdout
    try:
        port = re.search(rb"(\d+)(?:/mcp)?\s*$", line := process.stdout.readline())
        if port is None:
            raise RuntimeError(f"{' '.join(argv)}: {line!r}")
        yield int(port[1])
    finally:
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        found.mebibytes.append(mebibytes(usage))


def _round_trip(port: int, trips: int) -> float:
    """The median of single round trips on one connection, in seconds."""
    took: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for id in range(trips):
            began = perf_counter()
            client.sendall(_request(port, id, b'"name":"work"'))
            came = b""
            while not came.endswith(b"}}"):
                came += client.recv(65536)
            took.append(perf_counter() - began)
    return median(took)


def _stream(port: int, events: int) -> float:
    """Seconds until the last of so many events has come."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        began = perf_counter()
        client.sendall(_request(port, 1, b'"name":"work","events":%d' % events))
        last = b""
        while not last.endswith(b"\r\n0\r\n\r\n"):
            last = last[-16:] + client.recv(1 << 20)
        return perf_counter() - began


def _request(port: int, id: int, params: bytes) -> bytes:
    body = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{%b}}' % (id, params)
    head = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (port, len(body)) + body


def _nothing_lost(recording: Path, requests: int, events: int) -> None:
    with recording.open("rb") as lines:
        kinds = [b'"dir":"c2s"' in line for line in lines if b'"kind":"frame"' in line]
    if (sum(kinds), len(kinds) - sum(kinds)) != (requests, requests + events):
        raise RuntimeError(f"{sum(kinds)} requests and {len(kinds) - sum(kinds)} answers recorded")
