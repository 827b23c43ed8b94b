"""Closes its stdout in the middle of a call and lives on until its stdin ends."""

import os
import sys

from _talk import Message, log, say, serve, write


def call(message: Message) -> None:
    say(log("going quiet"))
    write(b'{"jsonrpc":"2.0",')
    os.close(1)
    sys.stdin.buffer.read()


serve(call)
