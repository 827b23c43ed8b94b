"""What the interactive session costs: a very large recording in it, and a server that sends as fast as it can.

`toolong`, which shows files of lines in the same way and with the same library, is the yardstick where it is there:
`uv tool install toolong`, or the path of its `tl` in MCPWATCH_BENCH_TOOLONG.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.files import RARE, write_recording
from tests.bench.measure import CHECKOUT, Program, Runs, in_turns, mcpwatch
from tests.bench.table import Row
from tests.bench.terminal import DOWN, UP, Terminal, terminal

PAGES = 30
FIRST = {"ours": r"opened", "theirs": r'"seq"'}
"""What the first screen of each has in it."""
PAGE = {"ours": DOWN, "theirs": UP}
"""The way there is to go: toolong begins at the end."""


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """A large recording: the first screen, a page further, a filter. Then a live flood."""
    frames, rounds = (100_000, 1) if quick else (1_000_000, 3)
    recording = write_recording(folder / "large.mcpw.jsonl", frames)
    programs = {"ours": mcpwatch("tui", str(recording))}
    toolong = os.environ.get("MCPWATCH_BENCH_TOOLONG") or shutil.which("tl")
    if toolong:
        programs["theirs"] = [toolong, str(recording)]
    first = {name: Runs() for name in programs}
    pages = {name: Runs() for name in programs}
    filters = Runs()
    worst = 0.0
    for _ in range(rounds):
        for name, argv in programs.items():
            with terminal(argv, _environment(folder)) as screen:
                first[name].seconds.append(screen.until(FIRST[name]))
                # Both go on reading behind the first screen. What a page costs is looked at when they have done so.
                screen.until(_read(frames)) if name == "ours" else screen.quiet(3.0)
                times = [_page(screen, PAGE[name]) for _ in range(PAGES)]
                pages[name].seconds += times
                if name == "ours":
                    worst = max(worst, *times)
                    filters.seconds.append(_filter(screen, frames))
                for runs in (first[name], pages[name], *([filters] if name == "ours" else [])):
                    runs.mebibytes.append(screen.memory())
    what = f"`tui` on {frames:,} frames"
    yardstick = "`toolong`" if toolong else "no toolong here"
    yield Row(f"{what}: first screen", first["ours"], yardstick, first.get("theirs"), "≤ 1 s, ≤ 300 MiB")
    yield Row("the same: a page further", pages["ours"], yardstick, pages.get("theirs"), "≤ 50 ms", _worst(worst))
    found = f"{frames // RARE:,} found"
    yield Row("the same: `method:resources/read`, all found", filters, "", None, "", found)
    yield from _flood(folder, quick=quick)


def _page(screen: Terminal, key: str) -> float:
    screen.press(key)
    return screen.answer()


def _filter(screen: Terminal, frames: int) -> float:
    """From the last key of a filter until all that it lets through is found."""
    screen.press("/")
    screen.answer()
    screen.press("method:resources/rea")
    screen.answer()
    screen.press("d")
    return screen.until(rf"{frames // RARE:,} of {frames + 2:,}(?!,)")


def _read(frames: int) -> str:
    """What the status line says of a file that was read to its end."""
    return rf"×{frames + 2:,}"


def _worst(seconds: float) -> str:
    return f"at worst {seconds * 1000:.0f} ms"


def _flood(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Notifications as fast as a server can write them, while the screens are watched."""
    count = 10_000 if quick else 100_000
    recording, said = folder / "live.mcpw.jsonl", folder / "heartbeat.json"
    server = [sys.executable, str(CHECKOUT / "tests/servers/bad/flood.py"), str(count)]
    heartbeat = [sys.executable, "-m", "tests.bench.clients.heartbeat", str(count), str(recording), "--", *server]
    longest, took = Runs(), Runs()

    def check() -> None:
        told = json.loads(said.read_text(encoding="utf-8"))
        with recording.open("rb") as lines:
            found = sum(b'"dir":"s2c","type":"notification"' in line for line in lines)
        if found < count or told["shown"] < count:
            raise RuntimeError(f"{found} of {count} notifications were recorded, {told['shown']} shown")
        longest.seconds.append(told["longest"])
        took.seconds.append(told["took"])

    program = Program(heartbeat, out=said, before=lambda: recording.unlink(missing_ok=True), check=check)
    runs = in_turns({"ours": program}, 1 if quick else 3, folder, warm_up=False)["ours"]
    longest.mebibytes = took.mebibytes = runs.mebibytes
    yield Row(f"{count:,} notifications arriving in `tui`", took, "", None, "", "none lost, all shown")
    yield Row(
        "the same: longest time without an answer to a key", longest, "", None, "≤ 250 ms", _worst(max(longest.seconds))
    )


def _environment(folder: Path) -> dict[str, str]:
    left_out = ("CI", "PYTHONDONTWRITEBYTECODE", "NO_COLOR", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"MCPWATCH_SESSIONS": str(folder / "sessions"), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
