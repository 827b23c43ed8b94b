"""What `--mcpwatch-record` does with a recording that is there, is not, is damaged, or is no longer right."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch import Recording
from tests.testing.conftest import Project

SAYS = """
@pytest.mark.anyio
@pytest.mark.mcpwatch("told/it.mcpw.jsonl", target=QUICK)
async def test_say(mcpwatch_session):
    assert (await mcpwatch_session.call("say", text="WORD")).text == "WORD"
"""
SERVED = """
@pytest.mark.anyio
@pytest.mark.mcpwatch("told/it.mcpw.jsonl", target=["no-such-server"])
async def test_say(mcpwatch_session):
    assert (await mcpwatch_session.call("say", text="WORD")).text == "WORD"
"""


@pytest.fixture
def recorded(project: Project, recording: bytes) -> Path:
    """A recording of one call, and the test for it."""
    project.write(SAYS)
    path = project.path / "told" / "it.mcpw.jsonl"
    path.parent.mkdir()
    path.write_bytes(recording)
    return path


def _said(path: Path) -> set[str]:
    return {word for word in ("WORD", "other") if f'"text":"{word}"' in path.read_text()}


def test_once_records_and_then_needs_no_server(project: Project) -> None:
    project.write(SAYS)
    project.run(passed=1)
    recorded = project.path / "told" / "it.mcpw.jsonl"
    with Recording.open(recorded) as recording:
        assert recording.complete and recording.footer is not None and recording.footer["exit"] == 0
    before = recorded.read_bytes()
    project.write(SERVED)
    project.run(passed=1)
    project.run("--mcpwatch-record=none", passed=1)
    assert recorded.read_bytes() == before


def test_none_records_nothing(project: Project) -> None:
    project.write(SAYS)
    assert "--mcpwatch-record=none makes none" in project.run("--mcpwatch-record=none", errors=1)
    assert not (project.path / "told").exists()


def test_a_test_without_a_target_needs_its_recording(project: Project) -> None:
    project.write('@pytest.mark.mcpwatch("it.mcpw.jsonl")\ndef test_it(mcpwatch_blocking): pass')
    assert "the test names no target to record it with" in project.run(errors=1)


def test_all_records_anew_what_is_there(project: Project, recorded: Path) -> None:
    project.write(SAYS.replace("WORD", "other"))
    project.run("--mcpwatch-record=all", passed=1)
    assert _said(recorded) == {"other"}


@pytest.mark.parametrize(
    "damage, mode",
    [
        ("cut", "once"),
        ("incomplete", "once"),
        ("corrupt", "once"),
        ("empty", "once"),
        ("cut", "none"),
        ("incomplete", "new"),
    ],
)
def test_a_recording_that_cannot_be_trusted_is_an_error_and_stays(
    project: Project, recorded: Path, damage: str, mode: str
) -> None:
    data = recorded.read_bytes()
    lines = data.splitlines(keepends=True)
    damaged = {
        "cut": data[: len(data) // 2],
        "incomplete": b"".join(lines[:-1]),
        "corrupt": b"".join([*lines[:3], b"{broken\n", *lines[4:]]),
        "empty": b"",
    }[damage]
    recorded.write_bytes(damaged)
    assert "it.mcpw.jsonl" in project.run(f"--mcpwatch-record={mode}", errors=1)
    assert recorded.read_bytes() == damaged


def test_all_replaces_a_damaged_recording_but_nothing_that_is_none(project: Project, recorded: Path) -> None:
    recorded.write_bytes(recorded.read_bytes()[:-20])
    project.run("--mcpwatch-record=all", passed=1)
    with Recording.open(recorded) as recording:
        assert recording.complete
    recorded.write_text("print('a program')\n")
    project.run("--mcpwatch-record=all", errors=1)
    assert recorded.read_text() == "print('a program')\n"


def test_a_test_that_fails_makes_no_recording_and_replaces_none(project: Project, recorded: Path) -> None:
    before = recorded.read_bytes()
    project.write(SAYS.replace('== "WORD"', '== "never"'))
    said = project.run("--mcpwatch-record=all", failed=1)
    assert "only a test that passes makes a recording" in said
    assert recorded.read_bytes() == before
    recorded.unlink()
    project.run(failed=1)
    assert not recorded.exists()


def test_what_the_recording_does_not_hold_fails_the_test_even_if_it_looks_away(
    project: Project, recorded: Path
) -> None:
    project.write(
        SERVED.replace("WORD", "other")
        + """
