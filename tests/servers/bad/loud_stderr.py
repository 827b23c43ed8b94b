"""Writes 200 MB to stderr, or as many as argv says, before it answers a call."""

import os

from _talk import Message, argument, result, say, serve, text

MEGABYTES = argument(200)
BLOCK = (b"x" * 99 + b"\n") * 10_000


def call(message: Message) -> None:
    for _ in range(MEGABYTES):
        rest = memoryview(BLOCK)
        while rest:
            rest = rest[os.write(2, rest) :]
    say(result(message, text("done")))


serve(call)
