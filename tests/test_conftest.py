"""The gate that keeps CI from passing with tests that did not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

SKIPS = """
import pytest

@pytest.mark.platform_only
@pytest.mark.skipif(True, reason="there is no such thing here")
def test_of_a_platform(): pass

def test_of_a_server():
    pytest.skip("the server is not installed")
"""


@pytest.mark.parametrize("require_all", ["", "1"])
def test_a_skip_fails_the_run_where_all_is_required_unless_it_is_the_platforms(
    tmp_path: Path, require_all: str
) -> None:
    shutil.copy(CHECKOUT / "tests" / "conftest.py", tmp_path)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    (tmp_path / "test_skips.py").write_text(SKIPS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    environment = {**os.environ, "MCPWATCH_REQUIRE_ALL": require_all}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    named = run.stdout.partition("MCPWATCH_REQUIRE_ALL is set")[2].partition("short test summary")[0]
    assert run.returncode == (1 if require_all else 0), run.stdout + run.stderr
    assert ("test_of_a_server: the server is not installed" in named) is bool(require_all)
    assert "test_of_a_platform" not in named
