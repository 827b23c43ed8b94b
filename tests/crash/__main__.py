"""`python -m tests.crash`: kill it, end it, leave it no room, and let it run for very long; about an hour altogether.

    python -m tests.crash                   everything
    python -m tests.crash kills --count 90  one part, as often as that
    python -m tests.crash --write           and put the figures into docs/reliability.md

It ends in exit code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench.table import machine
from tests.crash import broken, cut, ended, killed, lasting
from tests.crash.table import Part, markdown
from tests.docs.figures import write_figures

PARTS = (
    Part("kills", killed.rows, ("killed", "times", "seen")),
    Part("cuts", cut.rows, ("read by", "cuts", "seen")),
    Part("disks", broken.rows, ("what", "times", "seen")),
    Part("signals", ended.rows, ("ended", "times", "seen")),
    Part("messages", lasting.messages, ("what", "how many", "seen")),
    Part("stderr", lasting.stderr, ("what", "how many", "seen")),
    Part("sessions", lasting.sessions, ("what", "how many", "seen")),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill it, end it, leave it no room.")
    parser.add_argument("part", nargs="*", choices=[*(part.name for part in PARTS), []], help="only these parts")
    parser.add_argument("--count", type=int, help="how often each thing is done, or how many of them there are")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    given = parser.parse_args()
    failed = False
    for part in PARTS:
        if given.part and part.name not in given.part:
            continue
        rows = part.run(given.count)
        table = f"{machine()}:\n\n{markdown(part, rows)}"
        sys.stdout.write(f"\n{part.name}: {table}\n")
        for row in rows:
            for wrong in row.wrong:
                failed = True
                sys.stdout.write(f"WRONG {row.what}: {wrong}\n")
        sys.stdout.flush()
        if given.write:
            write_figures(part.name, table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
