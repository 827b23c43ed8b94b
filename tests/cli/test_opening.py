"""What a word after `mcpwatch tui` names: a recording, a kept session, or a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcpwatch.cli.opening import named
from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.recording.kept import new_path

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def kept(kept_sessions: Path) -> Path:
    path = new_path("alpha")
    assert path is not None
    shutil.copy(GOLDEN / "v1-session.mcpw.jsonl", path)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["t.mcpw.jsonl", "t", "srv"])
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_a_recording_is_told_by_its_name_or_its_first_bytes(name: str, packed: str, here: Path) -> None:
    shutil.copy(GOLDEN / f"v1-every-kind.mcpw.jsonl{packed}", here / name)
    assert named([name], (), {}) == Path(name)


def test_last_and_the_end_of_an_id_are_kept_sessions(kept: Path) -> None:
    assert named(["last"], (), {}) == kept
    assert named([kept.name.removesuffix(".mcpw.jsonl")[-4:]], (), {}) == kept


def test_a_last_that_there_is_not_is_an_error() -> None:
    with pytest.raises(RecordingError, match="no session is kept yet"):
        named(["last"], (), {})


def test_anything_else_is_a_target_and_several_are_several(here: Path) -> None:
    (here / "a.py").write_text("")
    found = named(["demo", "beta=a.py"], (), {})
    assert isinstance(found, list)
    assert [target.name for target in found] == ["demo", "beta"]
    after_dashes = named((), ["last", "x"], {})
    assert isinstance(after_dashes, list)
    assert [target.command for target in after_dashes] == ["last"]


@pytest.mark.parametrize("words", [["nowhere.py"], ["zzzz"], ["demo", "zzzz"]])
def test_what_is_neither_is_the_error_of_a_target(words: list[str]) -> None:
    with pytest.raises(UsageError):
        named(words, (), {})


def test_a_recording_comes_alone(kept: Path) -> None:
    with pytest.raises(UsageError, match="last is a recording: one at a time"):
        named(["demo", "last"], (), {})


def test_a_file_that_is_no_recording_is_not_looked_up_among_the_sessions(here: Path, kept: Path) -> None:
    name = kept.name.removesuffix(".mcpw.jsonl")[-4:]
    (here / name).write_text("hello")
    with pytest.raises(UsageError):
        named([name], (), {})
