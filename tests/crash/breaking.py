"""mcpwatch, whose recording breaks after some writes: `python -m tests.crash.breaking HOW AFTER STAMP ARGV…`.

HOW is `full` (the file's descriptor leads to /dev/full), `closed` (it is closed), `EIO` (it leads to where writing is
an error of the device), or the name of another error, which is raised in the system's place. When it breaks, the time
is written to the file STAMP.
"""

from __future__ import annotations

import errno
import os
import sys
from time import monotonic

from mcpwatch.cli import main
from mcpwatch.recording import files

__all__ = ["run"]


def run(how: str, after: int, stamp: str) -> None:
    """Have the write after so many to recordings be the first that fails, and go on as the command line."""
    write_whole, left = files.write_whole, after

    def broken(descriptor: int, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            if how == "closed":
                os.close(descriptor)
            elif how == "full":
                _lead(descriptor, os.open("/dev/full", os.O_WRONLY))
            elif how == "EIO":
                _lead(descriptor, os.open("/proc/self/mem", os.O_RDWR))
            with open(stamp, "w") as file:
                file.write(str(monotonic()))
        if left < 0 and how not in ("closed", "full", "EIO"):
            number = getattr(errno, how)
            raise OSError(number, os.strerror(number))
        write_whole(descriptor, data)

    files.write_whole = broken


def _lead(descriptor: int, to: int) -> None:
    os.dup2(to, descriptor)
    os.close(to)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    main(sys.argv[4:])
