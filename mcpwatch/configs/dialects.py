"""Files that say the same in other words: Codex's TOML, Goose's YAML, FastMCP's project file, a registry's entry.

Each becomes the entries of `entry.py`. None of them is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from mcpwatch.configs.entry import ServerEntry, Wrong, texts
from mcpwatch.configs.jsonc import JsonObject
from mcpwatch.errors import UsageError

__all__ = ["codex", "fastmcp", "goose", "registry"]

_RUNNERS = {"npm": ("npx", "-y"), "pypi": ("uvx",), "oci": ("docker", "run", "-i", "--rm"), "nuget": ("dnx", "--yes")}
"""What runs a package of each registry. https://modelcontextprotocol.io/registry/package-types"""


def codex(path: Path, text: str) -> dict[str, ServerEntry]:
    """The `[mcp_servers.NAME]` tables of a `config.toml`. Raises `UsageError`, with line and column."""
    import tomllib  # only here

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML: {error}.") from None
    return {name: _guarded(_codex_entry, value) for name, value in _mapping(document.get("mcp_servers")).items()}


def _codex_entry(body: JsonObject) -> ServerEntry:
    # Codex puts nothing in by itself, but names variables in members of their own: those are ours to look up.
    headers = {name: _literal(value) for name, value in texts(body.get("http_headers"), "http_headers").items()}
    for name, variable in texts(body.get("env_http_headers"), "env_http_headers").items():
        headers[name] = f"${{{variable}}}"
    if isinstance(token := body.get("bearer_token_env_var"), str):
        headers["Authorization"] = f"Bearer ${{{token}}}"
    if isinstance(url := body.get("url"), str):
        return ServerEntry(url=url, headers=headers, transport="http", disabled=body.get("enabled") is False)
    return _process(body, body.get("command"), body.get("env"), enabled=body.get("enabled") is not False)


def _literal(text: str) -> str:
    """A text that stays as it is in an entry where variables are put in: `${:-$}` is a `$` by default."""
    return text.replace("${", "${:-$}{") if "${" in text else text


def goose(path: Path, text: str) -> dict[str, ServerEntry]:
    """The extensions of a `config.yaml` that are servers: those built in are not. Raises `UsageError`."""
    import yaml  # only here: it takes its time

    try:
        document: Any = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path}: not YAML: {' '.join(str(error).split())}.") from None
    found: dict[str, ServerEntry] = {}
    for name, value in _mapping(_mapping(document).get("extensions")).items():
        body = _mapping(value)
        body = {**body, **_mapping(body.get("config"))}
        if body.get("type") in ("stdio", "sse", "streamable_http"):
            found[str(name)] = _guarded(_goose_entry, body)
    return found


def _goose_entry(body: JsonObject) -> ServerEntry:
    enabled = body.get("enabled") is not False
    if body["type"] == "stdio":
        entry = _process(body, body.get("cmd"), body.get("envs"), enabled=enabled)
        # Their values are in the keyring; the variables of the same names are what there is instead.
        wanted = {str(key): f"${{{key}}}" for key in _items(body.get("env_keys"))}
        if not wanted:
            return entry
        args, env = tuple(map(_literal, entry.args)), {key: _literal(value) for key, value in entry.env.items()}
        return replace(entry, args=args, env={**env, **wanted}, style="braces")
    if not isinstance(uri := body.get("uri"), str):
        raise Wrong("it has no uri")
    transport = "sse" if body["type"] == "sse" else "http"
    headers = texts(body.get("headers"), "headers")
    return ServerEntry(url=uri, headers=headers, transport=transport, disabled=not enabled)


def fastmcp(path: Path, body: JsonObject) -> dict[str, ServerEntry]:
    """The server of a `fastmcp.json`, which FastMCP itself starts, over stdio whatever the file deploys it as."""
    deployment = _mapping(body.get("deployment"))
    env = {name: str(value) for name, value in _mapping(deployment.get("env")).items()}
    cwd = deployment.get("cwd")
    source = _mapping(body.get("source")).get("path")
    name = Path(str(source)).stem if source else path.parent.name or "fastmcp"
    args = ("run", str(path.absolute()), "--transport", "stdio", "--no-banner")
    return {name: ServerEntry(command="fastmcp", args=args, env=env, cwd=cwd if isinstance(cwd, str) else None)}


