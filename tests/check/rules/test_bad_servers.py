"""Every deliberately bad server is found to be bad, in the way in which it is, and in no other."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from mcpwatch import Recording, watch
from mcpwatch.check.rules import Tally, protocol_findings
from mcpwatch.errors import McpwatchError

pytestmark = pytest.mark.anyio
BAD = Path(__file__).parent.parent.parent / "servers" / "bad"

CASES: list[tuple[str, tuple[str, ...], tuple[str, ...], set[str]]] = [
    ("batches", (), ("work", "logs", "empty"), {"batch", "not-a-message"}),
    ("crlf", (), ("work",), set()),
    ("daemons", (), ("work",), set()),
    ("discover_no_id", (), ("work",), {"error-without-id"}),
    ("duplicate_keys", (), ("work",), {"duplicate-member"}),
    ("exit_3", (), ("work",), {"not-json", "server-died"}),  # half a line comes before the end
    ("exits_at_once", (), (), {"server-died"}),
    ("flood", ("200",), ("work",), set()),
    ("hostile", (), ("work",), {"logging-capability", "log-unknown-level", "stdout-noise"}),
    ("invalid_utf8", (), ("log", "result"), {"not-utf8"}),
    ("junk_lines", (), ("work",), {"stdout-noise", "not-json", "not-a-message"}),
    ("lone_surrogates", (), ("text", "key"), {"not-strict-json"}),
    ("long_line", ("1",), ("work",), set()),
    ("nesting", (), ("work",), {"nested-too-deep"}),
    ("never_answers", (), ("work",), {"never-answered"}),
    (
        "odd_ids",
        (),
        ("null", "float", "string", "missing", "twice"),
        {"response-without-request", "response-id-type", "not-a-message", "duplicate-response"},
    ),
    ("odd_numbers", (), ("nan", "infinity", "huge", "exact"), {"not-strict-json"}),
    ("odd_requests", (), ("ask", "answered"), {"null-id", "id-type"}),
    ("pretty", (), ("work",), {"stdout-noise", "not-json", "never-answered"}),
    ("segfault", (), ("work",), {"server-died"}),
    ("silent", (), (), {"never-answered"}),
    ("stdout_closed", (), ("work",), {"not-json", "never-answered"}),
    ("stubborn", (), ("work",), {"killed"}),
    ("takes_back", (), ("work",), set()),
    ("unasked", (), ("work",), {"response-without-request", "error-without-id"}),
    ("unterminated", (), ("work",), {"unterminated-line"}),
]


@pytest.mark.parametrize(("name", "argv", "tools", "rules"), CASES, ids=[case[0] for case in CASES])
async def test_it_is_found_to_be_bad_in_its_own_way(
    name: str, argv: tuple[str, ...], tools: tuple[str, ...], rules: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    command = [sys.executable, str(BAD / f"{name}.py"), *argv]
    # No answer comes where the time matters.
    within = 1.0 if "never-answered" in rules else 30.0
    with anyio.fail_after(60):
        try:
            era = "auto" if name == "discover_no_id" else "legacy"
            async with watch(command, record=file, era=era, timeout=within, answers={"sampling": "x"}) as session:
                for tool in tools:
                    try:
                        await session.call(tool)
                    except McpwatchError:
                        pass  # that it fails is what it is here for
        except McpwatchError:
            pass
    with Recording.open(file) as recording:
        tally = Tally()
        tally.add(protocol_findings(recording.events()))
    # On a slow machine a server may take longer to end than it has.
    assert set(tally.counts) - ({"killed"} - rules) == rules
