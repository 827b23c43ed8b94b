"""Recordings that are written outside of the folder of kept sessions, so that who follows a session finds them too.

Owns a folder beside the kept sessions with a small file for each of the latest ones, which holds its path. Nothing
depends on it: what cannot be written or read is left, and a recording that is gone is not looked for.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["KEEP", "Pointer", "found", "point_to"]

FOLDER = "elsewhere"
KEEP = 20
"""Pointers that stay."""
_NAME = re.compile(r"(\d{8}-\d{6})-.+\.path")
_LONGEST = 1 << 16


class Pointer(NamedTuple):
    """Where a recording is, or was, and when its session began, as a name says it."""

    began: str
    at: int
    """When the pointer was written, in nanoseconds, for those of one second."""
    pointer: Path
    recording: Path


def point_to(recording: Path, folder: Path, name: str) -> None:
    """Say in `folder`, that of the kept sessions, that `recording` is being written. `name` is what a kept session of
    the same name and time is called. Never raises."""
    here = folder / FOLDER
    with suppress(OSError):
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = here / f"{name}.path"
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(made, "wb") as file:
            file.write(os.fsencode(os.path.abspath(recording)))
        for old in found(folder)[KEEP:]:
            old.pointer.unlink()


def found(folder: Path) -> list[Pointer]:
    """What is said there, the newest first."""
    pointers: list[Pointer] = []
    with suppress(OSError):
        for entry in os.scandir(folder / FOLDER):
            if (name := _NAME.fullmatch(entry.name)) is None:
                continue
            with suppress(OSError, ValueError):
                text = (folder / FOLDER / entry.name).read_bytes()[:_LONGEST]
                at = entry.stat(follow_symlinks=False).st_mtime_ns
                pointers.append(Pointer(name[1], at, Path(entry.path), Path(os.fsdecode(text))))
    return sorted(pointers, reverse=True)
