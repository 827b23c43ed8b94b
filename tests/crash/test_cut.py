"""A small version of `python -m tests.crash cuts`: what is cut anywhere is read as far as it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.cut import READERS, SOURCES, offsets, read_cut


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_cut_is_read_as_far_as_it_is_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)  # where what is incomplete is refused
    wrong = [read_cut(READERS[name], source, size, tmp_path) for source in SOURCES for size in offsets(source, 12)]
    assert len(wrong) > 40
    assert not any(wrong), next(filter(None, wrong))
