"""The sessions that are kept without being asked for: where they are, what they are called, which go.

This module owns one folder and the names in it, and what may stand where a FILE is asked for (`last`, an id, a path).
Whether a session is kept at all (not in CI) is decided by whoever starts it. Nothing is deleted that was not named
here: the folder may be one of the user's own, with other recordings in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mcpwatch.errors import RecordingError
from mcpwatch.recording import elsewhere, files

if TYPE_CHECKING:
    from mcpwatch.events import Opened
    from mcpwatch.recording.reader import Recording

KEEP_SESSIONS = 50
KEEP_BYTES = 1 << 30
VARIABLE = "MCPWATCH_SESSIONS"
SUFFIX = ".mcpw.jsonl"

_OFF = frozenset({"off", "no", "false", "0"})
_NAME = r"(\d{8}-\d{6})-(?:.+-)?([a-z0-9]{4})\.mcpw\.jsonl(?:\.gz|\.zst)?"
_LAST = r"last(?:~(\d{1,6}))?"
_SCRIPTS = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".mts"})
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
_OPENED_WITHIN = 1000
"""Events in which the links of a session are looked for, so that a list of long sessions comes at once."""


class Kept(NamedTuple):
    """One kept session, as far as its file tells without being read through."""

    id: str
    path: Path
    started: datetime
    """Aware, in UTC."""
    size: int
    """Bytes on disk."""
    live: bool
    """It is being written."""
    complete: bool
    exit: int | None
    """What the process returned; None where it did not get to say so."""
    links: tuple[str, ...]
    targets: tuple[str, ...]
    """A command line or a URL for each link."""
    readable: bool = True
    """False where the header cannot be read; the rest is then taken from the name."""
    spoken: tuple[str, ...] = ()
    """Each target as a person types it, as far as its command line tells: `server.py`, `server.py:app`, `demo`."""


def sessions_folder() -> Path | None:
    """Where sessions are kept: `MCPWATCH_SESSIONS`, else a folder in the user's state; None where that is `off`."""
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() in _OFF:
        return None
    if chosen:
        return Path(os.path.expanduser(chosen)).absolute()
    import platformdirs  # here, as most commands ask for no kept session

    return platformdirs.user_state_path("mcpwatch", appauthor=False) / "sessions"


def new_path(name: str, *, started: datetime | None = None) -> Path | None:
    """A free path for a session called `name` (a link's name, say), in a folder that exists then (0700).

    None where no sessions are kept. Raises RecordingError where the folder cannot be made.
    """
    folder = sessions_folder()
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        failure = files.failed("keep sessions in", folder, error)
        raise RecordingError(str(failure), hint=f"--no-record, or {VARIABLE}=off or another folder") from error
    return folder / f"{_free_name(name, started)}{SUFFIX}"


