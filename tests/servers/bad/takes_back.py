"""Asks the model and takes the question back a moment later, or, with the argument `die`, exits with code 3 instead."""

import os
import sys
import threading

from _talk import Message, result, say, serve, text

PARAMS = {"messages": [{"role": "user", "content": {"type": "text", "text": "Are you there?"}}], "maxTokens": 1}


def call(message: Message) -> None:
    say({"jsonrpc": "2.0", "id": "q", "method": "sampling/createMessage", "params": PARAMS})
    threading.Event().wait(0.5)
    if sys.argv[1:] == ["die"]:
        os._exit(3)
    say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "q", "reason": "never mind"}})
    say(result(message, text("never mind")))


serve(call)
