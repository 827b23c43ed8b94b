"""What a test that fails shows of its session."""

from __future__ import annotations

import json

import pytest

from mcpwatch import Frame, Recording
from tests.testing.conftest import Project

FAILS = """
@pytest.mark.anyio
@pytest.mark.mcpwatch(target=QUICK)
async def test_say(mcpwatch_session):
    for word in ("first", "second", "third", "fourth"):
        await mcpwatch_session.call("say", text=word)
    assert (await mcpwatch_session.call("count", n=1)).text == "something else"
"""


def test_the_last_exchanges_and_the_recording_are_printed(project: Project) -> None:
    project.write(FAILS)
    said = project.run(failed=1)
    assert "mcpwatch session" in said
    for line in ("→ tools/call    count", "← progress      count", "[quick] counted 1", "text=fourth", "recording: "):
        assert line in said
    assert "text=first" not in said


def test_a_test_that_passes_prints_nothing(project: Project) -> None:
    project.write(FAILS.replace("something else", "counted"))
    assert "mcpwatch" not in project.run("-rA", passed=1).replace("test_say", "")


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_the_recordings_of_failures_are_copied_to_the_artifacts(project: Project, workers: tuple[str, ...]) -> None:
    project.write(FAILS + FAILS.replace("test_say", "test_passes").replace("something else", "counted"))
    if workers:
        project.with_workers()
    said = project.run("--mcpwatch-artifacts=kept/here", *workers, failed=1, passed=1)
    (copy,) = (project.path / "kept" / "here").iterdir()
    assert f"recording: {copy}" in said and copy.name == "test_it.py.test_say.mcpw.jsonl"
    with Recording.open(copy) as recording:
        assert recording.complete
        frames = [event for event in recording.events() if isinstance(event, Frame)]
        assert [frame.method for frame in frames].count("tools/call") == 10


def test_a_blocking_session_is_told_and_copied_as_a_whole_too(project: Project) -> None:
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK)
def test_say(mcpwatch_blocking):
    assert mcpwatch_blocking.call("say", text="hi").text == "ho"
"""
    )
    assert "text=hi" in project.run("--mcpwatch-artifacts=kept", failed=1)
    (copy,) = (project.path / "kept").iterdir()
    with Recording.open(copy) as recording:
        assert recording.complete


def test_the_recording_is_named_in_junit(project: Project) -> None:
    project.write(FAILS)
    project.run("--junit-xml=report.xml", "--mcpwatch-artifacts=kept", failed=1)
    assert 'name="mcpwatch_recording"' in (project.path / "report.xml").read_text()


def test_what_a_server_sends_reaches_the_report_clean(project: Project) -> None:
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK)
def test_say(mcpwatch_blocking):
    mcpwatch_blocking.call("say", text="\\x1b[2J\\u202ehidden")
    raise AssertionError
"""
    )
    said = project.run(failed=1)
    section = said.partition("mcpwatch session")[2]
    assert "hidden" in section and "\\x1b[2J" not in section.replace("\\\\x1b", "") and "\\u202e" not in section


def test_a_server_that_cannot_be_started_is_said_in_a_sentence(project: Project) -> None:
    project.write('@pytest.mark.mcpwatch(target=["no-such-server"])\ndef test_it(mcpwatch_blocking): pass')
    said = project.run(errors=1)
    assert "cannot start no-such-server" in said and "During handling" not in said


def test_secrets_stay_out_of_the_report(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "k-0123456789abcdef")
    project.write(
        """
@pytest.mark.mcpwatch(target=QUICK)
def test_env(mcpwatch_blocking):
    mcpwatch_blocking.call("env", name="SOME_API_KEY")
    raise AssertionError
"""
    )
    section = project.run("--mcpwatch-artifacts=kept", failed=1).partition("mcpwatch session")[2]
    assert "name=SOME_API_KEY" in section and "k-0123456789abcdef" not in section
    (copy,) = (project.path / "kept").iterdir()
    assert "k-0123456789abcdef" not in json.dumps(copy.read_text())
