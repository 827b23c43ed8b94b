"""Puts NaN, Infinity, 1e400 and numbers that a parser would rewrite into a result. The tool's name says which."""

from _talk import Message, dump, result, serve, tool, write

NUMBERS = {"nan": b"NaN", "infinity": b"-Infinity", "huge": b"1e400", "exact": b"[1E2,1.0,-0,12345678901234567890]"}


def call(message: Message) -> None:
    answer = dump(result(message, {"content": [], "structuredContent": {"n": "~"}}))
    write(answer.replace(b'"~"', NUMBERS[tool(message)]) + b"\n")


serve(call, tools=tuple(NUMBERS))
