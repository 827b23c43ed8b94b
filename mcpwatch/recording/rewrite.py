"""A recording once more with its events changed: what `redact` does after the fact.

This module owns that nothing else changes: a line whose event stays the same is copied byte for byte, numbers and times
stay, what has no footer gets none. What an event is changed into is its caller's to know.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from mcpwatch.events import Event
from mcpwatch.recording import files, packed
from mcpwatch.recording.filter import Filter
from mcpwatch.recording.format import encode, footer_again
from mcpwatch.recording.reader import Recording

__all__ = ["rewritten", "write_lines"]


def rewritten(recording: Recording, change: Callable[[Event], Event], *, policy: str) -> Iterator[bytes]:
    """The lines of `recording`, with their ends, and every event as `change` makes it.

    The header says that it was redacted by `policy` too. Lines of kinds that this version does not know are left out
    (`recording.unknown` counts them): nobody can say what they hold. Raises RecordingError, also in mid-iteration.
    """
    yield _header(recording.header, policy)
    count = 0
    for line, event in recording.entries(Filter()):
        changed = change(event)
        yield line + b"\n" if changed is event else encode(changed)
        count += 1
    footer = recording.footer
    if footer is not None:
        yield footer_again(footer, events=count)


def write_lines(lines: Iterator[bytes], path: Path, *, force: bool) -> None:
    """Write a recording's lines to `path`: there at once or not at all, 0600, compressed where its name says so.

    The file that the lines are read from may be `path` itself. Raises RecordingError.
    """
    files.refuse_existing(path, force=force)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    packing = packed.SUFFIXES.get(path.suffix)
    try:
        descriptor = files.create(part, force=True)
        try:
            for line in lines:
                files.write_whole(descriptor, line)
        finally:
            files.unlock(descriptor)
            os.close(descriptor)
        if packing is not None:
            packed.pack(part, path, packing, force=force)
        else:
            os.replace(part, path)
    except OSError as error:
        raise files.failed("write", path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _header(header: Mapping[str, Any], policy: str) -> bytes:
    before: Any = header.get("redaction")
    said = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
    was: Any = said.get("policy")
    # What was redacted when it was recorded stays redacted: both say what is not in it.
    words = [word for word in str(was).split("+") if was and word not in ("off", "default")]
    whole = "+".join(dict.fromkeys([*policy.split("+"), *words]))
    changed = {**header, "redaction": {**said, "policy": whole}}
    return json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
