"""What the tests of the command line share besides `running`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a run may record to."""
    return tmp_path / "t.mcpw.jsonl"
