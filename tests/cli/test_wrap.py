"""`mcpwatch wrap` and `unwrap`: the proxy in a client's config, tried with that config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import QUICK, Ran, mcpwatch

COMMENTED = """{
  // what I use
  "mcpServers": {
    "quick": { "command": "%s", "args": ["%s"] }, // the fast one
    "web": { "url": "https://h/mcp" }
  }
}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / ".cursor").mkdir()
    file = tmp_path / ".cursor" / "mcp.json"
    file.write_text(COMMENTED % QUICK[1:])
    return file


def here(config: Path, *argv: str) -> Ran:
    home = config.parent.parent
    return mcpwatch(*argv, env={"HOME": str(home), "XDG_CONFIG_HOME": ""}, cwd=home)


@pytest.mark.parametrize("named", ["cursor:quick", ".cursor/mcp.json:quick"])
def test_a_wrapped_server_works_and_its_session_is_kept_and_unwrapping_leaves_no_trace(
    config: Path, named: str, kept_sessions: Path
) -> None:
    before = config.read_bytes()
    ran = here(config, "wrap", named)
    assert ran.code == 0
    assert ran.err.startswith("Wrapped quick in ")
    assert "// the fast one" in config.read_text()
    assert config.with_name("mcp.json.mcpwatch-backup").read_bytes() == before

    # The command line as its client would start it.
    entry = json.loads(config.read_text().replace("// what I use", "").replace("// the fast one", ""))
    words = [entry["mcpServers"]["quick"]["command"], *entry["mcpServers"]["quick"]["args"]]
    called = here(config, "call", "say", "text=hi", "--no-record", "--", *words)
    assert called.out == "hi\n"
    (kept,) = kept_sessions.glob("*-quick-*.mcpw.jsonl")
    header, opened, *_ = kept.read_text().splitlines()
    assert json.loads(header)["kind"] == "header"
    assert json.loads(opened)["mode"] == "proxy"

    assert here(config, "unwrap", named).code == 0
    assert config.read_bytes() == before


def test_a_dry_run_shows_the_lines_and_changes_none(config: Path) -> None:
    before = config.read_bytes()
    ran = here(config, "wrap", "cursor:quick", "--dry-run")
    assert config.read_bytes() == before
    assert [one.name for one in config.parent.iterdir()] == ["mcp.json"]
    changed = [line for line in ran.out.splitlines() if line.startswith(("+ ", "- "))]
    assert len(changed) == 2
    assert '"proxy", "--name", "quick", "--", ' in changed[1]


def test_all_leaves_alone_what_cannot_be_wrapped_and_what_is_already(config: Path) -> None:
    ran = here(config, "wrap", "cursor", "--all")
    assert ran.code == 0
    assert "web is left as it is: it is a URL" in ran.err
    once = config.read_bytes()
    again = here(config, "wrap", str(config), "--all")
    assert "quick is wrapped already: left as it is." in again.err
    assert config.read_bytes() == once
    listed = here(config, "servers").out
    assert f"cursor:quick  {' '.join(QUICK[1:])}  wrapped" in listed


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("wrap", "cursor:web"), "web is no command that could be wrapped"),
        (("wrap", "cursor:nobody"), "has no server 'nobody'"),
        (("wrap", "cursor"), "names no server"),
        (("wrap", "nowhere.json:x"), "names no server"),
        (("wrap", "nowhere", "--all"), "neither a config nor one of"),
        (("wrap", "goose:x"), "No config of goose was found"),
        (("wrap",), "SOURCE:NAME"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(config: Path, argv: tuple[str, ...], said: str) -> None:
    before = config.read_bytes()
    ran = here(config, *argv)
    assert ran.code == 2
    assert said in ran.err
    assert config.read_bytes() == before


def test_of_a_config_that_is_not_written_the_text_can_be_pasted(config: Path) -> None:
    codex = config.parent.parent / ".codex"
    codex.mkdir()
    (codex / "config.toml").write_text('[mcp_servers.quick]\ncommand = "srv"\nargs = ["a"]\n')
    refused = here(config, "wrap", "codex:quick")
    assert refused.code == 2
    assert "--dry-run prints the text to paste" in refused.err
    pasted = here(config, "wrap", "codex:quick", "--dry-run").out
    assert pasted.startswith("[mcp_servers.quick]\n")
    assert pasted.endswith('"proxy", "--name", "quick", "--", "srv", "a"]\n')


def test_a_dry_run_shows_no_secret_and_nothing_that_is_not_what_it_seems(config: Path) -> None:
    entry = {"command": "x\u202e", "args": ["--token=sk-abcdef123456"], "env": {"ANY": "s3cr3t-value"}}
    beside = {"API_KEY": "sk-SECRETSECRET"}
    for indent in (None, 2):
        config.write_text(json.dumps({"mcpServers": {"a": entry}, "beside": beside}, indent=indent, ensure_ascii=False))
        ran = here(config, "wrap", "cursor:a", "--dry-run")
        assert ran.code == 0
        assert not [one for one in ("\u202e", "s3cr3t-value", "sk-abcdef123456") if one in ran.out]
        assert '"proxy", "--name", "a"' in ran.out
