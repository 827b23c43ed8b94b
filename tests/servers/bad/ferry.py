"""Speaks no MCP: sends the file that it is given, while it keeps what it hears in another.

`python ferry.py SEND KEEP`; there is a file KEEP.end once it has heard all.
"""

from __future__ import annotations

import os
import sys
import threading


def send() -> None:
    with open(sys.argv[1], "rb") as file:
        while piece := file.read(100_000):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(1, rest) :]
    os.close(1)


sender = threading.Thread(target=send)
sender.start()
with open(sys.argv[2], "wb", buffering=0) as kept:
    while chunk := os.read(0, 65536):
        kept.write(chunk)
open(sys.argv[2] + ".end", "w").close()
sender.join()
