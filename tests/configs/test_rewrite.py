from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mcpwatch.configs.rewrite import rewrite
from mcpwatch.errors import UsageError


def test_what_a_file_was_stays_beside_it_and_its_mode_with_both(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(b"one\r\n")
    file.chmod(0o640)
    copies = [rewrite(file, lambda text: text + "two"), rewrite(file, lambda text: text + "!")]
    assert file.read_bytes() == b"one\r\ntwo!"
    assert [copy.read_bytes() for copy in copies] == [b"one\r\n", b"one\r\ntwo"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in (file, *copies)} == {0o640}
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "mcp.json",
        "mcp.json.mcpwatch-backup",
        "mcp.json.mcpwatch-backup2",
    ]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "mcp.json", tmp_path / "mcp.json"
    real.write_text("a")
    link.symlink_to(real)
    rewrite(link, str.upper)
    assert link.is_symlink()
    assert real.read_text() == "A"


def test_a_change_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("a")

    def fails(_: str) -> str:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        rewrite(file, fails)
    assert [one.name for one in tmp_path.iterdir()] == ["mcp.json"]


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("a")

    def late(text: str) -> str:
        file.write_text("theirs")
        return text + "ours"

    with pytest.raises(UsageError, match="changed by somebody else"):
        rewrite(file, late)
    assert file.read_text() == "theirs"


def test_a_copy_that_cannot_be_made_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / ("m" * 250)  # for whose copy there is no room in a name
    file.write_text("a")
    with pytest.raises(UsageError, match="cannot be written"):
        rewrite(file, str.upper)
    assert file.read_text() == "a"


def test_a_file_that_is_no_utf_8_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        rewrite(file, str.upper)
