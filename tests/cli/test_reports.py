"""What CI gets, the same from `test`, `check`, `diff` and `replay`: annotations, JUnit's XML, a job's summary, the
verdict as the last line, and exit codes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.check.rules.told import Told
from tests.cli.running import SERVERS, Ran, mcpwatch
from tests.cli.test_check import recorded

CHANGING = [sys.executable, str(SERVERS / "good" / "changing.py")]
SCRIPT = f"""
mcpwatch: 1
target: {{ command: {json.dumps(CHANGING)} }}
steps:
  - {{ call: work, expect: {{ text: nothing like that }} }}
"""


class Scene(NamedTuple):
    """A command that finds something, in a folder; and the same with nothing to judge."""

    folder: Path
    argv: tuple[str, ...]
    damaged: tuple[str, ...]
    env: dict[str, str]
    last: str
    """What the last line begins with."""
    tree: str
    """What the exchange that failed has in it."""

    def run(self, *options: str, env: dict[str, str] | None = None) -> Ran:
        return mcpwatch(*self.argv, *options, cwd=self.folder, env=self.env | (env or {}))


def _test(folder: Path) -> Scene:
    (folder / "t.mcpw.yaml").write_text(SCRIPT)
    (folder / "bad.mcpw.yaml").write_text("mcpwatch: 1\nsteps: [")
    return Scene(folder, ("test", "t.mcpw.yaml"), ("test", "bad.mcpw.yaml"), {}, "1 script: 1 failed", "work #")


def _check(folder: Path) -> Scene:
    told = Told().legacy().calls(meta={"progressToken": "t"})
    for value in (2, 1):
        told.tells("notifications/progress", {"progressToken": "t", "progress": value})
    recorded(told.done().closed(code=0), folder / "t.mcpw.jsonl")
    (folder / "bad.mcpw.jsonl").write_text("nothing\n")
    return Scene(
        folder, ("check", "t.mcpw.jsonl"), ("check", "bad.mcpw.jsonl"), {}, "t.mcpw.jsonl: 1 error", "progress"
    )


def _diff(folder: Path) -> Scene:
    for name, change in (("a", ""), ("b", "drop")):
        call = ("--call", "create title=first", "--call", "work")
        mcpwatch("run", *call, "-o", f"{name}.mcpw.jsonl", "--", *CHANGING, cwd=folder, env={"CHANGE": change})
    argv = ("diff", "a.mcpw.jsonl", "b.mcpw.jsonl")
    (folder / "bad.mcpw.jsonl").write_text("nothing\n")
    return Scene(folder, argv, (*argv[:2], "bad.mcpw.jsonl"), {}, "different: ", "create #")


def _replay(folder: Path) -> Scene:
    scene = _diff(folder)
    return scene._replace(
        argv=("replay", "a.mcpw.jsonl", "--as-recorded"),
        damaged=("replay", "bad.mcpw.jsonl", "--as-recorded"),
        env={"CHANGE": "drop"},
    )


@pytest.fixture(params=[_test, _check, _diff, _replay], ids=["test", "check", "diff", "replay"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    make: Callable[[Path], Scene] = request.param
    return make(tmp_path)


def test_a_finding_is_exit_1_and_the_verdict_is_the_last_line_with_and_without_a_document(scene: Scene) -> None:
    plain, github = scene.run(), scene.run("--github")
    assert (plain.code, github.code) == (1, 1)
    assert plain.out.splitlines()[-1].startswith(scene.last)
    assert github.out.splitlines()[-1].startswith(scene.last)
    document = scene.run("--json", "--github")
    assert isinstance(document.json, dict)
    assert document.err.splitlines()[-1].startswith(scene.last)
    assert "::error " in document.err


def test_annotations_are_on_in_actions_and_nowhere_else(scene: Scene) -> None:
    assert "::" not in scene.run().out
    assert "::error file=" in scene.run(env={"GITHUB_ACTIONS": "true"}).out
    assert "::" not in scene.run("--no-github", env={"GITHUB_ACTIONS": "true"}).out


def test_junit_has_the_failure(scene: Scene) -> None:
    scene.run("--junit", "deep/report.xml")
    suites = ElementTree.parse(scene.folder / "deep" / "report.xml").getroot()
    assert int(suites.attrib["failures"]) >= 1
    assert suites.attrib["errors"] == "0"
    (scene.folder / "taken").mkdir()
    ran = scene.run("--junit", "taken")
    assert (ran.code, "error: taken cannot be written" in ran.err) == (6, True)
    assert ran.out.splitlines()[-1].startswith(scene.last)


def test_the_jobs_summary_has_the_tree_of_the_exchange_that_failed(scene: Scene) -> None:
    summary = scene.folder / "summary.md"
    summary.write_text("before\n")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    scene.run("--no-github", env=env)
    assert summary.read_text() == "before\n"
    scene.run(env=env)
    before, head, tree = summary.read_text().partition(f"### mcpwatch {scene.argv[0]}\n")
    assert before == "before\n" and head
    assert f"**{scene.last}" in tree
    block = tree.partition("```text\n")[2].partition("\n```")[0]
    assert scene.tree in block
    assert "tools/call" in block


def test_what_could_not_be_judged_is_a_failure_in_the_reports_too(scene: Scene) -> None:
    summary = scene.folder / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    ran = mcpwatch(*scene.damaged, "--junit", "r.xml", cwd=scene.folder, env=env)
    assert ran.code == (2 if scene.argv[0] == "test" else 6)
    assert ran.err.startswith("error: ")
    assert ran.out.count("::error ") == 1
    assert len(list(ElementTree.parse(scene.folder / "r.xml").iter("failure"))) == 1
    assert summary.read_text().startswith(f"### mcpwatch {scene.argv[0]}\n")


def test_a_file_is_named_from_the_root_of_the_checkout(scene: Scene) -> None:
    ran = scene.run("--github", env={"GITHUB_WORKSPACE": str(scene.folder.parent)})
    assert f"::error file={scene.folder.name}/" in ran.out


def test_a_server_that_cannot_be_started_is_a_failure_in_the_reports_of_a_replay(tmp_path: Path) -> None:
    _diff(tmp_path)
    ran = mcpwatch("replay", "a.mcpw.jsonl", "--junit", "r.xml", "--github", "--", "/nowhere/at-all", cwd=tmp_path)
    assert ran.code == 3
    assert ran.out.splitlines()[-1].startswith("not compared: ")
    assert "::error file=a.mcpw.jsonl,title=session::" in ran.out
    assert len(list(ElementTree.parse(tmp_path / "r.xml").iter("failure"))) == 1


def test_the_summary_of_a_test_that_is_not_recorded_names_no_recording(tmp_path: Path) -> None:
    scene = _test(tmp_path)
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}
    ran = scene.run("--json", env=env)
    assert ran.json["scripts"][0]["recording"] is None
    assert "recording:" not in ran.err
    kept = scene.run("--record-dir", "r", "--json", env=env)
    assert kept.json["scripts"][0]["recording"] == "r/t.mcpw.jsonl"
