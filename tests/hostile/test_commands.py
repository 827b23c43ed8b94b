"""No command passes on what a server wrote to do more than be read: to pipes and to terminals, into reports and CI."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from mcpwatch import Frame, Recording
from mcpwatch.text import sanitize
from mcpwatch.view.catalogue import call_command
from tests.hostile.attack import asked, at_terminals, in_pipes, over_http
from tests.hostile.batch import Done
from tests.hostile.payloads import PAYLOADS
from tests.hostile.recorded import SEEN
from tests.hostile.speech import Mouth
from tests.hostile.surfaces import Place, live, offline, place

TURNS = range(0, len(PAYLOADS), 14)
"""Those in which everything is said here; `python -m tests.hostile` has all of them."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place(tmp_path_factory.mktemp("hostile"), TURNS)


@pytest.fixture(scope="module")
def read(here: Place, tmp_path_factory: pytest.TempPathFactory) -> list[Done]:
    verdict, done = in_pipes(here, offline(here), tmp_path_factory.mktemp("offline"))
    assert verdict.wrong == []
    return done


def _of(done: list[Done], *argv: str) -> Done:
    return next(one for one in done if one.command.argv == argv and not one.command.env)


def test_what_reads_files_writes_nothing_that_acts(read: list[Done]) -> None:
    assert SEEN in _of(read, "show", "a.mcpw.jsonl").out.decode()


def test_what_is_for_programs_is_as_it_was(here: Place, read: list[Done]) -> None:
    """Bytes with `--raw`, lines with `--events`, values in JSON and in scripts: nothing is cleaned that is data."""
    with Recording.open(here.recording) as recording:
        frames = [event for event in recording.events() if isinstance(event, Frame)]
    assert _of(read, "show", "a.mcpw.jsonl", "--raw").out == b"".join(one.data + one.eol.encode() for one in frames)
    assert _of(read, "show", "a.mcpw.jsonl", "--events").out == here.recording.read_bytes()
    states = {one["link"]: one for one in json.loads(_of(read, "show", "a.mcpw.jsonl", "--summary", "--json").out)}
    name = states["server"]["identity"]["name"]
    assert name.removesuffix("~server.name~") in PAYLOADS.values()
    assert "\x1b" in name


def test_what_starts_servers_writes_nothing_that_acts(here: Place, tmp_path: Path) -> None:
    verdict, done = in_pipes(here, live(here), tmp_path)
    assert verdict.wrong == []
    assert any(b"~log.text~" in one.out for one in done)


def test_no_terminal_gets_a_control_sequence_but_ours(here: Place, tmp_path: Path) -> None:
    commands = [*offline(here)[::3], *live(here)[::4]]
    verdict = at_terminals(here, commands, tmp_path, [80])
    assert verdict.wrong == []
    assert verdict.characters > 100_000


def test_a_person_who_is_asked_sees_questions_and_nothing_that_acts(here: Place) -> None:
    assert asked(here, 0).wrong == []


def test_neither_heads_nor_bodies_nor_metadata_of_http_act(here: Place, tmp_path: Path) -> None:
    verdict = over_http(here, [5], tmp_path)
    assert verdict.wrong == []
    assert verdict.runs > 15


def test_what_is_there_to_be_pasted_is_one_command_of_ours(here: Place) -> None:
    """A shell makes of each proposed line the words that were meant, and starts nothing else."""
    rows = [{**Mouth(at).tools()[0], "name": name} for at, text in enumerate(PAYLOADS.values()) for name in (text, "a")]
    lines = [line for row in rows if (line := call_command(row, command=["srv"]))]
    assert len(lines) > len(PAYLOADS)
    said = "".join(f"{sanitize(line)}\n" for line in lines)
    script = f"mcpwatch() {{ printf '%s\\0' \"$@\" --end--; }}\n{said}"
    done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=True, cwd=here.folder)
    assert done.stderr == b""
    words = [one.split("\0")[:-1] for one in done.stdout.decode().split("--end--\0")[:-1]]
    assert words == [shlex.split(line)[1:] for line in said.splitlines()]
    assert not Path("/tmp/owned").exists()
