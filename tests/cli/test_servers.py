"""`mcpwatch servers`: what the config files of clients define."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import QUICK, Ran, mcpwatch


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a config of Cursor's, and a project beside it with one of VS Code's."""
    (tmp_path / "home" / ".cursor").mkdir(parents=True)
    (tmp_path / "project" / ".vscode").mkdir(parents=True)
    cursor = {
        "weather": {"command": "npx", "args": ["-y", "srv", "--token=s3cr3t-0"], "env": {"KEY": "s3cr3t-1"}},
        "web": {"url": "https://me:s3cr3t-2@h/mcp?api_key=s3cr3t-3", "headers": {"Authorization": "Bearer s3cr3t-4"}},
    }
    (tmp_path / "home" / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": cursor}))
    quick = json.dumps({"command": "python", "args": [QUICK[-1]]})
    code = f'{{ /* ours */ "servers": {{ "quick": {quick}, "bad": 5, }} }}'
    (tmp_path / "project" / ".vscode" / "mcp.json").write_text(code)
    return tmp_path


def here(home: Path, *argv: str) -> Ran:
    env = {"HOME": str(home / "home"), "XDG_CONFIG_HOME": "", "CODEX_HOME": ""}
    return mcpwatch(*argv, env=env, cwd=home / "project")


def test_every_server_is_a_line_that_begins_with_its_target(home: Path) -> None:
    ran = here(home, "servers")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Cursor  ~/.cursor/mcp.json",
        "  cursor:weather  npx -y srv --token=[redacted]  [KEY]",
        "  cursor:web      https://me:[redacted]@h/mcp?api_key=[redacted]  [Authorization]",
        "",
        "VS Code  .vscode/mcp.json (of this folder)",
        f"  vscode:quick    python {QUICK[-1]}",
        "  vscode:bad      it is no object",
    ]
    assert here(home, "call", "vscode:quick", "say", "text=hi").out == "hi\n"


def test_no_output_shows_a_secret(home: Path) -> None:
    for argv in (["servers"], ["servers", "--json"], ["servers", "--json", "../home/.cursor/mcp.json"]):
        ran = here(home, *argv)
        assert "s3cr3t" not in ran.out + ran.err
        assert "weather" in ran.out


def test_json_has_everything_and_one_file_can_be_named(home: Path) -> None:
    (weather, web) = here(home, "servers", "../home/.cursor/mcp.json", "--json").json
    assert weather["target"] == "../home/.cursor/mcp.json:weather"
    assert (weather["command"], weather["env"], weather["wrapped"]) == (
        ["npx", "-y", "srv", "--token=[redacted]"],
        ["KEY"],
        False,
    )
    assert (web["command"], web["headers"]) == (None, ["Authorization"])


def test_a_file_that_is_broken_is_told_and_the_others_are_shown(home: Path) -> None:
    (home / "project" / ".mcp.json").write_text("{")
    ran = here(home, "servers")
    assert ran.code == 0
    assert ran.err.startswith("warning: ")
    assert ".mcp.json:1:2: not JSON" in ran.err
    assert "cursor:weather" in ran.out
    assert here(home, "servers", ".mcp.json").code == 2
    assert here(home, "servers", "nowhere.json").code == 2


def test_where_there_is_no_config_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    ran = here(tmp_path, "servers")
    assert (ran.code, ran.out, ran.err) == (0, "", "No config of a client defines a server here.\n")


def test_a_hostile_name_reaches_no_screen_as_it_is(home: Path) -> None:
    body = {"mcpServers": {"a\x1b[2J\u202e": {"command": "x\x07", "args": ["\x9b31m"]}}}
    (home / "project" / ".mcp.json").write_text(json.dumps(body))
    ran = here(home, "servers")
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(ran.out)
    assert "claude:a" in ran.out
