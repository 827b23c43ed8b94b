"""The GitHub Action and the hooks of the page about CI: their options are the program's, and their commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import click
import pytest
import yaml

from mcpwatch.cli.app import build
from tests.cli.running import environment
from tests.conftest import CHECKOUT
from tests.docs.page import blocks

ACTION = CHECKOUT / ".github" / "actions" / "mcpwatch" / "action.yml"
PAGE = CHECKOUT / "docs" / "ci.md"
JUDGES = ("test", "check", "diff", "replay")
SCRIPT = "mcpwatch: 1\ntarget: demo\nsteps: [ { list: tools } ]\n"

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the commands are written for a POSIX shell"),
    pytest.mark.platform_only,
]


def _read(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(text))


def _action() -> dict[str, Any]:
    return _read(ACTION.read_text(encoding="utf-8"))


def _step() -> dict[str, Any]:
    (step,) = (one for one in _action()["runs"]["steps"] if one.get("id") == "run")
    return step


def _options(command: str) -> set[str]:
    group = build()
    found = group.get_command(click.Context(group), command)
    assert found is not None
    return {name for param in found.params for name in (*param.opts, *param.secondary_opts)}


def _run(argv: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = environment({"PATH": path, **env})
    return subprocess.run(argv, cwd=folder, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _act(folder: Path, command: str, args: str) -> subprocess.CompletedProcess[str]:
    """What the action's step runs, as GitHub runs it."""
    env = {"COMMAND": command, "ARGS": args, "JUNIT": f"{folder}/r/j.xml", "RECORDINGS": f"{folder}/r/rec"}
    assert set(env) == set(_step()["env"])
    argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _step()["run"]]
    return _run(argv, folder, CI="true", GITHUB_ACTIONS="true", **env)


def test_each_option_that_the_action_names_is_one_of_its_command() -> None:
    text = _step()["run"]
    for command in ("test", "replay"):
        (line,) = re.findall(rf"^\s*{command}\) (.*)$", text, re.MULTILINE)
        named = set(re.findall(r"(?<= )--[a-z-]+", line.replace("set --", "")))
        assert named and named <= _options(command), command
    assert all("--junit" in _options(command) for command in JUDGES)
    assert 'mcpwatch "$COMMAND" --junit "$JUNIT" "$@"' in text


def test_each_input_is_used_and_described_and_no_other_is() -> None:
    action = _action()
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text(encoding="utf-8")))
    assert used == set(action["inputs"])
    page = PAGE.read_text(encoding="utf-8")
    for name, one in action["inputs"].items():
        assert one["description"]
        assert f"`{name}`" in page, name
    # An expression inside of a script would be run as one, whatever stands in it.
    assert all("${{" not in step.get("run", "") for step in action["runs"]["steps"])


def test_the_page_uses_the_action_with_inputs_that_there_are() -> None:
    (block,) = (one for one in blocks(PAGE) if one.text.startswith("jobs:"))
    (step,) = (one for one in _read(block.text)["jobs"]["mcp"]["steps"] if "mcpwatch" in one.get("uses", ""))
    assert (CHECKOUT / step["uses"] / "action.yml").resolve() == ACTION
    assert set(step["with"]) <= set(_action()["inputs"])


def test_the_action_runs_each_command_and_leaves_the_report_and_the_recordings(tmp_path: Path) -> None:
    (tmp_path / "a b.mcpw.yaml").write_text(SCRIPT)
    ran = _act(tmp_path, "test", "'a b.mcpw.yaml' -k 'a b'")
    assert ran.returncode == 0, ran.stderr
    made = tmp_path / "r" / "rec" / "a-b.mcpw.jsonl"
    assert ElementTree.parse(tmp_path / "r" / "j.xml").getroot().attrib["failures"] == "0"
    base = made.rename(tmp_path / "base.mcpw.jsonl").name
    for command, args in (("check", base), ("diff", f"{base} {base}"), ("replay", f"{base} --as-recorded")):
        (tmp_path / "r" / "j.xml").unlink()
        ran = _act(tmp_path, command, args)
        assert ran.returncode == 0, (command, ran)
        assert (tmp_path / "r" / "j.xml").exists()
    assert (tmp_path / "r" / "rec" / "replay.mcpw.jsonl").exists()


def test_the_action_fails_as_the_command_does_and_knows_no_other(tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.yaml").write_text(SCRIPT.replace("list: tools", "call: nothing"))
    ran = _act(tmp_path, "test", "t.mcpw.yaml")
    assert (ran.returncode, "::error file=t.mcpw.yaml" in ran.stdout) == (1, True)
    ran = _act(tmp_path, "demo", "")
    assert (ran.returncode, "::error title=mcpwatch::" in ran.stdout) == (2, True)


def test_the_hooks_run_on_what_they_are_for(tmp_path: Path) -> None:
    (block,) = (one for one in blocks(PAGE) if one.said.get("file") == ".pre-commit-config.yaml")
    test, check = _read(block.text)["repos"][0]["hooks"]
    assert re.search(test["files"], "a/t.mcpw.yaml") and not re.search(test["files"], "a/t.mcpw.jsonl")
    assert re.search(check["files"], "a/t.mcpw.jsonl.gz") and not re.search(check["files"], "a/t.mcpw.json")
    (tmp_path / "t.mcpw.yaml").write_text(SCRIPT)
    ran = _run([*shlex.split(test["entry"]), "t.mcpw.yaml", "t.mcpw.yaml"], tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert _run(["mcpwatch", "test", "t.mcpw.yaml", "--record-dir", "."], tmp_path).returncode == 0
    whole = tmp_path / "t.mcpw.jsonl"
    (tmp_path / "cut.mcpw.jsonl").write_bytes(b"".join(whole.read_bytes().splitlines(keepends=True)[:-1]))
    hook = shlex.split(check["entry"])
    assert _run([*hook, whole.name, whole.name], tmp_path).returncode == 0
    assert _run([*hook, whole.name, "cut.mcpw.jsonl"], tmp_path).returncode == 6
    assert _run([*hook, "cut.mcpw.jsonl", whole.name], tmp_path).returncode == 6
