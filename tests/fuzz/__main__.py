"""`python -m tests.fuzz [--count N] [--seed N] [--only KIND] [--case N] [--write]`: what reads mutated things.

`--case` takes one number of a failure, puts its bytes into a file and shows the traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

from mcpwatch.errors import McpwatchError
from tests.docs.figures import RELIABILITY, write_figures
from tests.fuzz.reading import READERS, Case
from tests.fuzz.running import Failure, Tally, play, the_case

COUNT, AT_ONCE = 10_000, 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Mutated things, and what reads them.")
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many things (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--only", choices=READERS, help="only this kind")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--case", type=int, help="only this one, with its traceback")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {RELIABILITY.name}")
    options = parser.parse_args()
    if options.case is not None:
        return _one(options.seed, options.case, options.only)
    tally = Tally()
    rows = [range(at, min(at + AT_ONCE, options.count)) for at in range(0, options.count, AT_ONCE)]
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, part in enumerate(pool.map(partial(play, options.seed, only=options.only), rows)):
            tally.add(part)
            sys.stderr.write(f"\r{(number + 1) * AT_ONCE} of {options.count}, {len(tally.failures)} failures")
    sys.stderr.write("\n")
    text = _table(tally, options.seed)
    sys.stdout.write(text)
    for (error, where, reader), first in _grouped(tally.failures).items():
        sys.stdout.write(f"{reader}  {error}  {where}  cases {', '.join(str(one.number) for one in first[:5])}\n")
    if options.write:
        write_figures("fuzz", text)
    return 1 if tally.failures else 0


def _grouped(failures: list[Failure]) -> dict[tuple[str, str, str], list[Failure]]:
    found: dict[tuple[str, str, str], list[Failure]] = {}
    for one in failures:
        found.setdefault((one.error[:60], one.where, one.reader), []).append(one)
    return found


def _table(tally: Tally, seed: int) -> str:
    lines = [
        f"`python -m tests.fuzz --count {sum(tally.cases.values())} --seed {seed}`:",
        "",
        "| what was mutated | cases | readings | of these refused in a sentence | slowest reading | failures |",
        "|---|---|---|---|---|---|",
    ]
    for kind in READERS:
        failed = sum(one.reader.startswith(f"{kind}: ") for one in tally.failures)
        slowest = f"{tally.slowest.get(kind, 0.0):.2f} s"
        cells = (tally.cases[kind], tally.reads[kind], tally.refused[kind], slowest, failed)
        lines.append(
            f"| {_NAMES[kind]} | {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in cells)} |"
        )
    return "\n".join(lines) + "\n"


_NAMES = {
    "recording": "recordings: show, check, diff, redact, init-script, mock, replay; the screens' index, filter, fold",
    "config": "configs of every client: read, servers, wrap, unwrap",
    "script": "scripts: read, check --expect",
    "answers": "answers files: read, asked, added to",
    "line": "lines on a pipe: framing, redactor, fold, screen, rules, file format",
    "stream": "server-sent events, and the proxy's filter over them",
    "body": "HTTP bodies of any type and coding, and both sides of the HTTP proxy",
    "text": "text: on a screen, as an address, a filter, a step, arguments, a target",
    "schema": "JSON Schemas: forms, signatures, examples, arguments",
}


def _one(seed: int, number: int, only: str | None) -> int:
    kind, name, data, _ = the_case(seed, number, only)
    folder = Path(tempfile.mkdtemp(prefix="mcpwatch-fuzz-"))
    path = folder / name
    path.write_bytes(data)
    sys.stderr.write(f"{kind}: {path}, {len(data)} bytes\n")
    failed = 0
    for reader, read in READERS[kind].items():
        try:
            read(Case(data, path, Random(f"{seed}:{number}:{reader}")))
        except McpwatchError as error:
            sys.stderr.write(f"{reader}: {type(error).__name__}: {error}\n")
        except Exception:
            failed = 1
            sys.stderr.write(f"{reader}:\n{traceback.format_exc()}\n")
        else:
            sys.stderr.write(f"{reader}: fine\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