def registry(body: JsonObject) -> dict[str, ServerEntry]:
    """The ways to start a registry's server: its packages and remotes. The first has the server's name, the others
    have `NAME@npm`, `NAME@remote` and so on.
    """
    name = str(body.get("name") or "server").rpartition("/")[2] or "server"
    found: dict[str, ServerEntry] = {}
    ways = [(_package, value) for value in _items(body.get("packages"))]
    ways += [(_remote, value) for value in _items(body.get("remotes"))]
    for make, value in ways:
        kind = str(_mapping(value).get("registryType") or _mapping(value).get("registry_type") or "remote")
        free, count = (name if not found else f"{name}@{kind}"), 1
        while free in found:
            count += 1
            free = f"{name}@{kind}{count}"
        found[free] = _guarded(make, value)
    return found


def _package(body: JsonObject) -> ServerEntry:
    kind = str(body.get("registryType") or body.get("registry_type") or "")
    identifier, version = body.get("identifier"), body.get("version")
    if kind not in _RUNNERS or not isinstance(identifier, str):
        raise Wrong(f"nothing here runs a package of the kind {kind or 'that it does not name'}")
    transport = _mapping(body.get("transport"))
    if transport.get("type") not in (None, "stdio"):
        raise Wrong(f"its package speaks {transport['type']}: start it, and give its URL")
    command, *before = _RUNNERS[kind]
    if isinstance(hint := body.get("runtimeHint"), str) and hint:
        command, before = hint, [] if hint != command else before
    pinned = isinstance(version, str) and version not in ("", "latest")
    between = {"npm": "@", "pypi": "==", "oci": ":", "nuget": "@"}[kind]
    what = f"{identifier}{between}{version}" if pinned and between not in identifier[1:] else identifier
    env = _variables(body.get("environmentVariables"))
    if kind == "oci":
        before += [word for key in env for word in ("-e", key)]
    args = (*before, *_arguments(body.get("runtimeArguments")), what, *_arguments(body.get("packageArguments")))
    return ServerEntry(command=command, args=args, env=env)


def _remote(body: JsonObject) -> ServerEntry:
    if not isinstance(url := body.get("url"), str):
        raise Wrong("its remote has no url")
    transport = "sse" if body.get("type") == "sse" else "http"
    return ServerEntry(url=url, headers=_variables(body.get("headers")), transport=transport)


def _variables(value: Any) -> dict[str, str]:
    """Named inputs: a value, a default, or what the environment has to bring; those that may be left out are."""
    found: dict[str, str] = {}
    for one in map(_mapping, _items(value)):
        name, given = str(one.get("name") or ""), one.get("value") or one.get("default")
        if name and given is not None:
            found[name] = str(given)
        elif name and one.get("isRequired") is True:
            found[name] = f"${{{name}}}"
    return found


def _arguments(value: Any) -> list[str]:
    words: list[str] = []
    for one in map(_mapping, _items(value)):
        given = one.get("value") or one.get("default")
        if given is None and one.get("isRequired") is not True:
            continue
        said = str(given) if given is not None else f"${{{one.get('valueHint') or one.get('name') or 'ARGUMENT'}}}"
        words += [str(one.get("name") or ""), said] if one.get("type") == "named" else [said]
    return words


def _process(body: JsonObject, command: Any, env: Any, *, enabled: bool) -> ServerEntry:
    if not isinstance(command, str) or not command:
        raise Wrong("it has neither a command nor a url")
    args = tuple(str(word) for word in _items(body.get("args")))
    cwd = body.get("cwd")
    return ServerEntry(
        command=command,
        args=args,
        env=texts(env, "env"),
        cwd=cwd if isinstance(cwd, str) else None,
        style="none",
        disabled=not enabled,
    )


def _guarded(make: Callable[[JsonObject], ServerEntry], value: Any) -> ServerEntry:
    if not isinstance(value, dict):
        return ServerEntry(wrong="it is no object")
    try:
        return make(cast("JsonObject", value))
    except Wrong as error:
        return ServerEntry(wrong=str(error))


def _mapping(value: Any) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _items(value: Any) -> Iterable[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else ()
