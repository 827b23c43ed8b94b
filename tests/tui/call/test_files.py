"""Data of a result is saved for the user alone, under a name and an ending that no server chose."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.tui.call.files import Media, NotSaved, open_file, save

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def media(data: bytes, mime: str = "image/png") -> Media:
    return Media("image", mime, base64.b64encode(data).decode())


@pytest.mark.parametrize(
    ("data", "mime", "ending"),
    [
        (PNG, "image/png", ".png"),
        (PNG, "IMAGE/PNG; x=y", ".png"),
        (PNG, "image/jpeg", ".bin"),
        (PNG, "../../x.desktop", ".bin"),
        (b"\xff\xd8\xff\xe0", "image/jpg", ".jpg"),
        (b"GIF89a", "image/gif", ".gif"),
        (b"RIFF....WAVEfmt", "audio/x-wav", ".wav"),
        (b"<svg onload='x()'/>", "image/svg+xml", ".bin"),
        (b"#!/bin/sh", "image/png", ".bin"),
    ],
)
def test_its_ending_is_that_of_what_it_really_is(tmp_path: Path, data: bytes, mime: str, ending: str) -> None:
    path = save(media(data, mime), "shot", tmp_path)
    assert path.name == f"shot{ending}"
    assert path.read_bytes() == data


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
@pytest.mark.platform_only
def test_only_the_user_may_read_the_file_and_look_into_the_folder(tmp_path: Path) -> None:
    path = save(media(PNG), "shot", tmp_path / "new" / "files")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_file_is_ever_written_over(tmp_path: Path) -> None:
    paths = [save(media(PNG + bytes([number])), "shot", tmp_path) for number in range(3)]
    assert [path.name for path in paths] == ["shot.png", "shot-2.png", "shot-3.png"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "\x1b[31m", "..", "", "CON:", "x" * 300, "\u202efdp"])
def test_a_name_cannot_lead_anywhere(tmp_path: Path, name: str) -> None:
    path = save(media(PNG), name, tmp_path)
    assert path.parent == tmp_path
    assert path.name.isascii()
    assert path.name.isprintable()
    assert len(path.name) < 60


def test_what_is_no_base64_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match="no base64"):
        save(Media("image", "image/png", "%%%"), "shot", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSaved, match="cannot be written"):
        save(media(PNG), "shot", tmp_path / "file")


@pytest.mark.skipif(os.name == "nt", reason="it has a door of its own for this")
@pytest.mark.platform_only
def test_an_image_is_opened_by_the_desktop_and_nothing_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o700)
    for name in ("xdg-open", "open"):
        (tmp_path / name).symlink_to(opener)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    path = save(media(PNG), "shot", tmp_path)
    os.mkfifo(tmp_path / "opened")
    open_file(path)
    with (tmp_path / "opened").open() as opened:  # which waits for whoever was started
        assert opened.read() == f"{path}\n"
    with pytest.raises(NotSaved, match="open it yourself"):
        open_file(save(media(b"MZ"), "tool", tmp_path))


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ({"type": "image", "mimeType": "image/png", "data": "aa=="}, "image"),
        ({"type": "audio", "mimeType": "audio/wav", "data": "aa=="}, "audio"),
        ({"type": "resource", "resource": {"uri": "a:b", "blob": "aa=="}}, "data"),
        ({"uri": "a:b", "blob": "aa=="}, "data"),
        ({"type": "text", "text": "x"}, None),
        ({"type": "image", "data": 7}, None),
        ("image", None),
        (None, None),
    ],
)
def test_finds_the_data_of_a_block(block: Any, kind: str | None) -> None:
    found = Media.of(block)
    assert (None if found is None else found.kind) == kind
