"""What the options beside a target change of it, and which interpreter runs a script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.target import parse_target

URL = "http://h/mcp"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    for name in ("srv.py", "srv.js", "srv.ts"):
        (tmp_path / name).write_text("", encoding="utf-8")
    return tmp_path


def put(folder: Path, *names: str) -> Path:
    """A folder of commands."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def refused(*words: str, **options: object) -> str:
    with pytest.raises(UsageError) as caught:
        parse_target(words, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_process_gets_environment_and_folder() -> None:
    target = parse_target([], ["x"], env={"K": "v"}, cwd="/srv")
    assert (target.env, target.cwd) == ({"K": "v"}, "/srv")
    assert target.describe() == {"command": "x", "args": [], "env_keys": ["K"], "cwd": "/srv"}


def test_a_url_gets_headers_and_a_transport() -> None:
    target = parse_target([URL], headers={"X-Key": "v"}, transport="sse")
    assert (target.headers, target.transport) == ({"X-Key": "v"}, "sse")
    assert target.describe() == {"url": URL}


def test_options_of_a_process_are_usage_errors_with_a_url() -> None:
    assert "--env" in refused(URL, env={"K": "v"})
    assert "--cwd" in refused(URL, cwd="/srv")
    assert "--transport stdio" in refused(URL, transport="stdio")


def test_options_of_a_url_are_usage_errors_with_a_process() -> None:
    assert "--header" in refused("srv.py", headers={"X": "v"})
    assert "--transport http" in refused("srv.py", transport="http")
    assert parse_target(["srv.py"], transport="stdio").transport == "stdio"


def test_the_users_options_go_before_the_configs(here: Path) -> None:
    (here / "mcp.json").write_text(
        """{"mcpServers": {
            "p": {"command": "x", "env": {"A": "theirs", "B": "${UNSET_FOR_SURE}"}, "cwd": "/theirs"},
            "w": {"url": "http://h", "headers": {"Authorization": "${UNSET_FOR_SURE}", "X": "x"}, "type": "sse"}}}""",
        encoding="utf-8",
    )
    process = parse_target(["mcp.json:p"], env={"B": "ours"}, cwd="/ours")
    assert (process.env, process.cwd) == ({"A": "theirs", "B": "ours"}, "/ours")
    web = parse_target(["mcp.json:w"], headers={"authorization": "ours"}, transport="http")
    assert (web.headers, web.transport) == ({"authorization": "ours", "X": "x"}, "http")


@pytest.mark.parametrize(("name", "value"), [("X", "caf\u00e9"), ("X", "a\r\nEvil: b"), ("a b", "x"), ("", "x")])
def test_a_header_that_http_cannot_carry_is_refused(name: str, value: str) -> None:
    assert "header" in refused(URL, headers={name: value})


@pytest.mark.parametrize("value", [" v", "v ", "\t v \t", "v"])
def test_blanks_around_the_value_of_a_header_are_left_out(value: str) -> None:
    assert parse_target([URL], headers={"X-Key": value}).headers == {"X-Key": "v"}


@pytest.mark.parametrize("value", ["v\n", "a\r\nb: c", "\nv"])
def test_a_line_end_in_the_value_of_a_header_is_named_and_the_value_is_not(value: str) -> None:
    with pytest.raises(UsageError, match="value of the header X-Key cannot be sent") as caught:
        parse_target([URL], headers={"X-Key": f"s3cret{value}"})
    assert "line end" in caught.value.hint
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


def test_a_script_is_found_from_the_folder_that_its_process_starts_in(here: Path) -> None:
    assert parse_target(["srv.py"], python="PY", cwd="/srv").args == (str(here / "srv.py"),)
    assert parse_target(["srv.py:app"], python="PY", cwd="/srv").args[1:] == (str(here / "srv.py"), "app")
    assert parse_target(["srv.py"], python="PY").args == ("srv.py",)


@pytest.mark.parametrize("text", ["srv.py", "srv.py:app"])
def test_a_python_file_runs_with_the_active_virtual_environment(
    text: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = put(here / "venv" / "bin", "python") / "python"
    monkeypatch.setenv("PATH", str(put(here / "path", "python3")))
    monkeypatch.setenv("VIRTUAL_ENV", str(here / "venv"))
    assert parse_target([text]).command == str(python)
    assert parse_target([text], python="other").command == "other"


def test_without_one_it_runs_with_the_first_python_on_the_path(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{put(here / 'a', 'python')}:{put(here / 'b', 'python3')}:{put(here / 'c', 'python3')}")
    assert parse_target(["srv.py"]).command == str(here / "b" / "python3")
    monkeypatch.setenv("PATH", str(here / "a"))
    assert parse_target(["srv.py"]).command == str(here / "a" / "python")
    monkeypatch.setenv("VIRTUAL_ENV", str(here / "gone"))
    assert parse_target(["srv.py"]).command == str(here / "a" / "python")
    monkeypatch.setenv("PATH", "")
    assert parse_target(["srv.py"]).command == sys.executable


def test_it_does_not_run_with_the_environment_that_uvx_made_for_mcpwatch(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = put(here / "tool" / "bin", "python3"), put(here / "usr", "python3")
    monkeypatch.setattr(sys, "prefix", str(here / "tool"))
    monkeypatch.setenv("PATH", f"{own}:{other}")
    assert parse_target(["srv.py"]).command == str(own / "python3")
    monkeypatch.setenv("UV", "/usr/bin/uv")
    assert parse_target(["srv.py"]).command == str(other / "python3")


def test_a_script_with_inline_metadata_runs_through_uv_where_there_is_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "srv.py").write_bytes(b"#!/usr/bin/env python\r\n# /// script\r\n# dependencies = []\r\n# ///\r\n")
    python = put(here / "bin", "python3") / "python3"
    monkeypatch.setenv("PATH", str(python.parent))
    assert parse_target(["srv.py"]).command == str(python)
    put(here / "bin", "uv")
    target = parse_target(["srv.py"])
    assert (target.command, target.args) == (str(here / "bin" / "uv"), ("run", "--script", "srv.py"))
    assert parse_target(["srv.py"], python="PY").command == "PY"


def test_a_javascript_file_runs_with_node(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here / "bin"))
    assert "needs node" in refused("srv.js")
    put(here / "bin", "node")
    target = parse_target(["srv.js"])
    assert (target.name, target.command, target.args) == ("srv", str(here / "bin" / "node"), ("srv.js",))


@pytest.mark.parametrize(
    ("tool", "args"),
    [("tsx", ("srv.ts",)), ("bun", ("run", "srv.ts")), ("deno", ("run", "-A", "srv.ts")), ("node", ("srv.ts",))],
)
def test_a_typescript_file_runs_with_what_there_is(
    tool: str, args: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(put(here / "bin", tool, "node")))
    target = parse_target(["srv.ts"])
    assert (target.command, target.args) == (str(here / "bin" / tool), args)


def test_a_typescript_file_that_nothing_runs_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    assert "Nothing here runs srv.ts" in refused("srv.ts")
