"""Sends numbered messages of a size as fast as they are taken, and keeps what it hears.

    numbered.py SIZE [--count N] [--at-once | --unasked] [--keep FILE] [--stderr MIB] [--children N]

It begins with the first tools/call, at once, or once it is initialized, and goes on for ever, or so many messages long:
then the call is answered. `--stderr` writes so much to stderr when it is initialized, and says so in a message.
FILE.end is there once it has heard all. `--children 1` has a process beside it that does not hear of its end, `2` also
one that left its session.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading

from _talk import Message, dump, log, messages, reply, result, text

parser = argparse.ArgumentParser()
parser.add_argument("size", type=int)
parser.add_argument("--count", type=int)
parser.add_argument("--at-once", action="store_true")
parser.add_argument("--unasked", action="store_true")
parser.add_argument("--keep")
parser.add_argument("--stderr", type=int, default=0)
parser.add_argument("--children", type=int, default=0)
given = parser.parse_args()
for child in range(given.children):
    subprocess.Popen(
        ["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=bool(child)
    )

HEAD, TAIL = dump(log("n=0;")).split(b"0;")
TOGETHER = max(1, min(500, 65_536 // max(given.size, 1)))
turn = threading.Lock()


def write(data: bytes, descriptor: int = 1) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def say(message: Message) -> None:
    with turn:
        write(dump(message) + b"\n")


def flood() -> None:
    tail = b";" + b"x" * max(0, given.size - len(HEAD) - len(TAIL) - 10) + TAIL + b"\n"
    number, end = 1, given.count or sys.maxsize
    while number <= end:
        last = min(number + TOGETHER, end + 1)
        block = b"".join([b"%s%d%s" % (HEAD, one, tail) for one in range(number, last)])
        with turn:
            write(block)
        number = last


def call(message: Message) -> None:
    try:
        flood()
        say(result(message, text(f"{given.count} sent")))
    except BrokenPipeError:
        pass  # what is still to be heard is heard all the same


def chatter() -> None:
    piece = (b"y" * 127 + b"\n") * 8192
    for _ in range(given.stderr):
        write(piece, 2)
    say(log("all said"))


def serve() -> None:
    for message in messages():
        if message.get("method") == "tools/call":
            threading.Thread(target=call, args=(message,)).start()
        elif (answer := reply(message)) is not None:
            say(answer)
        elif message.get("method") == "notifications/initialized" and given.stderr:
            threading.Thread(target=chatter, daemon=True).start()
        elif message.get("method") == "notifications/initialized" and given.unasked:
            threading.Thread(target=call, args=({"id": 0},), daemon=True).start()


def keep() -> None:
    with open(given.keep, "wb", buffering=0) as kept:
        while chunk := os.read(0, 65_536):
            kept.write(chunk)
    open(given.keep + ".end", "w").close()


if given.at_once and given.count:
    call({"id": 0})
    os._exit(0)
if given.at_once:
    threading.Thread(target=call, args=({"id": 0},), daemon=True).start()
if given.keep:
    keep()
else:
    serve()
os._exit(0)
