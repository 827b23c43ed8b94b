"""What a word after `mcpwatch tui` names: a recording, a kept session, or servers to connect to."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mcpwatch.cli.plan import Given, targets_for
from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.recording.kept import resolve
from mcpwatch.session.target import Target

__all__ = ["named"]

_RECORDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")
_LAST = re.compile(r"last(?:~\d+)?")
_MAGIC = (b'{"format":', b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How a recording begins, plain or compressed."""


def named(words: Sequence[str], command: Sequence[str], given: Given) -> Path | list[Target]:
    """The recording that the words name, else the targets that they or the command stand for.

    Raises `UsageError`, and `RecordingError` for a `last` or a recording that there is not.
    """
    path = None if command else _recording(words)
    if path is not None:
        return path
    try:
        return targets_for(words, command, given)
    except UsageError:
        path = None if command else _session(words)
        if path is None:
            raise
        return path


def _recording(words: Sequence[str]) -> Path | None:
    """The recording that a word names beyond doubt; None where it may be a target.

    Raises `RecordingError` for a `last` or a file that there is not, and `UsageError` for a recording among several.
    """
    named = [word for word in words if _LAST.fullmatch(word) or _is_recording(word) or _is_no_recording(word)]
    if named and len(words) > 1:
        raise UsageError(f"{named[0]} is a recording: one at a time.", hint=f"mcpwatch tui {named[0]}")
    return resolve(named[0]) if named else None


def _is_recording(word: str) -> bool:
    """Whether there is such a file, and it is a recording by its name or its first bytes."""
    if not os.path.isfile(word):
        return False
    if word.endswith(_RECORDINGS):
        return True
    try:
        with open(word, "rb") as file:
            return file.read(16).startswith(_MAGIC)
    except OSError:
        return False


def _is_no_recording(word: str) -> bool:
    """Whether it has the name of a recording, and there is no such file: to say so is better than to seek a target."""
    return word.endswith(_RECORDINGS) and not os.path.lexists(word) and not any(mark in word for mark in "= ")


def _session(words: Sequence[str]) -> Path | None:
    """The kept session that the only word names, by its id or the end of it."""
    if len(words) != 1 or os.path.lexists(words[0]):
        return None
    try:
        return resolve(words[0])
    except RecordingError as error:
        if str(error).startswith("several sessions"):
            raise
        return None
