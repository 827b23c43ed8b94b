"""A file is written anew with one change in it: a copy of what it was stays beside it, and no reader ever sees half."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from mcpwatch.errors import UsageError

__all__ = ["read_text", "rewrite"]


def read_text(path: Path) -> str:
    """What is in a file, with its line ends and its byte order mark. Raises `UsageError`."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8, so it is left alone.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def rewrite(path: Path, change: Callable[[str], str]) -> Path:
    """Replace what is in `path` by what `change` makes of it; returns where the copy is.

    A link is followed, so that it stays one. Mode and line ends stay. Raises `UsageError` where the file cannot be
    read or written, or where somebody else wrote it meanwhile; then it is as it was.
    """
    target = Path(os.path.realpath(path))
    text = read_text(target)
    changed = change(text).encode()
    scratch = ""
    try:
        copy = _free(target)
        mode = stat.S_IMODE(target.stat().st_mode)
        with open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode())
        number, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with open(number, "wb") as file:
            file.write(changed)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, mode)
        if read_text(target) != text:
            raise UsageError(f"{path} was changed by somebody else just now, so it is left alone.", hint="Try again.")
        os.replace(scratch, target)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        if scratch and os.path.exists(scratch):
            os.unlink(scratch)
    return copy


def _free(path: Path) -> Path:
    """A name for the copy that no file has: earlier copies stay."""
    copy, count = path.with_name(f"{path.name}.mcpwatch-backup"), 1
    while copy.exists() or copy.is_symlink():
        count += 1
        copy = path.with_name(f"{path.name}.mcpwatch-backup{count}")
    return copy
