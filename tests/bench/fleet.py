"""Many servers at once: whether all is heard in order, and whether a handler that sleeps delays the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.measure import Program, Runs, in_turns
from tests.bench.table import Row

CLIENT = Path(__file__).parent / "clients/fleet.py"
LINKS, RATE = 20, 500


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Each server says 500 things a second; the yardstick is the time that they take for it."""
    seconds = 3 if quick else 20
    out = folder / "fleet.json"
    recording = folder / "fleet.mcpw.jsonl"
    argv = [sys.executable, str(CLIENT), str(LINKS), str(RATE), str(seconds), str(recording)]
    found: list[dict[str, Any]] = []

    def check() -> None:
        seen = json.loads(out.read_text())
        if not seen["in_order"]:
            raise RuntimeError(f"lost or out of order: {seen}")
        found.append(seen)

    runs = in_turns({"ours": Program(argv, out=out, check=check)}, 1, folder, warm_up=False)["ours"]
    seen = found[-1]
    paced = Runs([float(seconds)], [0.0])
    note = (
        f"all in order; behind a handler that sleeps on another link: median {seen['median_lag'] * 1000:.0f} ms, "
        f"at most {seen['worst_lag'] * 1000:.0f} ms; grown by {seen['grown']:.0f} MiB"
    )
    what = f"{LINKS} servers, {LINKS * RATE:,} frames a second in all, recorded and handled"
    yield Row(what, runs, "the servers' own pace", paced, "flat memory", note)
