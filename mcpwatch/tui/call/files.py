"""Images, sounds and other data of a result as files: written only for the person, opened only when they say so.

A server chooses neither a file's name nor its place, and its ending only among those of images and sounds whose bytes
are what they claim to be: an ending decides which program a desktop opens a file with.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import platformdirs

from mcpwatch.view.values import members, text_of

__all__ = ["Media", "NotSaved", "files_folder", "open_file", "save"]

_SIGNS: Final[dict[str, tuple[str, Callable[[bytes], bool]]]] = {
    "image/png": (".png", lambda data: data.startswith(b"\x89PNG\r\n\x1a\n")),
    "image/jpeg": (".jpg", lambda data: data.startswith(b"\xff\xd8\xff")),
    "image/gif": (".gif", lambda data: data[:6] in (b"GIF87a", b"GIF89a")),
    "image/webp": (".webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP"),
    "image/bmp": (".bmp", lambda data: data.startswith(b"BM")),
    "audio/wav": (".wav", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE"),
    "audio/mpeg": (".mp3", lambda data: data.startswith(b"ID3") or data[:1] == b"\xff"),
    "audio/ogg": (".ogg", lambda data: data.startswith(b"OggS")),
    "audio/flac": (".flac", lambda data: data.startswith(b"fLaC")),
}
_ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "application/ogg": "audio/ogg",
}
_OTHER: Final = ".bin"
_MOST: Final = 1_000
"""Files of one name, before it is said that there are too many."""


class NotSaved(Exception):
    """It could not be done; `str(error)` says why, in a sentence."""


class Media(NamedTuple):
    """Data in a result. `data` is base64, as the server sent it."""

    kind: str
    mime: str
    data: str

    @classmethod
    def of(cls, block: object) -> Media | None:
        """The data of a content block or of a resource's contents, None where it has none."""
        item: Any = members(block)
        held = members(item.get("resource")) if item.get("type") == "resource" else item
        data = held.get("data", held.get("blob"))
        if not isinstance(data, str):
            return None
        kind = text_of(item.get("type")) if item.get("type") in ("image", "audio") else "data"
        return cls(kind, text_of(held.get("mimeType")), data)


def files_folder() -> Path:
    """Where files of results are saved: a folder in the user's state."""
    return Path(platformdirs.user_state_dir("mcpwatch", appauthor=False)) / "files"


def save(media: Media, name: str, folder: Path | None = None) -> Path:
    """Write the data into a file of its own, which only the user may read. Raises `NotSaved`."""
    folder = files_folder() if folder is None else folder
    try:
        data = base64.b64decode("".join(media.data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotSaved("The data is no base64, so there is nothing to save.") from None
    stem = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name)[:40] or "data"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(1, _MOST):
            path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{_ending(media.mime, data)}"
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            return path
    except OSError as error:
        raise NotSaved(f"{folder} cannot be written: {error.strerror or error}.") from None
    raise NotSaved(f"There are too many files called {stem} in {folder}.")


def open_file(path: Path) -> None:
    """Have the desktop open a saved image or sound. Raises `NotSaved` for anything else, and where that fails."""
    if path.suffix == _OTHER:
        raise NotSaved("It is neither an image nor a sound that is what it says: open it yourself, if you trust it.")
    try:
        if sys.platform == "win32":
            os.startfile(path)
        else:
            command = "open" if sys.platform == "darwin" else "xdg-open"
            nothing = subprocess.DEVNULL
            process = subprocess.Popen(
                [command, str(path)], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
            )
            # Some of them stay until what they opened is closed, and somebody has to take note of their end.
            threading.Thread(target=process.wait, daemon=True).start()
    except OSError as error:
        raise NotSaved(f"It cannot be opened from here: {error.strerror or error}. It is in {path}.") from None


def _ending(mime: str, data: bytes) -> str:
    plain = mime.partition(";")[0].strip().lower()
    ending, is_it = _SIGNS.get(_ALIASES.get(plain, plain), (_OTHER, lambda _: False))
    return ending if is_it(data) else _OTHER
