"""A recording is never held in memory: ten times the lines take no more of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.files import write_recording
from tests.cli.running import environment

SMALL, LARGE = 10_000, 100_000
MORE = 16 << 10
"""KiB that a large one may take more: far less than it is long, and more than one run differs from the next."""
SAYS = """
import resource, subprocess, sys
print(subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _peak(argv: tuple[str, ...], env: dict[str, str] | None = None) -> int:
    """The most memory, in KiB, of a run that finds nothing wrong or something."""
    command = [sys.executable, "-c", SAYS, sys.executable, "-m", "mcpwatch", *argv]
    ran = subprocess.run(command, env=environment(env), stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    code, peak = map(int, ran.stdout.split())
    assert code in (0, 1)
    return peak // (1024 if sys.platform == "darwin" else 1)


@pytest.mark.skipif(os.name != "posix", reason="asks the system in POSIX's way")
@pytest.mark.platform_only
@pytest.mark.parametrize(
    "argv",
    [("show",), ("show", "-m", "resources/*"), ("check",), ("sessions",)],
    ids=["show", "filter", "check", "list"],
)
def test_ten_times_the_lines_take_no_more_memory(argv: tuple[str, ...], tmp_path: Path) -> None:
    peaks: list[int] = []
    for lines in (SMALL, LARGE):
        folder = tmp_path / str(lines)
        folder.mkdir()
        file = write_recording(folder / "20260101-000000-large-aaaa.mcpw.jsonl", lines)
        words = argv if argv[0] == "sessions" else (argv[0], str(file), *argv[1:])
        peaks.append(_peak(words, {"MCPWATCH_SESSIONS": str(folder)}))
    small, large = peaks
    assert large < small + MORE < small + file.stat().st_size // 1024 * 2
