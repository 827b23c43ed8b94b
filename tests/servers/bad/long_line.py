"""Answers a call with one line of 64 MiB, or as many MiB as argv says."""

from _talk import Message, argument, dump, result, serve, text, write

MEGABYTES = argument(64)


def call(message: Message) -> None:
    head, tail = dump(result(message, text("~"))).split(b"~")
    write(head + b"x" * (MEGABYTES * 1024 * 1024 - len(head) - len(tail)) + tail + b"\n")


serve(call)
