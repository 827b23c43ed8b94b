"""A copy of a recording under another name, while it is written or after: what a person keeps of a session.

This module owns that nothing that exists is ever replaced, but for the copy that was made here before: a session that
is saved while it runs is saved again, whole, when it has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mcpwatch.errors import RecordingError
from mcpwatch.recording import files, packed
from mcpwatch.recording.source import Source

__all__ = ["SavedCopy", "save_copy", "wanted_name"]

_NAMES = (".jsonl", ".gz", ".zst")


@dataclass(frozen=True, slots=True)
class SavedCopy:
    """A copy that was written: where, and which file that is for the system."""

    path: Path
    file: tuple[int, int]

    def complete(self, recording: Path) -> None:
        """Put the whole of `recording`, which has ended, in place of this copy.

        Raises RecordingError, also where somebody has put another file in its place: that stays.
        """
        if _identity(self.path) != self.file:
            raise RecordingError(
                f"{self.path} is not what was saved there any more, and stays as it is",
                hint=f"the whole session is in {recording}",
            )
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            _write(recording, part, packed.SUFFIXES.get(self.path.suffix))
            try:
                os.replace(part, self.path)
            except OSError as error:
                raise files.failed("write", self.path, error) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def wanted_name(text: str) -> Path:
    """The file that a person means: `~` is home, and what has no ending gets a recording's. Raises RecordingError."""
    try:
        path = Path(text).expanduser()
        return path if path.suffix in _NAMES else path.with_name(f"{path.name}.mcpw.jsonl")
    except (RuntimeError, ValueError):  # the home of nobody, a folder
        raise RecordingError(f"{text} names no file") from None


def save_copy(recording: Path, path: Path) -> SavedCopy:
    """Copy what there is of `recording` to the new file `path` (0600), compressed where its name says so.

    Of a line that is being written only whole lines are taken. Raises RecordingError: never over what exists.
    """
    files.refuse_existing(path, force=False)
    if not path.parent.is_dir():
        raise RecordingError(
            f"cannot create {path}: there is no folder {path.parent}", hint=f"create it: mkdir -p {path.parent}"
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(recording, part, packed.SUFFIXES.get(path.suffix))
        # The name is taken only now and only if it is free still, so that there is never half a copy under it.
        os.close(_reserved(path))
        os.replace(part, path)
        return SavedCopy(path, _identity(path) or (0, 0))
    except OSError as error:
        raise files.failed("write", path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _reserved(path: Path) -> int:
    descriptor = files.create(path, force=False)
    files.unlock(descriptor)
    return descriptor


def _write(recording: Path, part: Path, packing: packed.Packing | None) -> None:
    source = Source(recording)
    try:
        descriptor = files.create(part, force=True)
        try:
            for piece in packed.packed(_whole_lines(source), packing) if packing else _whole_lines(source):
                files.write_whole(descriptor, piece)
        except OSError as error:
            raise files.failed("write", part, error) from error
        finally:
            files.unlock(descriptor)
            os.close(descriptor)
    finally:
        source.close()


def _whole_lines(source: Source) -> Iterator[bytes]:
    """The lines of a recording: without the last where it breaks off."""
    for block in source.blocks(0):
        end = block.rfind(b"\n") + 1
        if end:
            yield block[:end]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
