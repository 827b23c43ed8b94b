"""What a recording needs of the operating system: a file that is ours alone, a lock, reads at a position.

This is the seam for what differs between systems (the exclusive opening of a file); nothing POSIX-only is imported on
Windows, where everything here is best effort. What stands in the file is left to the others. The lock says that a
writer is alive: it goes when the process goes, however it goes, so that a file without a footer can be told from one
that is still being written.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from mcpwatch.errors import RecordingError

_BINARY = getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_INHERIT = getattr(os, "O_CLOEXEC", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)

_PIECE = 2**20

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space, or record somewhere else"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or record somewhere else"),
    errno.EFBIG: ("the file would be larger than the system allows", "see `ulimit -f`, or record for a shorter time"),
    errno.EROFS: ("the file system is read-only", "record somewhere else"),
    errno.EACCES: ("permission denied", "check who owns the file and its folder"),
    errno.EPERM: ("the system does not permit it", "check who owns the file and its folder"),
    errno.ENOENT: ("there is no such file", "`mcpwatch sessions` lists the sessions that were kept"),
    errno.ENOTDIR: ("a part of the path is no folder", ""),
    errno.EISDIR: ("it is a folder", "name a file in it"),
    errno.ELOOP: ("it is a symbolic link", "a recording is never written through one: name the file itself"),
    errno.ENAMETOOLONG: ("the name is too long", ""),
    errno.EIO: ("the device reports an error", "look at the system's log"),
    errno.EMFILE: ("too many files are open", "see `ulimit -n`"),
}


def failed(doing: str, path: Path, error: OSError) -> RecordingError:
    """The one sentence for what the system refused: `cannot write x.mcpw.jsonl: the disk is full`."""
    reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error) or type(error).__name__, ""))
    return RecordingError(f"cannot {doing} {path}: {reason}", hint=hint)


def create(path: Path, *, force: bool) -> int:
    """A descriptor to append to a new, empty file that only we may read, locked until `unlock`. Close it after use.

    Raises RecordingError where the file exists (unless `force`, and it is a plain file that nobody writes), is a
    symbolic link, is held by another writer, or cannot be created.
    """
    if not path.parent.is_dir():
        raise RecordingError(
            f"cannot create {path}: there is no folder {path.parent}", hint=f"create it: mkdir -p {path.parent}"
        )
    refuse_existing(path, force=force)
    try:
        if force:
            # Not truncated in place: whoever reads the old one keeps it, and another name of it stays as it is.
            path.unlink(missing_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _NO_INHERIT | _BINARY
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise failed("create", path, error) from error
    try:
        lock(descriptor)
        # A forced writer may have been here between the two.
        if not os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            raise _held(path)
    except OSError as error:
        os.close(descriptor)
        raise _held(path) from error
    except RecordingError:
        os.close(descriptor)
        raise
    return descriptor


def copy_in_place(source: Path, path: Path) -> None:
    """Put a copy of `source` where `path` is, or where nothing is yet: there as a whole or not at all.

    Only we may read a new one; what is replaced keeps its rights. Raises OSError, and RecordingError for a symbolic
    link, a folder, a device, and what is being written.
    """
    refuse_existing(path, force=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = create(part, force=True)
        try:
            with open(source, "rb") as whole:
                while piece := whole.read(_PIECE):
                    write_whole(descriptor, piece)
            if hasattr(os, "fchmod") and path.exists():
                os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
        finally:
            unlock(descriptor)
            os.close(descriptor)
        os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise RecordingError where something at `path` must not be replaced."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise failed("create", path, error) from error
    if stat.S_ISLNK(found.st_mode):
        raise failed("create", path, OSError(errno.ELOOP, ""))
    if stat.S_ISDIR(found.st_mode):
        raise failed("create", path, OSError(errno.EISDIR, ""))
    if not stat.S_ISREG(found.st_mode):
        raise RecordingError(f"cannot create {path}: it is a device or a pipe", hint="name a file")
    if is_held(path):
        raise _held(path)
    if not force:
        raise RecordingError(f"{path} exists already", hint="--force replaces it")


def _held(path: Path) -> RecordingError:
    return RecordingError(f"{path} is being written by another mcpwatch", hint="record to another file")


def is_held(path: Path) -> bool:
    """Whether a living process writes the file. False where there is none, or the system cannot tell."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _NO_INHERIT | _BINARY)
    except OSError:
        return False
    try:
        return is_locked(descriptor) is True
    finally:
        os.close(descriptor)


def open_to_read(path: Path) -> int:
    """A descriptor to read. Raises RecordingError for what is not there, a folder or a device; a pipe is welcome."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_INHERIT | _BINARY)
    except OSError as error:
        raise failed("read", path, error) from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise RecordingError(f"cannot read {path}: it is a folder", hint="name a file in it")
    raise RecordingError(f"cannot read {path}: it is a device", hint="name a file")


def is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)


def read_line(descriptor: int, offset: int, size: int) -> bytes:
    """The line that begins at `offset`, without its end. `size` is how long it is likely to be. Raises OSError."""
    pieces: list[bytes] = []
    while piece := read_at(descriptor, size, offset):
        line, end, _ = piece.partition(b"\n")
        pieces.append(line)
        if end:
            break
        offset += len(piece)
    return b"".join(pieces)


def write_whole(descriptor: int, data: bytes) -> None:
    """One `write`, and more only where the system took less than all. Raises OSError."""
    written = os.write(descriptor, data)
    if written < len(data):
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]


if sys.platform == "win32":
    import msvcrt
    from threading import Lock

    _FAR = 1 << 40  # the lock is on one byte that no recording reaches: on Windows a lock keeps readers out
    _seeking = Lock()

    def lock(descriptor: int) -> None:
        """Say that this process writes the file. Raises OSError where another does."""
        _lock_far(descriptor, msvcrt.LK_NBLCK)

    def unlock(descriptor: int) -> None:
        _lock_far(descriptor, msvcrt.LK_UNLCK)

    def is_locked(descriptor: int) -> bool | None:
        """Whether a writer holds the file; None where that cannot be known."""
        try:
            _lock_far(descriptor, msvcrt.LK_NBLCK)
        except OSError:
            return True
        _lock_far(descriptor, msvcrt.LK_UNLCK)
        return False

    def read_at(descriptor: int, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset`; empty at the end."""
        with _seeking:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size)

    def _lock_far(descriptor: int, mode: int) -> None:
        with _seeking:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, mode, 1)

else:
    import fcntl

    _UNSUPPORTED = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})

    def lock(descriptor: int) -> None:
        """Say that this process writes the file.

        Waits: on a file that we have just created, the lock can only be held by somebody who looks whether it is.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise

    def unlock(descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise

    def is_locked(descriptor: int) -> bool | None:
        """Whether a writer holds the file; None where that cannot be known."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False

    def read_at(descriptor: int, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset`; empty at the end."""
        return os.pread(descriptor, size, offset)
