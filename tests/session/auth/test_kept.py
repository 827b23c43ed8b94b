"""Logins on disk: for their owner alone, replaced as a whole, believed only where nobody else could write them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from mcpwatch.session.auth.grants import Token
from mcpwatch.session.auth.kept import Kept, file_for, forget, keep, read_kept
from mcpwatch.session.auth.registration import Client

SERVER = "https://mcp.example.com/mcp"
KEPT = Kept(
    SERVER,
    "https://auth.example.com/token",
    SERVER,
    Client("https://auth.example.com", "me", "s3cret-s3cret", "client_secret_post", "http://127.0.0.1:1/callback"),
    Token("access", "refresh", 1.5, "a b"),
    ("https://auth.example.com",),
)


def the_file() -> Path:
    path = file_for(SERVER)
    assert path is not None
    return path


def test_what_was_kept_is_read_and_can_be_forgotten(logins: Path) -> None:
    assert read_kept(SERVER) is None
    assert keep(KEPT) == the_file() and the_file().parent == logins
    assert read_kept(SERVER) == KEPT
    without = replace(KEPT, token=None)
    keep(without)
    assert read_kept(SERVER) == without
    assert [path.name for path in logins.iterdir()] == [the_file().name]
    assert "s3cret" not in repr(the_file())
    forget(SERVER)
    assert read_kept(SERVER) is None
    forget(SERVER)


def test_each_server_has_a_file_of_its_own() -> None:
    keep(KEPT)
    assert read_kept("https://mcp.example.com/other") is None
    assert read_kept("http://mcp.example.com/mcp") is None


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.platform_only
def test_only_the_owner_may_read_it_and_another_mode_is_not_believed() -> None:
    keep(KEPT)
    assert the_file().stat().st_mode & 0o777 == 0o600
    the_file().chmod(0o644)
    assert read_kept(SERVER) is None
    keep(KEPT)
    assert the_file().stat().st_mode & 0o777 == 0o600 and read_kept(SERVER) == KEPT


@pytest.mark.skipif(os.name != "posix", reason="links are POSIX's")
@pytest.mark.platform_only
def test_no_link_is_followed(tmp_path: Path) -> None:
    keep(KEPT)
    mine = tmp_path / "mine"
    the_file().rename(mine)
    the_file().symlink_to(mine)
    assert read_kept(SERVER) is None
    before = mine.read_text()
    keep(replace(KEPT, token=None))
    assert mine.read_text() == before and not the_file().is_symlink()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"server": 1}', '{"client": {"id": 1}}', "[" * 100_000, '{"a": "\ud800"}', "\x00"]
)
def test_a_file_that_says_something_else_is_none(text: str) -> None:
    keep(KEPT)
    the_file().write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_kept(SERVER) is None


def test_a_token_that_cannot_be_sent_is_none() -> None:
    keep(replace(KEPT, token=Token("a\r\nb: c")))
    kept = read_kept(SERVER)
    assert kept is not None and kept.token is None


def test_where_none_are_kept_nothing_is_written(monkeypatch: pytest.MonkeyPatch, logins: Path) -> None:
    monkeypatch.setenv("MCPWATCH_LOGINS", "off")
    assert keep(KEPT) is None and read_kept(SERVER) is None
    assert not logins.exists()


def test_a_folder_that_cannot_be_written_costs_only_the_next_login(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MCPWATCH_LOGINS", str(tmp_path / "file" / "logins"))
    assert keep(KEPT) is None
