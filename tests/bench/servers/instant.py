"""A server that is there at once: it imports nothing but JSON, and speaks just enough of MCP 2025-11-25."""

from __future__ import annotations

import json
import sys
from typing import Any

RESULTS: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "instant", "version": "1"},
    },
    "ping": {},
    "tools/list": {"tools": [{"name": "work", "inputSchema": {"type": "object"}}]},
}
UNKNOWN = {"code": -32601, "message": "Method not found"}

for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        result = RESULTS.get(message["method"])
        answer = {"error": UNKNOWN} if result is None else {"result": result}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}) + "\n")
        sys.stdout.flush()
