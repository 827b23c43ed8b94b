"""`python -m tests.network [--write]`: every test of ports, addresses, shells and files, and a table of them."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests.conftest import CHECKOUT
from tests.docs.figures import RELIABILITY, write_figures

PLACES = ("tests/network", "tests/session/auth")
ABOUT_US = ("elsewhere", "another", "opened", "believed", "secret")
"""What the names of those tests of logging in have in them that stand in the table one by one."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.network", description="Ports, addresses, shells and files.")
    parser.add_argument("--write", action="store_true", help=f"put the table into {RELIABILITY.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mcpwatch-network-") as folder:
        told = Path(folder, "told.xml")
        # A process of its own: pytest wants to be there before what it tests.
        argv = [sys.executable, "-m", "pytest", *PLACES, "-q", "-p", "no:cacheprovider", f"--junitxml={told}"]
        code = subprocess.run(argv, cwd=CHECKOUT, stdout=sys.stderr).returncode
        text = _table(ElementTree.parse(told).getroot())
    sys.stdout.write(text)
    if options.write and code == 0:
        write_figures("network", text)
    return code


def _table(told: ElementTree.Element) -> str:
    cases, failed, others = Counter[str](), Counter[str](), Counter[bool]()
    for case in told.iter("testcase"):
        name = case.attrib["name"].partition("[")[0]
        bad = case.find("failure") is not None or case.find("error") is not None
        if "session.auth" in case.attrib["classname"] and not any(word in name for word in ABOUT_US):
            others[bad] += 1
        else:
            cases[name] += 1
            failed[name] += bad
    lines = ["`python -m tests.network`:", "", "| what was looked at | cases | failures |", "|---|---|---|"]
    for name, count in cases.items():
        lines.append(f"| {name.removeprefix('test_').replace('_', ' ')} | {count} | {failed[name]} |")
    lines.append(f"| the other tests of logging in | {others.total()} | {others[True]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
