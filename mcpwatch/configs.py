"""The `mcp.json` files of MCP clients: where they are, what servers they define, and their `${…}`.

Read-only here. JSON with comments and trailing commas is read as the clients read it. A value is interpolated only
for a server that was asked for by name, and an unset variable is an error that names it, never an empty string.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, cast

from mcpwatch.errors import UsageError

__all__ = ["SOURCES", "ServerEntry", "interpolate", "read_servers", "source"]

JsonObject: TypeAlias = dict[str, Any]
_SECTIONS = ("mcpServers", "servers", "context_servers")
_TRANSPORTS = {
    "sse": "sse",
    "http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "streamable_http": "http",
}
_VARIABLE = re.compile(r"\$\{(?P<body>[^{}]+)\}")
_COMMENT = r"//[^\n]*+|(?>/\*.*?\*/)"
# Possessive and atomic throughout: a line of slashes after a comma could else be read in exponentially many ways.
_TOKENS = re.compile(rf'"(?:[^"\\]|\\.)*+"|{_COMMENT}|,(?=(?:\s|{_COMMENT})*+[}}\]])', re.DOTALL)


def _application_folder(name: str) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / name
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / name
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / name


def _sources() -> dict[str, tuple[Path, ...]]:
    home, here = Path.home(), Path.cwd()
    return {
        "claude": (here / ".mcp.json", home / ".claude.json"),
        "claude-desktop": (_application_folder("Claude") / "claude_desktop_config.json",),
        "cursor": (here / ".cursor" / "mcp.json", home / ".cursor" / "mcp.json"),
        "vscode": (here / ".vscode" / "mcp.json", _application_folder("Code") / "User" / "mcp.json"),
    }


SOURCES = ("claude", "claude-desktop", "cursor", "vscode")
"""The names that stand before `:NAME` for a client's own config."""


def source(name: str, server: str | None = None) -> Path | None:
    """The config file of the client called `name`, None if that is no client's name. Raises `UsageError` without a
    file.

    Of several files the first counts that defines `server`, and else the first that is there.
    """
    places = _sources().get(name)
    if places is None:
        return None
    there = [path for path in places if path.is_file()]
    for path in there:
        if server is None or _defines(path, server):
            return path
    if there:
        return there[0]
    looked = " nor ".join(str(path) for path in places)
    raise UsageError(f"No config of {name} was found: there is no {looked}.")


def _defines(path: Path, server: str) -> bool:
    try:
        return server in read_servers(path)
    except UsageError:
        return False


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server of a config, as it is written there. `wrong` says why it cannot be used; empty if it can."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    transport: str | None = None
    wrong: str = ""


def read_servers(path: Path) -> dict[str, ServerEntry]:
    """The servers that `path` defines, by name. Raises `UsageError` with line and column where it is no such file.

    A server that is written wrongly is no reason to refuse its neighbours: `interpolate` says what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    try:
        document = json.loads(_plain_json(text))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    except ValueError as error:
        raise UsageError(f"{path}: not JSON: {error}.") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply.") from None
    section: Any = None
    if isinstance(document, dict):
        body = cast("JsonObject", document)
        section = next((body[name] for name in _SECTIONS if isinstance(body.get(name), dict)), None)
    if section is None:
        raise UsageError(f"{path} defines no servers.", hint='Expected {"mcpServers": {"NAME": {"command": …}}}.')
    return {name: _read_entry(value) for name, value in cast("JsonObject", section).items()}


class _Wrong(Exception):
    """Why an entry cannot be used."""


def _read_entry(value: Any) -> ServerEntry:
    try:
        return _entry(value)
    except _Wrong as error:
        return ServerEntry(wrong=str(error))


def _entry(value: Any) -> ServerEntry:
    body = _object(value, "it")
    url = body.get("url") or body.get("serverUrl") or body.get("httpUrl")
    command = body.get("command")
    if not isinstance(url, str) and not (isinstance(command, str) and command):
        raise _Wrong("it has neither a command nor a url")
    args: Any = body.get("args") or []
    if not isinstance(args, list):
        raise _Wrong("args is no list")
    cwd = body.get("cwd")
    return ServerEntry(
        command=command if isinstance(command, str) and not isinstance(url, str) else None,
        args=tuple(_text(arg, "args") for arg in cast("list[Any]", args)),
        env=_texts(body.get("env"), "env"),
        cwd=cwd if isinstance(cwd, str) else None,
        url=url if isinstance(url, str) else None,
        headers=_texts(body.get("headers"), "headers"),
        transport=_TRANSPORTS.get(str(body.get("type") or body.get("transport") or "")),
    )


def _object(value: Any, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise _Wrong(f"{what} is no object")
    return cast("JsonObject", value)


def _texts(value: Any, what: str) -> dict[str, str]:
    fields = {} if value is None else _object(value, what)
    return {name: _text(one, f"{what}.{name}") for name, one in fields.items() if one is not None}


def _text(value: Any, what: str) -> str:
    if isinstance(value, dict | list) or value is None:
        raise _Wrong(f"{what} holds what is no text")
    return value if isinstance(value, str) else json.dumps(value)


def interpolate(
    entry: ServerEntry,
    *,
    where: str,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ServerEntry:
    """`entry` with every `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${userHome}` and `${workspaceFolder}` put in.

    `env` and `headers` are what the user gave: they stand in place of the entry's own, which then may ask for what
    nobody has. Raises `UsageError` for a variable that is not set, naming it, and for an entry that cannot be used.
    """
    if entry.wrong:
        raise UsageError(f"{where} cannot be used: {entry.wrong}.")

    def value_of(match: re.Match[str]) -> str:
        body = match["body"]
        name, has_default, default = body.partition(":-")
        if name.startswith("input:"):
            raise UsageError(f"{where} asks for the input {name[6:]!r}.", hint="Give it with --env or --header.")
        if name in ("workspaceFolder", "workspaceRoot"):
            return str(Path.cwd())
        if name in ("userHome", "HOME"):
            return str(Path.home())
        name = name.removeprefix("env:")
        found = os.environ.get(name)
        if found is not None:
            return found
        if has_default:
            return default
        raise UsageError(f"{where} needs the environment variable {name}, which is not set.")

    def put(text: str) -> str:
        return _VARIABLE.sub(value_of, text)

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


def _plain_json(text: str) -> str:
    """JSON without comments and trailing commas; what goes is replaced by blanks, so that lines and columns stay
    true."""

    def blank(match: re.Match[str]) -> str:
        token = match[0]
        return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)

    return _TOKENS.sub(blank, text)
