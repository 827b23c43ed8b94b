from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch import configs
from mcpwatch.configs import ServerEntry, interpolate, read_servers, source
from mcpwatch.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mcp.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a current folder of the test's own."""
    folder = tmp_path / "home"
    (tmp_path / "project").mkdir()
    folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path / "project")
    return folder


def refused(file: Path, text: str) -> UsageError:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_servers(file)
    return caught.value


def wrong(file: Path, entry: Any) -> str:
    """What is said of an entry that cannot be used."""
    file.write_text(json.dumps({"mcpServers": {"good": {"command": "x"}, "bad": entry}}), encoding="utf-8")
    servers = read_servers(file)
    assert interpolate(servers["good"], where="") == ServerEntry(command="x")
    with pytest.raises(UsageError, match="^mcp.json:bad cannot be used: ") as caught:
        interpolate(servers["bad"], where="mcp.json:bad")
    return str(caught.value)


@pytest.mark.parametrize("section", ["mcpServers", "servers", "context_servers"])
def test_the_servers_of_a_config_are_read_by_name_in_their_order(file: Path, section: str) -> None:
    document = {"other": 1, section: {"b": {"command": "npx", "args": ["-y", "srv"]}, "a": {"url": "http://x/mcp"}}}
    file.write_text(json.dumps(document), encoding="utf-8")
    servers = read_servers(file)
    assert list(servers) == ["b", "a"]
    assert servers["b"] == ServerEntry(command="npx", args=("-y", "srv"))
    assert servers["a"] == ServerEntry(url="http://x/mcp")


def test_an_entry_is_read_with_all_its_parts(file: Path) -> None:
    entry = {"command": "x", "args": ["a", 5, True], "env": {"K": "v", "N": 5, "B": False, "U": None}, "cwd": "/srv"}
    file.write_text(json.dumps({"servers": {"s": entry}}), encoding="utf-8")
    expected = ServerEntry(command="x", args=("a", "5", "true"), env={"K": "v", "N": "5", "B": "false"}, cwd="/srv")
    assert read_servers(file)["s"] == expected


@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"type": "sse"}, "sse"),
        ({"type": "http"}, "http"),
        ({"type": "streamable-http"}, "http"),
        ({"type": "streamableHttp"}, "http"),
        ({"transport": "sse"}, "sse"),
        ({"type": "something else"}, None),
        ({}, None),
    ],
)
def test_the_type_of_an_entry_names_its_transport(file: Path, entry: dict[str, Any], transport: str | None) -> None:
    entry = {"url": "https://h/mcp", "headers": {"Authorization": "Bearer x"}, **entry}
    file.write_text(json.dumps({"servers": {"s": entry}}), encoding="utf-8")
    expected = ServerEntry(url="https://h/mcp", headers={"Authorization": "Bearer x"}, transport=transport)
    assert read_servers(file)["s"] == expected


@pytest.mark.parametrize("key", ["url", "serverUrl", "httpUrl"])
def test_a_url_is_found_under_each_clients_name_for_it(file: Path, key: str) -> None:
    file.write_text(json.dumps({"mcpServers": {"s": {key: "http://h"}}}), encoding="utf-8")
    assert read_servers(file)["s"].url == "http://h"


def test_comments_and_trailing_commas_are_read_over(file: Path) -> None:
    text = """\ufeff// the first line
    {
      /* several
         lines, } ] */
      "mcpServers": {
        "a": { "command": "x", "args": ["1", "2",], }, // , }
        /**/ "b": { "command": "y" /* , */ , /* } */ },
      }, // the end
    } // """
    file.write_text(text, encoding="utf-8")
    assert read_servers(file) == {"a": ServerEntry(command="x", args=("1", "2")), "b": ServerEntry(command="y")}


@pytest.mark.parametrize("text", ["// no comment", "/* nor this */", "http://h/x", 'a \\" // b', ",]", ", }", "\\\\"])
def test_what_looks_like_a_comment_inside_a_string_stays(file: Path, text: str) -> None:
    file.write_text('{"mcpServers": {"a": {"command": ' + json.dumps(text) + ",},},}", encoding="utf-8")
    assert read_servers(file)["a"].command == text


@pytest.mark.parametrize("ruler", ["/" * 5_000, "//" + " //" * 2_000, "/**/" * 2_000, "/* // */ " * 2_000])
def test_rows_of_comments_after_a_comma_are_read_in_one_go(file: Path, ruler: str) -> None:
    before, after = '{"mcpServers": {"a": {"command": "x"}, ', '\n "b": {"command": "y"}}}'
    file.write_text(before + ruler + after, encoding="utf-8")
    assert list(read_servers(file)) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ":1:1:"),
        ('{\n  "mcpServers": oops\n}', ":2:17:"),
        ('{ // one\n /* two\n */ "a": 1,\n "b": }', ":4:7:"),
        ('{"a": [1,,]}', ":1:1"),
        ('{"a": "open', ":1:7:"),
        ('{"a": 1} /* open', ":1:10:"),
        ("{'a': 1}", ":1:2:"),
    ],
)
def test_what_is_no_json_is_refused_with_line_and_column(file: Path, text: str, place: str) -> None:
    assert f"{file}{place}" in str(refused(file, text))


