"""A server of the handshake era whose every word is hostile: `python -m tests.hostile.server [TURN]`.

What it offers it says in one turn. The tool `work` goes on from there: for each of its `turns` it tells everything that
a server may tell, then it does what `how` says: `done`, `error`, `failed` (isError), `ask` (every question, one after
the other), `die`. With `MCPWATCH_TEST_TRUTH` each byte that went out is in that file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from tests.hostile.speech import Message, Mouth, dump

_truth = os.environ.get("MCPWATCH_TEST_TRUTH")
_heard = os.environ.get("MCPWATCH_TEST_HEARD")


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    if _truth:
        with open(_truth, "ab") as file:
            file.write(data)


def say(message: Any) -> None:
    write(dump(message) + b"\n")


def result(message: Message, value: Any) -> None:
    say({"jsonrpc": "2.0", "id": message["id"], "result": value})


def heard() -> Iterator[Message]:
    for line in sys.stdin.buffer:
        if _heard:
            with open(_heard, "ab") as file:
                file.write(line)
        yield json.loads(line)


def work(message: Message, mouth: Mouth) -> None:
    arguments: Message = message["params"].get("arguments") or {}
    meta: Message = message["params"].get("_meta") or {}
    token = meta.get("progressToken", 0)
    turns, how = int(arguments.get("turns", 1)), arguments.get("how", "done")
    for turn in range(turns):
        mouth.turn = turn
        for one in mouth.notifications(token):
            say(one)
        write(mouth.junk())
        os.write(2, mouth.stderr())
    if how == "ask":
        for number, (method, params) in enumerate(mouth.questions()):
            say({"jsonrpc": "2.0", "id": f"q{number}-{mouth('question.id')}", "method": method, "params": params})
            next(messages)
    if how == "die":
        os._exit(3)
    if how == "error":
        say({"jsonrpc": "2.0", "id": message["id"], "error": mouth.error()})
    else:
        result(message, mouth.failed() if how == "failed" else mouth.result())


messages = heard()


def main() -> None:
    mouth = Mouth(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    listings = {
        "tools/list": lambda: {"tools": mouth.tools()},
        "resources/list": lambda: {"resources": mouth.resources()},
        "resources/templates/list": lambda: {"resourceTemplates": mouth.templates()},
        "prompts/list": lambda: {"prompts": mouth.prompts()},
    }
    for message in messages:
        method = message.get("method")
        if "id" not in message or method is None:
            continue
        if method == "initialize":
            result(message, mouth.handshake())
        elif method in listings:
            result(message, listings[method]())
        elif method == "tools/call":
            work(message, mouth)
        elif method == "resources/read":
            result(message, mouth.read())
        elif method == "prompts/get":
            result(message, mouth.prompted())
        elif method == "completion/complete":
            result(message, mouth.completed())
        elif method in ("ping", "logging/setLevel"):
            result(message, {})
        else:
            say({"jsonrpc": "2.0", "id": message["id"], "error": {**mouth.error(), "code": -32601}})


if __name__ == "__main__":
    main()
