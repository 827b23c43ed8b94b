"""`mcpwatch diff` from the command line: what it prints where, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcpwatch.cli.diff import latency_factor
from mcpwatch.errors import UsageError
from tests.check.recordings import ADD, Session, keep, log, text
from tests.cli.running import QUICK, mcpwatch


@pytest.fixture
def a(tmp_path: Path) -> str:
    session = Session().tool("add", {"a": 1}, log("one"), result=text("first\nsecond\nthird"))
    return str(keep(session.ends(), tmp_path / "a.mcpw.jsonl"))


@pytest.fixture
def b(tmp_path: Path) -> str:
    """The same with a difference of each kind; what a server says may do harm to a terminal and to Markdown."""
    stricter = {**ADD, "inputSchema": {**ADD["inputSchema"], "required": ["a", "b"]}}
    session = Session(tools=[stricter]).tool("add", {"a": 1}, log("one`\x1b[31m"), result=text("first\n2nd\nthird"))
    return str(keep(session.tool("add", {"a": 2}).ends(), tmp_path / "b.mcpw.jsonl"))


def test_two_runs_of_one_server_are_the_same(tmp_path: Path) -> None:
    for name in "ab":
        mcpwatch("run", "-o", f"{name}.mcpw.jsonl", "--call", "count n=3", "--call", "cwd", *QUICK, cwd=tmp_path)
    ran = mcpwatch("diff", "a.mcpw.jsonl", "b.mcpw.jsonl", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("same: ")


def test_what_changed_is_told_in_order_with_the_verdict_last(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[:2] == ["interface", "  breaking  tool add: argument b is required now"]
    assert [line.strip() for line in lines if line.strip()[:1] in ("-", "+")] == ["-second", "+2nd"]
    assert any(line.startswith("  log 1: params.data: ") for line in lines)
    assert "  only in B; nearest: tools/call add (params.arguments.a: 2 → 1)" in lines
    assert lines[-1] == (
        "different: 1 change of the interface (1 breaking), 1 of 2 exchanges differs, 1 exchange only in B"
    )
    assert "\x1b" not in ran.out


def test_only_the_verdict_and_only_the_interface(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b, "--interface", "-q")
    assert (ran.code, ran.out) == (1, "different: 1 change of the interface (1 breaking)\n")


def test_the_document_has_everything(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b, "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["same"], document["breaking"]) == (1, False, 1)
    (link,) = document["links"]
    assert link["interface"][0]["message"] == "argument b is required now"
    assert link["exchanges"][0]["changes"][0]["path"] == "result.content.0.text"
    assert link["alone"][0]["nearest"]["why"] == "params.arguments.a: 2 → 1"


def test_markdown_holds_what_a_server_said_in_code_spans(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b, "--markdown")
    assert ran.code == 1
    assert ran.out.startswith("**different: 1 change of the interface (1 breaking)")
    assert '  - ``log 1: params.data: "one" → "one`\\u001b[31m"``' in ran.out
    assert "\x1b" not in ran.out


def test_reports_for_ci(a: str, b: str, tmp_path: Path) -> None:
    report = tmp_path / "new" / "report.xml"
    ran = mcpwatch("diff", a, b, "--github", "--junit", str(report))
    assert ran.code == 1
    assert len([line for line in ran.out.splitlines() if line.startswith("::error ")]) == 3
    suites = ElementTree.parse(report).getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("4", "3")


def test_github_is_noticed(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b, env={"GITHUB_ACTIONS": "true"})
    assert "::error " in ran.out
    assert "::error " not in mcpwatch("diff", a, b, "--no-github", env={"GITHUB_ACTIONS": "true"}).out


def test_the_summary_of_a_job_has_what_changed(a: str, b: str, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    assert mcpwatch("diff", a, a, env=github).code == 0
    assert summary.read_text() == "before\n"
    assert mcpwatch("diff", a, b, env=github).code == 1
    assert summary.read_text().startswith("before\n### mcpwatch diff\n\n**different: ")
    nowhere = mcpwatch("diff", a, b, env={**github, "GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert nowhere.code == 1 and "summary cannot be written" in nowhere.err


def test_annotations_stay_out_of_a_document(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, b, "--json", "--github")
    json.loads(ran.out)
    assert "::error " in ran.err


def test_an_incomplete_recording_is_said_and_in_ci_refused_unless_it_is_allowed(a: str, tmp_path: Path) -> None:
    cut = str(keep(Session(), tmp_path / "cut.mcpw.jsonl", complete=False))
    said = mcpwatch("diff", a, cut)
    assert said.code == 1 and said.out.startswith(f"note: {cut} is incomplete: ")
    refused = mcpwatch("diff", a, cut, env={"CI": "1"})
    assert refused.code == 6 and "--allow-incomplete" in refused.err and refused.out == ""
    assert mcpwatch("diff", a, cut, "--allow-incomplete", env={"CI": "1"}).out == said.out


def test_a_file_that_cannot_be_read_is_an_error_and_not_a_difference(a: str, tmp_path: Path) -> None:
    (tmp_path / "bad.mcpw.jsonl").write_text('{"format":"mcpwatch","version":1,"kind":"header"')
    for name in ("bad.mcpw.jsonl", "nothing"):
        ran = mcpwatch("diff", a, str(tmp_path / name))
        assert ran.code == 6 and ran.err.startswith("error: ") and ran.out == ""


@pytest.mark.parametrize("wrong", [("--ignore", "a..b"), ("--latency", "fast"), ("--json", "--markdown")])
def test_a_wrong_option_is_a_usage_error(a: str, wrong: tuple[str, ...]) -> None:
    ran = mcpwatch("diff", a, a, *wrong)
    assert ran.code == 2 and ran.err.startswith("error: ")


def test_colour_is_for_terminals_and_whoever_forces_it(a: str, b: str) -> None:
    assert "\x1b[" in mcpwatch("diff", a, b, env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in mcpwatch("diff", a, b, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_one_of_the_two_may_be_stdin(a: str, b: str) -> None:
    ran = mcpwatch("diff", a, "-", stdin=Path(b).read_bytes())
    assert ran.code == 1


@pytest.mark.parametrize(("text", "factor"), [(None, None), ("2", 2.0), ("1.5x", 1.5), ("3×", 3.0)])
def test_a_factor_is_a_number(text: str | None, factor: float | None) -> None:
    assert latency_factor(text) == factor


@pytest.mark.parametrize("wrong", ["", "x", "0.5", "-2", "2s"])
def test_what_is_no_factor_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="is no factor"):
        latency_factor(wrong)
