"""Which parts of a message nobody wants to have compared: paths, matched while a value is walked.

`result.structuredContent.at`: names and positions with points between them, from the message down (`result`, `params`,
`error`). `*` is any one of them, `**` any number; `items[0]` is `items.0`; a backslash takes its meaning from a point.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from mcpwatch.errors import UsageError

__all__ = ["NOTHING_IGNORED", "Paths", "paths_of"]

Paths: TypeAlias = tuple[tuple[str, ...], ...]
"""What is left of each path at one place of the walk; an empty one says that this place is ignored."""
NOTHING_IGNORED: Final[Paths] = ()
_PART = re.compile(r"(?:\\.|[^.\\])+")
_POSITION = re.compile(r"\[(\d+|\*)\]")


def paths_of(texts: Iterable[str]) -> Paths:
    """The paths as they were written. Raises `UsageError` for one that is none."""
    return tuple(_parsed(text) for text in texts)


def _parsed(text: str) -> tuple[str, ...]:
    plain = _POSITION.sub(r".\1", text.strip().removeprefix("$."))
    parts = tuple(re.sub(r"\\(.)", r"\1", part) for part in _PART.findall(plain))
    if not parts or ".." in plain.replace("\\.", "") or plain.startswith(".") or plain.endswith("."):
        raise UsageError(
            f"{text!r} is no path into a message.",
            hint="Such as result.structuredContent.at, params.arguments.* or **.elapsed; * is any name or position.",
        )
    return parts


def below(paths: Paths, part: str | int) -> Paths:
    """What is left of the paths one step down, at the member or item `part`."""
    if not paths:
        return paths
    name = str(part)
    found: list[tuple[str, ...]] = []
    for path in paths:
        _step(path, name, found)
    return tuple(found)


def _step(path: tuple[str, ...], name: str, found: list[tuple[str, ...]]) -> None:
    if not path:
        return
    if path[0] == "**":
        if path not in found:
            found.append(path)
        _step(path[1:], name, found)
    elif path[0] in ("*", name):
        found.append(path[1:])


def ends(paths: Paths) -> bool:
    """Whether one of the paths ends here."""
    return any(not path or path == ("**",) for path in paths)


def started(paths: Paths, at: Sequence[str | int]) -> Paths:
    """What is left of the paths at the place `at`."""
    for part in at:
        paths = below(paths, part)
    return paths
