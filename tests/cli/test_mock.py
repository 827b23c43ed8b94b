"""`mcpwatch mock`: a session with a recording is the session that was recorded, and what is not is told."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from mcpwatch import demo
from tests.check.mock.live import text
from tests.check.recordings import keep
from tests.cli.running import DEMO, PROGRAM, Ran, bad, mcpwatch, running
from tests.model.story import Story

STEPS = [
    f"--{kind}" if kind == "list" else f"--{kind}={rest}"
    for entry in demo.TOUR
    for one in ([entry] if isinstance(entry, str) else entry)
    for kind, _, rest in [one.partition(" ")]
]
ANSWERS = ("--sampling", demo.SAMPLING, "--elicit", demo.ELICIT, "--root", "/", "--allow-errors")
CALL = {"jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": {"name": "work"}}


def told() -> Story:
    story = Story().legacy()
    story.call("work", more={"arguments": {}})
    story.result(text("done"))
    story.closed()
    return story


@pytest.fixture
def recorded(file: Path) -> Path:
    return keep(told(), file)


def piped(file: Path, *messages: object, options: tuple[str, ...] = ()) -> Ran:
    stdin = "".join(f"{json.dumps(message)}\n" for message in messages)
    return mcpwatch("mock", str(file), "--pace", "none", *options, stdin=stdin.encode())


def same(one: Path, other: Path) -> None:
    ran = mcpwatch("diff", str(one), str(other))
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_every_pattern_comes_out_as_it_went_in(era: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.mcpw.jsonl", tmp_path / "b.mcpw.jsonl"
    assert mcpwatch("run", "-q", "--era", era, *STEPS, *ANSWERS, "--record", str(first), *DEMO).code == 0
    mock = ("--", *PROGRAM, "mock", str(first), "--pace", "none", "--junk", "--match", "sequence")
    assert mcpwatch("run", "-q", *STEPS, *ANSWERS, "--record", str(second), *mock).code == 0
    same(first, second)


@pytest.mark.parametrize(
    "name", ["batches", "crlf", "duplicate_keys", "hostile", "junk_lines", "long_line", "takes_back", "unasked"]
)
def test_bad_servers_are_mocked_as_they_are(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.mcpw.jsonl", tmp_path / "b.mcpw.jsonl"
    steps = ("-q", "--era", "legacy", "--call", "work", "--sampling", "x", "--allow-errors")
    mcpwatch("run", *steps, "--record", str(first), *bad(name))
    mock = ("--", *PROGRAM, "mock", str(first), "--pace", "none", "--junk")
    mcpwatch("run", *steps, "--record", str(second), *mock)
    same(first, second)


def test_requests_can_be_piped_in(recorded: Path) -> None:
    ran = piped(recorded, CALL)
    assert json.loads(ran.out) == {"jsonrpc": "2.0", "id": "mine", "result": text("done")}
    assert (ran.code, ran.err) == (0, "")


def test_what_nobody_asked_for_is_said_to_who_wants_to_know(recorded: Path) -> None:
    assert (piped(recorded).code, piped(recorded).err) == (0, "")
    ran = piped(recorded, options=("-v",))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == 'mock: Of what was recorded, nobody asked for tools/call "work".\n'


def test_what_has_no_match_is_told_and_ends_in_exit_1(recorded: Path) -> None:
    ran = piped(recorded, {**CALL, "params": {"name": "wrok"}}, {**CALL, "params": {"name": "wrok"}})
    assert ran.code == 1
    said = 'The recording has no tools/call "wrok"; the nearest is tools/call "work" (event 5).'
    assert json.loads(ran.out.splitlines()[0])["error"]["message"] == said
    assert ran.err.count(f"mock: {said}\n") == 1


def test_quiet_leaves_it_to_the_exit_code(recorded: Path) -> None:
    ran = piped(recorded, {**CALL, "params": {"name": "wrok"}}, options=("-q",))
    assert (ran.code, ran.err) == (1, "")


def test_what_a_client_sends_cannot_move_the_cursor(recorded: Path) -> None:
    assert "\x1b" not in piped(recorded, {**CALL, "method": "tools/\x1b[2J"}).err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_its_ordinary_end(recorded: Path, number: signal.Signals) -> None:
    with running("mock", str(recorded), "--listen", "127.0.0.1:0") as run:
        run.wait_for("Listening on http://127.0.0.1:", "err")
        run.signal(number)
        ran = run.end()
    assert (ran.code, ran.out) == (0, "")


def test_it_is_a_server_at_a_url(recorded: Path, tmp_path: Path) -> None:
    with running("mock", str(recorded), "--listen", "0") as run:
        run.wait_for("/mcp\n", "err")
        (url,) = re.findall(r"http://\S+", run.read("err"))
        called = mcpwatch("call", url, "work", "--no-record")
        assert (called.out, called.code) == ("done\n", 0)
        assert mcpwatch("call", url, "wrok", "--no-record").code != 0
        run.signal(signal.SIGTERM)
        ran = run.end()
    assert ran.code == 1
    assert 'mock: The recording has no tools/call "wrok"' in ran.err


def test_other_machines_are_let_in_only_by_name(recorded: Path) -> None:
    ran = mcpwatch("mock", str(recorded), "--listen", "0.0.0.0:0")
    assert ran.code == 2
    assert "--allow-host NAME" in ran.err


def test_a_recording_without_an_end_is_refused(file: Path) -> None:
    keep(told(), file, complete=False)
    assert mcpwatch("mock", str(file)).code == 6
    assert piped(file, CALL, options=("--allow-incomplete",)).code == 0


def test_a_link_has_to_be_chosen(file: Path) -> None:
    keep(Story().legacy("a").legacy("b"), file)
    ran = mcpwatch("mock", str(file))
    assert (ran.code, "--link" in ran.err) == (2, True)
    assert mcpwatch("mock", str(file), "--link", "b").code == 0


def test_a_path_that_is_none_is_refused_before_anybody_waits(recorded: Path) -> None:
    assert mcpwatch("mock", str(recorded), "--ignore", "a..b").code == 2


def test_the_recording_of_a_mock_can_be_mocked(recorded: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mcpw.jsonl"
    mock = ("--", *PROGRAM, "mock", str(recorded))
    assert mcpwatch("call", "work", "--record", str(again), *mock).code == 0
    assert mcpwatch("call", "work", "--no-record", "--", *PROGRAM, "mock", str(again)).out == "done\n"
