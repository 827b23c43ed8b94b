"""The servers of a script: paths from its folder, variables from the environment, errors with their place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcpwatch.check.targets import aims, check_variables, options_for
from mcpwatch.errors import UsageError
from mcpwatch.session.options import ClientOptions
from tests.check.reading import script


def test_a_script_beside_it_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("")
    (aim,) = aims(script("steps: []", target="target: server.py", folder=tmp_path))
    assert aim.target.args == (str(tmp_path / "server.py"),)
    assert (aim.target.name, aim.target.cwd, aim.target.spoken) == ("server", str(tmp_path), "server.py")


def test_an_object_in_a_file_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("")
    (aim,) = aims(script("steps: []", target="target: 'server.py:app'", folder=tmp_path))
    assert aim.target.args[1:] == (str(tmp_path / "server.py"), "app")


@pytest.mark.parametrize("command", ['"python -m x"', "[ python, -m, x ]", "python\n  args: [ -m, x ]"])
def test_a_command_is_a_text_or_words_and_runs_in_the_scripts_folder(command: str, tmp_path: Path) -> None:
    (aim,) = aims(script("steps: []", target=f"target:\n  command: {command}", folder=tmp_path))
    assert (aim.target.command, aim.target.args, aim.target.cwd) == ("python", ("-m", "x"), str(tmp_path))


def test_links_have_the_names_that_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken")
    found = aims(
        script(
            "steps: []",
            target="""targets:
  alpha: demo
  beta: { url: "https://b.example/mcp", headers: { Authorization: "Bearer ${TOKEN}" }, era: legacy }""",
        )
    )
    assert [aim.target.name for aim in found] == ["alpha", "beta"]
    assert found[1].target.headers == {"Authorization": "Bearer t0ken"}
    assert [aim.era for aim in found] == [None, "legacy"]


def test_the_environment_of_a_process_takes_plain_values(tmp_path: Path) -> None:
    target = f"target: {{ command: ['{sys.executable}'], env: {{ A: 1, B: true, C: x }}, cwd: . }}"
    (aim,) = aims(script("steps: []", target=target, folder=tmp_path))
    assert aim.target.env == {"A": "1", "B": "true", "C": "x"}


@pytest.mark.parametrize(
    ("target", "at", "said"),
    [
        ("target: nope.py", "2:9", "There is no file nope.py"),
        ("target: { target: demo, url: x }", "2:9", "Only one"),
        ("target: ${NOPE_NOT_SET}", "2:9", "not set"),
        ("target: { url: nope }", "2:9", "nope"),
        ("target: { command: [x], cwd: nope }", "2:9", "There is no folder"),
        ("target: { command: [x], headers: { A: b } }", "2:9", "--header is for URLs"),
        ("targets: { a: demo, b: { target: nope.py } }", "2:24", "There is no file"),
        ("name: none", "1:1", "names no server"),
    ],
)
def test_a_target_that_is_none_is_told_with_its_place(target: str, at: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        aims(script("steps: []", target=target))
    assert str(caught.value).startswith(f"t.mcpw.yaml:{at}: ")
    assert said in str(caught.value)


def test_the_era_is_the_persons_the_targets_or_the_scripts() -> None:
    whole = script("era: legacy\ntimeout: 5s\nlog_level: error\nwithout: [roots]\nsteps: []")
    (aim,) = aims(whole)
    options = ClientOptions(without=frozenset({"logs"}))
    made = options_for(options, whole, None, aim)
    assert (made.era, made.within, made.log_level, made.without) == ("legacy", 5.0, "error", {"roots", "logs"})
    assert options_for(options, whole, "modern", aim).era == "modern"


def test_rules_of_a_step_may_quote_the_question_and_what_was_saved() -> None:
    steps = """
    steps:
      - { call: a, save: first }
      - call: b
        answers: [ { sampling: {}, text: "${question.text} ${first.text} ${SURELY_NOT_SET}" } ]
    """
    with pytest.raises(UsageError, match="SURELY_NOT_SET"):
        check_variables(script(steps))
    check_variables(script(steps.replace(" ${SURELY_NOT_SET}", "")))