@pytest.mark.anyio
@pytest.mark.mcpwatch("told/it.mcpw.jsonl")
async def test_looks_away(mcpwatch_session):
    from mcpwatch import ServerError
    with pytest.raises(ServerError):
        await mcpwatch_session.call("say", text="nobody said this")
"""
    )
    said = project.run(failed=2)
    assert "is not what the test does: The recording has no such tools/call" in said
    assert "Record it anew: pytest --mcpwatch-record=new" in said


def test_new_records_anew_only_what_the_recording_does_not_hold(project: Project, recorded: Path) -> None:
    before = recorded.read_bytes()
    project.write(SERVED)
    project.run("--mcpwatch-record=new", passed=1)
    assert recorded.read_bytes() == before
    project.write(SAYS.replace("WORD", "other"))
    project.run("--mcpwatch-record=new", passed=1)
    assert _said(recorded) == {"other"}


def test_new_runs_all_fixtures_of_the_test_again_and_reports_it_once(project: Project, recorded: Path) -> None:
    project.write(
        SAYS.replace("WORD", "other").replace("(mcpwatch_session)", "(mcpwatch_session, clean)")
        + """
@pytest.fixture
def clean(tmp_path):
    assert not list(tmp_path.iterdir())
    (tmp_path / "x").touch()
    with open("runs", "a") as file:
        file.write("run ")
"""
    )
    project.run("--mcpwatch-record=new", passed=1)
    assert (project.path / "runs").read_text() == "run run "


def test_another_answer_than_the_recorded_one_fails_the_test(project: Project) -> None:
    body = """
@pytest.mark.anyio
@pytest.mark.mcpwatch("it.mcpw.jsonl", target=QUICK, answers={"sampling": "Paris"})
async def test_sample(mcpwatch_session):
    await mcpwatch_session.call("sample")
"""
    project.write(body)
    project.run(passed=1)
    project.run(passed=1)
    project.write(body.replace("Paris", "Rome"))
    said = project.run(failed=1)
    assert "The answer to sampling/createMessage" in said and "Rome" in said


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_recording_may_be_compressed(project: Project, suffix: str) -> None:
    project.write(SAYS.replace(".jsonl", f".jsonl{suffix}"))
    project.run(passed=1)
    assert not (project.path / "told" / f"it.mcpw.jsonl{suffix}").read_bytes().startswith(b"{")
    project.run("--mcpwatch-record=none", passed=1)


def test_each_test_has_a_file_of_its_own_under_several_workers(project: Project) -> None:
    project.write(
        """
pytestmark = [pytest.mark.anyio, pytest.mark.mcpwatch("told/{test}.mcpw.jsonl", target=QUICK)]

@pytest.mark.parametrize("word", ["a", "b", "c/d", "c-d"])
async def test_say(mcpwatch_session, word):
    assert (await mcpwatch_session.call("say", text=word)).text == word

class TestMore:
    async def test_say(self, mcpwatch_session):
        await mcpwatch_session.call("count", n=1)
"""
    )
    project.with_workers()
    project.run("-n2", passed=5)
    names = sorted(path.name for path in (project.path / "told").iterdir())
    assert len(names) == 5 and {"test_say-a.mcpw.jsonl", "TestMore.test_say.mcpw.jsonl"} <= set(names)
    project.run("-n2", "--mcpwatch-record=none", passed=5)


def test_two_tests_share_a_recording_that_is_there_but_do_not_both_make_it(project: Project) -> None:
    second = SAYS.replace("test_say", "test_again")
    project.write(SAYS + second)
    said = project.run(errors=2)
    assert "would be recorded by this test and by test_it.py::test_again" in said
    project.run("-k", "test_again", passed=1)
    project.run(passed=2)


def test_a_session_in_the_modern_era_is_served_in_it(project: Project) -> None:
    project.write(
        """
@pytest.mark.anyio
@pytest.mark.mcpwatch("it.mcpw.jsonl", target="demo", era="modern", answers={"elicitation": {"name": "Ada"}})
async def test_ask(mcpwatch_session):
    assert "Ada" in (await mcpwatch_session.call("ask_person")).text
    assert len(mcpwatch_session.timeline.exchanges[-1].rounds) == 2
"""
    )
    project.run(passed=1)
    project.run("--mcpwatch-record=none", passed=1)
