"""Which files a server is made of, and being told when they change.

Only the code beside a script is watched unless paths are named, so that a server which writes files of its own does not
restart itself for ever.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcpwatch.errors import UsageError
from mcpwatch.session.target import Target

if TYPE_CHECKING:
    from watchfiles import Change

__all__ = ["CODE", "Watched", "changes", "watched_for", "watched_links"]

CODE: Final = frozenset({".cjs", ".js", ".jsx", ".mjs", ".mts", ".py", ".ts", ".tsx"})
OWN: Final = Path(__file__).resolve().parents[2]
"""What runs an object in a file is ours: its folder is none of the server's."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Files, and folders with all that is in them; with `code` only the code in the folders."""

    paths: tuple[Path, ...]
    code: bool = False


def watched_for(target: Target, paths: Sequence[Path]) -> Watched:
    """What to watch for a target: these paths, or the code beside its script. Raises `UsageError`."""
    if paths:
        for path in paths:
            if not path.exists():
                raise UsageError(f"There is no file or folder {path} to watch.")
        return Watched(tuple(path.resolve() for path in paths))
    script = _script(target)
    if script is None:
        raise UsageError(
            f"Which files {target.name} is made of cannot be told from its target.",
            hint="Name them: --reload-on PATH (a file, or a folder with all that is in it).",
        )
    return Watched((script.parent,), code=True) if script.suffix in CODE else Watched((script,))


def watched_links(targets: Sequence[Target], paths: Sequence[Path]) -> dict[str, Watched]:
    """What to watch for each of the links that these targets become. Raises `UsageError`."""
    links: dict[str, Watched] = {}
    for target in targets:
        link, count = target.name, 1
        while link in links:  # as a session names them
            count += 1
            link = f"{target.name}#{count}"
        links[link] = watched_for(target, paths)
    return links


def _script(target: Target) -> Path | None:
    """The file that the target runs, where it runs one."""
    if target.url is not None:
        return None
    folder = Path(target.cwd or ".")
    words = [folder / word for word in (*target.args, target.command) if Path(word).suffix in CODE]
    words.append(Path(target.spoken))
    for path in words:
        found = path.expanduser().resolve()
        if found.is_file() and not found.is_relative_to(OWN):
            return found
    return None


async def changes(watched: Watched) -> AsyncGenerator[set[Path]]:
    """The paths that changed, each time that some did; never ends by itself."""
    from watchfiles import DefaultFilter, awatch  # pyright: ignore[reportUnknownVariableType]

    folders = [path for path in watched.paths if path.is_dir()]
    files = {path for path in watched.paths if path not in folders}
    usual = DefaultFilter()

    def wanted(change: Change, path: str) -> bool:
        found = Path(os.path.realpath(path))
        if found in files:
            return True
        inside = any(found.is_relative_to(folder) for folder in folders) and usual(change, path)
        return inside and (not watched.code or found.suffix in CODE)

    # A file is watched through its folder: most editors put another one in its place.
    roots = {*folders, *(path.parent for path in files)}
    async for found in awatch(*roots, watch_filter=wanted, recursive=bool(folders), step=50, debounce=400):
        yield {Path(path) for _, path in found}
