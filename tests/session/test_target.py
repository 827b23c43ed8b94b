from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.target import Target, parse_target


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder and a home of the test's own, with one server of each kind."""
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    (home / ".cursor").mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(project)
    (project / "srv.py").write_text("", encoding="utf-8")
    (project / "my srv.py").write_text("", encoding="utf-8")
    (home / "mine.py").write_text("", encoding="utf-8")
    (project / "program").write_text("#!/bin/sh\n", encoding="utf-8")
    (project / "program").chmod(0o755)
    (project / "plain").write_text("", encoding="utf-8")
    servers = """{"mcpServers": {
        "weather": {"command": "npx", "args": ["-y", "weather"], "env": {"K": "v", "T": "${input:t}"}, "cwd": "/srv"},
        "a:b": {"command": "x"},
        "web": {"url": "https://h/mcp", "headers": {"Authorization": "Bearer ${WEB_TOKEN}"}, "type": "sse"},
        "socket": {"url": "ws://h/mcp"}
    }}"""
    (project / "mcp.json").write_text(servers, encoding="utf-8")
    (project / "one.json").write_text('{"servers": {"only": {"command": "x"}}}', encoding="utf-8")
    (home / ".cursor" / "mcp.json").write_text('{"mcpServers": {"a:b": {"command": "x"}}}', encoding="utf-8")
    return project


def parse(text: str) -> Target:
    return parse_target([text], python="PY")


def refused(*words: str, command: tuple[str, ...] = (), **options: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_target(words, command, **options)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    "url", ["http://h:8000/mcp?a=b", "https://h/sse", "HTTPS://h", "http://u:p@h", "http://[::1]/"]
)
def test_a_url_is_its_host_and_its_transport_is_still_to_be_found(url: str) -> None:
    name = "::1" if "::1" in url else "h"
    assert parse(url) == Target(name, url, url=url, transport="auto")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://h:99999/", "https:///path", "http://h/a b"])
def test_a_url_that_cannot_be_opened_is_refused(url: str) -> None:
    assert repr(url) in str(refused(url))


def test_a_python_script_is_run_by_an_interpreter() -> None:
    assert parse("srv.py") == Target("srv", "srv.py", "PY", ("srv.py",))


def test_an_executable_file_is_run_itself(here: Path) -> None:
    assert parse("./program") == Target("program", "./program", str(here / "program"))


def test_a_file_that_is_neither_script_nor_executable_is_refused() -> None:
    assert "chmod +x" in refused("plain").hint


def test_an_object_in_a_file_is_served_by_the_object_runner() -> None:
    target = parse("srv.py:app.inner")
    runner, file, name = target.args
    assert (target.name, target.command, file, name) == ("srv", "PY", "srv.py", "app.inner")
    assert Path(runner).name == "object_runner.py"


def test_demo_runs_with_the_interpreter_that_mcpwatch_has() -> None:
    assert parse("demo") == Target("demo", "demo", sys.executable, ("-m", "mcpwatch.demo"))


def test_a_config_with_one_server_stands_for_it() -> None:
    assert parse("one.json") == Target("only", "one.json", "x")


def test_a_config_with_several_servers_wants_one_to_be_named() -> None:
    error = refused("mcp.json")
    assert "4 servers" in str(error)
    assert "weather, a:b, web" in error.hint


def test_a_server_of_a_config_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"T": "secret"}
    expected = Target("weather", "mcp.json:weather", "npx", ("-y", "weather"), {"K": "v", "T": "secret"}, "/srv")
    assert parse_target(["mcp.json:weather"], env=given) == expected
    assert parse("mcp.json:a:b").name == "a:b"
    monkeypatch.setenv("WEB_TOKEN", "t")
    headers = {"Authorization": "Bearer t"}
    assert parse("mcp.json:web") == Target("web", "mcp.json:web", url="https://h/mcp", headers=headers, transport="sse")


def test_a_server_that_a_config_lacks_is_refused_with_those_it_has() -> None:
    assert "weather" in refused("mcp.json:wether").hint
    assert "has no server ''" in str(refused("mcp.json:"))


def test_a_config_that_names_another_kind_of_url_is_refused() -> None:
    assert str(refused("mcp.json:socket")) == "'mcp.json:socket' names no URL that can be opened."


def test_a_server_of_a_clients_own_config_is_found_by_the_clients_name() -> None:
    assert parse("cursor:a:b") == Target("a:b", "cursor:a:b", "x")
    assert "No config of vscode" in str(refused("vscode:x"))


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("alpha=srv.py", "alpha", "srv.py"),
        ("a.b-c_1=http://h/?x=y", "a.b-c_1", "http://h/?x=y"),
        ("alpha=python -m srv --x=1", "alpha", "python -m srv --x=1"),
        ("alpha=srv.py:app", "alpha", "srv.py:app"),
        ("alpha=mcp.json:a:b", "alpha", "mcp.json:a:b"),
        ("alpha=demo", "alpha", "demo"),
        ("alpha=~/mine.py", "alpha", "~/mine.py"),
    ],
)
def test_a_link_can_be_given_a_name(text: str, name: str, rest: str) -> None:
    named, plain = parse(text), parse(rest)
    assert named.name == name
    assert (named.command, named.args, named.url, named.spoken) == (plain.command, plain.args, plain.url, rest)


