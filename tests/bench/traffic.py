"""What the traffic costs that brings other clients down: a flood of notifications, and one very long line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.measure import CHECKOUT, Program, in_turns, mcpwatch
from tests.bench.table import Row

CLIENT = Path(__file__).parent / "clients/call_work.py"
BAD = CHECKOUT / "tests/servers/bad"


def _ours(server: list[str], recording: Path, *more: str) -> list[str]:
    return mcpwatch("call", "work", "--record", str(recording), "--force", *more, "--", *server)


def flood(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Notifications in one call, recorded, with all handlers; then also shown."""
    count = 10_000 if quick else 100_000
    recording = folder / "flood.mcpw.jsonl"
    server = [sys.executable, str(BAD / "flood.py"), str(count)]
    check = partial(_nothing_lost, recording, count)
    programs = {
        "ours": Program(_ours(server, recording, "--quiet"), check=check),
        "shown": Program(_ours(server, recording), check=check),
        "theirs": Program([sys.executable, str(CLIENT), *server]),
    }
    runs = in_turns(programs, 1 if quick else 3, folder, warm_up=False)
    what = f"{count:,} notifications in one call, recorded"
    yield Row(what, runs["ours"], "SDK client", runs["theirs"], "≤ 0.25, ≤ 150 MiB", "nothing lost")
    yield Row("the same, and shown as lines", runs["shown"], "SDK client", runs["theirs"], "", "nothing lost")


def _nothing_lost(recording: Path, count: int) -> None:
    with recording.open("rb") as lines:
        found = sum(b'"dir":"s2c","type":"notification"' in line for line in lines)
    if found != count:
        raise RuntimeError(f"{found} of {count} notifications were recorded")


def long_line(folder: Path, *, quick: bool) -> Iterator[Row]:
    """A tool result in one line, of two lengths, eight times apart."""
    short, long = (2, 16) if quick else (8, 64)
    recording = folder / "line.mcpw.jsonl"

    def programs(mebibytes: int) -> dict[str, Program]:
        server = [sys.executable, str(BAD / "long_line.py"), str(mebibytes)]
        check = partial(_as_long_as, recording, mebibytes)
        return {
            "ours": Program(_ours(server, recording, "--quiet"), check=check),
            "theirs": Program([sys.executable, str(CLIENT), *server]),
        }

    first = in_turns(programs(short), 3, folder)
    then = in_turns(programs(long), 1, folder, warm_up=False)
    more = in_turns({"ours": programs(long)["ours"]}, 2, folder, warm_up=False)["ours"]
    ours, theirs = then["ours"], then["theirs"]
    ours.seconds += more.seconds
    ours.mebibytes += more.mebibytes
    growth = f"t({long})/t({short}) = {ours.median / first['ours'].median:.1f} (reach ≤ 12)"
    growth += f", SDK client {theirs.median / first['theirs'].median:.1f}"
    yield Row(f"a line of {long} MiB, recorded", ours, "SDK client", theirs, "≤ 3 s", growth)


def _as_long_as(recording: Path, mebibytes: int) -> None:
    if recording.stat().st_size < mebibytes * 1024 * 1024:
        raise RuntimeError("the line is not in the recording")
