"""What was typed, typed again with one thing different: the command that a hint proposes.

Who has typed a command line wants that line back, with its target, its steps and its other options. Which option helps
is the hint's to know; where it goes in the line is known here.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Typed", "command_with", "connection_words"]

_ANSWERED = "demo"
"""The command that brings its own answers: of what a hint may propose it takes `--era` alone."""


_CONNECTION = {
    "python": "--python",
    "era": "--era",
    "env": "--env",
    "cwd": "--cwd",
    "header": "-H",
    "transport": "--transport",
    "auth": "--auth",
    "auth_client": "--auth-client",
}


class Typed(NamedTuple):
    """A command line as it was typed: the words after `mcpwatch`, and the command that came after `--`."""

    words: Sequence[str] = ()
    command: Sequence[str] = ()


def command_with(typed: Typed, option: str) -> str | None:
    """The line that was typed with `option` (`--era legacy`) added, or put in the place of what it had instead.

    An empty option stands for the line as it would be if the client left nothing undeclared. None where there is no
    such line, or it would be the same one.
    """
    words = list(typed.words)
    if not words:
        return None
    name, *values = option.split() or ("--without",)
    if name not in ("--era", "--without"):
        changed = words  # the others may be there more than once, or would not be proposed if they were there
    else:
        changed = _less(words, name)
    changed = [*changed, name, *values] if option else changed
    if changed == words or (words[0] == _ANSWERED and name != "--era"):
        return None
    return shlex.join(["mcpwatch", *changed, *(("--", *typed.command) if typed.command else ())])


def connection_words(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The options that another command needs to reach the same server in the same way, from what the parser read."""
    words: list[str] = []
    for parameter, option in _CONNECTION.items():
        value = given.get(parameter)
        for one in value if isinstance(value, tuple) else (value,):  # pyright: ignore[reportUnknownVariableType]
            if one not in (None, "auto", "none"):
                words += (option, str(one))  # pyright: ignore[reportUnknownArgumentType]
    return tuple(words)


def _less(words: Sequence[str], option: str) -> list[str]:
    """The words without an option that takes one value."""
    left: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == option:
            next(rest, None)
        elif not word.startswith(f"{option}="):
            left.append(word)
    return left
