"""Puts half of a surrogate pair, as an escape, into a result's text (`text`) and into a key (`key`)."""

from _talk import Message, dump, result, serve, text, tool, write


def call(message: Message) -> None:
    answer = text("~") if tool(message) == "text" else {**text("done"), "structuredContent": {"~": 1}}
    write(dump(result(message, answer)).replace(b"~", rb"\ud83d") + b"\n")


serve(call, tools=("text", "key"))
