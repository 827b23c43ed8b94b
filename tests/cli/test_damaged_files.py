"""Each command on each of a folder of recordings that are damaged, incomplete, or only written otherwise.

Corrupt is exit 6 with the line; incomplete is said, and fails in CI wherever a recording is judged, unless it is
allowed; another order of keys, what a newer version may add and a compressed file are nothing of note.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import QUICK, Ran, mcpwatch
from tests.recording.conftest import zstd

GOOD = "good.mcpw.jsonl"
IN_CI = {"CI": "1"}
COMMANDS: Mapping[str, Sequence[str]] = {
    "show": ("show", "{}"),
    "filter": ("show", "{}", "-m", "tools/*"),
    "raw": ("show", "{}", "--raw"),
    "events": ("show", "{}", "--events"),
    "check": ("check", "{}"),
    "before": ("diff", "{}", GOOD),
    "after": ("diff", GOOD, "{}"),
    "replay": ("replay", "{}", "--as-recorded"),
    "mock": ("mock", "{}"),
    "init-script": ("init-script", "{}"),
    "redact": ("redact", "{}", "-o", "redacted.mcpw.jsonl", "--force"),
}
JUDGES = ("check", "before", "after", "replay")
"""Those that say whether a recording is well."""


def _lines(change: Callable[[list[bytes]], object]) -> Callable[[bytes], bytes]:
    def changed(whole: bytes) -> bytes:
        lines = whole.splitlines(keepends=True)
        change(lines)
        return b"".join(lines)

    return changed


def _each(change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[[bytes], bytes]:
    def changed(whole: bytes) -> bytes:
        lines = [json.dumps(change(json.loads(line)), separators=(",", ":")) for line in whole.splitlines()]
        return "".join(f"{line}\n" for line in lines).encode()

    return changed


def _flipped(packed: bytes) -> bytes:
    at = len(packed) // 2
    return packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]


CORRUPT: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is empty"),
    "empty.gz": (lambda _: gzip.compress(b""), "is empty"),
    "other": (lambda _: b"hello\n", "mcpwatch recording"),
    "newer": (lambda whole: whole.replace(b'"version":1', b'"version":99', 1), "made by a newer version"),
    "header": (lambda whole: whole[:30], "cut in its first line"),
    "no-header": (_lines(lambda lines: lines.pop(0)), "mcpwatch recording"),
    "junk": (_lines(lambda lines: lines.insert(6, b"hello\n")), "damaged in line 7: it is not JSON"),
    "binary": (_lines(lambda lines: lines.insert(6, b"\xff\x00\n")), "damaged in line 7: it is not JSON"),
    "hole": (_lines(lambda lines: lines.insert(6, b"\n")), "damaged in line 7: it is not JSON"),
    "half": (_lines(lambda lines: lines.insert(6, lines.pop(6)[:20] + b"\n")), "damaged in line 7: it is not JSON"),
    "list": (_lines(lambda lines: lines.insert(6, b"[]\n")), "damaged in line 7: it is not a JSON object"),
    "no-kind": (_lines(lambda lines: lines.insert(6, b"{}\n")), "damaged in line 7: it has no kind"),
    "swapped": (_lines(lambda lines: lines.insert(6, lines.pop(7))), "damaged in line 8: event 6 comes after event 7"),
    "twice": (_lines(lambda lines: lines.insert(6, lines[5])), "damaged in line 7: event 5 comes after event 5"),
    "two": (lambda whole: whole + whole, "something follows the footer"),
    "headers": (_lines(lambda lines: lines.insert(6, lines[0])), "damaged in line 7: a second header"),
    "wrong-type": (
        _lines(lambda lines: lines.insert(6, lines.pop(6).replace(b'"t":', b'"t":null,"x":'))),
        "damaged in line 7",
    ),
    "flipped.gz": (lambda whole: _flipped(gzip.compress(whole)), "cannot be unpacked to its end"),
    "flipped.zst": (lambda whole: _flipped(zstd.compress(whole)), ""),
    "junk.gz": (lambda whole: gzip.compress(whole.replace(b'\n{"seq":6', b'\nhello\n{"seq":6')), "damaged in line 7"),
    "junk.zst": (lambda whole: zstd.compress(whole.replace(b'\n{"seq":6', b'\nhello\n{"seq":6')), "damaged in line 7"),
}
"""What is done to a whole recording, and what is said of it then."""

INCOMPLETE: Mapping[str, Callable[[bytes], bytes]] = {
    "no-footer": _lines(lambda lines: lines.pop()),
    "cut": lambda whole: whole[:-90],
    "killed": _lines(lambda lines: lines.__delitem__(slice(-3, None))),
    "cut.gz": lambda whole: gzip.compress(whole)[:-40],
    "cut.zst": lambda whole: zstd.compress(whole[:2000]) + zstd.compress(whole[2000:])[:-3],
}
OTHERWISE: Mapping[str, Callable[[bytes], bytes]] = {
    "keys": _each(lambda members: dict(reversed(members.items()))),
    "spaces": lambda whole: whole.replace(b'{"seq":', b' { "seq" : ').replace(b'"msg":', b'"msg" : '),
    "new-keys": _each(lambda members: members | {"tomorrow": {"a": [1]}}),
    "new-kinds": _lines(lambda lines: lines.insert(6, b'{"kind":"tomorrow","seq":"x"}\n')),
    "windows": lambda whole: whole.replace(b"\n", b"\r\n"),
    "packed.gz": gzip.compress,
    "packed.zst": zstd.compress,
    "no-suffix": gzip.compress,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, beside the one that they were made from."""
    folder = tmp_path_factory.mktemp("damaged")
    ran = mcpwatch("run", "--call", "say text=hi", "--call", "count n=3", "-o", GOOD, *QUICK, cwd=folder)
    assert ran.code == 0
    whole = (folder / GOOD).read_bytes()
    for name, change in {**{name: one for name, (one, _) in CORRUPT.items()}, **INCOMPLETE, **OTHERWISE}.items():
        (folder / _file(name)).write_bytes(change(whole))
    return folder


