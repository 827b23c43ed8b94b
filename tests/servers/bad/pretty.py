"""Prints JSON over several lines: the answers to calls only, or with `all` in argv every message."""

import json
import sys

from _talk import Message, result, say, serve, text, write


def pretty(message: Message) -> None:
    write(json.dumps(message, indent=2).encode() + b"\n")


serve(lambda message: pretty(result(message, text("done"))), put=pretty if "all" in sys.argv else say)
