"""`python -m tests.conformance [client|server]`: mcpwatch as the client of the official suite, and as its server the
fixture server; as tables."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.running import CLIENT, proxied, served
from tests.conformance.suite import REVISIONS, NotInstalled, Scenario, Suite, Table, installed
from tests.docs.figures import write_figures


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("half", nargs="?", choices=("client", "server"), help="only this half (both without)")
    parser.add_argument("--revision", action="append", choices=REVISIONS, help="only this one (both without it)")
    parser.add_argument("--url", help="a server that runs already, instead of the fixture server")
    parser.add_argument(
        "--proxy", action="store_true", help="also through `mcpwatch proxy`: the table must be the same"
    )
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    options = parser.parse_args(argv)
    try:
        suite = Suite(installed())
    except NotInstalled as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    wrong = 0
    figures = Figures()
    for revision in options.revision or REVISIONS:
        if options.half != "server":
            figures.client[revision] = as_client(suite, revision)
            wrong += sum(not one.passed for one in figures.client[revision])
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
        figures.server[revision] = tables
        count, lines = compared(revision, tables)
        wrong += count
        sys.stdout.write("\n".join((*lines, "", "")))
    if options.write:
        write_figures("conformance", figures.text())
    return 1 if wrong else 0


@dataclass(slots=True)
class Figures:
    """What ran, by revision, and as a part of a page."""

    client: dict[str, list[Scenario]] = field(default_factory=dict[str, "list[Scenario]"])
    server: dict[str, dict[str, Table]] = field(default_factory=dict[str, "dict[str, Table]"])

    def text(self) -> str:
        parts = [f"The last full run was on {datetime.now(UTC):%Y-%m-%d}, by `python -m tests.conformance --write`."]
        revisions = list(self.client)
        if revisions:
            passed = [
                f"{sum(one.passed for one in ran)} of {len(ran)} required scenarios for clients of {revision}"
                for revision, ran in self.client.items()
            ]
            parts.append(
                f"mcpwatch as the client, with recording on, passes {', and '.join(passed)}. Each cell says how many "
                "checks were passed, and how many messages the recording holds: as many as crossed the wire."
            )
            names = list(dict.fromkeys(one.name for ran in self.client.values() for one in ran))
            rows = [f"| scenario | {' | '.join(revisions)} |", f"|---|{'---|' * len(revisions)}"]
            for name in names:
                found = [{one.name: one for one in self.client[revision]}.get(name) for revision in revisions]
                rows.append(f"| {name} | {' | '.join('' if one is None else _figure(one) for one in found)} |")
            parts.append("\n".join(rows))
        for revision, tables in self.server.items():
            for way, table in tables.items():
                required, failed = len(table.required), len(table.failed())
                checks = table.counts("SUCCESS")
                what = f"The fixture server, {way}, passes {required - failed} of {required} required scenarios"
                parts.append(f"{what} of {revision}, {checks} checks.")
        return "\n\n".join(parts)


def _figure(one: Scenario) -> str:
    said = re.search(r"recorded (\d+) messages, (\d+) crossed", one.words)
    equal = said is not None and said[1] == said[2]
    messages = f"{said[1]} message{'' if said[1] == '1' else 's'}" if said is not None and equal else "NOT EQUAL"
    return f"{one.count('SUCCESS')}/{sum(one.checks.values())}, {messages}" + ("" if one.passed else " FAILED")


def as_client(suite: Suite, revision: str) -> list[Scenario]:
    """mcpwatch as the client of every scenario that a revision requires, one at a time."""
    names = suite.client_scenarios(revision)
    width, ran = max(map(len, names)), list[Scenario]()
    sys.stdout.write(f"{revision}: {len(names)} required scenarios for clients\n")
    for name in names:
        one = suite.client(CLIENT, name, revision)
        ran.append(one)
        cell = f"{one.count('SUCCESS')}/{sum(one.checks.values())}" + (" ok" if one.passed else "   ")
        sys.stdout.write(f"  {name:{width}}  {cell:>12}  {one.words.rpartition(chr(10))[2]}\n")
        sys.stdout.write("".join(f"      {why}\n" for why in one.why))
        sys.stdout.flush()
    passed = sum(one.passed for one in ran)
    sys.stdout.write(f"  {passed} of {len(names)} required scenarios passed\n\n")
    return ran


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
