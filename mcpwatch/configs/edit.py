"""Put the proxy before one server of a client's config, and take it out again: one entry changes, nothing else.

Text in, text out. The entry's `command` becomes mcpwatch, and what it was moves to the front of `args`, so that
comments, order, indentation and every other entry stay byte for byte as they were. What is not understood is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NamedTuple, cast

from mcpwatch.configs.entry import ServerEntry
from mcpwatch.configs.jsonc import JsonObject, Span, items_of, members_of, plain_json
from mcpwatch.errors import UsageError

__all__ = ["is_wrapped", "snippet", "unwrap", "unwrapped", "wrap"]

_ADDED = ',  "args": '
"""What is written after a command that had no `args`; it goes with them. Two blanks: nobody writes it like this."""


class _Place(NamedTuple):
    """Where in a text the two members of an entry are that change."""

    command: Span
    args: Span | None


def is_wrapped(entry: ServerEntry) -> bool:
    """Whether a proxy of ours stands before the server."""
    return unwrapped(entry.command or "", entry.args) is not None


def unwrapped(command: str, args: Sequence[str]) -> list[str] | None:
    """The command line behind a `… mcpwatch … proxy … -- COMMAND …`; None where there is no proxy."""
    words = [command, *args]
    for at, word in enumerate(words[1:], 1):
        ours = PurePath(words[at - 1].replace("\\", "/")).stem.lower() == "mcpwatch"
        if word == "proxy" and ours and "--" in words[at:]:
            behind = words[words.index("--", at) + 1 :]
            return behind or None
        if word == "--":
            return None
    return None


def wrap(text: str, section: Sequence[str], server: str, launcher: Sequence[str]) -> str:
    """`text` with `launcher` (up to and with `--`) before the command of `server`, whose entry is in `section`.

    Raises `UsageError` for an entry that is no command, that is wrapped already, or that is written in a way that
    cannot be changed safely.
    """
    place, command, args = _find(text, section, server)
    if unwrapped(command, args) is not None:
        raise UsageError(f"{server} is wrapped already.", hint="`mcpwatch unwrap` takes the proxy out.")
    first, *before = launcher
    put = ", ".join(json.dumps(word, ensure_ascii=False) for word in (*before, command))
    changed = json.dumps(first, ensure_ascii=False)
    if place.args is None:
        return _splice(text, [(place.command, f"{changed}{_ADDED}[{put}]")])
    after = place.args.start + 1
    if args:
        put += ", " if not text[after].isspace() else ","
    return _splice(text, [(place.command, changed), (Span(after, after), put)])


def unwrap(text: str, section: Sequence[str], server: str) -> str:
    """`text` as it was before `wrap`. Raises `UsageError` where there is no proxy, or the entry is not understood."""
    place, command, args = _find(text, section, server)
    behind = unwrapped(command, args)
    if behind is None or place.args is None:
        raise UsageError(f"{server} is not wrapped: there is nothing to take out.")
    plain = plain_json(text)
    if len(behind) == 1 and text[place.command.end : place.args.start] == _ADDED:
        whole = Span(place.command.start, place.args.end)
        return _splice(text, [(whole, json.dumps(behind[0], ensure_ascii=False))])
    items = items_of(plain, place.args.start)
    real = items[len(args) - len(behind)]
    end = real.end
    if len(behind) > 1:
        end = plain.index(",", real.end) + 1
        if text[end : end + 1] == " " and not text[end + 1 : end + 2].isspace():
            end += 1
    changes = [(place.command, text[real.start : real.end]), (Span(place.args.start + 1, end), "")]
    return _splice(text, changes)


def snippet(server: str, command: Sequence[str], suffix: str) -> str:
    """The lines of a wrapped entry, to be pasted into a file that mcpwatch does not write: TOML or YAML."""
    quoted = list(map(_quoted, command))
    plain = server.isascii() and server.replace("-", "").replace("_", "").isalnum()
    name = server if plain else _quoted(server)
    if suffix == ".toml":
        return f"[mcp_servers.{name}]\ncommand = {quoted[0]}\nargs = [{', '.join(quoted[1:])}]\n"
    if suffix in (".yaml", ".yml"):
        return f"extensions:\n  {name}:\n    cmd: {quoted[0]}\n    args: [{', '.join(quoted[1:])}]\n"
    entry = {"mcpServers": {server: {"command": command[0], "args": list(command[1:])}}}
    shows = all(word.isprintable() for word in (server, *command))
    return json.dumps(entry, indent=2, ensure_ascii=not shows) + "\n"


def _quoted(word: str) -> str:
    """A word as TOML and YAML read it; what cannot be seen is escaped, in eight digits where JSON would need two."""
    said = json.dumps(word, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in said)


def _find(text: str, section: Sequence[str], server: str) -> tuple[_Place, str, list[str]]:
    plain = plain_json(text)
    at = len(plain) - len(plain.lstrip("\ufeff"))
    for key in (*section, server):
        at = _one(members_of(plain, at), key, server).start
    members = members_of(plain, at)
    names = [name for name, _ in members]
    if "command" not in names:
        remote = "url" in names or "serverUrl" in names or "httpUrl" in names
        hint = (
            "Run `mcpwatch proxy URL --listen 127.0.0.1:8808` and put that address into the config." if remote else ""
        )
        raise UsageError(f"{server} is no command that could be wrapped.", hint=hint)
    command = _one(members, "command", server)
    args = _one(members, "args", server) if "args" in names else None
    word: Any = json.loads(plain[command.start : command.end])
    words: Any = [] if args is None else json.loads(plain[args.start : args.end])
    if not isinstance(word, str) or not word or not _are_texts(words):
        raise UsageError(f"{server} is written in a way that mcpwatch does not change: {_shape(word, words)}.")
    return _Place(command, args), word, cast("list[str]", words)


def _one(members: Sequence[tuple[str, Span]], key: str, server: str) -> Span:
    found = [span for name, span in members if name == key]
    if len(found) != 1:
        said = "is there twice" if found else "is not there"
        raise UsageError(f"{server}: {key!r} {said}, so its entry is left alone.")
    return found[0]


def _are_texts(words: Any) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) for word in cast("list[Any]", words))


def _shape(word: Any, words: Any) -> str:
    return "its command is no text" if not isinstance(word, str) or not word else "its args are no list of texts"


def _splice(text: str, changes: Sequence[tuple[Span, str]]) -> str:
    """`text` with each span replaced; they do not overlap."""
    for span, put in sorted(changes, key=lambda change: change[0].start, reverse=True):
        text = text[: span.start] + put + text[span.end :]
    return text


def body_of(text: str) -> JsonObject:
    """The object that a text of JSON with comments is; raises ValueError where it is none."""
    value: Any = json.loads(plain_json(text.lstrip("\ufeff")))
    if not isinstance(value, dict):
        raise ValueError("no object")
    return cast("JsonObject", value)
