"""The clients that people have meet the servers that people have over HTTP as if nobody stood in between."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch import Closed, Frame, Http, Opened, Recording, watch
from mcpwatch.events import Event
from tests.cli.running import events, running
from tests.ports import free_port
from tests.real.running import GOOD, everything, loopback, serving
from tests.real.test_mock import (
    inspector_call,
    mcporter_call,
    node_client,
    python_client,
    ran,
)

EVERYTHING = [("echo", {"message": "hi"}), ("trigger-long-running-operation", {"duration": 0.2, "steps": 2})]
ADD = [("add", {"a": 2, "b": 3}), ("count", {"n": 3})]
SERVERS = {
    "everything-http": EVERYTHING,
    "everything-sse": EVERYTHING,
    "fastmcp4": ADD,
    "sdk-http": ADD,
    "sdk-json": ADD,
    "sdk-sse": ADD,
}


def transport_of(name: str) -> str:
    return "sse" if name.endswith("sse") else "http"


@contextmanager
def server(servers: Path, name: str) -> Generator[str]:
    kind, _, how = name.partition("-")
    with ExitStack() as stack:
        if kind == "everything":
            yield stack.enter_context(everything(servers, "streamableHttp" if how == "http" else how))
        elif kind == "sdk":
            yield stack.enter_context(loopback(how))
        else:
            port = free_port()
            run = f"from fastmcp4_server import mcp; mcp.run(transport='http', port={port}, show_banner=False)"
            argv = [str(servers / "fastmcp4" / "bin" / "python"), "-u", "-c", run]
            stack.enter_context(serving(argv, r"(Uvicorn running)", cwd=GOOD))
            yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def between(url: str, file: Path) -> Generator[str]:
    """The address of a proxy in front of `url`; at the end it has recorded all of it."""
    with running("proxy", url, "--record", str(file)) as proxy:
        proxy.wait_for("\n", "err")
        first = proxy.read("err").splitlines()[0]
        assert first.startswith("proxy: Listening on http://127.0.0.1:")
        yield first.rpartition(" ")[2]
        proxy.signal(signal.SIGTERM)
        assert proxy.end().code == 143
    with Recording.open(file) as recording:
        assert recording.footer is not None and recording.footer["exit"] == 143


def calls_in(found: list[Event]) -> list[tuple[str, Any]]:
    """What was called, and how it was answered."""
    asked = {e.seq: e for e in found if isinstance(e, Frame) and e.type == "request" and e.method == "tools/call"}
    answered = {e.re: e for e in found if isinstance(e, Frame) and e.type == "response" and e.re in asked}
    assert set(answered) == set(asked), "every call was answered"
    return [(str(asked[seq].name), answered[seq].message["result"]) for seq in asked]


def assert_whole(found: list[Event], transport: str) -> None:
    """Every exchange began and ended, and every link."""
    opened = [e for e in found if isinstance(e, Opened)]
    assert opened and {e.mode for e in opened} == {"proxy"} and transport in {e.transport for e in opened}
    assert sorted(e.link for e in opened) == sorted(e.link for e in found if isinstance(e, Closed))
    begun = [e.xid for e in found if isinstance(e, Http) and e.phase == "request"]
    ended = [e.xid for e in found if isinstance(e, Http) and e.phase in ("end", "error")]
    assert sorted(begun) == sorted(ended)
    assert all(e.by is None for e in found if isinstance(e, Frame))


PYTHON = [
    *(("sdk", name) for name in SERVERS if transport_of(name) == "http"),  # all that it speaks at an address alone
    *(("fastmcp3", name) for name in ("everything-http", "sdk-sse")),
    *(("fastmcp4", name) for name in ("everything-sse", "fastmcp4", "sdk-sse")),
]


@pytest.mark.parametrize(("client", "name"), PYTHON, ids=["-".join(pair) for pair in PYTHON])
def test_a_python_client_hears_what_it_would_hear_directly(
    client: str, name: str, servers_folder: Path, tmp_path: Path
) -> None:
    argv, calls, file = python_client(servers_folder, client), SERVERS[name], tmp_path / "t.mcpw.jsonl"
    with server(servers_folder, name) as url:
        direct = json.loads(ran([*argv, json.dumps(url), json.dumps(calls)], tmp_path)[0])
        with between(url, file) as ours:
            through = json.loads(ran([*argv, json.dumps(ours), json.dumps(calls)], tmp_path)[0])
    assert through == direct
    found = events(file)
    assert_whole(found, transport_of(name))
    assert [name for name, _ in calls_in(found)] == [name for name, _ in calls]


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("client", ["mcporter", "inspector"])
def test_a_client_on_node_hears_what_it_would_hear_directly(
    client: str, name: str, servers_folder: Path, tmp_path: Path
) -> None:
    argv, file = node_client(servers_folder, client), tmp_path / "t.mcpw.jsonl"
    tool, arguments = SERVERS[name][0]

    def call(url: str) -> Any:
        if client == "inspector":
            words = inspector_call("http", url, tool, arguments)
            words[words.index("--transport") + 1] = transport_of(name)
        else:
            words = mcporter_call("http", url, tool, arguments, tmp_path)
        return json.loads(ran([*argv, *words], tmp_path)[0])

    with server(servers_folder, name) as url:
        direct = call(url)
        with between(url, file) as ours:
            assert call(ours) == direct
    found = events(file)
    assert_whole(found, transport_of(name))
    assert [name for name, _ in calls_in(found)] == [tool]


ERAS = [*(("legacy", name) for name in SERVERS), *(("modern", name) for name in SERVERS if "everything" not in name)]


@pytest.mark.parametrize(("era", "name"), ERAS, ids=["-".join(pair) for pair in ERAS])
def test_what_the_proxy_saw_is_what_the_client_saw(era: str, name: str, servers_folder: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "client.mcpw.jsonl", tmp_path / "proxy.mcpw.jsonl"

    async def talk(url: str) -> None:
        with anyio.fail_after(60):
            async with watch(url, era=era, record=mine, answers={"sampling": "Paris", "roots": []}) as session:
                for tool, arguments in SERVERS[name]:
                    await session.call(tool, arguments)

    with server(servers_folder, name) as url, between(url, theirs) as ours:
        anyio.run(talk, ours)
    found = events(theirs)
    assert_whole(found, transport_of(name))
    links = [e.link for e in found if isinstance(e, Opened)]
    assert era == "modern" or len(links) == 1
    with Recording.open(mine) as recording:
        seen = list(recording.events())
    for dir in ("c2s", "s2c"):
        said = Counter(e.data for e in found if isinstance(e, Frame) and e.dir == dir)
        heard = Counter(e.data for e in seen if isinstance(e, Frame) and e.dir == dir)
        # What a server says by itself while its client leaves reaches the proxy, and maybe nobody else.
        assert not heard - said
        assert dir == "s2c" or said == heard


def test_an_https_server_gets_the_clients_own_authorization(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    ran(made, tmp_path)
    port = free_port()
    script = GOOD / "guarded.py"
    with serving([sys.executable, str(script), str(port), str(certificate), str(key)], "(listening)"):
        file = tmp_path / "t.mcpw.jsonl"
        env = {"SSL_CERT_FILE": str(certificate)}
        with running("proxy", f"https://localhost:{port}/mcp", "--record", str(file), env=env) as proxy:
            proxy.wait_for("\n", "err")
            ours = proxy.read("err").splitlines()[0].rpartition(" ")[2]

            async def talk(token: str) -> str:
                with anyio.fail_after(60):
                    async with watch(ours, headers={"Authorization": f"Bearer {token}"}) as session:
                        return (await session.call("whoami")).text

            assert anyio.run(talk, "tok-3f9a2c77d1") == "Bearer tok-3f9a2c77d1"
            proxy.signal(signal.SIGINT)
            assert proxy.end().code == 130
        assert b"tok-3f9a2c77d1" not in file.read_bytes()
        assert any(("Authorization", "Bearer [redacted]") in _titled(e) for e in events(file))


def _titled(event: Event) -> list[tuple[str, str]]:
    headers = event.headers if isinstance(event, Http) else ()
    return [(name.title(), value) for name, value in headers]