def test_json_that_no_reader_can_hold_is_refused(file: Path) -> None:
    assert "nested too deeply" in str(refused(file, "[" * 200_000))
    assert "not JSON" in str(refused(file, '{"a": %s}' % ("1" * 5_000)))


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_servers(file)
    with pytest.raises(UsageError, match="directory"):
        read_servers(tmp_path)
    file.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UsageError, match="utf-8"):
        read_servers(file)


@pytest.mark.parametrize("text", ["[]", "null", "5", "{}", '{"mcpServers": []}', '{"mcpServers": null}', '{"a": {}}'])
def test_a_document_without_servers_is_refused_with_what_was_expected(file: Path, text: str) -> None:
    error = refused(file, text)
    assert "defines no servers" in str(error)
    assert "mcpServers" in error.hint


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, "no object"),
        ("npx", "no object"),
        ([], "no object"),
        ({}, "neither a command nor a url"),
        ({"command": ["npx"]}, "neither a command nor a url"),
        ({"command": ""}, "neither a command nor a url"),
        ({"url": 5}, "neither a command nor a url"),
        ({"command": "x", "args": "a b"}, "args is no list"),
        ({"command": "x", "args": [{"a": 1}]}, "args holds what is no text"),
        ({"command": "x", "env": ["K=v"]}, "env is no object"),
        ({"command": "x", "env": {"K": ["v"]}}, "env.K holds what is no text"),
        ({"url": "http://h", "headers": "x"}, "headers is no object"),
    ],
)
def test_an_entry_of_the_wrong_shape_is_refused_when_it_is_used_and_not_its_neighbours(
    file: Path, entry: Any, why: str
) -> None:
    assert why in wrong(file, entry)


def test_variables_are_put_in_everywhere(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("A", "one")
    monkeypatch.setenv("B", "${A}")
    monkeypatch.delenv("UNSET", raising=False)
    process = ServerEntry(
        command="${A}/bin",
        args=("x${A}y${env:A}", "${UNSET:-two}", "${B}", "$A", "${}"),
        env={"K": "${userHome}/k"},
        cwd="${workspaceFolder}",
    )
    assert interpolate(process, where="f:s") == ServerEntry(
        command="one/bin",
        args=("xoneyone", "two", "${A}", "$A", "${}"),
        env={"K": f"{home}/k"},
        cwd=str(Path.cwd()),
    )
    web = ServerEntry(url="https://${A}/mcp", headers={"Authorization": "Bearer ${A}"}, transport="http")
    expected = ServerEntry(url="https://one/mcp", headers={"Authorization": "Bearer one"}, transport="http")
    assert interpolate(web, where="f:s") == expected


@pytest.mark.parametrize("text", ["${UNSET}", "${env:UNSET}"])
def test_a_variable_that_is_not_set_is_named_with_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.delenv("UNSET", raising=False)
    with pytest.raises(UsageError, match="^f:s needs the environment variable UNSET, "):
        interpolate(ServerEntry(command="x", env={"K": text}), where="f:s")


def test_an_empty_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    assert interpolate(ServerEntry(command="x", args=("${EMPTY}",)), where="f:s").args == ("",)


def test_an_input_of_a_person_is_named_and_what_the_user_gave_stands_in_for_it() -> None:
    process = ServerEntry(command="x", env={"KEY": "${input:key}", "B": "b"})
    with pytest.raises(UsageError, match="asks for the input 'key'") as caught:
        interpolate(process, where="f:s")
    assert "--env" in caught.value.hint
    assert interpolate(process, where="f:s", env={"KEY": "given"}).env == {"KEY": "given", "B": "b"}
    web = ServerEntry(url="http://h", headers={"Authorization": "${input:key}"})
    headers = {"authorization": "given"}
    assert interpolate(web, where="f:s", headers=headers).headers == headers


def test_a_clients_name_leads_to_the_projects_config_first_and_then_to_the_users(home: Path) -> None:
    (home / ".cursor").mkdir()
    users, projects = home / ".cursor" / "mcp.json", Path.cwd() / ".cursor" / "mcp.json"
    users.write_text('{"mcpServers": {"mine": {"command": "x"}, "both": {"command": "x"}}}', encoding="utf-8")
    assert source("cursor") == users
    projects.parent.mkdir()
    projects.write_text('{"mcpServers": {"ours": {"command": "x"}, "both": {"command": "x"}}}', encoding="utf-8")
    assert source("cursor") == projects
    assert source("cursor", "both") == projects
    assert source("cursor", "mine") == users
    assert source("cursor", "nobodys") == projects
    projects.write_text("broken", encoding="utf-8")
    assert source("cursor", "mine") == users


@pytest.mark.parametrize("name", configs.SOURCES)
def test_a_client_without_a_config_is_an_error_that_names_where_it_would_be(name: str, home: Path) -> None:
    with pytest.raises(UsageError, match=f"No config of {name} was found: there is no .*(json|toml|yaml)"):
        source(name)


def test_what_is_no_clients_name_is_no_source(home: Path) -> None:
    assert source("nobody") is None
