"""Cases in their order, each given to all readers of its kind, and what went wrong."""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from mcpwatch.errors import McpwatchError
from tests.fuzz.corpus import families
from tests.fuzz.mutate import mutated
from tests.fuzz.reading import READERS, Case

__all__ = ["MOST", "Failure", "Tally", "play", "the_case"]

MOST = 2.0
"""Seconds of this thread's own work that a reader may take over one case."""
_HANGS = 120
"""Seconds of any kind after which it is ended: on a machine that is busy with other things, too."""
_WEIGHTS = {"recording": 24, "config": 10, "script": 8, "answers": 8, "line": 12, "stream": 8, "body": 12, "text": 8}
_WEIGHTS["schema"] = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """A reader that raised what it may not, or took too long."""

    number: int
    reader: str
    error: str
    where: str


@dataclass(slots=True)
class Tally:
    """What came of some cases, by the kind of thing."""

    cases: Counter[str] = field(default_factory=Counter[str])
    reads: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    """Readings that ended in a `McpwatchError`, which is one good end among others."""
    slowest: dict[str, float] = field(default_factory=dict[str, float])
    failures: list[Failure] = field(default_factory=list[Failure])

    def add(self, other: Tally) -> None:
        self.cases += other.cases
        self.reads += other.reads
        self.refused += other.refused
        self.failures += other.failures
        for kind, seconds in other.slowest.items():
            self.slowest[kind] = max(self.slowest.get(kind, 0.0), seconds)


class Hangs(BaseException):
    """It does not end."""


def the_case(seed: int, number: int, only: str | None = None) -> tuple[str, str, bytes, Random]:
    """The case of this number: its kind, a file's name, what is in it, and what draws the rest."""
    random = Random(f"{seed}:{number}")
    kind = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    kind = kind if only is None else only
    first = random.choice(families()[kind])
    others = [seed.data for seed in families()[kind]]
    data = mutated([first.data, first.data, first.data, random.choice(others)], random)
    return kind, first.name, data, random


def play(seed: int, numbers: Iterable[int], only: str | None = None) -> Tally:
    """Give the cases of these numbers to all that read things of their kind."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="mcpwatch-fuzz-") as folder, _no_hanging():
        for number in numbers:
            kind, name, data, _ = the_case(seed, number, only)
            path = Path(folder, name)
            path.write_bytes(data)
            tally.cases[kind] += 1
            for reader, read in READERS[kind].items():
                tally.reads[kind] += 1
                began = time.thread_time()
                signal.setitimer(signal.ITIMER_REAL, _HANGS)
                try:
                    read(Case(data, path, Random(f"{seed}:{number}:{reader}")))
                except McpwatchError:
                    tally.refused[kind] += 1
                except (Exception, Hangs) as error:
                    tally.failures.append(_failure(number, f"{kind}: {reader}", error))
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                took = time.thread_time() - began
                tally.slowest[kind] = max(tally.slowest.get(kind, 0.0), took)
                if took > MOST:
                    tally.failures.append(Failure(number, f"{kind}: {reader}", "took too long", f"{took:.1f} s"))
            path.unlink(missing_ok=True)
    return tally


def _failure(number: int, reader: str, error: BaseException) -> Failure:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/mcpwatch/" in frame.filename]
    last = frames[-1] if frames else None
    where = "" if last is None else f"{last.filename.partition('/mcpwatch/')[2]}:{last.lineno} {last.name}"
    return Failure(number, reader, f"{type(error).__name__}: {str(error)[:160]}", where)


@contextmanager
def _no_hanging() -> Generator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"it does not end within {_HANGS} s")

    before = signal.signal(signal.SIGALRM, late)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
