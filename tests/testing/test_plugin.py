"""What the plugin costs whoever does not use it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.testing.conftest import Project

PROBE = """
import json, sys
import pytest
before = set(sys.modules)
import mcpwatch.testing
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_importing_the_plugin_imports_nothing_but_the_package_and_itself() -> None:
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == ["mcpwatch", "mcpwatch.testing"]


def test_a_run_that_does_not_use_it_imports_no_more(project: Project) -> None:
    project.write(
        """
def test_nothing_of_ours_is_there():
    found = {name for name in sys.modules if name.startswith("mcpwatch")}
    assert found == {"mcpwatch", "mcpwatch.testing"}
"""
    )
    project.run(passed=1)


def test_the_marker_and_the_options_explain_themselves(project: Project) -> None:
    assert "@pytest.mark.mcpwatch(recording, *, target" in project.pytester.runpytest("--markers").stdout.str()
    said = project.pytester.runpytest("--help").stdout.str()
    assert "--mcpwatch-record={once,none,all,new}" in said and "--mcpwatch-artifacts=DIR" in said


def test_it_can_be_switched_off(project: Project) -> None:
    project.write("def test_no_fixture(mcpwatch_session): pass")
    assert "fixture 'mcpwatch_session' not found" in project.run("-p", "no:mcpwatch", errors=1)
