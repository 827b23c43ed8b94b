"""Exit 6: a recording that cannot be written or read, said in one sentence, with nothing destroyed."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from tests.cli.running import QUICK, events, exit_of, mcpwatch

GOLDEN = Path(__file__).parent.parent / "golden"


def test_a_folder_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    ran = mcpwatch("run", "-o", str(tmp_path / "no" / "t.mcpw.jsonl"), *QUICK)
    assert ran.code == 6
    assert "mkdir -p" in ran.err
    assert not ran.out


def test_an_existing_file_stays_as_it_is_until_force_replaces_it(file: Path) -> None:
    file.write_text("mine")
    ran = mcpwatch("run", "-o", str(file), *QUICK)
    assert ran.code == 6
    assert "--force" in ran.err
    assert file.read_text() == "mine"
    assert mcpwatch("run", "-o", str(file), "--force", *QUICK).code == 0
    assert exit_of(file) == 0
    assert file.stat().st_mode & 0o777 == 0o600


def test_nothing_is_ever_written_through_a_symbolic_link(file: Path) -> None:
    target = file.with_name("target")
    target.write_text("mine")
    file.symlink_to(target)
    for options in ((), ("--force",)):
        ran = mcpwatch("run", "-o", str(file), *options, *QUICK)
        assert ran.code == 6
        assert "symbolic link" in ran.err
    assert target.read_text() == "mine"


@pytest.mark.parametrize(("name", "said"), [("/dev/full", "device"), ("", "folder")])
def test_a_device_or_a_folder_is_no_place_for_a_recording(name: str, said: str, tmp_path: Path) -> None:
    ran = mcpwatch("run", "-o", name or str(tmp_path), "--force", *QUICK)
    assert ran.code == 6
    assert said in ran.err


def test_a_disk_that_fills_up_in_mid_run_ends_it_with_what_fitted_in_the_file(file: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    # The unanswered question and the failing call weigh less.
    steps = ("--call", "sample_then_fail", "--call", "count n=5000", "--call", "say text=unsaid")
    ran = mcpwatch("run", *steps, "-o", str(file), *QUICK, preexec=limit)
    assert ran.code == 6
    assert f"cannot write {file}: the file would be larger" in ran.err
    assert "unsaid" not in ran.out
    assert file.stat().st_size == 20_000
    shown = mcpwatch("show", str(file))
    assert shown.code == 0
    assert "breaks off" in shown.err
    assert "counted 1" in shown.out


def test_a_kept_session_that_cannot_be_kept_says_how_to_go_without(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ran = mcpwatch("call", "say", "text=hi", *QUICK, env={"MCPWATCH_SESSIONS": str(tmp_path / "taken" / "s")})
    assert ran.code == 6
    assert "--no-record" in ran.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello\n", "is not an mcpwatch recording"),
        (b'{"a":1}\n', "is not an mcpwatch recording"),
        (b'{"format":"mcp', "cut in its first line"),
        (b"\x1f\x8bnot gzip at all", "gzip"),
    ],
)
def test_what_is_no_recording_is_refused_by_name(content: bytes, said: str, file: Path) -> None:
    file.write_bytes(content)
    ran = mcpwatch("show", str(file))
    assert ran.code == 6
    assert str(file) in ran.err
    assert said in ran.err
    assert not ran.out


@pytest.mark.parametrize(("name", "said"), [("nowhere.mcpw.jsonl", "no file and no session"), (".", "folder")])
def test_what_is_no_file_is_refused(name: str, said: str) -> None:
    ran = mcpwatch("show", name)
    assert ran.code == 6
    assert said in ran.err


def test_a_recording_of_a_newer_version_asks_for_an_update() -> None:
    ran = mcpwatch("show", str(GOLDEN / "v2-newer.mcpw.jsonl"))
    assert ran.code == 6
    assert "update mcpwatch" in ran.err


def test_a_recording_that_is_damaged_shows_what_comes_before_and_names_the_line(file: Path) -> None:
    mcpwatch("run", "--list", "-q", "-o", str(file), *QUICK)
    lines = file.read_bytes().splitlines(keepends=True)
    lines[10] = b"{" + lines[10]
    file.write_bytes(b"".join(lines))
    for options in ((), ("--raw",), ("--events",), ("--since", "0"), ("--dir", "s2c")):
        ran = mcpwatch("show", str(file), *options)
        assert ran.code == 6, options
        assert "damaged in line 11" in ran.err


def test_a_second_writer_of_the_same_file_is_refused(file: Path) -> None:
    script = 'import json; [print(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}))]'
    inner = ["run", "-o", str(file), "--force", "--", "python", "-c", script]
    # The server may be there before the recording is.
    code = f"""
import os, subprocess
from tests.cli.running import PROGRAM
while not os.path.exists({str(file)!r}):
    pass
subprocess.run([*PROGRAM, *{inner!r}])
"""
    ran = mcpwatch("run", "--timeout", "5s", "-o", str(file), "--", PYTHON, "-c", code)
    assert ran.code == 3
    assert any("being written by another mcpwatch" in json.dumps(str(event)) for event in events(file))


PYTHON = QUICK[1]
