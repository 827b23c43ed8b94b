"""The clients that people have start the servers that people have, with `mcpwatch proxy` before the command: they
cannot tell.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from mcpwatch import Frame, Opened, Recording
from mcpwatch.events import Closed, Event
from mcpwatch.recording.files import is_held
from tests.cli.proxied import until
from tests.cli.running import PROGRAM
from tests.real.running import command
from tests.real.test_mock import NODE, inspector_call, mcporter_call, node_client, python_client, ran

CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "everything": [("echo", {"message": "hi"}), ("trigger-long-running-operation", {"duration": 0.2, "steps": 2})],
    "fastmcp4": [("add", {"a": 2, "b": 3}), ("count", {"n": 3})],
    "sdk": [("add", {"a": 2, "b": 3}), ("count", {"n": 3})],
}


def between(argv: list[str], file: Path) -> list[str]:
    """A program of one word that starts the server behind a proxy, as some clients have no place for more."""
    program = file.with_name("between")
    line = shlex.join([*PROGRAM, "proxy", "--record", str(file), "--force", "--", *argv])
    program.write_text(f"#!/bin/sh\nexec {line}\n")
    program.chmod(0o755)
    return [str(program)]


def recorded(file: Path) -> list[Event]:
    """The events of a proxy's recording, in which every request is answered and nothing is broken.

    It may have no end: there are clients that kill a server (and so the proxy) as soon as they are done with it.
    """
    until(lambda: not is_held(file))
    with Recording.open(file) as recording:
        found = list(recording.events())
        assert isinstance(found[-1], Closed) == recording.complete
    opened = found[0]
    assert isinstance(opened, Opened)
    assert (opened.mode, opened.transport) == ("proxy", "stdio")
    frames = [event for event in found if isinstance(event, Frame)]
    answered = {frame.re for frame in frames if frame.type in ("response", "error")}
    assert {frame.seq for frame in frames if frame.type == "request" and frame.dir == "c2s"} <= answered
    assert not [frame for frame in frames if frame.type == "invalid"]
    return found


@pytest.mark.parametrize("server", CALLS)
@pytest.mark.parametrize("client", ["sdk", "fastmcp3", "fastmcp4"])
def test_a_python_client_hears_the_same(client: str, server: str, servers_folder: Path, tmp_path: Path) -> None:
    argv, file = command(servers_folder, server, tmp_path), tmp_path / "t.mcpw.jsonl"
    program = python_client(servers_folder, client)
    calls = json.dumps(CALLS[server])
    direct, _ = ran([*program, json.dumps(argv), calls], tmp_path)
    behind, _ = ran([*program, json.dumps(between(argv, file)), calls], tmp_path)
    assert json.loads(behind) == json.loads(direct)
    names = [event.name for event in recorded(file) if isinstance(event, Frame) and event.method == "tools/call"]
    assert set(names) == {name for name, _ in CALLS[server]}


@pytest.mark.parametrize("server", ["everything", "fastmcp4"])
@pytest.mark.parametrize("client", NODE)
def test_a_client_on_node_hears_the_same(client: str, server: str, servers_folder: Path, tmp_path: Path) -> None:
    argv, file = command(servers_folder, server, tmp_path), tmp_path / "t.mcpw.jsonl"
    program = node_client(servers_folder, client)

    def call(target: list[str]) -> Any:
        name, arguments = CALLS[server][0]
        if client == "inspector":
            words = inspector_call("stdio", target, name, arguments)
        else:
            words = mcporter_call("stdio", target, name, arguments, tmp_path)
        return json.loads(ran([*program, *words], tmp_path)[0])

    assert call(between(argv, file)) == call(argv)
    recorded(file)
