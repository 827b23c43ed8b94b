"""Asks the model two things at once, and returns both answers."""

import json
import sys

from _talk import Message, dump, result, say, serve, text, write


def call(message: Message) -> None:
    asks: Message = {"jsonrpc": "2.0", "method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}
    write(b"".join(dump({**asks, "id": id}) + b"\n" for id in ("a", "b")))
    found: dict[str, str] = {}
    while len(found) < 2:
        answer = json.loads(sys.stdin.buffer.readline())
        if answer.get("id") in ("a", "b"):
            found[answer["id"]] = answer["result"]["content"]["text"]
    say(result(message, text(f"{found['a']} {found['b']}")))


serve(call, tools=("both",))
