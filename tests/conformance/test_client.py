"""mcpwatch as the client of the official conformance suite, with recording on: one scenario of each kind.

All that are required, 18 and 32, are the command's (`python -m tests.conformance client`): each of them starts two
programs. In each, the client counts below the tap what crossed the wire, and its recording has to hold as much.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.running import CLIENT
from tests.conformance.suite import NotInstalled, Suite

HANDSHAKE, STATELESS = "2025-11-25", "2026-07-28"
SCENARIOS = [
    *((HANDSHAKE, name) for name in ("elicitation-sep1034-client-defaults", "sse-retry", "auth/scope-retry-limit")),
    *((STATELESS, name) for name in ("request-metadata", "sep-2322-client-request-state")),
    *((STATELESS, name) for name in ("http-custom-headers", "http-invalid-tool-headers", "json-schema-ref-no-deref")),
    *((STATELESS, f"auth/{name}") for name in ("metadata-var3", "basic-cimd", "pre-registration", "scope-step-up")),
    *((STATELESS, f"auth/{name}") for name in ("token-endpoint-auth-post", "offline-access-scope")),
    *((STATELESS, f"auth/{name}") for name in ("authorization-server-migration", "iss-supported", "iss-normalized")),
    *((STATELESS, f"auth/{name}") for name in ("resource-mismatch", "metadata-issuer-mismatch")),
]


@pytest.fixture(scope="session")
def suite(servers_folder: Path) -> Suite:
    try:
        return Suite(servers_folder)
    except NotInstalled as reason:
        pytest.skip(str(reason))


def test_the_suite_requires_what_the_command_runs(suite: Suite) -> None:
    assert len(suite.client_scenarios(HANDSHAKE)) == 18
    assert len(suite.client_scenarios(STATELESS)) == 32


@pytest.mark.parametrize(("revision", "name"), SCENARIOS)
def test_mcpwatch_passes_a_scenario_for_clients(revision: str, name: str, suite: Suite) -> None:
    one = suite.client(CLIENT, name, revision)
    assert one.passed, (one.why, one.checks)
    assert "crossed the wire" in one.words
