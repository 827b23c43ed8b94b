"""One server of a config file, as the file has it, and its `${…}` put in when somebody asks for it by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from mcpwatch.configs.jsonc import JsonObject
from mcpwatch.errors import UsageError

__all__ = ["Inputs", "ServerEntry", "Style", "entry_of", "interpolate", "texts"]

Style: TypeAlias = Literal["braces", "dollars", "none"]
"""How a client writes a variable: `${VAR}` and its kin; `$VAR` as well; not at all."""
Inputs: TypeAlias = Mapping[str, str]
"""What VS Code asks its user for: the id of an input, and what the file says of it."""
_BRACES = re.compile(r"\$\{(?P<body>[^{}]+)\}(?P<name>)")
_DOLLARS = re.compile(r"\$(?:\{(?P<body>[^{}]+)\}|(?P<name>[A-Za-z_][A-Za-z0-9_]*))")
_TRANSPORTS = {
    "sse": "sse",
    "http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "streamable_http": "http",
}


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server of a config, as it is written there. `wrong` says why it cannot be used; empty if it can.

    `disabled` is what its client has been told; here it can be used all the same. `inputs` are those of its file.
    """

    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    transport: str | None = None
    wrong: str = ""
    style: Style = "braces"
    disabled: bool = False
    inputs: Inputs = field(default_factory=dict[str, str])


class Wrong(Exception):
    """Why an entry cannot be used."""


def entry_of(value: Any, *, style: Style = "braces", inputs: Inputs | None = None) -> ServerEntry:
    """An entry of the kind that most clients have: `command`, `args`, `env`, or `url` and `headers`."""
    try:
        entry = _entry(value)
    except Wrong as error:
        return ServerEntry(wrong=str(error))
    return replace(entry, style=style, inputs=inputs or {})


def _entry(value: Any) -> ServerEntry:
    body = _object(value, "it")
    url = body.get("url") or body.get("serverUrl") or body.get("httpUrl")
    command = body.get("command")
    if not isinstance(url, str) and not (isinstance(command, str) and command):
        raise Wrong("it has neither a command nor a url")
    args: Any = body.get("args") or []
    if not isinstance(args, list):
        raise Wrong("args is no list")
    cwd = body.get("cwd")
    return ServerEntry(
        command=command if isinstance(command, str) and not isinstance(url, str) else None,
        args=tuple(_text(arg, "args") for arg in cast("list[Any]", args)),
        env=texts(body.get("env"), "env"),
        cwd=cwd if isinstance(cwd, str) else None,
        url=url if isinstance(url, str) else None,
        headers=texts(body.get("headers"), "headers"),
        transport=_TRANSPORTS.get(str(body.get("type") or body.get("transport") or "")),
        disabled=body.get("disabled") is True or body.get("enabled") is False,
    )


def _object(value: Any, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise Wrong(f"{what} is no object")
    return cast("JsonObject", value)


def texts(value: Any, what: str) -> dict[str, str]:
    """The members of an object as texts. Raises `Wrong`."""
    fields = {} if value is None else _object(value, what)
    return {name: _text(one, f"{what}.{name}") for name, one in fields.items() if one is not None}


def _text(value: Any, what: str) -> str:
    if isinstance(value, dict | list) or value is None:
        raise Wrong(f"{what} holds what is no text")
    return value if isinstance(value, str) else json.dumps(value)


def interpolate(
    entry: ServerEntry,
    *,
    where: str,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ServerEntry:
    """`entry` with every variable put in that its client would put in.

    `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${userHome}`, `${workspaceFolder}`, `${workspaceFolderBasename}`,
    `${pathSeparator}` and `${/}`; for Gemini also `$VAR`; none for clients that know none. `env` and `headers` are
    what the user gave: they stand in place of the entry's own, which then may ask for what nobody has. Raises
    `UsageError` for a variable that is not set, naming it, and for an entry that cannot be used.
    """
    if entry.wrong:
        raise UsageError(f"{where} cannot be used: {entry.wrong}.")

    def value_of(match: re.Match[str]) -> str:
        return _value_of(match["body"] or match["name"], where, entry.inputs)

    def put(text: str) -> str:
        if entry.style == "none":
            return text
        return (_BRACES if entry.style == "braces" else _DOLLARS).sub(value_of, text)

    given = {name.lower() for name in headers or {}}
    return replace(
        entry,
        command=None if entry.command is None else put(entry.command),
        args=tuple(put(arg) for arg in entry.args),
        env={name: put(value) for name, value in entry.env.items() if name not in (env or {})} | dict(env or {}),
        cwd=None if entry.cwd is None else put(entry.cwd),
        url=None if entry.url is None else put(entry.url),
        headers={name: put(value) for name, value in entry.headers.items() if name.lower() not in given}
        | dict(headers or {}),
    )


def _value_of(body: str, where: str, inputs: Inputs) -> str:
    name, has_default, default = body.partition(":-")
    if name.startswith("input:"):
        said = inputs.get(name[6:], "")
        described = f" ({said})" if said else ""
        raise UsageError(f"{where} asks for the input {name[6:]!r}{described}.", hint="Give it with --env or --header.")
    match name:
        case "workspaceFolder" | "workspaceRoot":
            return str(Path.cwd())
        case "workspaceFolderBasename":
            return Path.cwd().name
        case "userHome" | "HOME":
            return str(Path.home())
        case "pathSeparator" | "/":
            return os.sep
        case _:
            pass
    name = name.removeprefix("env:")
    found = os.environ.get(name)
    if found is not None:
        return found
    if has_default:
        return default
    raise UsageError(f"{where} needs the environment variable {name}, which is not set.")
