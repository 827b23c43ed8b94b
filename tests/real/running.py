"""Real servers as targets: commands for those on stdio, and processes with an address for those over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

GOOD = Path(__file__).parent.parent / "servers" / "good"


def command(servers: Path, name: str, folder: Path) -> list[str]:
    """The command line of a real server; `folder` is what it may read, write or look into."""
    modules = servers / "node_modules" / "@modelcontextprotocol"
    return {
        "everything": ["node", str(modules / "server-everything" / "dist" / "index.js"), "stdio"],
        "filesystem": ["node", str(modules / "server-filesystem" / "dist" / "index.js"), str(folder)],
        "time": [str(servers / "official" / "bin" / "mcp-server-time")],
        "git": [str(servers / "official" / "bin" / "mcp-server-git")],
        "sqlite": [str(servers / "sqlite" / "bin" / "mcp-server-sqlite"), "--db-path", str(folder / "t.db")],
        "fastmcp3": [str(servers / "fastmcp3" / "bin" / "python"), str(GOOD / "fastmcp3_server.py")],
        "fastmcp4": [str(servers / "fastmcp4" / "bin" / "python"), str(GOOD / "fastmcp4_server.py")],
        "sdk": [sys.executable, str(GOOD / "sdk_server.py")],
        "echo": ["node", str(GOOD / "echo.js")],
    }[name]


@contextmanager
def everything(servers: Path, kind: str, port: int | None = None) -> Generator[str]:
    """server-everything over `streamableHttp` or `sse`; its URL."""
    port = port or free_port()
    script = servers / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    environment = {**os.environ, "PORT": str(port)}
    path = "/mcp" if kind == "streamableHttp" else "/sse"
    with serving(["node", str(script), kind], r"(?:listening|running) on port (\d+)", environment):
        yield f"http://127.0.0.1:{port}{path}"


@contextmanager
def loopback(kind: str) -> Generator[str]:
    """The SDK's own server over `http`, `json` or `sse`; its URL."""
    with serving([sys.executable, str(GOOD / "loopback.py"), kind], r"listening on (\S+)") as url:
        yield url


@contextmanager
def serving(
    argv: Sequence[str], ready: str, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> Generator[str]:
    """Run a server until the block ends; what its first line that says it is ready says."""
    process = subprocess.Popen(
        argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, cwd=cwd, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(ready, line):
                yield found[1]
                return
        raise AssertionError(f"{argv[-1]} ended before it was ready")
    finally:
        process.kill()
        process.stderr.close()
        process.wait()
