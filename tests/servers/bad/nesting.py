"""Nests arrays 10,000 deep in a result, or as deep as argv says."""

from _talk import Message, argument, dump, result, serve, write

DEPTH = argument(10_000)


def call(message: Message) -> None:
    answer = dump(result(message, {"content": [], "structuredContent": {"deep": "~"}}))
    write(answer.replace(b'"~"', b"[" * DEPTH + b"]" * DEPTH) + b"\n")


serve(call)
