"""Servers that people have, against the protocol rules: clean, or the finding is real and is named here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch import Recording, Session, watch
from mcpwatch.check.rules import Tally, protocol_findings
from mcpwatch.errors import McpwatchError
from tests.real.running import command, everything, loopback

pytestmark = pytest.mark.anyio
ANSWERS: dict[str, Any] = {"sampling": "Paris", "elicitation": {"name": "Ada"}}
OFTEN = {"killed", "deprecated"}
"""Both are only information: how long a server takes to end depends on the machine."""

SERVERS: list[tuple[str, str, set[str]]] = [
    ("everything", "legacy", set()),
    ("everything", "auto", set()),
    ("filesystem", "legacy", set()),
    ("time", "legacy", set()),
    ("time", "modern", set()),
    ("git", "modern", set()),
    # It tells everybody of each change, whether they subscribed or not.
    ("sqlite", "legacy", {"update-without-subscription"}),
    ("fastmcp3", "legacy", set()),
    ("fastmcp4", "legacy", set()),
    ("fastmcp4", "modern", set()),
    # The SDK's MCPServer declares no logging, and sends logs all the same.
    ("sdk", "legacy", {"logging-capability"}),
    ("sdk", "modern", {"logging-capability"}),
    ("echo", "legacy", set()),
]
CALLS: dict[str, dict[str, Any]] = {
    "echo": {"message": "hi", "text": "hi"},
    "get-sum": {"a": 1, "b": 2},
    "trigger-long-running-operation": {"duration": 0.4, "steps": 4},
    "trigger-sampling-request": {"prompt": "hello"},
    "trigger-elicitation-request": {},
    "get-structured-content": {"location": "New York"},
    "add": {"a": 1, "b": 2},
    "count": {"n": 3},
    "ask_push": {"question": "capital"},
    "ask_round": {"question": "capital"},
    "get_current_time": {"timezone": "UTC"},
    "append_insight": {"insight": "it rains"},
    "list_allowed_directories": {},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


def found(file: Path) -> set[str]:
    with Recording.open(file) as recording:
        tally = Tally(ignore=OFTEN)
        tally.add(protocol_findings(recording.events()))
    return set(tally.counts)


async def use(session: Session, era: str) -> None:
    """List everything that is declared, and call the tools that are known here."""
    client = session.client()
    offered = client.negotiated.server_capabilities
    for kind in ("tools", "prompts", "resources", "templates"):
        if (kind if kind != "templates" else "resources") in offered:
            await session.list(kind)
    for tool in client.catalogue.rows.get("tools", ()):
        name = str(tool["name"])
        if name not in CALLS or (name.startswith("ask_") and (name == "ask_push") is not (era == "legacy")):
            continue
        properties = tool["inputSchema"].get("properties", {})
        await session.call(name, {key: value for key, value in CALLS[name].items() if key in properties})


@pytest.mark.parametrize(("name", "era", "rules"), SERVERS)
async def test_a_server_on_stdio(
    name: str, era: str, rules: set[str], servers_folder: Path, tmp_path: Path, file: Path
) -> None:
    with anyio.fail_after(90):
        target = command(servers_folder, name, tmp_path)
        async with watch(target, record=file, era=era, answers={**ANSWERS, "roots": [str(tmp_path)]}) as session:
            await use(session, era)
    assert found(file) == rules


@pytest.mark.parametrize("kind", ["streamableHttp", "sse"])
@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_everything_over_http(kind: str, era: str, servers_folder: Path, file: Path) -> None:
    with everything(servers_folder, kind) as url, anyio.fail_after(90):
        async with watch(url, record=file, era=era, answers=ANSWERS) as session:
            await use(session, era)
    assert found(file) == set()


@pytest.mark.parametrize("kind", ["http", "json", "sse"])
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_sdks_server_over_http(kind: str, era: str, file: Path) -> None:
    with loopback(kind) as url, anyio.fail_after(90):
        async with watch(url, record=file, era=era, answers=ANSWERS) as session:
            try:
                await use(session, era)
            except McpwatchError:
                assert kind == "json"  # one JSON answer has no room for a push
    assert found(file) <= {"logging-capability"}


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_demo_but_for_what_it_prints_on_purpose(era: str, file: Path) -> None:
    with anyio.fail_after(90):
        async with watch("demo", record=file, era=era, answers=ANSWERS) as session:
            for tool in await session.list("tools"):
                if tool["name"] not in ("fail", "wait"):
                    required = tool["inputSchema"].get("required", ())
                    if not required:
                        await session.call(tool["name"])
    assert found(file) <= {"stdout-noise"}
