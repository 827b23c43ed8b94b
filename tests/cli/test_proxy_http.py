"""`mcpwatch proxy URL`: the command around the HTTP proxy, with clients and servers of its own kind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from mcpwatch.events import Closed, Frame, Http, Note, Opened
from tests.cli.running import DEMO, PROGRAM, Running, environment, events, exit_of, mcpwatch, running
from tests.ports import free_port
from tests.real.running import loopback
from tests.servers.http.real import Served, serve, server

BODY = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "hi"}}}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture
def served() -> Generator[Served]:
    with serve(server().streamable_http_app(), "/mcp") as one:
        yield one


@contextmanager
def proxied(url: str, *options: str, env: Mapping[str, str] | None = None) -> Generator[tuple[Running, str]]:
    """A proxy that listens, and its address."""
    with running("proxy", url, *options, env=env) as proxy:
        proxy.wait_for("\n", "err")
        yield proxy, address(proxy)


def address(proxy: Running) -> str:
    first = proxy.read("err").splitlines()[0]
    found = re.fullmatch(r"proxy: Listening on (http://\S+)", first)
    assert found is not None, first
    return found[1]


def test_a_session_through_it_is_the_session_without_it(served: Served, tmp_path: Path) -> None:
    file, mine = tmp_path / "proxy.mcpw.jsonl", tmp_path / "client.mcpw.jsonl"
    steps = ("--call", "echo text=hi", "--call", "work steps=3", "--call", "ask", "--elicit", "name=Paris")
    with proxied(served.url, "--record", str(file)) as (proxy, url):
        assert url.endswith("/mcp") and url != served.url
        ran = mcpwatch("run", url, "--era", "legacy", "--record", str(mine), *steps)
        assert ran.code == 0 and "Paris" in ran.out
        proxy.signal(signal.SIGTERM)
        assert proxy.end().code == 143
    assert exit_of(file) == 143
    said = sorted(e.data for e in events(file) if isinstance(e, Frame))
    assert said == sorted(e.data for e in events(mine) if isinstance(e, Frame))
    assert mcpwatch("check", str(file)).code == 0
    shown = mcpwatch("show", str(file))
    assert "watched from between" in shown.out and "echo" in shown.out


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_it_with_a_whole_recording_though_a_call_hangs(
    name: str, code: int, served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    with proxied(served.url, "--record", str(file)) as (proxy, url):
        with running("run", url, "--no-record", "--call", "hang", "--era", "legacy") as client:
            client.wait_for("1/2")
            proxy.signal(signal.Signals[name])
            assert proxy.end().code == code
    found = events(file)
    assert exit_of(file) == code
    assert [e.reason for e in found if isinstance(e, Closed)] == ["closed"]
    assert "the proxy ended" in {e.error for e in found if isinstance(e, Http) and e.phase == "error"}


def test_a_call_that_the_client_gives_up_is_given_up_at_the_server(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    with proxied(served.url, "--record", str(file)) as (proxy, url):
        with running("run", url, "--no-record", "--era", "modern", "--call", "hang") as client:
            client.wait_for("1/2")
            client.signal(signal.SIGINT)
            assert client.end().code == 130
        proxy.until(lambda: b"cancelled by the client" in file.read_bytes())
        proxy.signal(signal.SIGTERM)
        proxy.end()
    shown = mcpwatch("show", str(file), "-v")
    assert "cancelled by the client" in shown.out


def test_several_clients_are_a_link_each(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    with proxied(served.url, "--record", str(file), "--name", "mine") as (proxy, url):
        argv = [*PROGRAM, "call", url, "echo", "--no-record", "--era", "legacy"]
        clients = [subprocess.Popen([*argv, f"text=client {n}"], env=environment()) for n in range(4)]
        assert [client.wait(60) for client in clients] == [0] * 4
        proxy.signal(signal.SIGTERM)
        proxy.end()
    found = events(file)
    links = [e.link for e in found if isinstance(e, Opened)]
    assert links == ["mine", "mine#2", "mine#3", "mine#4"]
    texts = {
        e.link: e.params["arguments"]["text"]
        for e in found
        if isinstance(e, Frame) and e.method == "tools/call" and e.type == "request"
    }
    assert sorted(texts.values()) == [f"client {n}" for n in range(4)]


def test_the_older_transport_passes(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    with loopback("sse") as url, proxied(url, "--record", str(file)) as (proxy, ours):
        ran = mcpwatch("call", ours, "add", "a=2", "b=3", "--no-record")
        assert ran.code == 0 and json.loads(ran.out) == {"total": 5, "of": [2, 3]}
        proxy.until(lambda: b'"kind":"closed"' in file.read_bytes())
        proxy.signal(signal.SIGTERM)
        proxy.end()
    found = events(file)
    assert [(e.link, e.transport) for e in found if isinstance(e, Opened)] == [("127.0.0.1", "sse")]
    assert [e.reason for e in found if isinstance(e, Closed)] == ["left"]
    assert {e.link for e in found} == {"127.0.0.1"}


def test_a_page_in_a_browser_gets_403_and_it_is_said_once(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    with proxied(served.url, "--record", str(file)) as (proxy, url):
        for _ in range(2):
            answer = httpx.post(url, json=BODY, headers={**HEADERS, "origin": "https://evil.example"})
            assert answer.status_code == 403 and "--allow-host" in answer.text
        assert httpx.post(url, json=BODY, headers={**HEADERS, "host": "evil.example"}).status_code == 403
        proxy.signal(signal.SIGTERM)
        said = proxy.end().err
    assert said.count("The Origin 'https://evil.example' is not served here.") == 1
    assert served.exchanges == []
    assert [e.what for e in events(file) if isinstance(e, Note)] == ["refused"] * 3


def test_a_host_that_is_allowed_is_served(served: Served) -> None:
    options = ("--allow-host", "inspect.lan", "--listen", "0.0.0.0:0", "--no-record")
    with proxied(served.url, *options) as (_, url):
        assert url.startswith("http://0.0.0.0:")
        here = url.replace("0.0.0.0", "127.0.0.1")
        assert "Missing session ID" in httpx.post(here, json=BODY, headers={**HEADERS, "host": "inspect.lan"}).text
        assert httpx.post(here, json=BODY, headers={**HEADERS, "host": "evil.lan"}).status_code == 403


def test_other_machines_are_let_in_only_where_it_is_asked_for() -> None:
    ran = mcpwatch("proxy", "http://127.0.0.1:9/mcp", "--listen", "0.0.0.0:0")
    assert ran.code == 2 and "would let other machines in" in ran.err and "--allow-host" in ran.err


def test_a_server_that_is_not_there_is_said_to_the_client_and_in_the_recording(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    port = free_port()
    with proxied(f"http://127.0.0.1:{port}/mcp", "--record", str(file)) as (proxy, url):
        answer = httpx.post(url, json=BODY, headers=HEADERS)
        assert (answer.status_code, answer.text) == (
            502,
            f"mcpwatch cannot reach http://127.0.0.1:{port}: connection refused.\n",
        )
        proxy.signal(signal.SIGTERM)
        assert proxy.end().code == 143
    (error,) = [e for e in events(file) if isinstance(e, Http) and e.phase == "error"]
    assert "connection refused" in str(error.error)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("ftp://x/",), "no target"),
        (("demo",), "is no URL"),
        (("https://me:hunter2@x.example/",), "name and password"),
        (("http://127.0.0.1:9/", "--listen", "here"), "'here' is no address"),
        (("--listen", "127.0.0.1:0", *DEMO), "--listen is for a server at a URL"),
        (("--allow-host", "x", *DEMO), "--allow-host is for a server at a URL"),
        (("http://127.0.0.1:9/", *DEMO), "One server only"),
    ],
)
def test_what_cannot_be_done_is_said(argv: Sequence[str], said: str) -> None:
    ran = mcpwatch("proxy", *argv, stdin=b"")
    assert ran.code == 2 and said in ran.err and "hunter2" not in ran.err


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = mcpwatch("proxy", "http://127.0.0.1:9/mcp", "--listen", at)
    assert ran.code == 2 and f"Cannot listen on {at}" in ran.err


def test_without_a_name_for_a_file_the_session_is_kept(served: Served, tmp_path: Path) -> None:
    env = {"MCPWATCH_SESSIONS": str(tmp_path), "CI": ""}
    with proxied(served.url, env=env) as (proxy, url):
        proxy.wait_for("show --follow", "err")
        with running("show", "--follow", env=env) as follower:  # before anybody came
            assert mcpwatch("call", url, "echo", "text=hi", "--no-record").code == 0
            follower.wait_for("watched from between")
            follower.wait_for("echo")
            listed = mcpwatch("sessions", env=env)
            assert "127.0.0.1" in listed.out
            proxy.signal(signal.SIGTERM)
            proxy.end()
            assert follower.end().code == 0
    assert len(list(tmp_path.iterdir())) == 1
    assert mcpwatch("show", "last", env=env).code == 0


def test_what_cannot_be_recorded_still_passes(served: Served, tmp_path: Path) -> None:
    there = tmp_path / "there.mcpw.jsonl"
    there.write_text("mine")
    with proxied(served.url, "--record", str(there)) as (proxy, url):
        proxy.wait_for("goes on unrecorded", "err")
        assert mcpwatch("call", url, "echo", "text=hi", "--no-record").code == 0
        proxy.signal(signal.SIGTERM)
        assert proxy.end().code == 6
    assert there.read_text() == "mine"
    ran = mcpwatch("proxy", served.url, "--record", str(there), "--on-record-error", "stop")
    assert ran.code == 6


def test_it_loads_neither_the_sdk_nor_a_screen_nor_another_http_library(served: Served, tmp_path: Path) -> None:
    env = {"PYTHONPROFILEIMPORTTIME": "1"}
    with running("proxy", served.url, "--record", str(tmp_path / "t.mcpw.jsonl"), env=env) as proxy:
        proxy.wait_for("/mcp\n", "err")
        url = re.findall(r"Listening on (\S+)", proxy.read("err"))[0]
        assert httpx.post(url, json=BODY, headers=HEADERS).status_code == 400
        proxy.signal(signal.SIGTERM)
        loaded = set(re.findall(r"\| +(\w+)", proxy.end().err))
    assert {"h11", "asyncio"} <= loaded
    assert loaded.isdisjoint({"mcp", "mcp_types", "textual", "httpx2", "anyio", "starlette", "uvicorn"})
