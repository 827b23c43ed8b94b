"""A recording as a server for a client that is not ours."""

from __future__ import annotations

import pytest

from tests.testing.conftest import Project


@pytest.fixture
def recorded(project: Project, recording: bytes) -> Project:
    (project.path / "it.mcpw.jsonl").write_bytes(recording)
    return project


def test_a_client_of_the_sdk_starts_the_recorded_server(recorded: Project) -> None:
    recorded.write(
        """
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

@pytest.mark.anyio
@pytest.mark.mcpwatch("it.mcpw.jsonl")
async def test_client(mcpwatch_mock):
    command, *args = mcpwatch_mock.command
    async with stdio_client(StdioServerParameters(command=command, args=args)) as streams:
        async with ClientSession(*streams) as session:
            await session.initialize()
            result = await session.call_tool("say", {"text": "WORD"})
            assert result.content[0].text == "WORD"
"""
    )
    recorded.run(passed=1)


def test_it_has_a_url_and_what_was_not_recorded_fails_the_test(recorded: Project) -> None:
    recorded.write(
        """
import json, urllib.request

def post(url, session=None, **message):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, **message}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if session is not None:
        headers["Mcp-Session-Id"] = session
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        return response.read().decode(), response.headers["Mcp-Session-Id"]

def begin(url):
    return post(url, method="initialize", params={"protocolVersion": "2025-11-25", "capabilities": {}})

@pytest.mark.mcpwatch("it.mcpw.jsonl")
def test_as_recorded(mcpwatch_mock):
    assert '"quick"' in begin(mcpwatch_mock.url)[0]

@pytest.mark.mcpwatch("it.mcpw.jsonl")
def test_otherwise(mcpwatch_mock):
    _, session = begin(mcpwatch_mock.url)
    assert "error" in post(mcpwatch_mock.url, session, method="x/unheard")[0]
"""
    )
    said = recorded.run(passed=1, failed=1)
    assert "is not what the client does: " in said and "x/unheard" in said


def test_there_has_to_be_a_recording_in_every_mode(project: Project) -> None:
    project.write(
        """
@pytest.mark.mcpwatch("nothing.mcpw.jsonl", target=QUICK)
def test_it(mcpwatch_mock): pass
"""
    )
    for mode in ("once", "all", "new"):
        assert "nothing.mcpw.jsonl" in project.run(f"--mcpwatch-record={mode}", errors=1)
