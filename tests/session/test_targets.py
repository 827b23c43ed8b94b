from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.targets import parse_targets


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).touch()
    servers = {"one": {"command": "srv", "args": ["1"]}, "two": {"url": "https://h/mcp"}}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    return tmp_path


def names(*words: str) -> list[str]:
    return [target.name for target in parse_targets(words)]


def test_each_word_is_a_target_with_a_name_of_its_own() -> None:
    assert names("a.py", "beta=https://h/mcp", "b.py") == ["a", "beta", "b"]
    assert names("a.py", "a.py", "a=b.py") == ["a", "a#2", "a#3"]
    assert names("https://h/mcp", "other=https://h/mcp") == ["h", "other"]


def test_a_config_stands_for_all_its_servers() -> None:
    first, second = parse_targets(["mcp.json"])
    assert (first.name, first.command, first.args) == ("one", "srv", ("1",))
    assert (second.name, second.url) == ("two", "https://h/mcp")
    assert names("mcp.json", "a.py") == ["one", "two", "a"]
    assert names("mcp.json:two") == ["two"]


def test_a_command_after_the_dashes_is_one_target() -> None:
    (target,) = parse_targets([], ["srv", "a.py", "b.py"])
    assert target.args == ("a.py", "b.py")


def test_options_of_a_connection_are_for_one_target() -> None:
    for how in ({"env": {"A": "1"}}, {"headers": {"A": "1"}}, {"cwd": "."}, {"transport": "sse"}):
        with pytest.raises(UsageError, match="is for one target; there are 2"):
            parse_targets(["a.py", "b.py"], **how)  # pyright: ignore[reportArgumentType]
    assert parse_targets(["a.py"], env={"A": "1"})[0].env == {"A": "1"}
    assert [one.command for one in parse_targets(["a.py", "b.py"], python=sys.executable)] == [sys.executable] * 2


def test_what_is_no_target_is_told_with_where_it_may_belong() -> None:
    with pytest.raises(UsageError, match="'say' is no target") as caught:
        parse_targets(["a.py", "say", "text=hi"])
    assert caught.value.hint == "Arguments of a server go after `--`: mcpwatch run -- python a.py say text=hi"
    with pytest.raises(UsageError, match="no file c.py"):
        parse_targets(["a.py", "c.py"])
