"""The screens over a server that sends as fast as it can: the longest time for which no key would have been answered.

`python -m tests.bench.clients.heartbeat COUNT RECORDING -- SERVER…` prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter

from mcpwatch.api import Settings
from mcpwatch.session.target import parse_target
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.live import Live
from mcpwatch.tui.traffic.pane import TrafficPane

BEAT = 0.005


async def main(count: int, recording: Path, server: list[str]) -> None:
    source = Live([parse_target((), server)], Settings(record=recording))
    app = WatchApp(source)
    longest = 0.0
    try:
        async with app.run_test(size=(120, 40)):
            session = source.session
            assert session is not None
            while not source.connected:  # noqa: ASYNC110 - it has no event for that
                await asyncio.sleep(BEAT)
            frames = app.query_one(TrafficPane).frames

            async def beat() -> None:
                nonlocal longest
                last = perf_counter()
                while True:
                    await asyncio.sleep(BEAT)
                    now = perf_counter()
                    longest = max(longest, now - last - BEAT)
                    last = now

            beating = asyncio.create_task(beat())
            began = perf_counter()
            await session.call("work")
            while len(frames.shown) < source.rows or source.rows < count:  # noqa: ASYNC110 - what counts
                await asyncio.sleep(BEAT)
            took = perf_counter() - began
            beating.cancel()
            shown = len(frames.shown)
    finally:
        await source.close()
    print(json.dumps({"longest": longest, "took": took, "shown": shown}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:]))
