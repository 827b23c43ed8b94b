"""What the bad servers share: just enough MCP 2025-11-25, by hand, and a log of the bytes that went out.

Where `MCPWATCH_TEST_TRUTH` names a file, every byte that the system took on stdout is appended to it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

Message = dict[str, Any]

_truth = os.environ.get("MCPWATCH_TEST_TRUTH")
_log = os.open(_truth, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if _truth else None


def write(data: bytes) -> None:
    """Put bytes on stdout, all of them, and into the log."""
    rest = memoryview(data)
    while rest:
        taken = os.write(1, rest)
        if _log is not None:
            os.write(_log, rest[:taken])
        rest = rest[taken:]


def dump(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def say(message: Any) -> None:
    """One message as it should be."""
    write(dump(message) + b"\n")


def result(message: Message, value: Any) -> Message:
    return {"jsonrpc": "2.0", "id": message["id"], "result": value}


def refusal(message: Message, code: int, text: str) -> Message:
    return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": text}}


def text(value: str) -> Message:
    """A tool's result."""
    return {"content": [{"type": "text", "text": value}]}


def log(data: Any, level: str = "info") -> Message:
    return {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": level, "data": data}}


def messages() -> Iterator[Message]:
    """What the client sends, until it closes our stdin."""
    for line in sys.stdin.buffer:
        yield json.loads(line)


def reply(message: Message, tools: tuple[str, ...] = ("work",)) -> Message | None:
    """What a good server without any state answers; None for what needs no answer."""
    if "method" not in message or "id" not in message:
        return None
    method = message["method"]
    if method == "initialize":
        info = {"name": os.path.basename(sys.argv[0]).removesuffix(".py"), "version": "1"}
        return result(
            message,
            {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}}, "serverInfo": info},
        )
    if method == "tools/list":
        return result(message, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in tools]})
    if method in ("ping", "logging/setLevel"):
        return result(message, {})
    if method == "tools/call":
        return result(message, text("done"))
    return refusal(message, -32601, f"Method not found: {method}")


def serve(
    call: Callable[[Message], None] | None = None,
    *,
    tools: tuple[str, ...] = ("work",),
    put: Callable[[Message], None] = say,
) -> None:
    """Serve until stdin ends. `call` takes each tools/call, in place of a plain "done"; `put` writes other answers."""
    for message in messages():
        if call is not None and message.get("method") == "tools/call":
            call(message)
        elif (answer := reply(message, tools)) is not None:
            put(answer)


def argument(default: int) -> int:
    """The number on the command line."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


def tool(message: Message) -> str:
    return message["params"]["name"]


def token(message: Message) -> Any:
    """The progress token of a call, or 0."""
    return (message["params"].get("_meta") or {}).get("progressToken", 0)
