"""Exits with code 3 in the middle of a call, after some words on stderr and half a message on stdout."""

import os

from _talk import Message, log, say, serve, write


def call(message: Message) -> None:
    say(log("about to fail"))
    write(b'{"jsonrpc":"2.0","id":')
    os.write(2, b"fatal: out of cheese\n")
    os._exit(3)


serve(call)