def _file(name: str) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{stem}.mcpw.jsonl{dot}{suffix}"


def run(command: str, name: str, folder: Path, *more: str, env: Mapping[str, str] | None = None) -> Ran:
    argv = [_file(name) if word == "{}" else word for word in COMMANDS[command]]
    return mcpwatch(*argv, *more, cwd=folder, env=env)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_corrupt_is_exit_6_with_the_line_and_never_taken_for_empty(command: str, folder: Path) -> None:
    for name, (_, said) in CORRUPT.items():
        ran = run(command, name, folder)
        if command == "filter" and ran.code == 0:
            # What cannot match is not looked at: that is what makes it fast, and no judgement.
            assert "tools/call" in ran.out and "damaged in line" in said, (name, ran)
            continue
        assert ran.code == 6, (name, ran)
        told = "damaged in line" if command == "filter" and "follows the footer" in said else said
        assert ran.err.startswith("error: ") and told in ran.err.splitlines()[0], (name, ran.err)
        assert _file(name) in ran.err
        assert "nothing found" not in ran.out and "same:" not in ran.out
    assert not (folder / "redacted.mcpw.jsonl").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_incomplete_is_said_and_fails_in_ci_where_it_is_judged(command: str, folder: Path) -> None:
    for name in INCOMPLETE:
        ci = run(command, name, folder, env=IN_CI)
        assert any(word in ci.err for word in ("incomplete", "breaks off", "no footer")), (name, ci)
        assert (ci.code == 6) is (command in (*JUDGES, "mock")), (name, ci)


@pytest.mark.parametrize("command", JUDGES)
def test_what_is_incomplete_is_judged_where_that_is_allowed_and_outside_of_ci(command: str, folder: Path) -> None:
    for name in ("no-footer", "cut"):
        allowed, here = run(command, name, folder, "--allow-incomplete", env=IN_CI), run(command, name, folder)
        assert allowed.code in (0, 1) and here.code == allowed.code, (name, allowed, here)
        assert "incomplete" in here.out + here.err


@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in ("replay", "mock", "redact", "events")])
def test_what_is_only_written_otherwise_is_the_same(command: str, folder: Path) -> None:
    whole = run(command, "good", folder)
    for name in OTHERWISE:
        ran = run(command, name, folder)
        assert ran.code == whole.code == 0, (name, ran)
        assert ran.out.replace(_file(name), GOOD) == whole.out


def test_the_list_of_sessions_names_each_of_them(folder: Path, tmp_path: Path) -> None:
    for number, file in enumerate(sorted(folder.glob("*.mcpw.jsonl*"))):
        suffix = "" if file.suffix == ".jsonl" else file.suffix
        (tmp_path / f"20260101-0000{number:02d}-x-{number:04d}.mcpw.jsonl{suffix}").write_bytes(file.read_bytes())
    ran = mcpwatch("sessions", "--json", env={"MCPWATCH_SESSIONS": str(tmp_path)})
    assert ran.code == 0
    assert len(ran.json) == len(list(tmp_path.iterdir()))
    assert mcpwatch("sessions", env={"MCPWATCH_SESSIONS": str(tmp_path)}).code == 0
