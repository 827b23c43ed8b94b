"""`mcpwatch test` as a program: which scripts, which exit code, which reports."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcpwatch import Recording
from tests.cli.running import SERVERS, mcpwatch, running

HEAD = f"mcpwatch: 1\ntarget: {SERVERS / 'good' / 'quick.py'}\nera: legacy\n"
GREEN = HEAD + "steps: [ { call: data, expect: { data: { city: Oslo } } } ]\n"
RED = HEAD + "steps:\n  - { call: data, expect: { data: { city: Rome } } }\n  - call: count\n"
BOTH = "mcpwatch: 1\ntarget: demo\neras: [legacy, modern]\nsteps: [ { call: weather, args: { city: Oslo } } ]\n"


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "green.mcpw.yaml").write_text(GREEN)
    (tmp_path / "deep" / "red.mcpw.yaml").write_text(RED)
    (tmp_path / "other.yaml").write_text("not: a script")
    return tmp_path


def test_a_folder_is_searched_and_each_step_has_a_line(scripts: Path) -> None:
    ran = mcpwatch("test", ".", cwd=scripts)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == "deep/red.mcpw.yaml"
    assert lines[1].startswith("  FAIL  call data")
    assert lines[2:5] == [
        "        deep/red.mcpw.yaml:5:43",
        '        data.city: expected "Rome", got "Oslo"',
        "  skip  call count",
    ]
    assert lines[5] == "green.mcpw.yaml"
    assert lines[-2] == "failed: deep/red.mcpw.yaml"
    assert lines[-1].startswith("2 scripts: 1 ok, 1 failed, 1 skipped in ")
    assert ran.err == ""


def test_x_stops_after_the_first_that_fails_and_k_picks(scripts: Path) -> None:
    assert "green" not in mcpwatch("test", ".", "-x", cwd=scripts).out
    assert mcpwatch("test", ".", "-k", "GREEN", cwd=scripts).code == 0
    assert mcpwatch("test", ".", "-k", "not red", cwd=scripts).code == 0
    none = mcpwatch("test", ".", "-k", "blue", cwd=scripts)
    assert (none.code, "No script fits -k blue" in none.err) == (2, True)


def test_a_script_that_is_wrong_is_in_nobodys_way_where_k_picks_others(scripts: Path) -> None:
    (scripts / "wrong.mcpw.yaml").write_text("mcpwatch: 1\nsteps: 7\n")
    assert mcpwatch("test", ".", "-k", "green", cwd=scripts).code == 0
    assert mcpwatch("test", ".", "-k", "not red", "-k", "not wrong", cwd=scripts).code == 0
    for options in ((), ("-k", "wrong"), ("-k", "green", "-k", "wrong")):
        ran = mcpwatch("test", ".", *options, "--junit", "report.xml", cwd=scripts)
        assert (ran.code, ran.out) == (2, "")
        assert "error: wrong.mcpw.yaml:2:8: " in ran.err
        assert "wrong.mcpw.yaml:2:8: " in (scripts / "report.xml").read_text()
        (scripts / "report.xml").unlink()


def test_quiet_shows_what_failed_and_the_last_line(scripts: Path) -> None:
    assert mcpwatch("test", "green.mcpw.yaml", "-q", cwd=scripts).out.count("\n") == 1
    assert "FAIL" in mcpwatch("test", ".", "-q", cwd=scripts).out


def test_json_is_one_document_and_the_lines_go_to_stderr(scripts: Path) -> None:
    ran = mcpwatch("test", "green.mcpw.yaml", "--json", cwd=scripts)
    assert ran.json["ok"] is True
    assert ran.json["counts"] == {"ok": 1, "failed": 0, "skipped": 0}
    assert ran.json["scripts"][0]["script"] == "green.mcpw.yaml"
    assert "ok    call data" in ran.err


def test_junit_is_written_where_it_is_wanted(scripts: Path) -> None:
    assert mcpwatch("test", ".", "--junit", "out/report.xml", cwd=scripts).code == 1
    root = ElementTree.parse(scripts / "out" / "report.xml").getroot()
    assert [suite.attrib["name"] for suite in root] == ["deep/red.mcpw.yaml", "green.mcpw.yaml"]
    (scripts / "taken").mkdir()
    ran = mcpwatch("test", "green.mcpw.yaml", "--junit", "taken", cwd=scripts)
    assert (ran.code, "taken cannot be written" in ran.err) == (6, True)


@pytest.mark.parametrize(
    ("argv", "env", "there"),
    [
        (["--github"], {}, True),
        ([], {"GITHUB_ACTIONS": "true"}, True),
        (["--no-github"], {"GITHUB_ACTIONS": "true"}, False),
        ([], {}, False),
    ],
)
def test_annotations_are_on_by_themselves_in_actions(
    scripts: Path, argv: list[str], env: dict[str, str], there: bool
) -> None:
    ran = mcpwatch("test", "deep", *argv, cwd=scripts, env=env)
    assert ("::error file=deep/red.mcpw.yaml,line=5,col=43,title=call data::data.city" in ran.out) is there


def test_each_script_is_recorded_with_its_exit_code(scripts: Path) -> None:
    assert mcpwatch("test", ".", "--record-dir", "records", cwd=scripts).code == 1
    found = {file.name: Recording.open(file).footer for file in (scripts / "records").iterdir()}
    assert {name: footer and footer["exit"] for name, footer in found.items()} == {
        "green.mcpw.jsonl": 0,
        "red.mcpw.jsonl": 1,
    }
    again = mcpwatch("test", "green.mcpw.yaml", "--record-dir", "records", cwd=scripts)
    assert again.code == 6
    assert mcpwatch("test", "green.mcpw.yaml", "--record-dir", "records", "--force", cwd=scripts).code == 0


def test_a_script_is_played_in_each_of_its_eras(tmp_path: Path) -> None:
    (tmp_path / "both.mcpw.yaml").write_text(BOTH)
    ran = mcpwatch("test", "both.mcpw.yaml", "--record-dir", "r", cwd=tmp_path)
    assert ran.code == 0
    assert "both.mcpw.yaml [legacy]" in ran.out
    assert "both.mcpw.yaml [modern]" in ran.out
    assert {file.name for file in (tmp_path / "r").iterdir()} == {"both-legacy.mcpw.jsonl", "both-modern.mcpw.jsonl"}
    one = mcpwatch("test", "both.mcpw.yaml", "--era", "modern", "--json", cwd=tmp_path)
    assert [run["era"] for run in one.json["scripts"]] == ["modern"]


def test_an_option_answers_before_the_script_and_a_file_after_it(tmp_path: Path) -> None:
    rule = "answers: [ { sampling: {}, text: of the script } ]\n"
    (tmp_path / "t.mcpw.yaml").write_text(HEAD + rule + "steps: [ { call: sample, expect: { text: '${WANTED}' } } ]")
    assert mcpwatch("test", "t.mcpw.yaml", "-e", "WANTED=of the script", cwd=tmp_path).code == 0
    assert mcpwatch("test", "t.mcpw.yaml", "-e", "WANTED=Rome", "--sampling", "Rome", cwd=tmp_path).code == 0


def test_the_environment_reaches_the_server_too(tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.yaml").write_text(
        HEAD + "steps: [ { call: env, args: { name: SPICE }, expect: { text: '${SPICE}' } } ]"
    )
    assert mcpwatch("test", "t.mcpw.yaml", "-e", "SPICE=saffron", cwd=tmp_path).code == 0
    assert mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path).code == 2


def test_a_secret_is_in_no_report(tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.yaml").write_text(
        HEAD + "steps: [ { call: env, args: { name: API_KEY }, expect: { text: nothing } } ]"
    )
    ran = mcpwatch("test", "t.mcpw.yaml", "--junit", "r.xml", "--github", cwd=tmp_path, env={"API_KEY": "s3cr3tval"})
    assert ran.code == 1
    for text in (ran.out, ran.err, (tmp_path / "r.xml").read_text()):
        assert "s3cr3tval" not in text
    assert "[redacted]" in ran.out


def test_nothing_is_started_where_one_script_is_wrong(scripts: Path) -> None:
    (scripts / "a.mcpw.yaml").write_text("mcpwatch: 1\nsteps: [")
    (scripts / "b.mcpw.yaml").write_text("mcpwatch: 1\ntarget: demo\nsteps: [ { cal: x } ]")
    ran = mcpwatch("test", ".", cwd=scripts)
    assert (ran.code, ran.out) == (2, "")
    assert "a.mcpw.yaml:2:9: not YAML" in ran.err
    assert "b.mcpw.yaml:3:12: unknown key 'cal'" in ran.err
    assert "Did you mean 'call'?" in ran.err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("steps: [ { call: die } ]", 3, "exited with code 3"),
        ("timeout: 100ms\nsteps: [ { call: hang } ]", 5, "no answer within 0.1 s"),
        ("steps: [ { call: sample } ]", 4, "had no answer"),
        ("steps: [ { call: fail } ]", 1, "isError"),
        ("steps: [ { call: fail, expect: { ok: false } } ]", 0, ""),
        ("steps: []", 0, ""),
    ],
)
def test_the_exit_code_says_what_was_worst(tmp_path: Path, text: str, code: int, said: str) -> None:
    (tmp_path / "t.mcpw.yaml").write_text(HEAD + text)
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == code
    assert said in ran.out


def test_what_is_no_script_and_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    assert mcpwatch("test", "none.mcpw.yaml", cwd=tmp_path).code == 2
    assert mcpwatch("test", ".", cwd=tmp_path).code == 2
    assert mcpwatch("test", cwd=tmp_path).code == 2


def test_update_rewrites_the_file_and_the_next_run_is_green(scripts: Path) -> None:
    first = mcpwatch("test", "deep", "--update", cwd=scripts)
    assert first.code == 1
    assert "updated: 1 expectation in deep/red.mcpw.yaml" in first.err
    assert (scripts / "deep" / "red.mcpw.yaml").read_text() == RED.replace("Rome", "Oslo")
    assert mcpwatch("test", "deep", cwd=scripts).code == 0


def test_what_a_server_said_before_it_died_is_told(tmp_path: Path) -> None:
    (tmp_path / "srv.py").write_text(
        f"import subprocess, sys\ncode = subprocess.run([sys.executable, {str(SERVERS / 'good' / 'quick.py')!r}])\n"
        "sys.exit('The shelf fell down.')\n"
    )
    (tmp_path / "t.mcpw.yaml").write_text("mcpwatch: 1\ntarget: srv.py\nera: legacy\nsteps: [ { call: die } ]")
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert (ran.code, "srv said: The shelf fell down." in ran.out) == (3, True)


def test_update_writes_no_secret_into_a_script(tmp_path: Path) -> None:
    text = HEAD + "steps: [ { call: env, args: { name: API_KEY }, expect: { text: nothing } } ]"
    (tmp_path / "t.mcpw.yaml").write_text(text)
    ran = mcpwatch("test", "t.mcpw.yaml", "--update", cwd=tmp_path, env={"API_KEY": "s3cr3tval"})
    assert (tmp_path / "t.mcpw.yaml").read_text() == text
    assert "not updated: t.mcpw.yaml:4:64: text:" in ran.err
    assert "s3cr3tval" not in ran.out + ran.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = tmp_path / "t.mcpw.yaml"
    path.write_text(HEAD + "steps: [ { list: prompts }, { call: hang }, { call: data } ]")
    with running("test", str(path), "--record-dir", str(tmp_path / "r")) as run:
        run.wait_for("ok    list prompts")
        run.signal(number)
        ended = run.end()
    assert ended.code == code
    assert f"  FAIL  call hang\n        {path}:4:29\n        interrupted\n" in ended.out
    assert "1 script: 1 ok, 1 failed in " in ended.out
    footer = Recording.open(tmp_path / "r" / "t.mcpw.jsonl").footer
    assert footer is not None
    assert footer["exit"] == code


def test_a_script_can_be_watched_live(scripts: Path) -> None:
    ran = mcpwatch("run", "--script", "deep/red.mcpw.yaml", cwd=scripts)
    assert ran.code == 1
    assert "→ tools/call    data" in ran.out
    assert 'data.city: expected "Rome", got "Oslo"' in ran.err
    assert "skip  call count" in ran.err
    document = mcpwatch("run", "--script", "green.mcpw.yaml", "--json", cwd=scripts)
    assert json.loads(document.out)["ok"] is True


def test_a_script_without_a_server_runs_against_the_target_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.yaml").write_text("mcpwatch: 1\nsteps: [ { call: data } ]")
    server = str(SERVERS / "good" / "quick.py")
    assert mcpwatch("run", server, "--era", "legacy", "--script", "t.mcpw.yaml", "-q", cwd=tmp_path).code == 0
    assert mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path).code == 2
    assert mcpwatch("run", "--script", "t.mcpw.yaml", "--call", "x", cwd=tmp_path).code == 2


WRONG_RULES = """\
mcpwatch: 1
answers:
  - elicitation: Who travels
    accept: { nam: Ada }
  - sampling: never asked
    text: x
