"""One program run once, and several of them taken in turns: how long, and how much memory.

In turns, because a machine's speed drifts while it measures; the ratio of two runs that stood side by side drifts less.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

CHECKOUT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: a command line, and where its output goes (nowhere, unless a file is named).

    `check` sees that the work was done; it raises where it was not.
    """

    argv: Sequence[str]
    out: Path | None = None
    before: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Runs:
    """What several runs of one program took. Memory is the most that one process of it, or one that it
    started, held at once."""

    seconds: list[float] = field(default_factory=list[float])
    mebibytes: list[float] = field(default_factory=list[float])

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def memory(self) -> float:
        return max(self.mebibytes)


def mcpwatch(*words: str) -> list[str]:
    """The installed command, run as a user's shell would."""
    return [str(Path(sys.executable).with_name("mcpwatch")), *words]


def in_turns(programs: Mapping[str, Program], rounds: int, folder: Path, *, warm_up: bool = True) -> dict[str, Runs]:
    """Run all of them `rounds` times, one after the other in each round; once before, not counted, to fill caches."""
    if warm_up:
        for program in programs.values():
            _run(program, folder)
    runs = {name: Runs() for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            seconds, mebibytes = _run(program, folder)
            runs[name].seconds.append(seconds)
            runs[name].mebibytes.append(mebibytes)
    return runs


def _run(program: Program, folder: Path) -> tuple[float, float]:
    program.before()
    environment = surroundings(folder)
    with open(program.out or os.devnull, "wb") as out, open(folder / "stderr", "w+b") as errors:
        began = perf_counter()
        child = subprocess.Popen(
            program.argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(program.argv)} ended with {child.returncode}: {errors.read(4000)!r}")
    program.check()
    return seconds, mebibytes(usage)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of what is measured."""
    # With bytecode on both sides, as what is installed has it, also where Python was told not to write any.
    left_out = ("CI", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return environment | {"MCPWATCH_SESSIONS": str(folder / "sessions"), "PYTHONPATH": str(CHECKOUT)}


def own_memory() -> float:
    """The most that this process has held at once, in MiB."""
    return mebibytes(resource.getrusage(resource.RUSAGE_SELF))


def mebibytes(usage: resource.struct_rusage) -> float:
    """The most that a process has held at once, in MiB."""
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
