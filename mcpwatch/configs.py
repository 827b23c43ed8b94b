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
_VARIABLE = re.compile(r"\$\{(?P<body>[^{}]+)\}")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL)


def _application_folder(name: str) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / name
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / name
    return Path.home() / ".config" / name


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


def source(name: str) -> Path | None:
    """The config file of the client called `name`, None if that is no client's name. Raises `UsageError` without a
    file."""
    found = _sources().get(name)
    if found is None:
        return None
    for path in found:
        if path.is_file():
            return path
    places = " nor ".join(str(path) for path in found)
    raise UsageError(f"No config of {name} was found: neither {places}." if len(found) > 1 else f"No file {places}.")


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server of a config, as it is written there."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    transport: str | None = None


def read_servers(path: Path) -> dict[str, ServerEntry]:
    """The servers that `path` defines, by name. Raises `UsageError` with line and column where it is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    try:
        document = json.loads(_plain_json(text))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply.") from None
    section: Any = None
    if isinstance(document, dict):
        body = cast("JsonObject", document)
        section = next((body[name] for name in _SECTIONS if isinstance(body.get(name), dict)), None)
    if section is None:
        raise UsageError(f"{path} defines no servers.", hint='Expected {"mcpServers": {"NAME": {"command": …}}}.')
    return {name: _entry(value, f"{path}:{name}") for name, value in cast("JsonObject", section).items()}


def _entry(value: Any, where: str) -> ServerEntry:
    if not isinstance(value, dict):
        raise UsageError(f"{where} is no object.")
    body = cast("JsonObject", value)
    url = body.get("url") or body.get("serverUrl") or body.get("httpUrl")
    command = body.get("command")
    if not isinstance(url, str) and not isinstance(command, str):
        raise UsageError(f"{where} has neither a command nor a url.")
    args: Any = body.get("args") or []
    if not isinstance(args, list):
        raise UsageError(f"{where}: args is no list.")
    cwd = body.get("cwd")
    kinds = {
        "sse": "sse",
        "http": "http",
        "streamable-http": "http",
        "streamableHttp": "http",
        "streamable_http": "http",
    }
    return ServerEntry(
        command=command if isinstance(command, str) and not isinstance(url, str) else None,
        args=tuple(str(arg) for arg in cast("list[Any]", args)),
        env=_texts(body.get("env"), f"{where}: env"),
        cwd=cwd if isinstance(cwd, str) else None,
        url=url if isinstance(url, str) else None,
        headers=_texts(body.get("headers"), f"{where}: headers"),
        transport=kinds.get(str(body.get("type") or body.get("transport") or "")),
    )


def _texts(value: Any, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{where} is no object.")
    return {name: _text(one) for name, one in cast("JsonObject", value).items() if one is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def interpolate(entry: ServerEntry, *, where: str) -> ServerEntry:
    """`entry` with every `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${userHome}` and `${workspaceFolder}` put in.

    Raises `UsageError` for a variable that is not set, naming it.
    """

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

    return replace(
        entry,
        command=None if entry.command is None else put(entry.command),
        args=tuple(put(arg) for arg in entry.args),
        env={name: put(value) for name, value in entry.env.items()},
        cwd=None if entry.cwd is None else put(entry.cwd),
        url=None if entry.url is None else put(entry.url),
        headers={name: put(value) for name, value in entry.headers.items()},
    )


def _plain_json(text: str) -> str:
    """JSON without comments and trailing commas; what goes is replaced by blanks, so that lines and columns stay
    true."""

    def blank(match: re.Match[str]) -> str:
        token = match[0]
        return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)

    return _TOKENS.sub(blank, text)
