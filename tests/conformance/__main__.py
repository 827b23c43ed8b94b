"""`python -m tests.conformance [client|server]`: mcpwatch as the client of the official suite, and as its server the
fixture server; as tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.running import CLIENT, proxied, served
from tests.conformance.suite import REVISIONS, NotInstalled, Suite, Table, installed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("half", nargs="?", choices=("client", "server"), help="only this half (both without)")
    parser.add_argument("--revision", action="append", choices=REVISIONS, help="only this one (both without it)")
    parser.add_argument("--url", help="a server that runs already, instead of the fixture server")
    parser.add_argument(
        "--proxy", action="store_true", help="also through `mcpwatch proxy`: the table must be the same"
    )
    options = parser.parse_args(argv)
    try:
        suite = Suite(installed())
    except NotInstalled as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    wrong = 0
    for revision in options.revision or REVISIONS:
        if options.half != "server":
            wrong += as_client(suite, revision)
        if options.half == "client":
            continue
        tables: dict[str, Table] = {}
        for way in ("directly", "by proxy") if options.proxy else ("directly",):
            with ExitStack() as stack:
                # A server of its own for each run: what one run changed is not there for the next.
                url = options.url or stack.enter_context(served())
                if way == "by proxy":
                    folder = stack.enter_context(TemporaryDirectory(prefix="conformance-"))
                    url = stack.enter_context(proxied(url, Path(folder, "t.mcpw.jsonl")))
                tables[way] = suite.table(url, revision)
        count, lines = compared(revision, tables)
        wrong += count
        sys.stdout.write("\n".join((*lines, "", "")))
    return 1 if wrong else 0


def as_client(suite: Suite, revision: str) -> int:
    """mcpwatch as the client of every scenario that a revision requires, one at a time: how many are wrong."""
    names = suite.client_scenarios(revision)
    width, wrong = max(map(len, names)), 0
    sys.stdout.write(f"{revision}: {len(names)} required scenarios for clients\n")
    for name in names:
        one = suite.client(CLIENT, name, revision)
        wrong += not one.passed
        cell = f"{one.count('SUCCESS')}/{sum(one.checks.values())}" + (" ok" if one.passed else "   ")
        sys.stdout.write(f"  {name:{width}}  {cell:>12}  {one.words.rpartition(chr(10))[2]}\n")
        sys.stdout.write("".join(f"      {why}\n" for why in one.why))
        sys.stdout.flush()
    sys.stdout.write(f"  {len(names) - wrong} of {len(names)} required scenarios passed\n\n")
    return wrong


def compared(revision: str, tables: Mapping[str, Table]) -> tuple[int, list[str]]:
    """The tables of one revision side by side: how many scenarios are wrong, and the lines.

    Wrong is what is required and not passed, and what does not come out alike in each way.
    """
    first, *others = tables.values()
    names = [*dict.fromkeys(name for table in tables.values() for name in table.scenarios)]
    wrong = {name for table in tables.values() for name in table.failed()}
    width = max(map(len, names))
    lines = [
        f"{revision}: {len(first.required)} required scenarios",
        f"  {'':{width}}" + "".join(f"  {way:>12}" for way in tables),
    ]
    for name in names:
        alike = all(other.checks(name) == first.checks(name) for other in others)
        wrong |= set() if alike else {name}
        cells = "".join(f"  {_cell(table, name):>12}" for table in tables.values())
        remark = ("" if name in first.required else "  not scored") + ("" if alike else "  NOT ALIKE")
        lines.append(f"  {name:{width}}{cells}{remark}")
    for way, table in tables.items():
        failed = table.failed()
        for name in failed:
            why = table.scenarios[name].why if name in table.scenarios else ("it did not run",)
            lines += [f"  {way}: {name}: {one}" for one in why]
        passed = len(table.required) - len(failed)
        checks = table.counts("SUCCESS")
        lines.append(f"  {way}: {passed} of {len(table.required)} required scenarios passed, {checks} checks")
    return len(wrong), lines


def _cell(table: Table, name: str) -> str:
    if (one := table.scenarios.get(name)) is None:
        return "-"
    passed, told = one.count("SUCCESS"), sum(one.checks.values())
    return f"{passed}/{told}" + (" ok" if one.passed else "   ")


if __name__ == "__main__":
    sys.exit(main())
