"""A hundred clients of the official SDK at once, in either era: each hears what it asked, in a link of its own."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp.client import Client

from mcpwatch import Frame, Opened
from mcpwatch.cli.listening import allow_files
from tests.cli.running import events
from tests.real.test_proxy_http import assert_whole, between
from tests.servers.http.real import Served, serve, server

CLIENTS, EACH = 100, 3


@pytest.fixture
def served() -> Generator[Served]:
    allow_files()
    with serve(server().streamable_http_app(), "/mcp") as one:
        yield one


@pytest.mark.parametrize("era", ["legacy", "auto"])
def test_the_calls_of_a_hundred_clients_are_kept_apart(
    era: Literal["legacy", "auto"], served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "t.mcpw.jsonl"

    async def be(who: int, url: str) -> None:
        async with Client(url, mode=era) as client:

            async def call(number: int) -> None:
                result: Any = await client.call_tool("echo", {"text": f"{who}/{number}"})
                assert result.content[0].text == f"{who}/{number}"

            async with anyio.create_task_group() as calls:
                for number in range(EACH):
                    calls.start_soon(call, number)

    async def all_of_them(url: str) -> None:
        with anyio.fail_after(150):
            async with anyio.create_task_group() as clients:
                for who in range(CLIENTS):
                    clients.start_soon(be, who, url)

    with between(served.url, file) as url:
        anyio.run(all_of_them, url)
    found = events(file)
    assert_whole(found, "http")
    asked = {e.seq: e for e in found if isinstance(e, Frame) and e.method == "tools/call" and e.type == "request"}
    answers = [e for e in found if isinstance(e, Frame) and e.method == "tools/call" and e.type == "response"]
    assert len(asked) == len(answers) == CLIENTS * EACH
    whose: dict[str, set[str]] = {}
    for answer in answers:
        request = asked[answer.re or 0]
        text = request.params["arguments"]["text"]
        assert answer.message["result"]["content"][0]["text"] == text
        assert (answer.link, answer.xid) == (request.link, request.xid)
        whose.setdefault(answer.link, set()).add(text.partition("/")[0])
    assert all(len(who) == 1 for who in whose.values()), "a link has one client"
    links = [e.link for e in found if isinstance(e, Opened)]
    assert set(whose) <= set(links)
    if era == "legacy":
        assert len(links) == CLIENTS and len(whose) == CLIENTS
