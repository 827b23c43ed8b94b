"""Targets: what to connect to, from what a person writes to what is started or opened.

A script, a command, a URL, an object in a file, the demo, or a name from a client's `mcp.json`. Nothing is started
here, and no shell is ever asked. A `.py` file runs with the user's interpreter, not by accident with the one that
runs mcpwatch.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mcpwatch import configs
from mcpwatch.errors import UsageError

__all__ = ["Target", "parse_target"]

_NAMED = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)=(?P<rest>.+)", re.DOTALL)
_OBJECT = re.compile(r"(?P<file>.+\.py):(?P<object>[A-Za-z_][\w.]*)")
_PEP_723 = re.compile(r"(?m)^# /// script\s*$")
_SCRIPTS = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts")


@dataclass(frozen=True, slots=True)
class Target:
    """One server to connect to: `command` and `args` for a process of ours, or `url`.

    `env` is added to our own environment. `transport` is `stdio`, `http`, `sse`, or `auto` for a URL whose transport
    is still to be found out. `spoken` is what the person wrote, for messages and for commands to paste.
    """

    name: str
    spoken: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    transport: str = "stdio"

    @property
    def words(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """How a command line names it: the words before `--`, or the command after it."""
        if self.spoken.startswith("-- "):
            return (), (self.command, *self.args)
        return (self.spoken,), ()

    def describe(self) -> dict[str, Any]:
        """What a recording says of it: never a value of the environment, and the hub redacts the rest."""
        if self.url is not None:
            return {"url": self.url}
        described: dict[str, Any] = {"command": self.command, "args": list(self.args)}
        if self.env:
            described["env_keys"] = sorted(self.env)
        if self.cwd is not None:
            described["cwd"] = self.cwd
        return described


def parse_target(
    words: Sequence[str],
    command: Sequence[str] = (),
    *,
    python: str | None = None,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cwd: str | None = None,
    transport: str = "auto",
) -> Target:
    """The target that the words before `--`, or the command after it, stand for. Raises `UsageError`."""
    name: str | None = None
    if command:
        if words:
            raise UsageError(f"Both {words[0]!r} and a command after -- are given.", hint="One target only.")
        target = Target(_stem(command[0], command[1:]), "-- " + shlex.join(command), command[0], tuple(command[1:]))
    elif not words:
        raise UsageError(
            "No target is given.",
            hint="A script, a URL, `demo`, FILE.json:NAME, or a command after `--`: mcpwatch run -- npx -y srv",
        )
    else:
        if len(words) > 1:
            raise UsageError(
                f"{words[1]!r} is a second target; one at a time.",
                hint=f"Arguments of a server go after `--`: mcpwatch run -- {shlex.join(words)}",
            )
        text = words[0]
        match = _NAMED.fullmatch(text)
        if match and not Path(text).exists() and "://" not in match["name"]:
            name, text = match["name"], match["rest"]
        target = _named_by(text, python)
    if name is not None:
        target = replace(target, name=name)
    if target.url is None:
        if headers:
            raise UsageError("--header is for URLs; a process has --env.")
        if transport not in ("auto", "stdio"):
            raise UsageError(f"--transport {transport} is for URLs.")
        return replace(target, env={**target.env, **(env or {})}, cwd=cwd or target.cwd)
    if env or cwd:
        raise UsageError("--env and --cwd are for processes; a URL has --header.")
    if transport == "stdio":
        raise UsageError("--transport stdio is for processes.")
    transport = target.transport if transport == "auto" else transport
    return replace(target, headers={**target.headers, **(headers or {})}, transport=transport)


def _named_by(text: str, python: str | None) -> Target:
    if re.match(r"(?i)https?://", text):
        return _url(text, text)
    if text == "demo":
        return Target("demo", text, sys.executable, ("-m", "mcpwatch.demo"))
    match = _OBJECT.fullmatch(text)
    if match and Path(match["file"]).is_file():
        return _object(Path(match["file"]), match["object"], text, python)
    path = Path(text).expanduser()
    if path.suffix == ".json" and path.is_file():
        return _config(path, None, text)
    head, colon, tail = text.rpartition(":")
    if colon and head.endswith(".json") and Path(head).expanduser().is_file():
        return _config(Path(head).expanduser(), tail, text)
    if path.is_file():
        return _script(path, text, python)
    if colon and (found := configs.source(head)) is not None:
        return _config(found, tail, text)
    if any(character.isspace() for character in text):
        words = shlex.split(text)
        return Target(_stem(words[0], words[1:]), text, words[0], tuple(words[1:]))
    raise _unknown(text, path)


def _unknown(text: str, path: Path) -> UsageError:
    if path.is_dir():
        return UsageError(f"{text} is a folder.", hint="Name the script in it, or a command after `--`.")
    if path.suffix in (*_SCRIPTS, ".json"):
        return UsageError(f"There is no file {text}.", hint=f"The current folder is {Path.cwd()}.")
    if shutil.which(text):
        return UsageError(f"{text!r} is a command, not a file.", hint=f"Put it after `--`: mcpwatch run -- {text} …")
    if text.startswith("localhost") or re.match(r"[\w.-]+:\d+", text):
        return UsageError(f"{text!r} is no target.", hint=f"A URL needs its scheme: http://{text}")
    return UsageError(
        f"{text!r} is no target.", hint="A script, a URL, `demo`, FILE.json:NAME, or a command after `--`."
    )


def _url(url: str, spoken: str, *, name: str | None = None, transport: str = "auto") -> Target:
    parts = urlsplit(url)
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise UsageError(f"{url!r} is no URL that can be opened.")
    return Target(name or host, spoken, url=url, transport=transport)


def _script(path: Path, spoken: str, python: str | None) -> Target:
    name = path.stem
    if path.suffix == ".py":
        if python is None and (uv := shutil.which("uv")) and _PEP_723.search(_head(path)):
            return Target(name, spoken, uv, ("run", "--script", str(path)))
        return Target(name, spoken, python or _python(), (str(path),))
    if path.suffix in (".js", ".mjs", ".cjs"):
        return Target(name, spoken, _tool("node", path), (str(path),))
    if path.suffix in (".ts", ".mts"):
        for tool, args in (("tsx", ()), ("bun", ("run",)), ("deno", ("run", "-A")), ("node", ())):
            if found := shutil.which(tool):
                return Target(name, spoken, found, (*args, str(path)))
        raise UsageError(f"Nothing here runs {path.name}.", hint="Install tsx, bun, deno or Node 23.6, or use `--`.")
    if os.access(path, os.X_OK):
        return Target(name, spoken, str(path.resolve()))
    raise UsageError(f"{path} is neither a script that is known nor executable.", hint="chmod +x it, or use `--`.")


def _object(path: Path, name: str, spoken: str, python: str | None) -> Target:
    runner = Path(__file__).with_name("object_runner.py")
    return Target(path.stem, spoken, python or _python(), (str(runner), str(path), name))


def _config(path: Path, name: str | None, spoken: str) -> Target:
    servers = configs.read_servers(path)
    if name is None:
        if len(servers) != 1:
            listed = ", ".join(servers) or "none"
            raise UsageError(f"{path} defines {len(servers)} servers.", hint=f"Name one: {path}:NAME, of {listed}.")
        name = next(iter(servers))
    if name not in servers:
        raise UsageError(f"{path} has no server {name!r}.", hint=f"It has: {', '.join(servers) or 'none'}.")
    entry = configs.interpolate(servers[name], where=f"{path}:{name}")
    if entry.url is not None:
        target = _url(entry.url, spoken, name=name, transport=entry.transport or "auto")
        return replace(target, headers=entry.headers)
    assert entry.command is not None
    return Target(name, spoken, entry.command, entry.args, entry.env, entry.cwd)


def _python() -> str:
    """The user's interpreter: the active virtual environment's, else the first on the path, else ours."""
    if active := os.environ.get("VIRTUAL_ENV"):
        for candidate in (Path(active) / "bin" / "python", Path(active) / "Scripts" / "python.exe"):
            if candidate.exists():
                return str(candidate)
    return shutil.which("python3") or shutil.which("python") or sys.executable


def _tool(name: str, path: Path) -> str:
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"{path.name} needs {name}, which is not on PATH.", hint=f"Install {name}, or use `--`.")
    return found


def _stem(command: str, args: Sequence[str]) -> str:
    """A link's name for a command: what it runs rather than what runs it."""
    runners = {"npx", "uvx", "uv", "pipx", "node", "python", "python3", "bun", "bunx", "deno", "tsx", "env", "docker"}
    stem = Path(command).stem
    if stem.rstrip("0123456789.") in runners or stem in runners:
        for word in args:
            if word.startswith("-") or word in ("run", "exec", "x", "tool"):
                continue
            return Path(word.rstrip("/").rpartition("/")[2].partition("@")[0] or word).stem or stem
    return stem


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(8192).decode("utf-8", "replace")
