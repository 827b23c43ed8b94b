"""A server that speaks at a steady pace: `python steady.py FRAMES_A_SECOND SECONDS`, in ticks of 20 ms once called."""

from __future__ import annotations

import json
import sys
import threading
from time import perf_counter
from typing import Any

RATE, SECONDS = int(sys.argv[1]), float(sys.argv[2])
TICK = 0.02
RESULTS: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}, "logging": {}},
        "serverInfo": {"name": "steady", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "work", "inputSchema": {"type": "object"}}]},
    "logging/setLevel": {},
}


def work() -> None:
    began, sent, pause = perf_counter(), 0, threading.Event()
    while sent < RATE * SECONDS:
        pause.wait(TICK)
        due = min(int((perf_counter() - began) * RATE), int(RATE * SECONDS))
        lines = [
            f'{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":{number}}}}}\n'
            for number in range(sent, due)
        ]
        sys.stdout.write("".join(lines))
        sys.stdout.flush()
        sent = due


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message or "method" not in message:
        continue
    if message["method"] == "tools/call":
        work()
    answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": RESULTS.get(message["method"], {})})
    sys.stdout.write(answer + "\n")
    sys.stdout.flush()
