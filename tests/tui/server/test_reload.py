"""Servers that are begun anew when their files change: which files those are, and that it happens."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic

import anyio
import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target, parse_target
from mcpwatch.tui.live import Live
from mcpwatch.tui.server.pane import ServerPane
from mcpwatch.tui.server.reload import Watched, changes, watched_for
from tests.tui.conftest import watching
from tests.tui.told import said

QUICK = Path(__file__).parents[2] / "servers" / "good" / "quick.py"


def test_a_script_is_watched_with_the_code_beside_it(tmp_path: Path) -> None:
    script = tmp_path / "srv.py"
    script.touch()
    assert watched_for(parse_target([str(script)]), []) == Watched((tmp_path,), code=True)
    assert watched_for(parse_target((), ["python", "-u", str(script)]), []) == Watched((tmp_path,), code=True)
    assert watched_for(parse_target([f"{script}:app"]), []) == Watched((tmp_path,), code=True)
    inside = replace(parse_target((), ["python", "srv.py"]), cwd=str(tmp_path))
    assert watched_for(inside, []) == Watched((tmp_path,), code=True)


def test_a_program_that_was_built_is_watched_itself(tmp_path: Path) -> None:
    program = tmp_path / "srv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert watched_for(parse_target([str(program)]), []) == Watched((program,))


def test_paths_that_are_named_are_watched_whole(tmp_path: Path) -> None:
    assert watched_for(parse_target(["demo"]), [tmp_path]) == Watched((tmp_path,))
    with pytest.raises(UsageError, match="no file or folder"):
        watched_for(parse_target(["demo"]), [tmp_path / "nothing"])


@pytest.mark.parametrize("target", [Target("web", "http://x/mcp", url="http://x/mcp"), parse_target(["demo"])])
def test_what_no_file_is_known_of_asks_for_paths(target: Target) -> None:
    with pytest.raises(UsageError) as caught:
        watched_for(target, [])
    assert "--reload-on" in caught.value.hint


async def first_change(watched: Watched, *writes: Path) -> set[Path]:
    """What is told first while these are written, again and again, since watching begins when it begins."""
    found: list[set[Path]] = []
    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                async for changed in changes(watched):
                    found.append(changed)
                    tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            number = 0
            while True:
                number += 1
                for path in writes:
                    path.write_text(str(number))
                await anyio.sleep(0.1)
    return found[0]


@pytest.mark.anyio
async def test_only_code_is_told_of_in_the_folder_of_a_script(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    other = [tmp_path / "data.json", tmp_path / "__pycache__" / "srv.py"]
    assert await first_change(Watched((tmp_path,), code=True), *other, tmp_path / "srv.py") == {tmp_path / "srv.py"}


@pytest.mark.anyio
async def test_a_named_file_is_told_of_and_not_the_one_beside_it(tmp_path: Path) -> None:
    named, beside = tmp_path / "settings.json", tmp_path / "other.json"
    named.touch()
    assert await first_change(Watched((named,)), beside, named) == {named}


@pytest.mark.anyio
async def test_a_server_is_begun_anew_when_its_script_changes(tmp_path: Path) -> None:
    script = tmp_path / "srv.py"
    script.write_text(QUICK.read_text())
    async with watching([sys.executable, str(script)], options=ClientOptions(era="legacy")) as screens:
        source = screens.source
        assert isinstance(source, Live) and source.session is not None
        source.reload["srv"] = watched_for(source.session.clients["srv"].target, [])
        screens.app.query_one(ServerPane).watch_files()
        session = source.session

        written = 0.0

        def restarted() -> bool:
            nonlocal written
            if "srv#2" in session.timeline.links:
                return True
            if monotonic() - written > 2:  # until it is watched, and heard; not while it is being dealt with
                written = monotonic()
                script.write_text(QUICK.read_text())
            return False

        await screens.until(restarted, "not restarted")
        await screens.until(lambda: "srv.py changed: srv is restarted" in said(screens))
        await screens.until(lambda: any(session.clients[link].closed is None for link in session.current))
