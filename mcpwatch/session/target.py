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

from mcpwatch.errors import UsageError
from mcpwatch.session.arguments import split_words

__all__ = ["Target", "parse_target", "second_word"]

_NAMED = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)=(?P<rest>.+)", re.DOTALL)
_OBJECT = re.compile(r"(?P<file>.+\.py):(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_ENTRY = re.compile(r"(?P<file>.+?\.json):(?P<name>.*)", re.DOTALL)
_PEP_723 = re.compile(r"(?m)^# /// script\s*$")
_RUNNERS = {".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node"}
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
    elif not any(word.strip() for word in words):
        raise UsageError(
            "No target is given.",
            hint="A script, a URL, `demo`, FILE.json:NAME, or a command after `--`: mcpwatch run -- npx -y srv",
        )
    else:
        if len(words) > 1:
            raise UsageError(f"{words[1]!r} is a second target; one at a time.", hint=second_word(words))
        text = words[0]
        match = _NAMED.fullmatch(text)
        if match and not _is_file(Path(text)):
            name, text = match["name"], match["rest"]
        target = _named_by(text.strip(), _How(python, cwd, env or {}, headers or {}))
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
    given = {name.lower() for name in headers or {}}
    kept = {name: value for name, value in target.headers.items() if name.lower() not in given}
    return replace(target, headers=_sendable({**kept, **(headers or {})}), transport=transport)


def second_word(words: Sequence[str]) -> str:
    """What whoever wrote several words for a target may have meant by the second."""
    path = _path(words[0])
    runner = _RUNNERS.get(path.suffix)
    if runner is not None or _is_file(path) or shutil.which(words[0]):
        as_command = shlex.join(words if runner is None else (runner, *words))
        return f"Arguments of a server go after `--`: mcpwatch run -- {as_command}"
    # A URL, an entry of a config, the demo: they take no arguments.
    return f"To call a tool: mcpwatch call {shlex.join(words)}"


@dataclass(frozen=True, slots=True)
class _How:
    """What the person said besides the target, as far as it changes what the target means."""

    python: str | None
    cwd: str | None
    env: Mapping[str, str]
    headers: Mapping[str, str]

    def seen_from_there(self, path: Path) -> str:
        """`path` for a process that may start in another folder than ours."""
        return str(path if self.cwd is None else path.absolute())


def _named_by(text: str, how: _How) -> Target:
    if re.match(r"(?i)https?://", text):
        return _url(text, text)
    if text == "demo":
        return Target("demo", text, sys.executable, ("-m", "mcpwatch.demo"))
    path = _path(text)
    if path.suffix == ".json" and _is_file(path):
        return _config(path, None, text, how)
    if _is_file(path):
        return _script(path, text, how)
    for pattern, made in ((_OBJECT, _object), (_ENTRY, _config)):
        match = pattern.fullmatch(text)
        if match and _is_file(_path(match["file"])):
            return made(_path(match["file"]), match["name"], text, how)
    client, colon, server = text.partition(":")
    if colon and (found := _source(client, server)) is not None:
        return _config(found, server, text, how)
    if any(character.isspace() for character in text):
        words = split_words(text)
        return Target(_stem(words[0], words[1:]), text, words[0], tuple(words[1:]))
    raise _unknown(text, path)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of nobody
        return Path(text)


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a text that is too long for a name is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def elsewhere(url: str) -> str:
    """What to try where this address answers 404; empty where it looks right already."""
    parts = urlsplit(url)
    if parts.path.rstrip("/").endswith(("/mcp", "/sse")):
        return ""
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return f"Is the path right? MCP endpoints often live at /mcp (older ones at /sse): try {origin}/mcp."


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers without blanks around their values, which HTTP leaves out as well."""
    sendable: dict[str, str] = {}
    for name, given in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise UsageError(f"{name!r} is no name of an HTTP header.")
        value = sendable[name] = given.strip(" \t")
        if not value.isascii() or not value.isprintable():
            hint = "There is a line end in it: was it read from a file?" if {"\n", "\r"} & set(value) else ""
            said = f"The value of the header {name} cannot be sent: it is not plain ASCII in one line."
            raise UsageError(said, hint=hint)
    return sendable


def _unknown(text: str, path: Path) -> UsageError:
    if os.path.isdir(path):
        return UsageError(f"{text} is a folder.", hint="Name the script in it, or a command after `--`.")
    inside = _OBJECT.fullmatch(text) or _ENTRY.fullmatch(text)
    if inside or path.suffix in (*_SCRIPTS, ".json"):
        named = inside["file"] if inside else text
        near = _near(_path(named))
        meant = f"Did you mean {text.replace(named, near, 1)}?" if near else f"Here is {Path.cwd()}."
        return UsageError(f"There is no file {named}.", hint=meant)
    if shutil.which(text):
        return UsageError(f"{text!r} is a command, not a file.", hint=f"A command comes last, after `--`: -- {text} …")
    if text.startswith("localhost") or re.match(r"[\w.-]+:\d+", text):
        return UsageError(f"{text!r} is no target.", hint=f"A URL needs its scheme: http://{text}")
    return UsageError(
        f"{text!r} is no target.", hint="A script, a URL, `demo`, FILE.json:NAME, or a command after `--`."
    )


def _near(path: Path) -> str:
    """The file of the same kind beside it whose name is nearest, as it is to be typed; empty where none is."""
    from difflib import get_close_matches  # only for what is spelled wrong

    try:
        there = [one.name for one in path.parent.iterdir() if one.suffix == path.suffix]
    except (OSError, ValueError):
        return ""
    near = get_close_matches(path.name, there, n=1)
    return str(path.with_name(near[0])) if near else ""


def _url(url: str, spoken: str, *, name: str | None = None, transport: str = "auto") -> Target:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme.lower() in ("http", "https") else None
        _ = parts.port
    except ValueError:
        host = None
    if not host or any(character.isspace() for character in url):
        raise UsageError(f"{spoken!r} names no URL that can be opened.")
    return Target(name or host, spoken, url=url, transport=transport)


def _script(path: Path, spoken: str, how: _How) -> Target:
    name, there = path.stem, how.seen_from_there(path)
    if path.suffix == ".py":
        if how.python is None and (uv := shutil.which("uv")) and _PEP_723.search(_head(path)):
            return Target(name, spoken, uv, ("run", "--script", there))
        return Target(name, spoken, how.python or _python(), (there,))
    if path.suffix in (".js", ".mjs", ".cjs"):
        return Target(name, spoken, _tool("node", path), (there,))
    if path.suffix in (".ts", ".mts"):
        for tool, args in (("tsx", ()), ("bun", ("run",)), ("deno", ("run", "-A")), ("node", ())):
            if found := shutil.which(tool):
                return Target(name, spoken, found, (*args, there))
        raise UsageError(f"Nothing here runs {path.name}.", hint="Install tsx, bun, deno or Node 23.6, or use `--`.")
    if os.access(path, os.X_OK):
        return Target(name, spoken, str(path.resolve()))
    raise UsageError(f"{path} is neither a script that is known nor executable.", hint="chmod +x it, or use `--`.")


def _object(path: Path, name: str, spoken: str, how: _How) -> Target:
    runner = Path(__file__).with_name("object_runner.py")
    return Target(path.stem, spoken, how.python or _python(), (str(runner), how.seen_from_there(path), name))


def _source(client: str, server: str) -> Path | None:
    from mcpwatch import configs  # here and below, as most targets are in no file of a client

    return configs.source(client, server)


def _config(path: Path, name: str | None, spoken: str, how: _How) -> Target:
    from mcpwatch import configs

    servers = configs.read_servers(path)
    if name is None:
        if len(servers) != 1:
            listed = ", ".join(servers) or "none"
            raise UsageError(f"{path} defines {len(servers)} servers.", hint=f"Name one: {path}:NAME, of {listed}.")
        name = next(iter(servers))
    if name not in servers:
        raise UsageError(f"{path} has no server {name!r}.", hint=f"It has: {', '.join(servers) or 'none'}.")
    entry = configs.interpolate(servers[name], where=f"{path}:{name}", env=how.env, headers=how.headers)
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
    path = os.environ.get("PATH", os.defpath)
    if "UV" in os.environ:
        # `uvx mcpwatch` puts mcpwatch's own environment first on the path, where no server's packages are.
        own = Path(sys.prefix)
        path = os.pathsep.join(folder for folder in path.split(os.pathsep) if Path(folder).parent != own)
    return shutil.which("python3", path=path) or shutil.which("python", path=path) or sys.executable


def _tool(name: str, path: Path) -> str:
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"{path.name} needs {name}, which is not on PATH.", hint=f"Install {name}, or use `--`.")
    return found


_STARTERS = frozenset(
    ("npx", "uvx", "uv", "pipx", "node", "python", "python3", "bun", "bunx", "deno", "tsx", "env", "docker", "podman")
)
_TAKE_A_VALUE = frozenset(
    ("-e", "--env", "--env-file", "-c", "-H", "--header", "-v", "--volume", "-p", "--from", "--with")
)
"""Options of those whose next word says nothing of the server, and may be a secret."""


def _stem(command: str, args: Sequence[str]) -> str:
    """A link's name for a command: what it runs rather than what runs it; never what may be a secret, or a program."""
    stem = Path(command).stem
    if stem.rstrip("0123456789.") in _STARTERS or stem in _STARTERS:
        for before, word in zip(("", *args), args, strict=False):
            if before == "-m":
                return _name(word) or stem
            said_before = before in _TAKE_A_VALUE and "=" not in before
            if word.startswith("-") or word in ("run", "exec", "x", "tool") or said_before or "=" in word:
                continue
            return _name(Path(word.rstrip("/").rpartition("/")[2].partition("@")[0] or word).stem) or _name(stem)
    return _name(stem) or "server"


def _name(text: str) -> str:
    """The text as a name: what would be hard to type, or to see, is left out."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:60]


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(8192).decode("utf-8", "replace")
