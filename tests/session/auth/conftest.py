from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.servers.http.protected import Protected, protected


@pytest.fixture(autouse=True)
def logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where logins are kept."""
    folder = tmp_path / "logins"
    monkeypatch.setenv("MCPWATCH_LOGINS", str(folder))
    return folder


@pytest.fixture
def server() -> Generator[Protected]:
    with protected() as one:
        yield one


@pytest.fixture
def apart() -> Generator[Protected]:
    """The authorization server has an origin of its own."""
    with protected(apart=True) as one:
        yield one
