"""The commands on the page about the format give what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mcpwatch.recording import Recording
from mcpwatch.recording.parse import FRAME_TYPES
from tests.recording.samples import GOLDEN

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.sub(r"\W+", "-", block)[:40])
def test_a_command_prints_what_the_page_says(block: str, tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "v1-session.mcpw.jsonl", tmp_path / "session.mcpw.jsonl")
    said, printed = "", ""
    for line in block.splitlines(keepends=True):
        said += line
        if line.startswith("$ "):
            done = subprocess.run(["sh", "-c", line[2:]], cwd=tmp_path, capture_output=True, text=True, check=True)
            assert done.stderr == ""
            printed += line + done.stdout
    assert printed == said


def test_the_page_has_commands() -> None:
    assert len(BLOCKS) > 6


def test_the_session_of_the_page_is_a_complete_recording() -> None:
    with Recording.open(GOLDEN / "v1-session.mcpw.jsonl") as recording:
        assert len(list(recording.events())) == 18
        assert recording.complete


@pytest.mark.parametrize("word", sorted(FRAME_TYPES | {"opened", "frame", "stderr", "http", "note", "closed"}))
def test_the_page_names_every_kind_and_type(word: str) -> None:
    assert f"`{word}`" in PAGE
