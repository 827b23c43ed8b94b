"""Asks the client with the ids null, 1.5 and "s-1" in one call (`ask`) and goes on when the last is answered.

The tool `answered` lists the ids of the answers so far, as JSON text.
"""

import json

from _talk import Message, messages, reply, result, say, text, tool

ids: list[object] = []
waiting: list[Message] = []
for message in messages():
    if message.get("method") != "tools/call":
        if (answer := reply(message, ("ask", "answered"))) is not None:
            say(answer)
        elif "method" not in message:
            ids.append(message.get("id"))
            if message.get("id") == "s-1" and waiting:
                say(result(waiting.pop(), text("done")))
    elif tool(message) == "ask":
        waiting.append(message)
        for odd in (None, 1.5, "s-1"):
            say({"jsonrpc": "2.0", "id": odd, "method": "ping"})
    else:
        say(result(message, text(json.dumps(ids))))
