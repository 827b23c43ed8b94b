"""A FastMCP 4 gateway before two of its servers, `alpha` and `beta`. Needs the environment `fastmcp4`."""

from __future__ import annotations

import sys
from pathlib import Path

from fastmcp import FastMCP
from fastmcp.server import create_proxy

BACKEND = {"command": sys.executable, "args": [str(Path(__file__).with_name("fastmcp4_server.py"))]}

mcp = FastMCP("gateway")
for name in ("alpha", "beta"):
    mcp.mount(create_proxy({"mcpServers": {name: BACKEND}}), namespace=name)

if __name__ == "__main__":
    mcp.run(show_banner=False)