def _free_name(name: str, started: datetime | None) -> str:
    at = (started or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    called = re.sub(r"[^a-z0-9._]+", "-", name.lower())[:40].strip("-._") or "session"
    token = "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(4))
    return f"{at}-{called}-{token}"


def prune(*, sessions: int = KEEP_SESSIONS, size: int = KEEP_BYTES) -> list[Path]:
    """Delete the oldest kept sessions until at most so many, of at most so many bytes in all, are left.

    The newest one and those that are being written stay. Returns what was deleted; what cannot be deleted is left.
    """
    found = _found()
    total = sum(bytes_ for _, bytes_ in found)
    count = len(found)
    gone: list[Path] = []
    for path, bytes_ in reversed(found[1:]):
        if count <= sessions and total <= size:
            break
        if files.is_held(path):
            continue
        with suppress(OSError):
            path.unlink()
            gone.append(path)
            count -= 1
            total -= bytes_
    return gone


def kept() -> list[Kept]:
    """The kept sessions, the newest first."""
    return [_described(path, size) for path, size in _found()]


class Newest:
    """The newest session that goes on, or the next one to begin: what `--follow` follows where no file is named.

    Raises RecordingError where no sessions are kept.
    """

    def __init__(self) -> None:
        if sessions_folder() is None:
            raise RecordingError("no sessions are kept, so there is none to follow", hint=f"{_where()}: name a file")
        # Listed before it is asked which ones go on: what begins in between is new to `look`, even if it has ended.
        self._known = {name for name, _ in _begun()}

    def look(self) -> Path | None:
        """The path of one that goes on, or that has begun since; None where there is none yet."""
        begun = _begun()
        for _, path in begun:
            if files.is_held(path):
                return path
        return next((path for name, path in reversed(begun) if name not in self._known), None)


def announce(recording: Path, name: str, *, started: datetime | None = None) -> None:
    """Let whoever follows the newest session find one called `name` that is written to a file of the user's own.

    For once the file is there and being written. Never raises; nothing is said where no sessions are kept.
    """
    folder = sessions_folder()
    if folder is not None:
        elsewhere.point_to(recording, folder, _free_name(name, started))


def live_elsewhere() -> list[Kept]:
    """The recordings that are being written to files of the user's own, the newest first; their ids are their paths."""
    folder = sessions_folder()
    live: dict[Path, Kept] = {}
    for _, _, _, path in elsewhere.found(folder) if folder is not None else ():
        if path not in live and files.is_held(path):
            with suppress(OSError):
                live[path] = _described(path, path.stat().st_size)._replace(id=str(path))
    return [one for one in live.values() if one.live]


def resolve(text: str) -> Path:
    """The recording that `text` names: `last`, `last~2`, a path, or a session by its id.

    The start of an id or its last four letters are enough where they fit only one session.

    Raises RecordingError where there is none, or more than one.
    """
    back = re.fullmatch(_LAST, text)
    path = Path(os.path.expanduser(text))
    if back is None and text and os.path.lexists(path):
        return path  # before the kept sessions are looked for, which a file by its name need not wait for
    found = [each for each, _ in _found()]
    if back is not None:
        if not found:
            raise RecordingError("no session is kept yet", hint=_where() or "run one, or name a file")
        steps = int(back[1] or 0)
        if steps >= len(found):
            raise RecordingError(f"there is no {text}: {len(found)} sessions are kept", hint="`mcpwatch sessions`")
        return found[steps]
    ids = {_id(each): each for each in found}
    if text in ids:
        return ids[text]
    fitting = [each for each in ids if text and (each.startswith(text) or each.rpartition("-")[2] == text)]
    if len(fitting) == 1:
        return ids[fitting[0]]
    if fitting:
        raise RecordingError(f"several sessions are meant by {text}: {', '.join(sorted(fitting))}")
    from difflib import get_close_matches  # only for what is spelled wrong

    near = get_close_matches(text, [*ids, "last"], n=1)
    hint = f"did you mean {near[0]}?" if near else "`mcpwatch sessions` lists the sessions that were kept"
    raise RecordingError(f"there is no file and no session {text or '(empty)'}", hint=hint)


def _where() -> str:
    return "" if sessions_folder() else f"{VARIABLE} says that none are kept"


def _begun() -> list[tuple[Path, Path]]:
    """What says that a session has begun, and where it is; the newest first, those elsewhere among them."""
    folder = sessions_folder()
    begun = [(name, at, path, path) for name, at, path, size in _listed() if size]  # an empty one is about to be locked
    for name, at, pointer, path in elsewhere.found(folder) if folder is not None else ():
        with suppress(OSError):
            if path.stat().st_size:
                begun.append((name, at, pointer, path))
    return [(said, path) for _, _, said, path in sorted(begun, reverse=True)]


def _found() -> list[tuple[Path, int]]:
    """The files of kept sessions with their sizes, the newest first."""
    return [(path, size) for _, _, path, size in _listed()]


def _listed() -> list[tuple[str, int, Path, int]]:
    """The same with when each began, by its name, and when it was last written."""
    folder = sessions_folder()
    found: list[tuple[str, int, Path, int]] = []
    if folder is None:
        return []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = re.fullmatch(_NAME, entry.name)
            with suppress(OSError):
                if name is not None and entry.is_file(follow_symlinks=False):
                    about = entry.stat(follow_symlinks=False)
                    # Two sessions of the same second are told apart by when they were last written.
                    found.append((name[1], about.st_mtime_ns, folder / entry.name, about.st_size))
    found.sort(reverse=True)
    return found


def _id(path: Path) -> str:
    return path.name.partition(SUFFIX)[0]


def _described(path: Path, size: int) -> Kept:
    from mcpwatch.recording.reader import Recording  # here, as most commands only want a path

    live = files.is_held(path)
    try:
        with Recording.open(path) as recording:
            opened = _opened(recording)
            footer: Mapping[str, Any] = recording.footer or {}
            code = footer.get("exit")
            return Kept(
                id=_id(path),
                path=path,
                started=recording.started.astimezone(UTC),
                size=size,
                live=live and not footer,
                complete=bool(footer),
                exit=code if type(code) is int else None,
                links=tuple(each.link for each in opened),
                targets=tuple(_target(each.target) for each in opened),
                spoken=tuple(_spoken(each.target) or _target(each.target) for each in opened),
            )
    except RecordingError:
        return Kept(
            id=_id(path),
            path=path,
            started=_named_time(path),
            size=size,
            live=live,
            complete=False,
            exit=None,
            links=(),
            targets=(),
            readable=False,
        )


def _opened(recording: Recording) -> list[Opened]:
    from mcpwatch.events import Opened

    found: list[Opened] = []
    # A session that is damaged further on still began.
    with suppress(RecordingError):
        found += [event for event in islice(recording.events(), _OPENED_WITHIN) if isinstance(event, Opened)]
    return found


def _target(target: Mapping[str, Any]) -> str:
    url: object = target.get("url")
    if isinstance(url, str):
        return url
    args: object = target.get("args")
    words: list[object] = [target.get("command", ""), *(args if isinstance(args, list | tuple) else ())]
    return " ".join(str(word) for word in words)


def _spoken(target: Mapping[str, Any]) -> str | None:
    """What stands for a command line that mcpwatch made of it; None where it made none that is known."""
    command, args = str(target.get("command", "")), target.get("args")
    if not Path(command).is_absolute():
        return None  # the runner of a script is always named by its path
    match [str(word) for word in cast("Sequence[object]", args)] if isinstance(args, list | tuple) else []:
        case ["-m", "mcpwatch.demo"]:
            return "demo"
        case [runner, file, name] if Path(runner).name == "object_runner.py":
            return f"{file}:{name}"
        case [file] | ["run", "--script", file] if Path(file).suffix in _SCRIPTS:
            return file
        case _:
            return None


def _named_time(path: Path) -> datetime:
    name = re.fullmatch(_NAME, path.name)
    try:
        return datetime.strptime(name[1] if name else "", "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
