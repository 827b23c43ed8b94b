"""Every deliberately bad server through the whole product: how a call ends, and that no byte is missing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from mcpwatch import CallResult, ConnectError, Frame, Note, Recording, ServerError, Session, Stderr, TimedOut, watch
from mcpwatch.errors import McpwatchError
from mcpwatch.events import Closed

pytestmark = pytest.mark.anyio
BAD = Path(__file__).parent / "servers" / "bad"


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return tmp_path / "truth"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


@asynccontextmanager
async def watched(name: str, *argv: str, truth: Path, file: Path, **options: Any) -> AsyncGenerator[Session]:
    """A session with one bad server; afterwards the recording is complete and holds the bytes that it wrote."""
    command = [sys.executable, str(BAD / f"{name}.py"), *argv]
    options = {"era": "legacy", "timeout": 30.0, **options}
    try:
        with anyio.fail_after(60):
            async with watch(
                command, record=file, env={"MCPWATCH_TEST_TRUTH": str(truth)}, redact=False, **options
            ) as session:
                yield session
    finally:
        with Recording.open(file) as recording:
            frames = [event for event in recording.events() if isinstance(event, Frame) and event.dir == "s2c"]
            assert recording.complete
        came = b"".join(frame.data + frame.eol.encode() for frame in frames)
        assert came == written(truth)


def written(truth: Path) -> bytes:
    """What the server wrote on its stdout, by its own account."""
    return truth.read_bytes() if truth.exists() else b""


def notes(file: Path, what: str) -> list[Note]:
    with Recording.open(file) as recording:
        return [event for event in recording.events() if isinstance(event, Note) and event.what == what]


def closed(file: Path) -> Closed:
    with Recording.open(file) as recording:
        (found,) = [event for event in recording.events() if isinstance(event, Closed)]
    return found


@pytest.mark.parametrize(
    ("name", "argv", "tools"),
    [
        ("junk_lines", (), ("work",)),
        ("batches", (), ("work", "logs", "empty")),
        ("crlf", (), ("work",)),
        ("duplicate_keys", (), ("work",)),
        ("invalid_utf8", (), ("log",)),
        ("lone_surrogates", (), ("text", "key")),
        ("odd_ids", (), ("null", "float", "string", "missing", "twice")),
        ("odd_numbers", (), ("nan", "infinity", "huge", "exact")),
        ("odd_requests", (), ("ask", "answered")),
        ("slow_start", ("300",), ("work",)),
        ("unasked", (), ("work",)),
        ("stubborn", (), ("work",)),
    ],
)
async def test_the_calls_end_the_way_the_server_meant(
    name: str, argv: tuple[str, ...], tools: tuple[str, ...], truth: Path, file: Path
) -> None:
    async with watched(name, *argv, truth=truth, file=file) as session:
        for tool in tools:
            result = await session.call(tool)
            assert isinstance(result, CallResult)
            assert result.raw
        assert await session.list("tools"), "the session goes on"


@pytest.mark.parametrize(
    ("name", "argv", "tool", "reason"),
    [
        ("invalid_utf8", (), "result", "UTF-8"),
        ("nesting", (), "work", "nested"),
    ],
)
async def test_an_answer_that_cannot_be_one_ends_the_call_with_the_reason_and_the_session_goes_on(
    name: str, argv: tuple[str, ...], tool: str, reason: str, truth: Path, file: Path
) -> None:
    async with watched(name, *argv, truth=truth, file=file, timeout=2.0) as session:
        with pytest.raises(ServerError, match=reason):
            await session.call(tool)
        assert await session.list("tools")


async def test_an_unterminated_answer_before_the_exit_counts(truth: Path, file: Path) -> None:
    async with watched("unterminated", truth=truth, file=file) as session:
        assert (await session.call("work")).raw
    assert closed(file).code == 0


async def test_a_line_of_64_mib_comes_through(truth: Path, file: Path) -> None:
    async with watched("long_line", truth=truth, file=file) as session:
        assert len((await session.call("work")).text) > 60 << 20


async def test_a_flood_in_one_call_is_recorded_to_the_last_message(truth: Path, file: Path) -> None:
    async with watched("flood", truth=truth, file=file) as session:
        assert (await session.call("work")).text == "100000 sent"
        exchange = session.timeline.exchanges[-1]
        assert exchange.progress_count + exchange.log_count == 100_000


async def test_200_mb_of_stderr_do_not_hold_up_the_call(truth: Path, file: Path) -> None:
    async with watched("loud_stderr", truth=truth, file=file) as session:
        assert (await session.call("work")).raw
    with Recording.open(file) as recording:
        assert sum(len(event.data) for event in recording.events() if isinstance(event, Stderr)) >= 200_000_000


@pytest.mark.parametrize(
    ("name", "code", "signal_", "said"),
    [("exit_3", 3, None, "exited with code 3"), ("segfault", None, "SIGSEGV", "ended by SIGSEGV")],
)
async def test_a_server_that_dies_in_a_call_is_reported_with_its_code_or_signal(
    name: str, code: int | None, signal_: str | None, said: str, truth: Path, file: Path
) -> None:
    with pytest.raises(ConnectError, match=said):
        async with watched(name, truth=truth, file=file) as session:
            await session.call("work")
    end = closed(file)
    assert (end.code, end.signal) == (code, signal_)


async def test_a_call_that_is_never_answered_times_out_by_name_and_the_session_goes_on(truth: Path, file: Path) -> None:
    async with watched("never_answers", truth=truth, file=file, timeout=0.5) as session:
        with pytest.raises(TimedOut, match=r"tools/call \(#\d+\) got no answer within 0\.5 s"):
            await session.call("work")
        assert await session.list("tools")


async def test_a_server_that_says_nothing_is_a_time_out_that_names_initialize(truth: Path, file: Path) -> None:
    with pytest.raises(TimedOut, match="initialize"):
        async with watched("silent", truth=truth, file=file, timeout=0.5):
            raise AssertionError("it never answers")


async def test_a_server_that_exits_at_once_is_reported_with_its_code(truth: Path, file: Path) -> None:
    with pytest.raises(ConnectError, match="exited with code"):
        async with watched("exits_at_once", truth=truth, file=file):
            raise AssertionError("there is no server")


async def test_stdout_closed_while_the_server_lives_ends_the_call_and_says_so(truth: Path, file: Path) -> None:
    with pytest.raises(ConnectError, match="closed its output"):
        async with watched("stdout_closed", truth=truth, file=file) as session:
            await session.call("work")
    assert notes(file, "stdout-closed")


@pytest.mark.parametrize("argv", [(), ("null",)])
async def test_a_refusal_of_the_probe_without_an_id_leads_to_the_handshake(
    argv: tuple[str, ...], truth: Path, file: Path
) -> None:
    async with watched("discover_no_id", *argv, truth=truth, file=file, era="auto") as session:
        assert session.client().negotiated.era == "legacy"
        assert (await session.call("work")).raw
    assert notes(file, "answer-without-id")


async def test_pretty_printed_json_is_junk_line_by_line_and_the_call_times_out(truth: Path, file: Path) -> None:
    async with watched("pretty", truth=truth, file=file, timeout=1.0) as session:
        with pytest.raises(McpwatchError):
            await session.call("work")
        assert await session.list("tools")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds descendants through /proc")
async def test_children_that_left_the_session_are_ended_with_the_server(truth: Path, file: Path) -> None:
    import json

    async with watched("daemons", truth=truth, file=file) as session:
        pids: list[int] = json.loads((await session.call("work")).text)
        assert all(is_alive(pid) for pid in pids)
    assert not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


async def test_a_stubborn_server_is_killed_and_the_signal_is_in_the_recording(truth: Path, file: Path) -> None:
    async with watched("stubborn", truth=truth, file=file) as session:
        await session.call("work")
    assert closed(file).signal == signal.SIGKILL.name
