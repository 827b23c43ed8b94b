"""Several targets on one command line: each word one, a config of a client all the servers that it defines.

What one target is, `target.py` knows; here only the words are told apart and the links get names of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mcpwatch.errors import UsageError
from mcpwatch.session.target import Target, parse_target, second_word

__all__ = ["parse_targets"]


def parse_targets(
    words: Sequence[str],
    command: Sequence[str] = (),
    *,
    python: str | None = None,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cwd: str | None = None,
    transport: str = "auto",
) -> list[Target]:
    """The targets that the words before `--`, or the command after it, stand for; names are unique.

    `env`, `headers`, `cwd` and `transport` are for one target. Raises `UsageError`.
    """
    spread = [word for text in words for word in _spread(text)]
    if command or len(spread) <= 1:
        how = {"python": python, "env": env, "headers": headers, "cwd": cwd, "transport": transport}
        return [parse_target(spread or words, command, **how)]  # pyright: ignore
    for word in words[1:]:
        _check_second(word, words)
    made = [parse_target([word], python=python) for word in spread]
    for option, value in (("--env", env), ("--header", headers), ("--cwd", cwd)):
        if value:
            hint = 'Write them into a config, {"mcpServers": {…}}, and name that.'
            raise UsageError(f"{option} is for one target; there are {len(made)}.", hint=hint)
    if transport != "auto":
        raise UsageError(f"--transport is for one target; there are {len(made)}.")
    return _unique(made)


def _check_second(word: str, words: Sequence[str]) -> None:
    """Whoever wrote a tool or an argument after a target is told where those go, rather than that it is no target."""
    try:
        parse_target([word])
    except UsageError as error:
        if str(error).endswith("is no target."):
            raise UsageError(f"{word!r} is no target.", hint=second_word(words)) from None


def _spread(text: str) -> list[str]:
    """A config's file as an entry a server; anything else as it is."""
    if not text.endswith(".json") or not Path(text).is_file():
        return [text]
    from mcpwatch import configs  # as most targets are in no file of a client

    servers = configs.read_servers(Path(text))
    return [f"{text}:{name}" for name in servers] if len(servers) > 1 else [text]


def _unique(targets: Sequence[Target]) -> list[Target]:
    """The same with every name once: the second `alpha` is `alpha#2`."""
    names: set[str] = set()
    made: list[Target] = []
    for target in targets:
        name, count = target.name, 1
        while name in names:
            count += 1
            name = f"{target.name}#{count}"
        names.add(name)
        made.append(replace(target, name=name))
    return made
