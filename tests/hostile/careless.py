"""A server that tells everything it was given, over stdio: on stderr, in logs, results, errors, questions and junk.

What it received (its environment, its words, every byte of its stdin) is in the file `MCPWATCH_TEST_HEARD`, which
shows that redaction changed nothing on the way.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from urllib.parse import quote

from tests.hostile.canaries import CREDENTIALS, PLAIN, spoken
from tests.hostile.speech import Message, dump

HEARD = os.environ.get("MCPWATCH_TEST_HEARD", os.devnull)


def note(data: bytes) -> None:
    with open(HEARD, "ab") as file:
        file.write(data)


def say(message: Message) -> None:
    sys.stdout.buffer.write(dump(message) + b"\n")
    sys.stdout.buffer.flush()


def given() -> Iterator[str]:
    """Whatever was given to it that it can find, as it is and encoded, and the plain things."""
    known = "\n".join([*sys.argv[1:], *os.environ.values()])
    had = {place: one for place, one in CREDENTIALS.items() if one in known or quote(one, safe="") in known}
    yield from spoken(had)
    yield from (f"{place} is {PLAIN[place]}" for place in ("result", "stderr", "error", "log"))


def tell(message: Message) -> None:
    lines = list(given())
    os.write(2, "\n".join([*lines, ""]).encode())
    text = "\n".join(lines)
    level = {"level": "error", "logger": lines[0]}
    say(
        {"jsonrpc": "2.0", "method": "notifications/message", "params": {**level, "data": {"text": text, "all": lines}}}
    )
    say({"jsonrpc": "2.0", "method": f"x/{PLAIN['json-key']}", "params": {"secret": lines}})
    token = message["params"].get("_meta", {}).get("progressToken", 0)
    progress = {"progressToken": token, "progress": 1, "message": text}
    say({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
    sys.stdout.buffer.write(f"junk {' '.join(lines)}\n".encode())
    ask: Message = {"mode": "form", "message": text, "requestedSchema": {"type": "object", "properties": {}}}
    say({"jsonrpc": "2.0", "id": "q1", "method": "elicitation/create", "params": ask})
    note(sys.stdin.buffer.readline())
    sampling = {"messages": [{"role": "user", "content": {"type": "text", "text": text}}], "maxTokens": 5}
    say({"jsonrpc": "2.0", "id": "q2", "method": "sampling/createMessage", "params": sampling})
    note(sys.stdin.buffer.readline())
    if message["params"].get("arguments", {}).get("how") == "error":
        error = {"code": -1, "message": text, "data": {"all": lines}}
        say({"jsonrpc": "2.0", "id": message["id"], "error": error})
        return
    content = [{"type": "text", "text": text}, {"type": "resource_link", "uri": f"x://{lines[0]}", "name": text}]
    result = {
        "content": content,
        "structuredContent": {"all": lines, PLAIN["json-key"]: text, "nested": json.dumps(lines)},
    }
    say({"jsonrpc": "2.0", "id": message["id"], "result": result})


def main() -> None:
    note(("\n".join([*sys.argv[1:], *(f"{name}={value}" for name, value in os.environ.items()), ""])).encode())
    text = "\n".join(given())
    os.write(2, f"{text}\n".encode())
    for line in sys.stdin.buffer:
        note(line)
        message = json.loads(line)
        method = message.get("method")
        if "id" not in message or method is None:
            continue
        if method == "initialize":
            information = {"name": "careless", "version": "1", "title": text}
            result: Message = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}}}
            say(
                {
                    "jsonrpc": "2.0",
                    "id": message["id"],
                    "result": {**result, "serverInfo": information, "instructions": text},
                }
            )
        elif method == "tools/list":
            tool: Message = {"name": "tell", "description": text, "inputSchema": {"type": "object", "properties": {}}}
            say({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [tool]}})
        elif method == "tools/call":
            tell(message)
        elif method in ("ping", "logging/setLevel"):
            say({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        else:
            say({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": text}})


if __name__ == "__main__":
    main()
