"""Where the clients keep their servers, and what a file of theirs defines.

A project's own file (`.mcp.json` in a repository, say) is read like any other; whoever starts a server says which.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from mcpwatch.configs import dialects
from mcpwatch.configs.entry import Inputs, ServerEntry, Style, entry_of
from mcpwatch.configs.jsonc import JsonObject, plain_json
from mcpwatch.errors import UsageError

__all__ = ["SOURCES", "Place", "places", "read_servers", "section_of", "servers_of", "source"]

Scope: TypeAlias = Literal["project", "user"]
_SECTIONS = ("mcpServers", "servers", "context_servers")
_CLINE = Path("User", "globalStorage", "saoudrizwan.claude-dev", "settings", "cline_mcp_settings.json")


class Place(NamedTuple):
    """One file that a client looks at, whether it is there or not."""

    source: str
    """What stands before `:NAME`."""
    client: str
    path: Path
    scope: Scope
    """`project`: it belongs to the current folder, and may come from somebody else."""


def _application_folder(name: str) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / name
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / name
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / name


def places() -> list[Place]:
    """All files that are looked at, of each client the nearest first."""
    home, here = Path.home(), Path.cwd()
    code = _application_folder("Code")
    codex = Path(os.environ.get("CODEX_HOME") or home / ".codex")
    windows = sys.platform == "win32"
    goose = _application_folder("Block") / "goose" / "config" if windows else home / ".config" / "goose"
    return [
        Place("claude", "Claude Code", here / ".mcp.json", "project"),
        Place("claude", "Claude Code", home / ".claude.json", "user"),
        Place("claude-desktop", "Claude Desktop", _application_folder("Claude") / "claude_desktop_config.json", "user"),
        Place("cursor", "Cursor", here / ".cursor" / "mcp.json", "project"),
        Place("cursor", "Cursor", home / ".cursor" / "mcp.json", "user"),
        Place("vscode", "VS Code", here / ".vscode" / "mcp.json", "project"),
        Place("vscode", "VS Code", code / "User" / "mcp.json", "user"),
        Place("cline", "Cline", code / _CLINE, "user"),
        Place("codex", "Codex", here / ".codex" / "config.toml", "project"),
        Place("codex", "Codex", codex / "config.toml", "user"),
        Place("gemini", "Gemini CLI", here / ".gemini" / "settings.json", "project"),
        Place("gemini", "Gemini CLI", home / ".gemini" / "settings.json", "user"),
        Place("goose", "Goose", goose / "config.yaml", "user"),
        Place("here", "this folder", here / "mcp.json", "project"),
        Place("here", "this folder", here / "fastmcp.json", "project"),
        Place("here", "this folder", here / "server.json", "project"),
    ]


SOURCES = ("claude", "claude-desktop", "cursor", "vscode", "cline", "codex", "gemini", "goose", "here")
"""The names that stand before `:NAME` for a client's own config."""


def source(name: str, server: str | None = None) -> Path | None:
    """The config file of the client called `name`, None if that is no client's name. Raises `UsageError` without a
    file.

    Of several files the first counts that defines `server`, and else the first that is there.
    """
    if name not in SOURCES:
        return None
    looked = [place.path for place in places() if place.source == name]
    there = [path for path in looked if path.is_file()]
    for path in there:
        if server is None or _defines(path, server):
            return path
    if there:
        return there[0]
    raise UsageError(f"No config of {name} was found: there is no {' nor '.join(map(str, looked))}.")


def _defines(path: Path, server: str) -> bool:
    try:
        return server in read_servers(path)
    except UsageError:
        return False


def read_servers(path: Path) -> dict[str, ServerEntry]:
    """The servers that `path` defines, by name. Raises `UsageError` with line and column where it is no such file.

    A server that is written wrongly is no reason to refuse its neighbours: `interpolate` says what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    match path.suffix:
        case ".toml":
            return dialects.codex(path, text)
        case ".yaml" | ".yml":
            return dialects.goose(path, text)
        case _:
            return servers_of(path, _document(path, text))


def _document(path: Path, text: str) -> JsonObject:
    try:
        document: Any = json.loads(plain_json(text))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    except ValueError as error:
        raise UsageError(f"{path}: not JSON: {error}.") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply.") from None
    return cast("JsonObject", document) if isinstance(document, dict) else {}


def servers_of(path: Path, body: JsonObject) -> dict[str, ServerEntry]:
    """The same for a file of JSON whose object is `body`."""
    found: dict[str, ServerEntry] = {}
    style = _style_of(path)
    for keys in _sections(body, path):
        section = _at(body, keys)
        for name, value in section.items():
            if name not in found:
                found[name] = entry_of(value, style=style, inputs=_inputs(body))
    if found or _sections(body, path):
        return found
    if isinstance(body.get("source"), dict):
        return dialects.fastmcp(path, body)
    if isinstance(body.get("packages"), list) or isinstance(body.get("remotes"), list):
        return dialects.registry(body)
    raise UsageError(f"{path} defines no servers.", hint='Expected {"mcpServers": {"NAME": {"command": …}}}.')


def section_of(path: Path, body: JsonObject, server: str) -> tuple[str, ...] | None:
    """The keys that lead to the object in which `server` is defined, as `read_servers` finds it."""
    return next((keys for keys in _sections(body, path) if server in _at(body, keys)), None)


def _sections(body: JsonObject, path: Path) -> list[tuple[str, ...]]:
    """Where in a file of JSON the servers are; Claude Code's own ones of this folder come before the user's."""
    ways: list[tuple[str, ...]] = []
    if path.name == ".claude.json":
        ways.append(("projects", str(Path.cwd()), "mcpServers"))
    ways += [next(((name,) for name in _SECTIONS if isinstance(body.get(name), dict)), ())]
    return [keys for keys in ways if keys and _is_there(body, keys)]


def _is_there(body: JsonObject, keys: tuple[str, ...]) -> bool:
    value: Any = body
    for key in keys:
        value = cast("JsonObject", value).get(key) if isinstance(value, dict) else None
    return isinstance(value, dict)


def _at(body: JsonObject, keys: tuple[str, ...]) -> Mapping[str, Any]:
    value: Any = body
    for key in keys:
        value = value[key]
    return cast("JsonObject", value)


def _style_of(path: Path) -> Style:
    if path.parent.name == ".gemini":
        return "dollars"
    return "none" if path.name == "claude_desktop_config.json" else "braces"


def _inputs(body: JsonObject) -> Inputs:
    """What VS Code's `inputs` say, by id."""
    listed: Any = body.get("inputs")
    found: dict[str, str] = {}
    for one in cast("list[Any]", listed) if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(id := cast("JsonObject", one).get("id"), str):
            found[id] = str(cast("JsonObject", one).get("description") or "")
    return found
