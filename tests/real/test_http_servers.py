"""The same over HTTP: Streamable HTTP with streams and with JSON, and the transport of 2024-11-05."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from mcpwatch import ConnectError, Frame, Http, Recording, watch
from mcpwatch.session import presence, standing
from tests.ports import free_port
from tests.real.running import everything, loopback

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.mcpw.jsonl"


@pytest.mark.parametrize("kind", ["streamableHttp", "sse"])
async def test_everything_logs_asks_and_reports_over_http(
    kind: str, servers_folder: Path, tmp_path: Path, file: Path
) -> None:
    answers = {"sampling": "Paris", "elicitation": {"name": "Ada"}, "roots": [str(tmp_path)]}
    with everything(servers_folder, kind) as url, anyio.fail_after(60):
        async with watch(url, record=file, answers=answers) as session:
            assert "Paris" in (await session.call("trigger-sampling-request", prompt="hello")).text
            assert "Ada" in (await session.call("trigger-elicitation-request")).text
            await session.call("trigger-long-running-operation", duration=0.4, steps=4)
            (operation,) = [one for one in session.timeline.exchanges if one.name == "trigger-long-running-operation"]
            assert operation.progress_count == 4
            (server,) = session.timeline.links.values()
            assert server.transport == ("http" if kind == "streamableHttp" else "sse")
    with Recording.open(file) as recording:
        events = list(recording.events())
    assert any(isinstance(event, Http) and event.phase == "response" and event.status == 200 for event in events)
    calls = [event for event in events if isinstance(event, Frame) and event.method == "tools/call"]
    assert len([frame for frame in calls if frame.type == "response" and frame.xid is not None]) == 3


@pytest.mark.parametrize("kind", ["http", "json", "sse"])
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_sdks_server_in_both_eras(kind: str, era: str, file: Path) -> None:
    tool = "ask_push" if era == "legacy" else "ask_round"
    with loopback(kind) as url, anyio.fail_after(60):
        async with watch(url, record=file, era=era, answers={"sampling": "Paris"}) as session:
            assert session.client().negotiated.era == era
            assert (await session.call("add", a=2, b=3)).data == {"total": 5, "of": [2, 3]}
            if kind != "json":  # one JSON answer has no room for logs, nor for a push
                assert (await session.call(tool, question="capital")).text == "Paris"
                await session.call("count", n=3)
                assert session.timeline.exchanges[-1].log_count == 3


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks after a server at once and, where it is to come back, for as long as that takes."""
    monkeypatch.setattr(standing, "RECONNECT_AFTER", 0.0)
    monkeypatch.setattr(presence, "BETWEEN", 0.01)


@pytest.mark.parametrize("kind", ["http", "json", "sse"])
@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.usefixtures("patient")
async def test_a_server_that_is_killed_while_nothing_is_in_flight_ends_its_link(kind: str, era: str) -> None:
    with ExitStack() as ending, anyio.fail_after(60):
        url = ending.enter_context(loopback(kind))
        async with watch(url, era=era) as session:
            await session.call("add", a=1)
            await to_thread.run_sync(ending.close)
            await session.client().wait_closed()
            closed = session.client().closed
            assert closed is not None and closed.reason == "lost"
            with pytest.raises(ConnectError, match="is gone|was lost"):
                await session.call("add", a=1)


@pytest.mark.usefixtures("patient")
async def test_a_server_that_forgot_the_session_in_a_restart_ends_its_link(
    servers_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "KNOCKS", 100_000)
    port = free_port()
    with ExitStack() as ending, anyio.fail_after(60):
        url = ending.enter_context(everything(servers_folder, "streamableHttp", port))
        async with watch(url) as session:
            await session.list()
            await to_thread.run_sync(ending.close)
            await to_thread.run_sync(ending.enter_context, everything(servers_folder, "streamableHttp", port))
            await session.client().wait_closed()
            with pytest.raises(ConnectError, match="has ended this session, or forgot it in a restart") as caught:
                await session.call("echo", message="hello")
            assert "new session" in caught.value.hint


async def test_a_header_goes_with_every_request_and_into_no_recording(file: Path) -> None:
    with loopback("http") as url, anyio.fail_after(60):
        headers = {"Authorization": "Bearer abcdefgh12345678"}
        async with watch(url, record=file, headers=headers) as session:
            await session.call("add", a=1)
    with Recording.open(file) as recording:
        sent = [event for event in recording.events() if isinstance(event, Http) and event.phase == "request"]
    assert sent
    for request in sent:
        assert {name.lower(): value for name, value in request.headers}["authorization"] == "Bearer [redacted]"
    assert b"abcdefgh12345678" not in file.read_bytes()  # noqa: ASYNC240 - the session is over


async def test_nobody_at_the_address_is_a_clear_error_and_a_complete_recording(file: Path) -> None:
    with pytest.raises(ConnectError, match="cannot be reached"):
        async with watch("http://127.0.0.1:9/mcp", record=file):
            raise AssertionError("nobody is there")
    with Recording.open(file) as recording:
        assert recording.complete


async def test_an_address_that_speaks_no_mcp_is_a_clear_error(file: Path) -> None:
    with loopback("http") as url, anyio.fail_after(60):
        with pytest.raises(ConnectError, match="404"):
            async with watch(url.replace("/mcp", "/elsewhere"), record=file):
                raise AssertionError("nothing is there")
