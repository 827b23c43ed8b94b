"""Scripts against the servers that people have: played, and drafted from a recording and green at once."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.real.running import command

EVERYTHING = """\
roots: [ . ]
answers:
  - { sampling: capital, text: Paris, model: none }
  - { elicitation: { mode: form }, accept: { name: Ada } }
  - { elicitation: { mode: url }, action: accept }
steps:
  - list: tools
    expect: { includes: [echo, trigger-sampling-request], count: ">10" }
  - { call: echo, args: { message: hi }, expect: { text: { equals: "Echo: hi" } } }
  - call: trigger-sampling-request
    args: { prompt: capital of France, maxTokens: 20 }
    expect: { text: Paris, asked: [ { sampling: { text: capital, maxTokens: 20 }, answer: { model: none } } ] }
  - { call: trigger-elicitation-request, expect: { text: Ada, asked: [ { elicitation: { fields: [name] } } ] } }
  - { call: get-roots-list, expect: { text: "file://" } }
  - call: trigger-long-running-operation
    args: { duration: 0.4, steps: 4 }
    expect: { progress: { count: 4, complete: true } }
  - call: trigger-long-running-operation
    args: { duration: 60, steps: 600 }
    cancel: { at_progress: 2 }
  - { read: "demo://resource/dynamic/text/1", expect: { text: Resource 1 } }
  - { prompt: args-prompt, args: { city: Oslo }, expect: { text: Oslo } }
  - { complete: completable-prompt, argument: { department: E }, expect: { includes: [Engineering] } }
  - { subscribe: "demo://resource/dynamic/text/1" }
  - { request: ping }
  - { call: echo, expect: { ok: false } }
"""
FASTMCP = """\
answers: [ { sampling: capital, text: Paris } ]
steps:
  - { call: add, args: { a: 2, b: 3 }, save: sum, expect: { data: { result: 5 } } }
  - { call: add, args: { a: "${sum.data.result}", b: 1 }, expect: { data: { result: 6 } } }
  - call: count
    args: { n: 3 }
    expect: { progress: { count: 3, complete: true }, logs: { level: info, count: 3 } }
  - call: "%(ask)s"
    args: { question: capital of France }
    expect: { text: Paris, asked: [ { sampling: capital } ] }
  - { call: broken, expect: { ok: false } }
  - { read: "fastmcp://motd", expect: { text: Nothing } }
"""


def head(servers: Path, name: str, folder: Path, era: str) -> str:
    first, *args = command(servers, name, folder)
    return f"mcpwatch: 1\ntarget: {{ command: {first!r}, args: {args!r} }}\nera: {era}\n"


@pytest.mark.parametrize(
    ("name", "era", "text"),
    [
        ("everything", "legacy", EVERYTHING),
        ("fastmcp3", "legacy", FASTMCP % {"ask": "ask"}),
        ("fastmcp4", "legacy", FASTMCP % {"ask": "ask_push"}),
        ("fastmcp4", "modern", FASTMCP % {"ask": "ask_round"}),
    ],
    ids=["everything", "fastmcp3", "fastmcp4-legacy", "fastmcp4-modern"],
)
def test_a_script_is_played_against_it(name: str, era: str, text: str, servers_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.yaml").write_text(head(servers_folder, name, tmp_path, era) + text)
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize(
    ("name", "era", "steps"),
    [
        (
            "everything",
            "auto",
            "--list --call 'echo message=hi' --call 'get-sum a=2 b=3' --call get-env --call get-tiny-image"
            " --call 'get-structured-content location=Chicago' --call 'get-resource-links count=2'"
            " --call 'trigger-long-running-operation duration=0.4 steps=4'"
            " --call 'trigger-sampling-request prompt=hello maxTokens=20' --call trigger-elicitation-request"
            " --call toggle-simulated-logging --call get-roots-list --prompt 'args-prompt city=Oslo'"
            " --complete 'completable-prompt department=E' --read demo://resource/dynamic/text/1"
            " --call 'gzip-file-as-resource name=x.gz data=data:text/plain,hello outputType=resource'",
        ),
        ("fastmcp3", "auto", "--list --call 'add a=2 b=3' --call 'count n=3' --call 'ask question=why' --call form"),
        (
            "fastmcp4",
            "modern",
            "--call 'add a=2' --call 'ask_round question=why' --prompt 'review code=x' --call broken",
        ),
        ("fastmcp4", "legacy", "--call 'ask_push question=why' --read fastmcp://motd"),
        ("time", "auto", "--list --call 'get_current_time timezone=UTC'"),
        ("git", "auto", "--call 'git_status repo_path={folder}'"),
        ("filesystem", "auto", "--call list_allowed_directories --call 'get_file_info path={folder}'"),
    ],
    ids=["everything", "fastmcp3", "fastmcp4-modern", "fastmcp4-legacy", "time", "git", "filesystem"],
)
def test_a_draft_of_what_was_recorded_is_green_at_once(
    name: str, era: str, steps: str, servers_folder: Path, tmp_path: Path
) -> None:
    given = shlex.split(steps.format(folder=tmp_path))
    answers = ("--sampling", "Paris", "--elicit", "name=Ada", "--elicit-url", "--root", str(tmp_path))
    target = ("--", *command(servers_folder, name, tmp_path))
    recorded = mcpwatch("run", "-q", "--era", era, "-o", "t.mcpw.jsonl", *given, *answers, *target, cwd=tmp_path)
    assert recorded.code in (0, 1), recorded.err
    drafted = mcpwatch("init-script", "t.mcpw.jsonl", cwd=tmp_path)
    (tmp_path / "t.mcpw.yaml").write_text(drafted.out)
    ran = mcpwatch("test", "t.mcpw.yaml", cwd=tmp_path)
    assert ran.code == 0, drafted.out + ran.out
