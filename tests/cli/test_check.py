"""`mcpwatch check`: the report, what counts, the exit code, and what other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcpwatch.check.rules import RULES
from mcpwatch.errors import ExitCode
from mcpwatch.recording import Writer
from tests.check.rules.told import Told
from tests.cli.running import DEMO, QUICK, bad, mcpwatch
from tests.recording.samples import GOLDEN, STARTED


def recorded(told: Told, path: Path, *, complete: bool = True) -> str:
    """A hand-made recording as a file."""
    writer = Writer(path, started=STARTED, policy="default")
    for event in told.events:
        writer.write(event)
    if complete:
        writer.close(0)
    return str(path)


@pytest.fixture
def noisy(tmp_path: Path) -> str:
    told = Told().legacy().line(b"starting \x1b[31m...")
    told.calls(meta={"progressToken": "t"})
    for value in range(8):
        told.tells("notifications/progress", {"progressToken": "t", "progress": -value})
    told.done().closed(code=1)
    return recorded(told, tmp_path / "t.mcpw.jsonl")


@pytest.fixture
def clean(tmp_path: Path) -> str:
    return recorded(Told().legacy().calls().done().closed(code=0), tmp_path / "clean.mcpw.jsonl")


def test_a_clean_recording_is_one_line_and_exit_0(clean: str) -> None:
    ran = mcpwatch("check", clean)
    assert (ran.code, ran.err) == (ExitCode.OK, "")
    assert ran.out == f"{clean}: nothing found in 7 events\n"


def test_findings_are_grouped_by_rule_the_worst_first(noisy: str) -> None:
    ran = mcpwatch("check", noisy)
    assert ran.code == ExitCode.FINDING
    lines = ran.out.splitlines()
    heads = [line.split()[1] for line in lines if line.startswith(("error", "warning", "info"))]
    assert heads == ["stdout-noise", "progress-not-increasing", "exit-code"]
    assert "  (7)" in ran.out and "… and 2 more" in ran.out
    assert "    #5  5.000 s  by the server  a line that is no message" in lines
    assert "starting ␛[31m..." in ran.out
    assert any(line.startswith("  why: ") for line in lines) and any(line.startswith("  do:  ") for line in lines)
    assert "  see: 2025-11-25 basic/utilities/progress#progress-flow" in lines
    assert lines[-1] == f"{noisy}: 8 errors, 1 warning in 16 events, by the server"


def test_all_of_them_are_shown_with_v(noisy: str) -> None:
    ran = mcpwatch("check", noisy, "-v")
    assert "more" not in ran.out
    assert ran.out.count(" after ") == 7


def test_what_only_one_side_did_is_found_on_its_own(tmp_path: Path) -> None:
    told = Told().legacy().line(b"{oops").line(b"{oops", "c2s").line(b"{oops", "c2s")
    file = recorded(told, tmp_path / "t.mcpw.jsonl")
    both = mcpwatch("check", file)
    assert both.out.splitlines()[-1] == f"{file}: 3 errors in 7 events, 1 by the server, 2 by the client"
    assert "  by mcpwatch, the client  " in both.out and "  by the server  " in both.out
    server, client = mcpwatch("check", file, "--by", "server", "--json"), mcpwatch("check", file, "--by", "client")
    assert server.json["by"] == {"server": 1, "client": 0} and server.json["ignored"] == 2
    assert [found["by"] for found in server.json["rules"][0]["findings"]] == ["server"]
    assert client.out.splitlines()[-1] == f"{file}: 2 errors in 7 events, by the client (1 ignored)"


def test_reports_say_whose_fault_it_is(tmp_path: Path) -> None:
    file = recorded(Told().legacy().line(b"{oops", "c2s"), tmp_path / "t.mcpw.jsonl")
    ran = mcpwatch("check", file, "--github", "--junit", str(tmp_path / "report.xml"))
    assert "#5 at 5.000 s, by mcpwatch, the client: " in next(line for line in ran.out.splitlines() if "::" in line)
    assert "#5 at 5.000 s, by mcpwatch, the client: " in (tmp_path / "report.xml").read_text()


def test_what_is_ignored_does_not_count(noisy: str) -> None:
    ran = mcpwatch("check", noisy, "--ignore", "progress-*", "--ignore", "stdout-noise")
    assert ran.code == ExitCode.OK
    assert "1 warning" in ran.out and "(8 ignored)" in ran.out and "none is as bad as error" in ran.out


def test_the_least_that_counts_can_be_chosen(noisy: str) -> None:
    ignored = ("--ignore", "progress-*", "--ignore", "stdout-noise")
    assert mcpwatch("check", noisy, *ignored, "--fail-on", "warning").code == ExitCode.FINDING


@pytest.mark.parametrize("argv", [("--ignore", "progress-increasing"), ("--explain", "progress-increasing")])
def test_a_rule_that_there_is_not_is_a_usage_error_that_names_one(clean: str, argv: tuple[str, ...]) -> None:
    ran = mcpwatch("check", clean, *argv)
    assert ran.code == ExitCode.USAGE
    assert "Did you mean progress-not-increasing?" in ran.err


def test_a_recording_without_its_end_is_said_and_fails_in_ci_unless_it_is_allowed(tmp_path: Path) -> None:
    file = recorded(Told().legacy().calls().done(), tmp_path / "t.mcpw.jsonl", complete=False)
    here, ci = mcpwatch("check", file), mcpwatch("check", file, env={"CI": "true"})
    assert (here.code, ci.code) == (ExitCode.OK, ExitCode.RECORDING)
    assert "incomplete" in here.err and "--allow-incomplete" in ci.err
    assert mcpwatch("check", file, "--allow-incomplete", env={"CI": "true"}).code == ExitCode.OK
    assert mcpwatch("check", file, env={"CI": "false"}).code == ExitCode.OK


@pytest.mark.parametrize("name", ["v2-newer.mcpw.jsonl", "v9-nowhere.mcpw.jsonl"])
def test_what_cannot_be_read_is_exit_6(name: str) -> None:
    assert mcpwatch("check", str(GOLDEN / name)).code == ExitCode.RECORDING


def test_lines_that_were_taken_out_are_said(tmp_path: Path, clean: str) -> None:
    kept = [line for line in Path(clean).read_text().splitlines(keepends=True) if '"seq":5,' not in line]
    (tmp_path / "less.mcpw.jsonl").write_text("".join(kept))
    assert "gaps" in mcpwatch("check", str(tmp_path / "less.mcpw.jsonl")).err


def test_the_document_has_everything_about_each_finding(noisy: str) -> None:
    ran = mcpwatch("check", noisy, "--json")
    assert ran.code == ExitCode.FINDING
    document = ran.json
    assert document["ok"] is False and document["complete"] is True
    assert document["counts"] == {"error": 8, "warning": 1, "info": 0}
    noise, progress, _ = document["rules"]
    assert (noise["id"], noise["count"], noise["more"]) == ("stdout-noise", 1, 0)
    assert noise["findings"][0]["seq"] == 5 and noise["findings"][0]["revision"] == "2025-11-25"
    assert progress["specification"][1]["url"].endswith("/2026-07-28/basic/patterns/progress#progress-flow")


def test_junit_has_a_case_for_each_rule_that_was_broken(noisy: str, clean: str, tmp_path: Path) -> None:
    report = tmp_path / "reports" / "r.xml"
    assert mcpwatch("check", noisy, "--junit", str(report)).code == ExitCode.FINDING
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert [len(case.findall("failure")) for case in cases] == [1, 1, 0]
    mcpwatch("check", clean, "--junit", str(report))
    (case,) = ElementTree.parse(report).iter("testcase")
    assert not list(case)


def test_github_gets_an_annotation_for_each_rule_that_counts(noisy: str) -> None:
    ran = mcpwatch("check", noisy, env={"GITHUB_ACTIONS": "true"})
    found = [line for line in ran.out.splitlines() if line.startswith("::error ")]
    assert len(found) == 2
    assert "stdout-noise" in found[0] and "\x1b" not in ran.out
    assert "::error" not in mcpwatch("check", noisy, "--no-github", env={"GITHUB_ACTIONS": "true"}).out


def test_a_rule_is_explained() -> None:
    ran = mcpwatch("check", "--explain", "stdout-noise")
    assert ran.code == ExitCode.OK
    assert RULES["stdout-noise"].why in ran.out and RULES["stdout-noise"].do in ran.out
    assert "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio" in ran.out


def test_all_rules_are_listed_for_people_and_for_programs() -> None:
    assert [line.split()[1] for line in mcpwatch("check", "--list").out.splitlines()] == list(RULES)
    assert [rule["id"] for rule in mcpwatch("check", "--list", "--json").json] == list(RULES)


def test_the_last_session_is_checked_where_no_file_is_named() -> None:
    assert mcpwatch("run", *QUICK).code == ExitCode.OK
    ran = mcpwatch("check")
    assert ran.code == ExitCode.OK, ran.out
    assert "nothing found" in ran.out


def test_a_recording_can_come_through_a_pipe(noisy: str) -> None:
    ran = mcpwatch("check", "-", stdin=Path(noisy).read_bytes())
    assert ran.code == ExitCode.FINDING
    assert ran.out.splitlines()[-1].startswith("stdin: 8 errors")


def test_a_watched_session_says_at_its_end_what_was_wrong() -> None:
    ran = mcpwatch("run", "--call", "work", "--check", "--no-record", *bad("junk_lines"))
    assert ran.code == ExitCode.FINDING
    assert "stdout-noise" in ran.out and "errors in" in ran.out
    fine = mcpwatch("run", "--list", "--check", "--no-record", *QUICK)
    assert fine.code == ExitCode.OK
    assert "nothing found in" in fine.out


def test_with_json_the_findings_of_a_session_go_to_stderr() -> None:
    ran = mcpwatch("run", "--call", "noisy", "--check", "--json", "--no-record", *DEMO)
    assert ran.code == ExitCode.FINDING
    assert json.loads(ran.out)["connected"] is True
    assert "stdout-noise" in ran.err


def test_what_a_script_expects_of_a_session_is_checked_too(clean: str, tmp_path: Path) -> None:
    file = tmp_path / "ci.mcpw.yaml"
    file.write_text("mcpwatch: 1\nsteps: []\nexpect: { logs: { count: 1 } }\n")
    report = tmp_path / "r.xml"
    ran = mcpwatch("check", clean, "--expect", str(file), "--junit", str(report))
    assert ran.code == ExitCode.FINDING
    assert f"expect  {file}:3:" in ran.out and "expected 1, got 0" in ran.out
    assert ran.out.splitlines()[-1].endswith("1 expectation not met in 7 events")
    (case,) = ElementTree.parse(report).iter("testcase")
    assert case.find("failure") is not None
    assert mcpwatch("check", clean, "--expect", str(file), "--json").json["unmet"][0]["message"].startswith("logs")
    file.write_text("mcpwatch: 1\nexpect: { logs: { count: 0 } }\n")
    assert mcpwatch("check", clean, "--expect", str(file)).code == ExitCode.OK


def test_a_script_says_which_findings_count(noisy: str, tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text("mcpwatch: 1\nexpect: { findings: { fail_on: warning, ignore: [progress-*, stdout-noise] } }\n")
    assert mcpwatch("check", noisy, "--expect", str(file)).code == ExitCode.FINDING
    assert mcpwatch("check", noisy, "--expect", str(file), "--fail-on", "error").code == ExitCode.OK
