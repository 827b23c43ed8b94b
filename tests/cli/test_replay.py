"""`mcpwatch replay`: the same server is the same, a changed one shows what changed and only that."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mcpwatch import Recording
from mcpwatch.events import Frame
from tests.cli.running import DEMO, QUICK, SERVERS, Ran, mcpwatch, running

CHANGING = ("--", sys.executable, str(SERVERS / "good" / "changing.py"))
SCRIPT = f"""
mcpwatch: 1
target: {{ command: {json.dumps(CHANGING[1:])} }}
era: legacy
answers:
  - elicitation: {{}}
    accept: {{ name: Ada }}
steps:
  - list: tools
  - call: create
    args: {{ title: first }}
    save: made
  - call: get
    args: {{ id: "${{made.data.id}}" }}
    expect: {{ text: first }}
  - call: work
  - call: tell
  - call: ask
  - call: wait
    cancel: {{ at_progress: 1 }}
"""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with the server that changes, before it does."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "t.mcpw.yaml").write_text(SCRIPT)
    ran = mcpwatch("test", "t.mcpw.yaml", "--record-dir", ".", cwd=folder)
    assert ran.code == 0, ran.out
    return folder / "t.mcpw.jsonl"


@pytest.fixture
def file(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(recorded, tmp_path / "t.mcpw.jsonl"))


def replay(file: Path, *argv: str, change: str = "") -> Ran:
    return mcpwatch("replay", file.name, "--as-recorded", *argv, env={"CHANGE": change, "CI": "1"}, cwd=file.parent)


def test_the_same_server_shows_no_difference(file: Path) -> None:
    ran = replay(file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "same: 8 exchanges and the interface\n"


CHANGES = [
    ("drop", "tools/call create", "  result.structuredContent.size is gone: 1"),
    ("swap", "tools/call tell", '  log 2 ("two") moved: it was the 2nd, now it is the 1st'),
    (
        "ask",
        "tools/call ask",
        '  elicitation question 1: params.message: "What is your name?" → "What is he called?"',
    ),
    ("quiet", "tools/call work", '  progress 1 is gone: {"progress": 1, "total": 3}'),
]


@pytest.mark.parametrize(("change", "title", "said"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_changed_server_shows_what_changed_and_only_that(file: Path, change: str, title: str, said: str) -> None:
    ran = replay(file, change=change)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith(title)
    assert lines[1] == said
    assert lines[-1] == "different: 1 of 8 exchanges differs"


def test_a_renamed_tool_is_a_breaking_change_of_the_interface(file: Path) -> None:
    ran = replay(file, change="rename")
    assert ran.code == 1
    assert "  breaking  tool work is gone, renamed to labour as it seems" in ran.out


def test_a_slower_server_is_the_same_unless_latency_is_asked_for(file: Path) -> None:
    assert replay(file, change="slow").code == 0
    assert "slower" in replay(file, "--latency", "2", change="slow").out


def test_a_server_that_dies_is_exit_3_with_the_difference(file: Path) -> None:
    ran = replay(file, change="die")
    assert ran.code == 3
    assert "error: The server exited with code 7." in ran.err
    assert "3 messages were not sent" in ran.err
    assert 'end of the server: "ended by the client" → "exit 7"' in ran.out


def test_a_call_that_hangs_is_exit_5(file: Path) -> None:
    ran = replay(file, "--timeout", "300ms", change="hang")
    assert ran.code == 5
    assert "got no answer within 0.3 s" in ran.err


def test_frames_say_that_they_are_a_replays(file: Path) -> None:
    assert replay(file, "-o", "new.mcpw.jsonl").code == 0
    with Recording.open(file.parent / "new.mcpw.jsonl") as recording:
        frames = [event for event in recording.events() if isinstance(event, Frame) and event.dir == "c2s"]
        by = {(frame.method, frame.by) for frame in frames if frame.type == "request"}
    assert ("tools/call", "replay") in by
    assert ("initialize", "mcpwatch") in by


def test_nothing_is_updated_unless_it_is_asked_for(file: Path) -> None:
    before = file.read_bytes()
    assert replay(file, change="drop").code == 1
    assert file.read_bytes() == before
    ran = replay(file, "--update", change="drop")
    assert (ran.code, ran.err) == (0, "updated: t.mcpw.jsonl\n")
    assert "size is gone" in ran.out
    assert replay(file, change="drop").code == 0
    assert replay(file).code == 1


def test_a_replay_that_went_wrong_updates_nothing(file: Path) -> None:
    before = file.read_bytes()
    ran = replay(file, "--update", change="die")
    assert ran.code == 3
    assert "left as it was" in ran.err
    assert file.read_bytes() == before


def test_a_failure_is_no_new_baseline(file: Path) -> None:
    before = file.read_bytes()
    ran = replay(file, "--update", change="rename")
    assert ran.code == 1
    assert "left as it was: tools/call work (#" in ran.err
    assert file.read_bytes() == before
    assert replay(file, "--update", "--allow-errors", change="rename").code == 0


def test_a_recording_with_a_failed_call_is_no_baseline_either(tmp_path: Path) -> None:
    file = tmp_path / "f.mcpw.jsonl"
    mcpwatch("run", "-o", str(file), "--allow-errors", "--call", "fail", *CHANGING)
    ran = replay(file)
    assert ran.code == 2
    assert "is no baseline: tools/call fail (#" in ran.err
    assert replay(file, "--allow-errors").code == 0
    assert replay(file, "--allow-errors", change="repaired").code == 1


def test_an_incomplete_recording_is_exit_6_unless_allowed(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-2]))
    ran = replay(file)
    assert ran.code == 6
    assert "incomplete" in ran.err
    assert replay(file, "--allow-incomplete").code in (0, 1)


def test_the_target_may_be_another_one(file: Path) -> None:
    ran = mcpwatch("replay", "t.mcpw.jsonl", "--json", *QUICK, cwd=file.parent)
    assert ran.code == 1
    assert ran.json["breaking"] > 0


def test_the_document_the_markdown_the_junit_and_the_annotations(file: Path) -> None:
    ran = replay(file, "--json", "--junit", "out/report.xml", "--github", change="drop")
    assert ran.json["same"] is False
    assert ran.json["exit"] == 1
    assert ran.json["updated"] is False
    cases = ElementTree.parse(file.parent / "out" / "report.xml").iter("testcase")
    assert sum(case.find("failure") is not None for case in cases) == 1
    assert "::error file=t.mcpw.jsonl" in ran.err
    assert replay(file, "--markdown", change="drop").out.startswith("**different: 1 of 8 exchanges differs**")


def test_what_is_ignored_is_no_difference(file: Path) -> None:
    assert replay(file, "--ignore", "result.structuredContent.size", change="drop").code == 0


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_demo_is_the_same_in_both_eras(era: str, tmp_path: Path) -> None:
    calls = ("log_levels", "ask_model", "ask_person", "look_around", "chat", "grow", "touch", "noisy")
    steps = [part for call in calls for part in ("--call", call)]
    more = ("--subscribe", "demo://counter", "--read", "demo://counter")
    answers = ("--sampling", "Light scatters.", "--elicit", "name=Ada", "--root", ".")
    file = tmp_path / "t.mcpw.jsonl"
    mcpwatch("run", "-o", str(file), "--era", era, *more, *steps, *answers, *DEMO)
    ran = replay(file, "--strict-timing")
    assert (ran.code, ran.err) == (0, ""), ran.out


def test_a_proxys_recording_is_replayed_as_well(file: Path) -> None:
    text = file.read_text().replace('"mode":"client"', '"mode":"proxy"')
    for by in ("user", "mcpwatch", "answer"):
        text = text.replace(f'"by":"{by}",', "")
    file.write_text(text)
    ran = replay(file)
    assert (ran.code, ran.err) == (0, ""), ran.out


def test_a_redacted_value_is_sent_as_it_stands_and_named(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    mcpwatch("run", "-o", str(file), "--redact-key", "title", "--call", "create title=secret", *CHANGING)
    ran = replay(file)
    assert ran.code == 0, ran.out
    assert "warning: tools/call (#" in ran.err
    assert "arguments.title is [redacted] in the recording" in ran.err


def test_a_redacted_command_has_to_be_named(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    mcpwatch("run", "-o", str(file), "--call", "tell", *CHANGING, "--api-key", "s3cr3t-value-1")
    ran = replay(file)
    assert ran.code == 2
    assert "a credential is redacted" in ran.err
    assert mcpwatch("replay", str(file), *CHANGING, "--api-key", "s3cr3t-value-1").code == 0


def test_a_question_that_the_recording_does_not_have_is_exit_4_or_an_options(file: Path) -> None:
    other = file.with_name("other.mcpw.jsonl")
    mcpwatch("run", "-o", str(other), "--call", "tell", "--call", "work", *CHANGING)
    text = other.read_text().replace('"name":"work"', '"name":"ask"')
    other.write_text(text)
    ran = replay(other)
    assert ran.code == 4
    assert "elicitation/create has no answer in the recording" in ran.err
    assert replay(other, "--elicit", "name=Ada").code == 1


@pytest.mark.parametrize(
    ("named", "would"),
    [
        ({"command": "touch", "args": ["started", "a b"]}, "start: touch started 'a b'"),
        ({"command": "sh", "args": ["-c", "touch started"]}, "start: sh -c 'touch started'"),
        ({"url": "http://127.0.0.1:9/mcp"}, "go to http://127.0.0.1:9/mcp"),
    ],
)
def test_what_a_recording_names_is_only_started_where_that_is_asked_for(
    file: Path, named: dict[str, Any], would: str
) -> None:
    head, opened, *rest = file.read_text().splitlines(keepends=True)
    file.write_text("".join((head, json.dumps({**json.loads(opened), "target": named}) + "\n", *rest)))
    ran = mcpwatch("replay", file.name, "--no-record", cwd=file.parent)
    assert ran.code == 2
    assert would in ran.err
    assert "--as-recorded" in ran.err
    assert not (file.parent / "started").exists()
    if "command" in named:
        mcpwatch("replay", file.name, "--as-recorded", "--no-record", cwd=file.parent)
        assert (file.parent / "started").exists()


def test_a_bad_command_line_is_told_before_anything_starts(file: Path) -> None:
    assert "No recording is named" in mcpwatch("replay").err
    for words in (("--json", "--markdown"), ("server.py",), ("--cwd", "/"), ("--header", "A: b"), ("--link", "nobody")):
        ran = replay(file, *words)
        assert ran.code == 2, words


def test_a_server_that_died_in_the_recording_may_die_again(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    mcpwatch("run", "-o", str(file), "--call", "work", *CHANGING, env={"CHANGE": "die"})
    assert replay(file, "--allow-errors", change="die").code == 0
    assert replay(file, "--allow-errors").code == 1


def test_several_links_are_replayed_as_they_were_or_one_of_them(tmp_path: Path) -> None:
    servers = {name: {"command": list(CHANGING[1:])} for name in ("a", "b")}
    together = [{"call": "a:work"}, {"call": "b:tell"}]
    steps = [{"call": "a:create", "args": {"title": "x"}}, {"together": together}, {"call": "b:tell"}]
    (tmp_path / "t.mcpw.json").write_text(json.dumps({"mcpwatch": 1, "targets": servers, "steps": steps}))
    assert mcpwatch("test", "t.mcpw.json", "--record-dir", ".", cwd=tmp_path).code == 0
    file = tmp_path / "t.mcpw.jsonl"
    assert "on 2 links" in replay(file).out
    assert replay(file, "--link", "a").out.startswith("same: ")
    ran = mcpwatch("replay", str(file), *CHANGING)
    assert ran.code == 2
    assert "several links: a, b" in ran.err


def test_another_era_is_told_as_that(file: Path) -> None:
    ran = mcpwatch("replay", str(file), "--era", "auto", *DEMO)
    assert ran.code == 3
    assert "speaks 2026-07-28 now, and an older protocol in the recording" in ran.err


def test_a_packed_baseline_stays_packed(file: Path) -> None:
    packed = file.with_name("t.mcpw.jsonl.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert replay(packed, "--update", change="drop").code == 0
    assert packed.read_bytes().startswith(b"\x1f\x8b")
    assert replay(packed, change="drop").code == 0


def test_an_interrupted_replay_ends_in_order(file: Path) -> None:
    with running("replay", str(file), "--as-recorded", env={"CHANGE": "hang"}) as process:
        process.until(lambda: any(kept.stat().st_size > 2000 for kept in _kept()))
        process.signal(signal.SIGINT)
        assert process.end().code == 130


def _kept() -> list[Path]:
    """The sessions that are kept so far."""
    return list(Path(os.environ["MCPWATCH_SESSIONS"]).glob("*.mcpw.jsonl"))
