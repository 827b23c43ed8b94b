"""Sends responses and errors that nobody asked for, before the first message and around a call's own."""

from _talk import Message, result, say, serve, text


def unasked() -> None:
    say({"jsonrpc": "2.0", "id": 4711, "result": {}})
    say({"jsonrpc": "2.0", "id": "who", "error": {"code": -32603, "message": "nobody asked"}})
    say({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}})


def call(message: Message) -> None:
    unasked()
    say(result(message, text("done")))
    unasked()


unasked()
serve(call)
