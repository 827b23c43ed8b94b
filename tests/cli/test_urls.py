"""Servers at a URL, through the command line: found out how they are spoken to, ended in order, headers kept secret."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mcpwatch.events import Closed, Http, Opened
from tests.cli.running import events, exit_of, mcpwatch, running
from tests.real.running import loopback


@pytest.fixture(scope="module", params=["http", "sse"])
def url(request: pytest.FixtureRequest) -> Generator[str]:
    with loopback(request.param) as found:
        yield found


def test_a_server_at_a_url_is_listed_called_and_answered(url: str, file: Path) -> None:
    kind = "sse" if url.endswith("/sse") else "http"
    steps = ("--list", "--call", "add a=1 b=2", "--call", "ask_form", "--call", "count n=2")
    ran = mcpwatch("run", url, *steps, "--era", "legacy", "--elicit", "name=Ada", "--json", "-o", str(file))
    assert ran.code == 0, ran.err
    assert ran.json["steps"][1]["result"]["structuredContent"]["total"] == 3
    assert "← progress      count" in ran.err
    assert [event.transport for event in events(file) if isinstance(event, Opened)] == [kind]
    assert exit_of(file) == 0


def test_a_header_goes_out_and_stays_secret(url: str, file: Path) -> None:
    token = "Bearer abcdefgh-12345678"
    ran = mcpwatch(
        "call", url, "add", "a=1", "b=2", "-v", "-H", f"Authorization: {token}", "-H", "X-A: b", "-o", str(file)
    )
    assert ran.json["total"] == 3
    sent = [dict(event.headers) for event in events(file) if isinstance(event, Http) and event.phase == "request"]
    assert sent
    for headers in sent:
        lowered = {name.lower(): value for name, value in headers.items()}
        assert lowered["x-a"] == "b"
        assert "[redacted]" in lowered["authorization"]
    assert b"abcdefgh" not in file.read_bytes() + ran.stdout + ran.stderr


def test_ctrl_c_ends_a_link_to_a_url_at_once(url: str, file: Path) -> None:
    with running("run", url, "--for", "60s", "-o", str(file)) as run:
        run.wait_for("broken()")
        run.signal(signal.SIGINT)
        assert run.end().code == 130
    assert exit_of(file) == 130


def test_what_is_at_the_url_but_speaks_no_mcp_returns_3_and_a_hint(url: str) -> None:
    origin = url.rpartition("/")[0]
    ran = mcpwatch("run", f"{origin}/nothing")
    assert ran.code == 3
    assert "404" in ran.err
    assert f"try {origin}/mcp" in ran.err


@pytest.mark.parametrize("kind", ["http", "sse"])
@pytest.mark.parametrize("quiet", [False, True])
def test_a_server_that_dies_while_it_is_watched_returns_3_and_says_so(kind: str, quiet: bool, file: Path) -> None:
    with ExitStack() as ending:
        url = ending.enter_context(loopback(kind))
        with running("run", url, "--for", "60s", "-o", str(file), *(["-q"] if quiet else [])) as run:
            if quiet:
                run.until(lambda: file.exists() and b'"resources/templates/list"' in file.read_bytes())
            else:
                run.wait_for("broken()")
            ending.close()
            ran = run.end()
    assert ran.code == 3
    assert "✗ 127.0.0.1 was lost: " in ran.err
    assert quiet or "✗ died          connection lost · " in ran.out
    assert isinstance(events(file)[-1], Closed)
    assert exit_of(file) == 3
