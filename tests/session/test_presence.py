"""Knocking at an address: who is there, who is not, and why."""

from __future__ import annotations

import socket

import anyio
import pytest

from mcpwatch.session import presence
from mcpwatch.session.presence import Presence
from tests.ports import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "BETWEEN", 0.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "user:pass@127.0.0.1"])
async def test_who_listens_is_there_and_hears_nothing(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert await Presence(proxied=False).missing(f"http://{host}:{listener.getsockname()[1]}/mcp") is None
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("[::1]", "[::1]")]
)
async def test_nobody_is_there_after_several_refusals(host: str, shown: str) -> None:
    port = free_port()
    why = await Presence(proxied=False).missing(f"http://{host}:{port}/mcp")
    assert why is not None
    assert why.startswith(f"nobody answers at {shown}:{port} (")
    assert why.endswith("; tried 3 times)")
    if host != "[::1]":  # a machine may have no IPv6
        assert "connection refused" in why


async def test_a_name_that_leads_nowhere_is_told_in_the_systems_words() -> None:
    why = await Presence(proxied=False).missing("https://nobody.invalid/mcp")
    assert why is not None
    assert why.startswith("nobody answers at nobody.invalid:443 (")


async def test_behind_a_proxy_nobody_can_tell() -> None:
    assert await Presence(proxied=True).missing(f"http://127.0.0.1:{free_port()}/mcp") is None


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:port/", "http://[/"])
async def test_what_is_no_address_cannot_be_told_either(url: str) -> None:
    assert await Presence(proxied=False).missing(url) is None


async def test_whoever_asks_at_the_same_time_gets_an_answer_of_his_own() -> None:
    url = f"http://127.0.0.1:{free_port()}/mcp"
    one, found = Presence(proxied=False), list[str | None]()

    async def ask() -> None:
        found.append(await one.missing(url))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
    assert len(found) == 3
    assert None not in found
