"""The clients that people have complete a recorded session against its mock, over stdio and HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import anyio
import pytest

from mcpwatch import watch
from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.http import HttpMock
from mcpwatch.check.mock.story import story_of
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.recorded import read_recorded
from tests.conftest import CHECKOUT
from tests.real.running import command, everything

CLIENTS = CHECKOUT / "tests" / "servers" / "clients"
NODE = ("mcporter", "inspector")
IGNORED = ("result.model", "result.stopReason", "params.inputResponses.*.model", "params.inputResponses.*.stopReason")
"""Of an answer of a model: each client has its own name for it."""
DEMO = [sys.executable, "-m", "mcpwatch.demo", "--pace", "0"]


class Case(NamedTuple):
    """A session to record: a server, an era, and calls, of which some ask the client (and not every client can)."""

    server: str
    era: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    asking: tuple[tuple[str, dict[str, Any]], ...] = ()
    progress: int = 0


Call: TypeAlias = tuple[str, dict[str, Any]]
ADD: Call = ("add", {"a": 2, "b": 3})
COUNT: Call = ("count", {"n": 3})
BROKEN: Call = ("broken", {})
EVERYTHING = (
    ("echo", {"message": "hi"}),
    ("trigger-long-running-operation", {"duration": 0.2, "steps": 2}),
    ("get-sum", {"a": 1, "b": 2}),
)
SAMPLE = (("trigger-sampling-request", {"prompt": "hi"}),)
TOUR = (("weather", {"city": "Lisbon"}), ("work", {"label": "a", "n": 3}))
CASES = {
    "everything": Case("everything", "legacy", EVERYTHING, SAMPLE, 2),
    "everything-http": Case("http", "legacy", EVERYTHING, SAMPLE, 2),
    "fastmcp3": Case("fastmcp3", "legacy", (ADD, COUNT, BROKEN), (("ask", {"question": "?"}),), 3),
    "fastmcp4": Case("fastmcp4", "legacy", (ADD, COUNT, BROKEN), (), 3),
    "fastmcp4-modern": Case("fastmcp4", "modern", (ADD, COUNT), (("ask_round", {"question": "?"}),), 3),
    "demo": Case("demo", "legacy", TOUR, (("ask_model", {}),), 3),
    "demo-modern": Case("demo", "modern", TOUR, (("ask_model", {}),), 3),
}


class Take(NamedTuple):
    file: Path
    texts: dict[str, str]
    """What each call came to when it was recorded."""
    data: dict[str, Any]
    """The same as data, where it was any: mcporter prints that."""


@pytest.fixture(scope="module")
def takes(servers_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Take]:
    """Every case, recorded once."""
    folder = tmp_path_factory.mktemp("takes")
    return {
        name: anyio.run(_recorded, case, folder / f"{name}.mcpw.jsonl", servers_folder) for name, case in CASES.items()
    }


async def _recorded(case: Case, file: Path, servers: Path) -> Take:
    if case.server == "http":
        with everything(servers, "streamableHttp") as url:
            return await _record(case, url, file)
    return await _record(case, DEMO if case.server == "demo" else command(servers, case.server, file.parent), file)


async def _record(case: Case, target: str | list[str], file: Path) -> Take:
    texts: dict[str, str] = {}
    data: dict[str, Any] = {}
    # server-everything asks for roots some time after its start, whenever that is, and mcporter has none.
    answers: dict[str, Any] = {"sampling": "Paris", "elicitation": "decline"}
    with anyio.fail_after(60):
        async with watch(target, era=case.era, answers=answers, without=["roots"], record=file) as session:
            await session.list("tools")
            for name, arguments in (*case.calls, *case.asking):
                result = await session.call(name, arguments)
                texts[name], data[name] = result.text, result.data
    return Take(file, texts, data)


@contextmanager
def served(file: Path) -> Generator[HttpMock]:
    """The mock at a URL; at the end everything was as recorded."""
    with (recorded := read_recorded(file)).recording:
        story = story_of(recorded.link())
        told: list[str] = []

        def make() -> Mock:
            return Mock(story, pace="none", normalizer=Normalizer(IGNORED), tell=told.append)

        with HttpMock(story, make) as server:
            yield server
        for one in server.mocks:
            one.finish()
        assert [text for one in server.mocks for text in one.problems] == []


def on_pipes(file: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "mcpwatch",
        "mock",
        str(file),
        "--pace",
        "none",
        *(f"--ignore={one}" for one in IGNORED),
    ]


def ran(argv: list[str], folder: Path) -> tuple[str, str]:
    """What a client wrote to stdout and stderr; it ended well."""
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1", "HOME": str(folder)}
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=folder, timeout=90, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout, done.stderr


def python_client(servers: Path, client: str) -> list[str]:
    if client == "sdk":
        return [sys.executable, str(CLIENTS / "sdk_client.py")]
    return [str(servers / client / "bin" / "python"), str(CLIENTS / "fastmcp_client.py")]


PAIRS = [
    (client, name)
    for client in ("sdk", "fastmcp3", "fastmcp4")
    for name, case in CASES.items()
    if client != "fastmcp3" or case.era == "legacy"
]


@pytest.mark.parametrize("over", ["stdio", "http"])
@pytest.mark.parametrize(("client", "name"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_a_python_client_completes_the_session(
    client: str, name: str, over: str, takes: dict[str, Take], servers_folder: Path, tmp_path: Path
) -> None:
    case, take = CASES[name], takes[name]
    calls = [*case.calls, *case.asking]
    argv = python_client(servers_folder, client)
    if over == "http":
        with served(take.file) as server:
            out, _ = ran([*argv, json.dumps(server.url), json.dumps(calls)], tmp_path)
    else:
        out, err = ran([*argv, json.dumps(on_pipes(take.file)), json.dumps(calls)], tmp_path)
        assert "mock:" not in err
    found = json.loads(out)
    assert found["texts"] == list(take.texts.values())
    assert len(found["progress"]) == case.progress


def node_client(servers: Path, client: str) -> list[str]:
    program = servers / "clients" / "node_modules" / ".bin" / ("mcp-inspector" if client == "inspector" else client)
    if not program.exists():
        pytest.skip(f"{client} is not installed: .ci/servers")
    return [str(program)]


def inspector_call(over: str, target: Any, name: str, arguments: dict[str, Any]) -> list[str]:
    where = [target, "--transport", "http"] if over == "http" else target
    given = [word for key, value in arguments.items() for word in ("--tool-arg", f"{key}={value}")]
    # Options of the server's own command would be taken for the Inspector's, so they stand in a file of its own.
    return ["--cli", *where, "--method", "tools/call", "--tool-name", name, *given]


def mcporter_call(over: str, target: Any, name: str, arguments: dict[str, Any], folder: Path) -> list[str]:
    entry = {"url": target} if over == "http" else {"command": target[0], "args": target[1:]}
    config = folder / "mcporter.json"
    config.write_text(json.dumps({"mcpServers": {"mock": entry}, "imports": []}))
    given = [f"{key}:{value}" for key, value in arguments.items()]
    return ["--config", str(config), "call", f"mock.{name}", *given, "--output", "json"]


@pytest.mark.parametrize("over", ["stdio", "http"])
@pytest.mark.parametrize("name", ["everything", "everything-http", "fastmcp4", "demo"])
@pytest.mark.parametrize("client", NODE)
def test_a_client_on_node_completes_the_session(
    client: str, name: str, over: str, takes: dict[str, Take], servers_folder: Path, tmp_path: Path
) -> None:
    argv, take = node_client(servers_folder, client), takes[name]

    def call(target: Any) -> None:
        for tool, arguments in CASES[name].calls:
            make = inspector_call if client == "inspector" else mcporter_call
            words = make(over, target, tool, arguments, *(() if client == "inspector" else (tmp_path,)))
            out, _ = ran([*argv, *words], tmp_path)
            said = json.loads(out)
            assert said == take.data[tool] or _text(said) == take.texts[tool]

    if over == "http":
        with served(take.file) as server:
            call(server.url)
    else:
        script = tmp_path / "mock"
        script.write_text(f"#!/bin/sh\nexec {' '.join(map(_quoted, on_pipes(take.file)))}\n")
        script.chmod(0o755)
        call([str(script)])


def _text(result: Any) -> str:
    return "".join(block.get("text", "") for block in result["content"])


def _quoted(word: str) -> str:
    return "'" + re.sub("'", "'\\\\''", word) + "'"