"""


@pytest.mark.parametrize(
    ("name", "hint"),
    [("server.py", "mcpwatch run server.py watches"), ("a.mcpw.jsonl", "mcpwatch init-script a.mcpw.jsonl drafts")],
)
def test_what_is_no_script_is_told_by_its_name(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / name).touch()
    ran = mcpwatch("test", name, cwd=tmp_path)
    assert ran.code == 2
    assert f"error: {name} is no script.\nhint: A script ends in .mcpw.yaml; {hint}" in ran.err


def test_a_wrong_rule_is_told_once_and_after_the_step_that_needed_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WRONG_RULES)
    (tmp_path / "t.mcpw.yaml").write_text(HEAD + "steps: [ { call: form }, { call: data } ]\n")
    ran = mcpwatch("test", "t.mcpw.yaml", "--answers", "a.yaml", "--json", cwd=tmp_path)
    assert ran.code == 2
    (script,) = ran.json["scripts"]
    assert [(step["name"], step["status"]) for step in script["steps"]] == [
        ("call form", "ok"),
        ("rule", "failed"),
        ("call data", "ok"),
    ]
    assert ran.err.count("the form has no field 'nam'") == 1


def test_a_rule_of_an_answers_file_that_no_script_needed_is_named_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WRONG_RULES.replace("nam:", "name:") + "  - sampling: Capital\n    text: Paris\n")
    (tmp_path / "1.mcpw.yaml").write_text(HEAD + "steps: [ { call: form } ]\n")
    (tmp_path / "2.mcpw.yaml").write_text(HEAD + "steps: [ { call: sample } ]\n")
    ran = mcpwatch("test", ".", "--answers", "a.yaml", cwd=tmp_path)
    assert ran.code == 0
    (warning,) = [line.strip() for line in ran.out.splitlines() if "warning" in line]
    assert warning == "warning: a.yaml:5: sampling 'never asked' never matched"
    (tmp_path / "3.mcpw.yaml").write_text(RED)
    assert "warning" not in mcpwatch("test", ".", "--answers", "a.yaml", cwd=tmp_path).out


def test_no_rule_is_called_unneeded_where_no_server_was_reached(tmp_path: Path) -> None:
    rules = "answers: [ { sampling: never asked, text: x } ]\nsteps: [ { call: data } ]\n"
    (tmp_path / "dies.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "t.mcpw.yaml").write_text("mcpwatch: 1\ntarget: dies.py\nera: legacy\n" + rules)
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == 3
    assert "never matched" not in ran.out
    (tmp_path / "t.mcpw.yaml").write_text(HEAD + rules)
    assert "never matched" in mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path).out
