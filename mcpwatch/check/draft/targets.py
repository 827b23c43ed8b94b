"""How a recorded link is written as a target again: as a person would write it, with paths from where they stand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mcpwatch.errors import UsageError
from mcpwatch.model import Server
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.target import parse_target
from mcpwatch.session.templates import literal

__all__ = ["drafted_target"]

_RUNNERS = re.compile(r"(?:python|pythonw|node)[\d.]*(?:\.exe)?")


def drafted_target(server: Server, folder: Path) -> Any:
    """A target of a script in `folder`: a text where one says enough, else a mapping."""
    target = mapping(literal(server.target))
    if isinstance(target.get("url"), str):
        headers = {name: f"${{{_variable(name)}}}" for name in _names(target.get("header_keys"))}
        made: dict[str, Any] = {"url": target["url"]}
        if headers:
            made["headers"] = headers
        if server.transport == "sse":
            made["transport"] = "sse"
        return target["url"] if len(made) == 1 else made
    if not target.get("command"):
        raise UsageError(f"{server.link} was recorded without its command.", hint="Record a session of a TARGET.")
    command, args = str(target["command"]), [str(word) for word in items(target.get("args"))]
    if args[-2:] == ["-m", "mcpwatch.demo"] or args[:2] == ["-m", "mcpwatch.demo"] and len(args) == 2:
        return "demo"
    env = {name: f"${{{name}}}" for name in _names(target.get("env_keys"))}
    more: dict[str, Any] = {"env": env} if env else {}
    cwd = target.get("cwd")
    if isinstance(cwd, str) and Path(cwd) != folder:
        more["cwd"] = _from(cwd, folder)
    script = None if "cwd" in more else _script(command, args, folder)
    if script is not None:
        if not _runs_it(command, script, folder):
            more = {"python": command, **more}
        return {"target": script, **more} if more else script
    return {"command": _command(command, folder), **({"args": args} if args else {}), **more}


def _names(listed: Any) -> list[str]:
    return [name for name in items(listed) if isinstance(name, str)]


def _script(command: str, args: Sequence[str], folder: Path) -> str | None:
    """`server.py`, or `server.py:app`, where that starts the same."""
    if not _RUNNERS.fullmatch(Path(command).name):
        return None
    if len(args) == 1 and args[0].endswith((".py", ".js", ".mjs", ".cjs")):
        script = _from(args[0], folder)
        # Of node there is one; for Python a script can say which.
        return script if args[0].endswith(".py") or _runs_it(command, script, folder) else None
    if len(args) == 3 and Path(args[0]).name == "object_runner.py":
        return f"{_from(args[1], folder)}:{args[2]}"
    return None


def _runs_it(command: str, script: str, folder: Path) -> bool:
    """Whether a target of this text is run by this command by itself."""
    try:
        return parse_target([str(folder / script)]).command == command
    except UsageError:
        return False


def _command(command: str, folder: Path) -> str:
    """A command by its name where the path finds the same one."""
    name = Path(command).name
    if shutil.which(name) == command:
        return name
    return _from(command, folder) if "/" in command and not Path(command).is_absolute() else command


def _from(path: str, folder: Path) -> str:
    """A path as it is written in `folder`."""
    try:
        return str(Path(path).relative_to(folder))
    except ValueError:
        return path


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name).upper()
