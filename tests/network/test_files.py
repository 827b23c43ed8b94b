"""Every file that mcpwatch writes: for its owner alone, through no symbolic link, and over nothing that is there."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.report import Ran, Verdict, write_junit
from mcpwatch.configs.rewrite import rewrite
from mcpwatch.errors import ExitCode, McpwatchError
from mcpwatch.recording.files import copy_in_place
from mcpwatch.recording.rewrite import write_lines
from mcpwatch.recording.saving import save_copy
from mcpwatch.session.answers.saving import append_rule
from mcpwatch.tui.call.files import Media, NotSaved, save
from tests.cli.running import QUICK, mcpwatch
from tests.network.listeners import GOLDEN

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights and links are POSIX")

Write = Callable[[Path], object]
WHOLE = GOLDEN.read_bytes().splitlines(keepends=True)


def command(*argv: str, after: tuple[str, ...] = ()) -> Write:
    """What is typed, with the file in place of `@`; it has to say why where it writes nothing."""

    def write(path: Path) -> None:
        ran = mcpwatch(*(str(path) if word == "@" else word for word in argv), *after, cwd=path.parent)
        if ran.code == ExitCode.RECORDING:
            raise McpwatchError(ran.err)
        assert ran.code in (0, 1), ran.err

    return write


def script(path: Path) -> None:
    folder = path.parent / "scripts"
    folder.mkdir(exist_ok=True)
    steps = [{"list": "tools"}]
    (folder / f"{path.name.removesuffix('.mcpw.jsonl')}.mcpw.json").write_text(
        json.dumps({"mcpwatch": 1, "target": {"command": list(QUICK[1:])}, "steps": steps})
    )
    command("test", str(folder), "--record-dir", str(path.parent))(path)


WRITERS: Mapping[str, Write] = {
    "run -o": command("run", "--list", "-q", "-o", "@", after=QUICK),
    "call -o": command("call", "data", "-o", "@", "--allow-errors", after=QUICK),
    "proxy -o": command("proxy", "--on-record-error", "stop", "-o", "@", after=QUICK),
    "replay -o": command("replay", str(GOLDEN), "--allow-errors", "-o", "@", after=QUICK),
    "test --record-dir": script,
    "redact -o": command("redact", str(GOLDEN), "-o", "@"),
    "a copy of a session": lambda path: save_copy(GOLDEN, path),
    "a selection of it": lambda path: write_lines(iter(WHOLE), path, force=False),
}
"""What makes a new file, and refuses what is there."""
REPLACING: Mapping[str, Write] = {
    "a recording with --force": lambda path: write_lines(iter(WHOLE), path, force=True),
    "redact -o --force": command("redact", str(GOLDEN), "--force", "-o", "@"),
    "run -o --force": command("run", "--list", "-q", "--force", "-o", "@", after=QUICK),
    "a baseline": lambda path: copy_in_place(GOLDEN, path),
    "a report": lambda path: write_junit([Ran("a", "a", (Verdict("x", "ok"),))], path),
}
"""What is asked to replace a file; never one that a symbolic link names."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_to_all() -> Any:
    """Nobody's umask may be what keeps a file private."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_new_file_is_for_its_owner_alone(writer: str, tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.jsonl"
    WRITERS[writer](path)
    assert path.stat().st_size
    assert mode(path) == 0o600
    assert not list(tmp_path.glob("*.part")), "nothing is left beside it"


NEVER = ("a link", "a link to nothing", "a folder")


@pytest.mark.parametrize(
    ("writer", "there"),
    [
        *((writer, there) for writer in WRITERS for there in ("a file", *NEVER, "a pipe")),
        *((writer, there) for writer in REPLACING for there in NEVER),
    ],
)
def test_nothing_that_is_there_is_written_to(writer: str, there: str, tmp_path: Path) -> None:
    path, other = tmp_path / "t.mcpw.jsonl", tmp_path / "precious"
    match there:
        case "a file":
            path.write_bytes(b"precious")
        case "a link":
            other.write_bytes(b"precious")
            path.symlink_to(other)
        case "a link to nothing":
            path.symlink_to(other)
        case "a folder":
            path.mkdir()
        case _:
            os.mkfifo(path)
    before = os.lstat(path)
    with pytest.raises((McpwatchError, OSError)):
        {**WRITERS, **REPLACING}[writer](path)
    assert os.lstat(path).st_ino == before.st_ino
    assert stat.S_IFMT(os.lstat(path).st_mode) == stat.S_IFMT(before.st_mode)
    if there in ("a file", "a link"):
        assert path.read_bytes() == b"precious"
    if there == "a link to nothing":
        assert not other.exists()
    assert sorted(one.name for one in tmp_path.iterdir() if one.name != "scripts") == sorted(
        {path.name} | ({other.name} if there == "a link" else set())
    )


def test_what_is_replaced_keeps_its_rights_and_a_new_one_is_private(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_bytes(b"x")
    old.chmod(0o640)
    for path in (new, old):
        copy_in_place(GOLDEN, path)
        assert path.read_bytes() == GOLDEN.read_bytes()
    assert (mode(new), mode(old)) == (0o600, 0o640)


def test_a_report_replaces_a_report_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    run = Ran("a", "a", (Verdict("x", "ok"),))
    path.touch()
    write_junit([run], path)
    write_junit([run, Ran("b", "b", (Verdict("y", "ok"),))], path)
    assert path.read_text().count("<testsuite ") == 2
    path.write_text("import os\n")
    with pytest.raises(McpwatchError, match="is no report"):
        write_junit([run], path)
    assert path.read_text() == "import os\n"
    ran = mcpwatch("check", str(GOLDEN), "--junit", str(path), "--no-github")
    assert ran.code == 6
    assert "is no report" in ran.err


def test_answers_are_kept_in_a_private_file_and_through_no_link(tmp_path: Path) -> None:
    rule: dict[str, Any] = {"sampling": {"text": {"equals": "a"}}, "text": "b"}
    path, other = tmp_path / "a.yaml", tmp_path / "other.yaml"
    append_rule(path, rule)
    assert mode(path) == 0o600
    link = tmp_path / "link.yaml"
    for text in ("mcpwatch: 1\n", None):
        if text is None:
            other.unlink()
        else:
            other.write_text(text)
        link.unlink(missing_ok=True)
        link.symlink_to(other)
        with pytest.raises(McpwatchError):
            append_rule(link, rule)
        assert not other.exists() if text is None else other.read_text() == text


def test_an_image_gets_a_name_of_its_own(tmp_path: Path) -> None:
    media = Media("image", "image/png", base64.b64encode(b"\x89PNG\r\n\x1a\nx").decode())
    other = tmp_path / "elsewhere"
    (tmp_path / "shot.png").symlink_to(other)
    (tmp_path / "shot-2.png").write_bytes(b"precious")
    made = save(media, "shot", tmp_path)
    assert (made.name, mode(made)) == ("shot-3.png", 0o600)
    assert not other.exists()
    assert save(media, "../../etc/x", tmp_path).parent == tmp_path
    with pytest.raises(NotSaved):
        save(media._replace(data="%%%"), "x", tmp_path)


def test_the_copy_of_a_config_is_as_private_as_the_config_and_replaces_nothing(tmp_path: Path) -> None:
    config, other = tmp_path / "mcp.json", tmp_path / "elsewhere"
    config.write_text('{"mcpServers": {}}')
    config.chmod(0o600)
    (tmp_path / "mcp.json.mcpwatch-backup").symlink_to(other)
    copy = rewrite(config, lambda text: text + "\n")
    assert (copy.name, mode(copy), mode(config)) == ("mcp.json.mcpwatch-backup2", 0o600, 0o600)
    assert not other.exists()


def test_the_folder_of_kept_sessions_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "sessions"
    mcpwatch("run", "--list", "-q", *QUICK, env={"MCPWATCH_SESSIONS": str(folder), "CI": ""})
    (kept,) = folder.glob("*.mcpw.jsonl")
    assert (mode(folder), mode(kept)) == (0o700, 0o600)
    shutil.rmtree(folder)
