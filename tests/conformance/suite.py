"""Running the official conformance suite against a server or a client, and its results as a table.

The suite is a program of its own. It writes what it checked into files, which are what is read here: its exit code and
its summary leave out which check failed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

REVISIONS: Final = ("2025-11-25", "2026-07-28")
"""The last with a handshake, and the first without a state."""
WITHIN: Final = 300
"""Seconds that a whole run may take before it counts as hanging."""
AGAIN: Final = 3
"""How often a scenario that failed is run again."""
EXTENSIONS: Final = "tasks-"
"""How the names of scenarios begin that are about an extension; the fixture server has none."""
TOLD: Final = ("SUCCESS", "FAILURE", "WARNING")
"""What says something of the server: the rest is the suite's diary."""


NOT_EQUAL: Final = "NOT EQUAL"
"""What our client says where its recording does not hold what crossed the wire."""


class NotInstalled(Exception):
    """The suite is not where it was looked for, or there is no Node that can run it."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: how often each of its checks ended in which way."""

    name: str
    checks: Mapping[tuple[str, str], int]
    why: tuple[str, ...] = ()
    """What it says of those that failed."""
    words: str = ""
    """What a client wrote to its stderr."""

    def count(self, status: str) -> int:
        return sum(count for (_, ended), count in self.checks.items() if ended == status)

    @property
    def passed(self) -> bool:
        return not self.count("FAILURE") and not self.count("WARNING")


@dataclass(frozen=True, slots=True)
class Table:
    """All scenarios of one run, by name, in the order in which they ran."""

    revision: str
    required: Sequence[str]
    scenarios: Mapping[str, Scenario]

    def checks(self, name: str) -> Mapping[tuple[str, str], int]:
        """How the checks of one scenario ended; nothing where it did not run."""
        return self.scenarios[name].checks if name in self.scenarios else {}

    def failed(self) -> list[str]:
        """What a server has to pass and did not."""
        return [name for name in self.required if name not in self.scenarios or not self.scenarios[name].passed]

    def counts(self, status: str) -> int:
        return sum(self.scenarios[name].count(status) for name in self.required if name in self.scenarios)


class Suite:
    """The suite in a folder that `.ci/servers` filled. Raises `NotInstalled`."""

    def __init__(self, servers: Path) -> None:
        folder = servers / "conformance" / "node_modules"
        self._package = folder / "@modelcontextprotocol" / "conformance"
        self._program = self._package / "dist" / "index.js"
        if not self._program.is_file():
            raise NotInstalled(f"the conformance suite is not installed in {servers}: .ci/servers")
        self._node = _node(folder / ".bin" / "node")

    def required(self, revision: str) -> list[str]:
        """The server scenarios that a revision requires."""
        said = self._run("list", "--server", "--requirements", revision).stdout
        listed = said.partition("Server scenarios")[2].partition("\n\n")[0]
        return re.findall(r"^  - (\S+)$", listed, re.MULTILINE)

    def table(self, url: str, revision: str) -> Table:
        """Run all that a revision knows of against the server at `url`: what it requires and what it does not score.

        What failed is run again, alone: some scenarios wait for half a second only, and a busy machine takes longer.
        """
        scenarios = {one.name: one for one in self._ran(url, "--requirements", revision)}
        for name, one in scenarios.items():
            if one.passed or name.startswith(EXTENSIONS):
                continue
            for _ in range(AGAIN):
                again = self._ran(url, "--scenario", name, "--spec-version", revision, "--force")
                scenarios[name] = next((found for found in again if found.name == name), one)
                if scenarios[name].passed:
                    break
        return Table(revision, self.required(revision), scenarios)

    def client_scenarios(self, revision: str) -> list[str]:
        """The client scenarios that a revision requires."""
        said = self._run("list", "--client", "--requirements", revision).stdout
        listed = said.partition("Client scenarios")[2].partition("\n\n")[0]
        return re.findall(r"^  - (\S+)$", listed, re.MULTILINE)

    def client(self, command: str, name: str, revision: str) -> Scenario:
        """Have `command` be the client of one scenario, alone: several at once starve two cores, and fail for that."""
        one = self._client(command, name, revision)
        for _ in range(AGAIN):
            if one.passed:
                break
            one = self._client(command, name, revision)
        return one

    def _client(self, command: str, name: str, revision: str) -> Scenario:
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            which = ("--scenario", name, "--spec-version", revision)
            ran = self._run("client", "--command", command, *which, "-o", folder)
            found = [*Path(folder).rglob("checks.json")]
            if not found:
                return Scenario(name, {("did-not-run", "FAILURE"): 1}, (ran.stdout[-500:] + ran.stderr[-500:],))
            said = found[0].with_name("stderr.txt")
            words = said.read_text("utf-8", "replace").strip() if said.is_file() else ""
            scenario = _scenario(name, found[0])
            # What the command itself finds wrong counts as well, but where the suite allows it to fail.
            failed = NOT_EQUAL in words or (ran.returncode != 0 and scenario.passed)
            checks = {**scenario.checks, **({("the-client-itself", "FAILURE"): 1} if failed else {})}
            return Scenario(name, checks, (*scenario.why, *((words,) if failed else ())), words)

    def _ran(self, url: str, *which: str) -> list[Scenario]:
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            ran = self._run("server", "--url", url, *which, "-o", folder)
            return [*_scenarios(Path(folder), ran.stdout)]

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._node, str(self._program), *argv], capture_output=True, text=True, timeout=WITHIN, check=False
        )


def _node(bundled: Path) -> str:
    """A Node that can run the suite: the one beside it, or the one on the path."""
    for program in (str(bundled), shutil.which("node")):
        if program is not None and _version(program) >= 22:
            return program
    raise NotInstalled("the conformance suite needs Node 22 or later")


@cache
def _version(program: str) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.match(r"v(\d+)", said)
    return int(found[1]) if found else 0


def _scenarios(folder: Path, said: str) -> Iterator[Scenario]:
    """What the suite wrote into `folder`, in the order in which it `said` that it ran it."""
    order = re.findall(r"^Running client scenario '(\S+)' against", said, re.MULTILINE)
    written = {
        re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", one.name).removeprefix("server-"): one for one in folder.iterdir()
    }
    for name in order:
        if name not in written:
            yield Scenario(name, {("did-not-run", "FAILURE"): 1}, ("it did not run",))
            continue
        yield _scenario(name, written[name] / "checks.json")


def _scenario(name: str, file: Path) -> Scenario:
    checks: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    told = [check for check in checks if check["status"] in TOLD]
    why = [f"{one['id']}: {one.get('errorMessage', '')}" for one in told if one["status"] != "SUCCESS"]
    return Scenario(name, Counter((str(one["id"]), str(one["status"])) for one in told), tuple(why))


def installed() -> Path:
    """The folder of the real servers: MCPWATCH_TEST_SERVERS, else `.servers` in the checkout."""
    named = os.environ.get("MCPWATCH_TEST_SERVERS")
    return Path(named) if named else Path(__file__).parents[2] / ".servers"
