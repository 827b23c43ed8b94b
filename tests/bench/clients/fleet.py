"""Many servers watched at once: `python fleet.py LINKS FRAMES_A_SECOND SECONDS RECORDING`; what was seen, as JSON.

One handler hears every link; on the first link it sleeps over each event, which must delay no other link.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import defaultdict
from pathlib import Path

from mcpwatch import Frame, watch

STEADY = str(Path(__file__).parents[1] / "servers/steady.py")


async def main(links: int, rate: int, seconds: float, recording: str) -> None:
    targets = {f"s{number}": [sys.executable, STEADY, str(rate), str(seconds)] for number in range(links)}
    wanted, left = int(rate * seconds), links - 1
    heard: dict[str, int] = defaultdict(int)
    in_order, all_heard = True, asyncio.Event()
    worst, some_lags = 0.0, list[float]()
    memory: list[float] = []

    async with watch(targets, record=recording, force=True, era="legacy") as session:

        async def log(frame: Frame) -> None:
            nonlocal in_order, left, worst
            link, number = frame.link, frame.params["data"]
            in_order = in_order and number == heard[link]
            heard[link] += 1
            if link == "s0":
                await asyncio.sleep(1)
                return
            lag = session.hub.now() - frame.t
            worst = max(worst, lag)
            if number % 50 == 0:
                some_lags.append(lag)
            if heard[link] == wanted:
                left -= 1
                if not left:
                    all_heard.set()

        async def weigh() -> None:
            while True:
                memory.append(_resident())
                await asyncio.sleep(1)

        session.on("notifications/message", log)
        weighing = asyncio.create_task(weigh())
        sleepy = asyncio.create_task(session.call("s0:work"))
        await asyncio.gather(*(session.call(f"{link}:work") for link in list(targets)[1:]))
        async with asyncio.timeout(60):
            await all_heard.wait()
        weighing.cancel()
        session.off(log)
        await sleepy
    settled = memory[len(memory) // 3 :]
    sys.stdout.write(
        json.dumps(
            {
                "in_order": in_order,
                "heard": sum(heard.values()),
                "median_lag": sorted(some_lags)[len(some_lags) // 2],
                "worst_lag": worst,
                "grown": settled[-1] - settled[0],
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
        + "\n"
    )


def _resident() -> float:
    """MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1024 * 1024)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
