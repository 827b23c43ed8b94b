from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.configs import ServerEntry, interpolate, read_servers
from mcpwatch.errors import UsageError


def read(folder: Path, name: str, text: str) -> dict[str, ServerEntry]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_servers(file)


def used(entry: ServerEntry) -> ServerEntry:
    return interpolate(entry, where="here")


def test_codex_names_its_variables_in_members_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        tmp_path,
        "config.toml",
        """
        model = "x"
        [mcp_servers.local]
        command = "npx"
        args = ["-y", "${NOT_LOOKED_UP}"]
        env = { KEY = "$plain" }
        [mcp_servers.remote]
        url = "https://h/mcp"
        bearer_token_env_var = "TOKEN"
        http_headers = { X-A = "${literal}" }
        env_http_headers = { X-B = "OTHER" }
        enabled = false
        """,
    )
    assert used(found["local"]).args == ("-y", "${NOT_LOOKED_UP}")
    assert used(found["local"]).env == {"KEY": "$plain"}
    with pytest.raises(UsageError, match="here needs the environment variable OTHER|TOKEN"):
        used(found["remote"])
    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setenv("OTHER", "o")
    assert used(found["remote"]).headers == {"X-A": "${literal}", "X-B": "o", "Authorization": "Bearer t"}
    assert found["remote"].disabled


def test_goose_has_extensions_and_those_built_in_are_no_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(
        tmp_path,
        "config.yaml",
        """
        GOOSE_MODEL: x
        extensions:
          developer: { type: builtin, enabled: true }
          gdrive: { type: stdio, enabled: true, cmd: npx, args: [-y, gdrive], envs: { A: b }, env_keys: [SECRET] }
          old: { enabled: false, config: { type: stdio, cmd: uvx } }
          web: { type: streamable_http, uri: "https://h/mcp", headers: { X: y } }
          broken: { type: stdio }
        """,
    )
    assert list(found) == ["gdrive", "old", "web", "broken"]
    with pytest.raises(UsageError, match="SECRET, which is not set"):
        used(found["gdrive"])
    monkeypatch.setenv("SECRET", "s")
    assert used(found["gdrive"]).env == {"A": "b", "SECRET": "s"}
    assert (found["old"].command, found["old"].disabled) == ("uvx", True)
    assert (found["web"].url, found["web"].transport) == ("https://h/mcp", "http")
    assert found["broken"].wrong


@pytest.mark.parametrize(("name", "text"), [("config.toml", "a = ]"), ("config.yaml", "a: [b")])
def test_a_file_that_is_broken_is_an_error_with_its_place(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: not (TOML|YAML): .*(line 1|line 2)"):
        read(tmp_path, name, text)


def test_gemini_writes_variables_with_and_without_braces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gemini").mkdir()
    body = {"mcpServers": {"s": {"command": "x", "args": ["$HERE", "${HERE}"], "env": {"A": "$HERE-b"}}}}
    entry = read(tmp_path / ".gemini", "settings.json", json.dumps(body))["s"]
    monkeypatch.setenv("HERE", "v")
    assert (used(entry).args, used(entry).env) == (("v", "v"), {"A": "v-b"})


def test_claude_desktop_puts_nothing_in(tmp_path: Path) -> None:
    body = {"mcpServers": {"s": {"command": "x", "args": ["${NOT_SET_AT_ALL}"]}}}
    entry = read(tmp_path, "claude_desktop_config.json", json.dumps(body))["s"]
    assert used(entry).args == ("${NOT_SET_AT_ALL}",)


def test_claude_codes_own_servers_of_this_folder_come_before_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = {"mcpServers": {"both": {"command": "local"}, "mine": {"command": "m"}}}
    body = {
        "projects": {str(tmp_path): here, "/elsewhere": {"mcpServers": {"far": {"command": "f"}}}},
        "mcpServers": {"both": {"command": "user"}, "all": {"command": "a"}},
    }
    found = read(tmp_path, ".claude.json", json.dumps(body))
    assert {name: entry.command for name, entry in found.items()} == {"both": "local", "mine": "m", "all": "a"}


def test_an_input_of_vs_code_is_asked_for_by_its_description(tmp_path: Path) -> None:
    body = {
        "inputs": [{"type": "promptString", "id": "key", "description": "The API key", "password": True}],
        "servers": {"s": {"command": "x", "env": {"K": "${input:key}"}}},
    }
    entry = read(tmp_path, "mcp.json", json.dumps(body))["s"]
    with pytest.raises(UsageError, match=r"here asks for the input 'key' \(The API key\)"):
        used(entry)
    assert interpolate(entry, where="here", env={"K": "given"}).env == {"K": "given"}


def test_fastmcps_project_file_is_started_by_fastmcp_over_stdio(tmp_path: Path) -> None:
    body = {"source": {"path": "weather.py", "entrypoint": "mcp"}, "deployment": {"transport": "http", "env": {"A": 1}}}
    found = read(tmp_path, "fastmcp.json", json.dumps(body))
    args = ("run", str(tmp_path / "fastmcp.json"), "--transport", "stdio", "--no-banner")
    assert found == {"weather": ServerEntry(command="fastmcp", args=args, env={"A": "1"})}


def registry(folder: Path, **members: Any) -> dict[str, ServerEntry]:
    return read(folder, "server.json", json.dumps({"name": "io.github.me/weather", "version": "1", **members}))


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ({"registryType": "npm", "identifier": "@a/b", "version": "1.2"}, ["npx", "-y", "@a/b@1.2"]),
        ({"registryType": "npm", "identifier": "b", "version": "latest"}, ["npx", "-y", "b"]),
        ({"registryType": "pypi", "identifier": "srv", "version": "2"}, ["uvx", "srv==2"]),
        ({"registryType": "oci", "identifier": "docker.io/a/b:1"}, ["docker", "run", "-i", "--rm", "docker.io/a/b:1"]),
        ({"registryType": "npm", "identifier": "b", "runtimeHint": "bunx"}, ["bunx", "b"]),
        (
            {
                "registryType": "pypi",
                "identifier": "srv",
                "runtimeArguments": [{"type": "named", "name": "--python", "value": "3.12"}],
                "packageArguments": [
                    {"type": "positional", "value": "serve"},
                    {"type": "named", "name": "--port", "default": "1"},
                    {"type": "positional", "valueHint": "optional"},
                ],
            },
            ["uvx", "--python", "3.12", "srv", "serve", "--port", "1"],
        ),
    ],
)
def test_a_registrys_package_becomes_the_command_that_runs_it(
    tmp_path: Path, package: dict[str, Any], command: list[str]
) -> None:
    entry = registry(tmp_path, packages=[package])["weather"]
    assert [entry.command, *entry.args] == command


def test_a_registrys_server_has_a_name_for_every_way_to_start_it(tmp_path: Path) -> None:
    npm = {"registryType": "npm", "identifier": "b"}
    needs = [{"name": "KEY", "isRequired": True, "isSecret": True}, {"name": "MAY"}, {"name": "D", "default": "d"}]
    remote = {"type": "sse", "url": "https://h/sse", "headers": [{"name": "X", "value": "v"}]}
    found = registry(tmp_path, packages=[{**npm, "environmentVariables": needs}, npm], remotes=[remote])
    assert list(found) == ["weather", "weather@npm", "weather@remote"]
    assert found["weather"].env == {"KEY": "${KEY}", "D": "d"}
    assert (found["weather@remote"].transport, found["weather@remote"].headers) == ("sse", {"X": "v"})
    odd = registry(tmp_path, packages=[{"registryType": "mcpb", "identifier": "x"}])
    assert "mcpb" in odd["weather"].wrong
