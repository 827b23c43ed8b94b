"""Line 1 of a recording: what tells that a file is one, and whether this version can read it.

This module owns the sentences for files that are something else; how the line is written is in `format.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from mcpwatch.errors import RecordingError
from mcpwatch.recording.parse import VERSION, as_object

_STARTS = b'{"format":"mcpwatch"'


def read_header(line: bytes, path: Path) -> Mapping[str, Any]:
    """Line 1 of a recording. Raises RecordingError that says what the file is instead."""
    if not line:
        raise RecordingError(f"{path} is empty", hint="whoever made it wrote nothing: not even a header")
    try:
        header = as_object(line)
    except ValueError:
        if line.startswith(_STARTS) or _STARTS.startswith(line):
            raise cut_at_once(path) from None
        raise _no_recording(path) from None
    version = header.get("version")
    if header.get("format") != "mcpwatch" or type(version) is not int or version < 1:
        raise _no_recording(path)
    if version > VERSION:
        raise RecordingError(
            f"{path} was made by a newer version of mcpwatch: its format is {version}, this one reads up to {VERSION}",
            hint="update mcpwatch",
        )
    return header


def read_started(header: Mapping[str, Any], path: Path) -> datetime:
    """When the recording began, aware. Raises RecordingError where the header does not say."""
    try:
        started = datetime.fromisoformat(cast("Any", header.get("started")))
    except (TypeError, ValueError):
        raise RecordingError(f"{path} does not say in its header when it was started") from None
    return started if started.tzinfo else started.replace(tzinfo=UTC)


def _no_recording(path: Path) -> RecordingError:
    return RecordingError(f"{path} is not an mcpwatch recording", hint="a recording begins with a header line")


def cut_at_once(path: Path) -> RecordingError:
    """What to say of a file that ends before its first line does."""
    return RecordingError(f"{path} is cut in its first line: there is nothing to read in it")
