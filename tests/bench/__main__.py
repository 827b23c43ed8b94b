"""`python -m tests.bench [--quick] [--only WORD] [--write]`: measure, print the table, and keep it if asked to."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import between, files, fleet, screens, starts, traffic, web
from tests.bench.measure import CHECKOUT
from tests.bench.table import Row, machine, markdown, write

PAGE = CHECKOUT / "docs" / "performance.md"
GROUPS: dict[str, Callable[..., Iterator[Row]]] = {
    "starts": starts.rows,
    "flood": traffic.flood,
    "line": traffic.long_line,
    "show": files.rows,
    "screens": screens.rows,
    "proxy": between.rows,
    "web": web.rows,
    "fleet": fleet.rows,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What mcpwatch costs, as ratios.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work in about a minute; only a hint")
    parser.add_argument("--only", choices=GROUPS, action="append", help="only these rows; repeatable")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    options = parser.parse_args()
    if options.write and (options.quick or options.only):
        parser.error("--write keeps the figures of a whole run")
    rows: list[Row] = []
    for name in options.only or GROUPS:
        with tempfile.TemporaryDirectory(prefix="mcpwatch-bench-") as folder:
            for row in GROUPS[name](Path(folder), quick=options.quick):
                rows.append(row)
                sys.stderr.write(f"{row.what}: {row.ours.median:.6f} s\n")
    text = f"{machine()}:\n\n{markdown(rows)}"
    sys.stdout.write(text + "\n")
    if options.write:
        write(PAGE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
