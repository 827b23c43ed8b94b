"""The servers that people have: each is started, listed, called, and answers what it asks, over stdio."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch import Recording, ServerError, Session, watch
from tests.real.running import GOOD, command

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def watching(target: str | list[str], file: Path, **options: Any) -> AsyncGenerator[Session]:
    """A session with a real server, whose recording is complete afterwards."""
    with anyio.fail_after(60):
        async with watch(target, record=file, **options) as session:
            yield session
    with Recording.open(file) as recording:
        assert recording.complete


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "note.txt").write_text("remember the milk\n")
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    return made


CALLS: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("everything", "legacy", "echo", {"message": "hi"}, "Echo: hi"),
    ("filesystem", "legacy", "read_text_file", {"path": "{folder}/note.txt"}, "remember the milk"),
    ("time", "modern", "get_current_time", {"timezone": "UTC"}, '"timezone": "UTC"'),
    ("git", "modern", "git_status", {"repo_path": "{folder}"}, "Untracked files"),
    ("sqlite", "legacy", "list_tables", {}, "[]"),
    ("fastmcp3", "legacy", "add", {"a": 2, "b": 3}, "5"),
    ("fastmcp4", "modern", "add", {"a": 2, "b": 3}, "5"),
    ("sdk", "modern", "add", {"a": 2, "b": 3}, '"total": 5'),
    ("echo", "legacy", "echo", {"text": "hi"}, "hi"),
]


@pytest.mark.parametrize(("name", "era", "tool", "arguments", "said"), CALLS, ids=[row[0] for row in CALLS])
async def test_it_is_found_in_its_era_listed_and_called(
    name: str,
    era: str,
    tool: str,
    arguments: dict[str, Any],
    said: str,
    servers_folder: Path,
    folder: Path,
    file: Path,
) -> None:
    given = {key: value.format(folder=folder) if isinstance(value, str) else value for key, value in arguments.items()}
    async with watching(command(servers_folder, name, folder), file, answers={"roots": [str(folder)]}) as session:
        assert session.client().negotiated.era == era
        assert tool in [row["name"] for row in await session.list("tools")]
        assert said in (await session.call(tool, given)).text


@pytest.mark.parametrize("name", ["fastmcp4", "sdk"])
async def test_a_server_of_both_eras_is_held_to_the_one_that_is_asked_for(
    name: str, servers_folder: Path, folder: Path, file: Path
) -> None:
    async with watching(command(servers_folder, name, folder), file, era="legacy") as session:
        assert session.client().negotiated.version == "2025-11-25"
        assert (await session.call("add", a=2)).text


@pytest.mark.parametrize(
    ("name", "era"), [("fastmcp3", "auto"), ("fastmcp4", "auto"), ("sdk", "auto"), ("sdk", "legacy")]
)
async def test_logs_and_progress_belong_to_their_call(
    name: str, era: str, servers_folder: Path, folder: Path, file: Path
) -> None:
    async with watching(command(servers_folder, name, folder), file, era=era) as session:
        assert (await session.call("count", n=3)).text == "counted to 3"
        exchange = session.timeline.exchanges[-1]
        assert [progress.progress for progress in exchange.progress] == [1, 2, 3]
        assert exchange.log_count == 3


@pytest.mark.parametrize(
    ("name", "tool", "era"),
    [
        ("fastmcp3", "ask", "auto"),
        ("fastmcp4", "ask_push", "legacy"),
        ("fastmcp4", "ask_round", "modern"),
        ("sdk", "ask_push", "legacy"),
        ("sdk", "ask_round", "modern"),
    ],
)
async def test_sampling_is_answered_however_the_server_asks(
    name: str, tool: str, era: str, servers_folder: Path, folder: Path, file: Path
) -> None:
    answers = {"sampling": "Paris"}
    async with watching(command(servers_folder, name, folder), file, era=era, answers=answers) as session:
        assert (await session.call(tool, question="capital of France")).text == "Paris"
        (question,) = [one for one in session.timeline.questions if one.kind == "sampling"]
        assert question.rule == "answers['sampling']"


@pytest.mark.parametrize(
    ("name", "tool", "arguments"),
    [("fastmcp4", "ask_push", {"question": "x"}), ("fastmcp4", "ask_form", {}), ("sdk", "ask_push", {"question": "x"})],
)
async def test_a_push_on_a_modern_link_fails_with_the_hint_that_helps(
    name: str, tool: str, arguments: dict[str, str], servers_folder: Path, folder: Path, file: Path
) -> None:
    async with watching(command(servers_folder, name, folder), file, answers={"sampling": "x"}) as session:
        try:
            assert (await session.call(tool, arguments)).is_error
        except ServerError as error:
            assert "back-channel" in str(error)
        (hint,) = [hint for hint in session.timeline.hints if hint.id == "push-on-modern"]
        assert hint.command is not None
        assert hint.command.startswith("mcpwatch run --era legacy -- ")


async def test_a_form_and_the_roots_of_fastmcp_are_answered(servers_folder: Path, folder: Path, file: Path) -> None:
    answers = {"elicitation": {"name": "Ada", "seats": 3}, "roots": [str(folder)]}
    async with watching(command(servers_folder, "fastmcp3", folder), file, answers=answers) as session:
        assert "name='Ada', seats=3" in (await session.call("form")).text
        assert folder.as_uri() in (await session.call("roots")).text


async def test_a_lesser_client_is_refused_by_the_server_itself(servers_folder: Path, folder: Path, file: Path) -> None:
    without = ["sampling"]
    async with watching(command(servers_folder, "fastmcp3", folder), file, without=without) as session:
        assert (await session.call("ask", question="x")).is_error
        assert not session.timeline.questions
        assert "no-sampling" in [hint.id for hint in session.timeline.hints]


async def test_everything_asks_updates_and_changes(servers_folder: Path, folder: Path, file: Path) -> None:
    answers = {
        "sampling": "Paris",
        "elicitation": {"name": "Ada"},
        "roots": [str(folder)],
    }
    async with watching(command(servers_folder, "everything", folder), file, answers=answers) as session:
        assert "Paris" in (await session.call("trigger-sampling-request", prompt="hello")).text
        assert "Ada" in (await session.call("trigger-elicitation-request")).text
        assert folder.as_uri() in (await session.call("get-roots-list")).text
        await session.call("trigger-long-running-operation", duration=0.4, steps=4)
        assert session.timeline.exchanges[-1].progress_count == 4
        used = session.timeline.used()
        assert (used.sampling, used.elicitation_form, used.roots, used.list_changes) == (1, 1, 1, 5)


async def test_an_object_in_a_file_is_served(file: Path) -> None:
    for name in ("mcp", "app", "make"):
        async with watching(f"{GOOD / 'object_server.py'}:{name}", file, force=True, python=None) as session:
            assert await session.list("tools")
