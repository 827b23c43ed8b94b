"""What a test says about its recording: the marker's arguments, outer markers and options below inner ones, as paths.

Paths are relative to the file of the test, wherever pytest was started. Nothing is opened here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import pytest

from mcpwatch.errors import UsageError

__all__ = ["Wanted", "file_name", "wanted", "wanted_of_marker"]

WATCHED = frozenset(
    (
        *("target", "answers", "era", "timeout", "log_level", "without", "redact"),
        *("env", "cwd", "headers", "transport", "python"),
    )
)
"""Options of `watch()`; the last five are about the target, and have no meaning for a mock."""
SERVER_ONLY = frozenset({"env", "cwd", "headers", "transport", "python"})
SERVED = frozenset({"match", "pace", "ignore", "link"})
"""Options of `mcpwatch mock`; `ignore` is a list."""
CHOICES = {"match": ("strict", "sequence", "loose"), "pace": ("recorded", "none")}
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """`recording` is absolute; None where the test names none. `options` are those of `watch()`, without `target`;
    `served` those of `mcpwatch mock`."""

    recording: Path | None
    target: str | Sequence[str] | None
    options: Mapping[str, Any]
    served: Mapping[str, Any]


def wanted_of_marker(item: pytest.Item, options: Mapping[str, Any]) -> Wanted:
    """What the markers of a test say, the nearest first, and then `options`. Raises `UsageError`."""
    name: str | None = None
    given: dict[str, Any] = dict(options)
    for mark in reversed(list(item.iter_markers("mcpwatch"))):
        if len(mark.args) > 1 or not all(isinstance(one, str) for one in mark.args):
            raise UsageError(
                f"@pytest.mark.mcpwatch takes the path of one recording, and has {', '.join(map(repr, mark.args))}.",
                hint='@pytest.mark.mcpwatch("name.mcpw.jsonl", target="server.py")',
            )
        name = mark.args[0] if mark.args else name
        given |= mark.kwargs
    return wanted(item, name, given)


def wanted(item: pytest.Item, name: str | None, options: Mapping[str, Any]) -> Wanted:
    """What a name and options mean for a test. Raises `UsageError` for an option that does not exist."""
    for option in options:
        if option not in WATCHED | SERVED:
            near = get_close_matches(option, WATCHED | SERVED, n=1)
            raise UsageError(
                f"mcpwatch has no option {option!r} for a test.",
                hint=f"Is it {near[0]!r}?" if near else f"There are: {', '.join(sorted(WATCHED | SERVED))}.",
            )
    for option, values in CHOICES.items():
        if options.get(option) not in (None, *values):
            raise UsageError(f"{option}={options[option]!r} is none of {', '.join(values)}.")
    folder = item.path.parent
    found = {option: value for option, value in options.items() if option in WATCHED - {"target"}}
    if isinstance(found.get("answers"), str):
        found["answers"] = folder / found["answers"]
    if isinstance(found.get("cwd"), str):
        found["cwd"] = folder / found["cwd"]
    return Wanted(
        None if name is None else folder / name.replace("{test}", _test_name(item)),
        _target(options.get("target"), folder),
        found,
        {option: options[option] for option in SERVED if options.get(option) is not None},
    )


def file_name(text: str) -> str:
    """A name for a file that differs wherever `text` does: `test_a[x]` is `test_a-x`, anything odd gets a number."""
    plain = re.sub(r"\[(.*)\]$", r"-\1", text, flags=re.DOTALL)
    safe = re.sub(r"[^\w.\-]+", "-", plain).strip("-.")
    if safe != plain or len(safe) > _LONGEST:
        safe = f"{safe[:_LONGEST]}-{zlib.crc32(text.encode('utf-8', 'backslashreplace')):08x}"
    return safe


def _test_name(item: pytest.Item) -> str:
    """`{test}`: the name of the test in its file, class and parameters and all."""
    return file_name(".".join(item.nodeid.split("::")[1:]))


def _target(target: object, folder: Path) -> str | Sequence[str] | None:
    if target is None:
        return None
    if isinstance(target, Path):
        return _from(folder, str(target))
    if isinstance(target, str):
        return _from(folder, target)
    if isinstance(target, list | tuple):
        return [str(word) for word in cast("Sequence[object]", target)]
    raise UsageError(
        f"{target!r} is no target.", hint="A text as on the command line, or a command as a list of words."
    )


def _from(folder: Path, text: str) -> str:
    """A target that is a file beside the test, with `:object` or `:NAME` or without, by its whole path."""
    head, colon, rest = text, "", ""
    while True:
        if _is_file(folder / head):
            return f"{folder / head}{colon}{rest}"
        head, separator, last = head.rpartition(":")
        if not separator:
            return text
        rest, colon = f"{last}{colon}{rest}", ":"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
