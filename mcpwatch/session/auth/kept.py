"""Logins from run to run: a file a server, that only its owner may read, in a folder of the user's state.

`MCPWATCH_LOGINS` names another folder; `off` keeps nothing. A file is replaced as a whole, never written through a
symbolic link, and not believed where others may read or write it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpwatch.model.shapes import items, mapping, text
from mcpwatch.session.auth.consent import origin_of
from mcpwatch.session.auth.grants import Token
from mcpwatch.session.auth.registration import Client

__all__ = ["VARIABLE", "Kept", "file_for", "forget", "keep", "read_kept"]

VARIABLE = "MCPWATCH_LOGINS"
MOST = 2**18
_OFF = frozenset({"off", "no", "false", "0"})
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one login: who we are there, the token, where it is renewed, and whom the user has allowed."""

    server: str
    endpoint: str
    resource: str
    client: Client
    token: Token | None = None
    servers: tuple[str, ...] = ()


def folder() -> Path | None:
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() in _OFF:
        return None
    if chosen:
        return Path(os.path.expanduser(chosen)).absolute()
    import platformdirs

    return platformdirs.user_state_path("mcpwatch", appauthor=False) / "logins"


def file_for(server: str) -> Path | None:
    """The file of a server's login, which need not exist; None where none are kept."""
    there = folder()
    if there is None:
        return None
    host = re.sub(r"[^a-z0-9.-]+", "-", origin_of(server).partition("://")[2])[:60]
    return there / f"{host}-{hashlib.sha256(server.encode()).hexdigest()[:16]}.json"


def read_kept(server: str) -> Kept | None:
    """What is kept for `server`; None where there is nothing, or nothing that can be believed."""
    path = file_for(server)
    if path is None:
        return None
    try:
        said = mapping(json.loads(_read(path)))
    except (OSError, ValueError, RecursionError):
        return None
    client, endpoint = Client.of(said.get("client")), text(said.get("endpoint"))
    if text(said.get("server")) != server or client is None or endpoint is None:
        return None
    servers = tuple(one for one in items(said.get("servers")) if isinstance(one, str))
    return Kept(server, endpoint, text(said.get("resource")) or server, client, Token.of(said.get("token")), servers)


def keep(kept: Kept) -> Path | None:
    """Keep it; the file, or None where none are kept or it could not be written: then the next run logs in again."""
    path = file_for(kept.server)
    if path is None:
        return None
    document: Mapping[str, Any] = {
        "server": kept.server,
        "endpoint": kept.endpoint,
        "resource": kept.resource,
        "client": kept.client.kept(),
        "token": None if kept.token is None else kept.token.kept(),
        "servers": list(kept.servers),
    }
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            new.unlink()
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        return None
    return path


def forget(server: str) -> None:
    """Keep nothing of it any more."""
    path = file_for(server)
    if path is not None:
        with suppress(OSError):
            path.unlink()


def _read(path: Path) -> bytes:
    with open(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError
        if hasattr(os, "getuid") and (about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077):
            raise OSError  # somebody else may have written it, or have read it
        return file.read(MOST)
