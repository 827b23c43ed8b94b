"""The official conformance suite against the fixture server: all is passed, and nothing changes with a proxy between.

Every scenario that a revision requires passes directly; through `mcpwatch proxy` the suite's table is the same, check
by check; and in what the proxy recorded of it, where the suite does wrong on purpose, the server never does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.conformance.running import proxied, served
from tests.conformance.suite import EXTENSIONS, REVISIONS, NotInstalled, Suite

WRONG_ON_PURPOSE = {"2025-11-25": {"version-not-negotiated"}, "2026-07-28": {"header-mismatch", "removed-method"}}
"""What the suite's own client breaks, among others, to see what the server says to it."""


@pytest.fixture(scope="session")
def suite(servers_folder: Path) -> Suite:
    try:
        return Suite(servers_folder)
    except NotInstalled as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_suite_has_the_same_table_directly_and_through_the_proxy(
    revision: str, suite: Suite, tmp_path: Path
) -> None:
    with served() as url:
        direct = suite.table(url, revision)
    assert len(direct.required) == {"2025-11-25": 30, "2026-07-28": 37}[revision]
    assert {name: direct.scenarios[name].why for name in direct.failed()} == {}
    # Tasks are an extension, which the fixture server does not have; everything else that is not scored passes too.
    failing = [name for name, one in direct.scenarios.items() if not one.passed and not name.startswith(EXTENSIONS)]
    assert failing == []

    file = tmp_path / "proxy.mcpw.jsonl"
    with served() as url, proxied(url, file) as ours:
        through = suite.table(ours, revision)
    assert {name: through.checks(name) for name in through.scenarios} == {
        name: direct.checks(name) for name in direct.scenarios
    }

    servers = mcpwatch("check", str(file), "--by", "server", "--json", "--fail-on", "warning")
    assert servers.code == 0, [found for rule in servers.json["rules"] for found in rule["findings"]]
    clients = mcpwatch("check", str(file), "--by", "client", "--json")
    assert clients.code == 1
    assert {rule["id"] for rule in clients.json["rules"]} >= WRONG_ON_PURPOSE[revision]
