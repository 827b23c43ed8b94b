"""Who may come to a port of ours: 32 pairs of Host and Origin each, on loopback, and nothing that starts a process."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.wire.address import is_loopback, listening
from tests.cli.running import mcpwatch
from tests.network.listeners import GOLDEN, LISTENERS, answer

pytestmark = pytest.mark.anyio

HOSTS = {
    "127.0.0.1:PORT": True,
    "localhost:PORT": True,
    "[::1]:PORT": True,
    "evil.example:PORT": False,
    "127.0.0.1.evil.example": False,
    "localhost:80@evil.example": False,
    "0.0.0.0:PORT": False,
    None: False,
}
"""What a request may say that it is for, and whether it is served. A page whose name leads here says its own."""
ORIGINS = {None: True, "http://localhost:6274": True, "https://evil.example": False, "null": False}
"""Where a request may come from. A browser says it for every page that reaches for another origin."""
CASES = [(host, origin, here and own) for host, here in HOSTS.items() for origin, own in ORIGINS.items()]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("listener", LISTENERS)
async def test_32_pairs_of_host_and_origin_are_served_or_refused(listener: str) -> None:
    assert len(CASES) == 32
    async with LISTENERS[listener]() as port:
        assert is_loopback(port.host)
        wrong: list[Any] = []
        reached = 0
        for host, origin, served in CASES:
            more = "" if origin is None else f"Origin: {origin}\r\n"
            status, said = await answer(port, port.request(host, more))
            reached += served
            if served != (200 <= status < 300) or not served and status not in (400, 403, 421):
                wrong.append((host, origin, served, status, said))
        assert wrong == []
        if port.reached():
            assert port.reached() == reached  # what was refused got no further


VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "RUN")
PATHS = (
    *("/", "/mcp", "/callback", "/config", "/stdio?command=touch&args=x", "/sse?transportType=stdio&command=touch"),
    *("/api/servers", "/health", "/../../etc/passwd", "//evil.example/mcp", "http://evil.example/mcp", "*"),
)
STARTS = (
    "subprocess.Popen",
    "os.posix_spawn",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.system",
    "os.spawn",
    "pty.spawn",
)


@pytest.mark.parametrize("listener", ["proxy", "mock", "login"])
async def test_no_request_starts_a_process(listener: str, started: list[str]) -> None:
    async with LISTENERS[listener]() as port:
        for verb in VERBS:
            for path in PATHS:
                body = b'{"command":"touch","args":["x"],"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'
                head = f"{verb} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                await answer(port, f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert started == []


@pytest.fixture(scope="session")
def hook() -> list[list[str]]:
    """Hears of every process that this one starts, for whoever is listening; a hook cannot be taken out again."""
    listeners: list[list[str]] = []

    def hears(event: str, _args: object) -> None:
        if event in STARTS:
            for one in listeners:
                one.append(event)

    sys.addaudithook(hears)
    return listeners


@pytest.fixture
def started(hook: list[list[str]]) -> Any:
    heard: list[str] = []
    hook.append(heard)
    yield heard
    hook.remove(heard)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"])
@pytest.mark.parametrize("command", ["proxy", "mock"])
def test_nothing_listens_elsewhere_than_on_loopback_unasked(command: str, address: str) -> None:
    what = "http://127.0.0.1:9/mcp" if command == "proxy" else str(GOLDEN)
    ran = mcpwatch(command, what, "--listen", address)
    assert ran.code == 2
    assert "would let other machines in" in ran.err


def test_the_default_is_a_free_port_of_loopback() -> None:
    assert listening("0") == ("127.0.0.1", 0)
    assert listening(":0") == ("127.0.0.1", 0)
    with pytest.raises(UsageError):
        listening("localhost")
