"""Sessions that the proxy recorded: a real client, a real server, and `mcpwatch proxy` between them."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.cli.running import running
from tests.ports import free_port
from tests.real.running import GOOD, command, everything, serving
from tests.real.test_mock import inspector_call, mcporter_call, node_client, python_client, ran

Call: TypeAlias = tuple[str, dict[str, Any]]
EVERYTHING: tuple[Call, ...] = (
    ("echo", {"message": "hi"}),
    ("get-sum", {"a": 1, "b": 2}),
    ("trigger-long-running-operation", {"duration": 1, "steps": 4}),
    ("trigger-sampling-request", {"prompt": "hi"}),
)
FASTMCP_3: tuple[Call, ...] = (
    ("add", {"a": 2, "b": 3}),
    ("count", {"n": 3}),
    ("ask", {"question": "why"}),
    ("broken", {}),
)
CALLS = {"everything": EVERYTHING, "fastmcp3": FASTMCP_3, "fastmcp4": FASTMCP_3}


@dataclass(frozen=True)
class Proxied:
    """What is where: the recording, the server that it is of, and what to start it with or where it is."""

    file: Path
    target: list[str]
    """As the end of a command line: a URL, or `--` and a command."""
    said: str
    """What the client printed."""


def calls_of(client: str, name: str) -> tuple[Call, ...]:
    """What a client calls of a server: FastMCP 4 asks in its own way in each era, and FastMCP 3 is of the older one."""
    if name != "fastmcp4":
        return CALLS[name]
    asks = "ask_push" if client == "fastmcp3" else "ask_round"
    return tuple((asks, given) if tool == "ask" else (tool, given) for tool, given in CALLS[name])


@contextmanager
def served(servers: Path, name: str) -> Generator[str]:
    """A server over Streamable HTTP; its URL."""
    with ExitStack() as stack:
        if name == "everything":
            yield stack.enter_context(everything(servers, "streamableHttp"))
        else:
            port = free_port()
            run = f"from {name}_server import mcp; mcp.run(transport='http', port={port}, show_banner=False)"
            argv = [str(servers / name / "bin" / "python"), "-u", "-c", run]
            stack.enter_context(serving(argv, r"(Uvicorn running)", cwd=GOOD))
            yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def recorded(client: str, name: str, over: str, servers: Path, folder: Path) -> Generator[Proxied]:
    """A client that talked to a server through the proxy; the server is there until the block ends."""
    file = folder / "proxied.mcpw.jsonl"
    if over == "stdio":
        argv = command(servers, name, folder)
        proxy = [
            sys.executable,
            "-m",
            "mcpwatch",
            "proxy",
            "--record",
            str(file),
            "-q",
            "--name",
            "server",
            "--",
            *argv,
        ]
        said = talk(client, over, proxy, calls_of(client, name), servers, folder)
        yield Proxied(file, ["--", *argv], said)
        return
    with served(servers, name) as url:
        with running("proxy", url, "--record", str(file), "--name", "server") as proxy_:
            proxy_.wait_for("\n", "err")
            ours = proxy_.read("err").split()[-1]
            said = talk(client, over, ours, calls_of(client, name), servers, folder)
            proxy_.signal(signal.SIGTERM)
            assert proxy_.end().code == 143
        yield Proxied(file, [url], said)


def talk(client: str, over: str, target: Any, calls: tuple[Call, ...], servers: Path, folder: Path) -> str:
    """Let a client make its calls, those on Node only the first; what it prints."""
    if client in ("mcporter", "inspector"):
        program, (name, arguments) = node_client(servers, client), calls[0]
        if over == "stdio":
            # Options of the server's own command would be taken for the Inspector's, so they stand in a file.
            script = folder / "proxy"
            script.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in target) + "\n")
            script.chmod(0o755)
            target = [str(script)]
        if client == "inspector":
            words = inspector_call(over, target, name, arguments)
        else:
            words = mcporter_call(over, target, name, arguments, folder)
        return ran([*program, *words], folder)[0]
    return ran([*python_client(servers, client), json.dumps(target), json.dumps(calls)], folder)[0]