def test_a_url_with_an_equals_sign_names_no_link() -> None:
    assert parse("http://h/mcp?a=b").name == "h"


def test_a_file_whose_name_has_an_equals_sign_is_that_file(here: Path) -> None:
    (here / "a=b.py").write_text("", encoding="utf-8")
    assert parse("a=b.py").args == ("a=b.py",)


def test_a_tilde_leads_home() -> None:
    assert parse("~/mine.py").args == (str(Path.home() / "mine.py"),)
    assert parse("~/mine.py:app").args[1:] == (str(Path.home() / "mine.py"), "app")


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("npx -y @scope/srv@1.2 --flag", "srv", ("npx", "-y", "@scope/srv@1.2", "--flag")),
        ("python3.11 -m pkg_server 'a b'", "pkg_server", ("python3.11", "-m", "pkg_server", "a b")),
        ("uv run srv.py", "srv", ("uv", "run", "srv.py")),
        ("  /opt/bin/tool x  ", "tool", ("/opt/bin/tool", "x")),
        ("echo $HOME;ls|x", "echo", ("echo", "$HOME;ls|x")),
    ],
)
def test_a_quoted_target_is_split_as_a_shell_would_without_a_shell(
    text: str, name: str, words: tuple[str, ...]
) -> None:
    target = parse(text)
    assert (target.name, target.command, target.args) == (name, words[0], words[1:])


def test_a_quoted_target_that_is_a_path_is_not_split() -> None:
    assert parse("my srv.py") == Target("my srv", "my srv.py", "PY", ("my srv.py",))


def test_a_long_quoted_target_is_split_like_a_short_one() -> None:
    text = f"python -c {'x' * 5_000}"
    assert parse(text).args == ("-c", "x" * 5_000)


def test_a_quoted_target_with_an_open_quote_is_refused() -> None:
    assert "quotation" in str(refused("python it's x"))


def test_a_command_after_the_dashes_is_taken_as_it_is() -> None:
    target = parse_target([], ["npx", "-y", "srv", "a b"])
    assert target == Target("srv", "-- npx -y srv 'a b'", "npx", ("-y", "srv", "a b"))
    assert shlex.split(target.spoken)[1:] == ["npx", "-y", "srv", "a b"]


def test_a_command_beside_a_target_is_refused() -> None:
    assert "srv.py" in str(refused("srv.py", command=("npx", "srv")))


def test_no_target_is_refused_with_the_kinds_there_are() -> None:
    for words in ((), ("",), ("   ",)):
        assert "No target" in str(refused(*words))
        assert "mcpwatch run -- " in refused(*words).hint


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("srv.py", "--port", "a b"), "mcpwatch run -- python srv.py --port 'a b'"),
        (("npx", "srv"), "mcpwatch run -- npx srv"),
    ],
)
def test_a_second_word_hints_at_the_dashes(words: tuple[str, ...], hint: str) -> None:
    error = refused(*words)
    assert repr(words[1]) in str(error)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nosuch.py", "There is no file nosuch.py"),
        ("nosuch.ts", "There is no file nosuch.ts"),
        ("nosuch.py:app", "There is no file nosuch.py."),
        ("nosuch.json:x", "There is no file nosuch.json."),
        ("alpha=nosuch.py", "There is no file nosuch.py"),
        ("~nobody-of-this-name/x.py", "There is no file"),
        (".", "is a folder"),
        ("ws://h", "is no target"),
        ("curser:x", "is no target"),
        ("srv.py:not-a-name", "is no target"),
        ("x" * 5_000, "is no target"),
        ("a\0b", "is no target"),
    ],
)
def test_what_is_no_target_is_refused_with_what_it_lacks(text: str, said: str) -> None:
    error = refused(text)
    assert said in str(error)
    assert error.hint


def test_a_command_without_dashes_hints_at_them() -> None:
    assert "-- sh …" in refused("sh").hint


@pytest.mark.parametrize("text", ["localhost:8000", "localhost/mcp", "example.com:80"])
def test_an_address_without_a_scheme_hints_at_it(text: str) -> None:
    assert f"http://{text}" in refused(text).hint


@pytest.mark.parametrize(
    ("text", "meant"), [("servr.py", "server.py"), ("servr.py:app", "server.py:app"), ("sub/servr.py", "sub/server.py")]
)
def test_a_slip_in_a_files_name_is_told_with_the_one_that_is_there(
    text: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, tmp_path / "sub"):
        folder.mkdir(exist_ok=True)
        for name in ("server.py", "servr.txt"):
            (folder / name).touch()
    assert refused(text).hint == f"Did you mean {meant}?"
    assert refused("x.py").hint == f"Here is {tmp_path}."


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["env", "API_KEY=sk-abcdef123456", "cat"], "cat"),
        (["docker", "run", "-e", "GITHUB_TOKEN=ghp_x", "--env", "A", "-i", "ghcr.io/me/weather:1"], "weather-1"),
        (["python", "-c", "import os; os.environ['KEY']"], "python"),
        (["python", "-m", "weather.server"], "weather.server"),
        (["npx", "-y", "@me/weather@latest"], "weather"),
        (["\u202e"], "server"),
    ],
)
def test_the_name_of_a_command_is_none_of_its_secrets(command: list[str], name: str) -> None:
    assert parse_target((), command).name == name
