"""`python -m tests.faults [--write] [--quick] [NAME …]`: every fault once, with a line each, in one process.

The full run has the large ones too and takes some minutes, most of which is waiting for time-outs; `--quick` leaves
them out, as CI does. `--write` puts the tables into docs/reliability.md where everything was as it has to be.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

from tests.docs.figures import write_figures
from tests.faults import over_http, over_stdio, through_proxy
from tests.faults.fault import Fault
from tests.faults.judge import complaints
from tests.faults.table import markdown
from tests.faults.web import WebFault
from tests.faults.written import lost

PARTS = (("Over stdio", over_stdio.FAULTS), ("Over HTTP and SSE", over_http.FAULTS))


def judged(fault: Fault, folder: Path) -> tuple[list[str], str]:
    """What is wrong, and the screen."""
    if isinstance(fault, WebFault):
        outcome, exchanges = over_http.run(fault, folder)
        return complaints(fault, outcome, over_http.lost(fault, outcome, exchanges)), outcome.screen
    outcome = over_stdio.run(fault, folder)
    return complaints(fault, outcome, over_stdio.lost(outcome)), outcome.screen


def behind_the_proxy() -> tuple[int, int]:
    """All that a proxy passes on: how many there are, and how many are not the same behind it."""
    sys.stdout.write("\nBehind the proxy\n")
    names = (*through_proxy.ON_PIPES, *through_proxy.MORE_ON_PIPES)
    faults = through_proxy.faults_at_a_url(every=True)
    wrong: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="mcpwatch-faults-") as folder:
        for name in names:
            (here := Path(folder) / name).mkdir()
            wrong[name] = through_proxy.unlike(*through_proxy.on_a_pipe(name, here))
        (here := Path(folder) / "web").mkdir()
        with through_proxy.between(here) as there:
            for fault in faults:
                (place := here / fault.name).mkdir()
                wrong[f"web {fault.name}"] = complaints(fault, there.run(fault, place), "")
            exchanges, events = there.end()
        missing = lost(exchanges, events, cut=True)
    wrong["the recording of the proxy"] = [missing] if missing else []
    bad = {name: what for name, what in wrong.items() if what}
    sys.stdout.write("".join(f"  FAIL {name}: {'; '.join(what)}\n" for name, what in bad.items()))
    return len(names) + len(faults), len(bad)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--quick", action="store_true", help="leave the large ones out")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/reliability.md")
    given = parser.parse_args()
    for name in ("CI", "GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    os.environ["MCPWATCH_SESSIONS"] = "off"

    failed, count, began = 0, 0, perf_counter()
    for title, faults in PARTS:
        sys.stdout.write(f"\n{title}\n")
        for fault in faults:
            if (given.names and fault.name not in given.names) or (given.quick and fault.heavy):
                continue
            with tempfile.TemporaryDirectory(prefix="mcpwatch-faults-") as folder:
                spent = process_time()
                wrong, screen = judged(fault, Path(folder))
            count += 1
            failed += bool(wrong)
            how, used = "FAIL" if wrong else "ok  ", f"{process_time() - spent:5.1f} s"
            sys.stdout.write(f"  {how} {fault.code} {used}  {fault.name:40} {fault.says[:70]}\n")
            if wrong:
                sys.stdout.write("".join(f"         {one}\n" for one in wrong) + screen)
            sys.stdout.flush()
    passed_on = 0
    if not given.names and not given.quick:
        passed_on, unlike = behind_the_proxy()
        failed += unlike
    took = perf_counter() - began
    sys.stdout.write(f"\n{count} faults, {passed_on} behind the proxy, {failed} not as they have to be, {took:.0f} s\n")
    if given.write and not failed and passed_on:
        when = f"The last full run, on {date.today():%d %B %Y}"
        same = f"{passed_on} of them once more behind `mcpwatch proxy`, where a client meets the same"
        write_figures("faults", markdown(PARTS, f"{when}: {count} faults, all met as promised; {same}."))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
