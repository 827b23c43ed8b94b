"""A link that is begun anew from inside a session: the old one is ended, the new one is in the same recording."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from mcpwatch import ConnectError, UsageError, watch
from mcpwatch.api import Session, Settings
from mcpwatch.api.session import Superseded
from mcpwatch.errors import RecordingError
from mcpwatch.events import Closed, Frame, Note, Opened
from mcpwatch.recording import Recording
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.log_level import set_log_level
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target
from tests.session.web import INITIALIZED, modern, says, served, status

pytestmark = pytest.mark.anyio
QUICK = str(Path(__file__).parents[1] / "servers" / "good" / "quick.py")
SOURCE = Path(QUICK).read_text()
SESSION = ["mcp-session-id: s-1"]


def quick(name: str) -> Target:
    return Target(name, QUICK, sys.executable, (QUICK,))


@asynccontextmanager
async def session_of(*targets: Target, record: Path | None = None, era: str = "auto") -> AsyncGenerator[Session]:
    with anyio.fail_after(60):
        async with Session(targets, Settings(record=record, options=ClientOptions(era=era))) as session:
            await session.connect()
            yield session


async def test_a_restart_is_a_new_link_in_the_same_recording(tmp_path: Path) -> None:
    file = tmp_path / "a.mcpw.jsonl"
    async with session_of(quick("alpha"), record=file) as session:
        first = session.timeline.links["alpha"]
        client = await session.restart()
        assert (client.link, session.current, session.latest("alpha")) == ("alpha#2", ["alpha#2"], "alpha#2")
        assert session.client() is client
        second = session.timeline.links["alpha#2"]
        assert (first.open, first.reason, second.open) == (False, "closed", True)
        assert first.pid != second.pid
        assert (await session.call("say", text="hi")).text == "hi"
        assert session.timeline.exchanges[-1].link == "alpha#2"
    with Recording.open(file) as recording:
        events = list(recording.events())
        assert recording.complete
    assert [event.link for event in events if isinstance(event, Opened)] == ["alpha", "alpha#2"]
    assert [event.link for event in events if isinstance(event, Closed)] == ["alpha", "alpha#2"]
    (note,) = [event for event in events if isinstance(event, Note) and event.what == "restarted"]
    assert (note.link, dict(note.data)) == ("alpha", {"as": "alpha#2", "why": "asked"})
    (ended,) = [event.seq for event in events if isinstance(event, Closed) and event.link == "alpha"]
    (begun,) = [event.seq for event in events if isinstance(event, Opened) and event.link == "alpha#2"]
    assert note.seq < ended < begun


async def test_a_server_that_died_is_begun_anew_with_its_history_kept() -> None:
    async with session_of(quick("alpha")) as session:
        with pytest.raises(LinkLost, match="code 7"):
            await session.call("die", code=7)
        await session.restart("alpha")
        dead = session.timeline.links["alpha"]
        assert (dead.reason, dead.code, dead.last_words) == ("exit", 7, b"out of cheese\n")
        assert (await session.call("say", text="back")).text == "back"
        lost = [one for one in session.timeline.exchanges if one.name == "die"]
        assert [one.state for one in lost] == ["lost"]


async def test_a_call_in_flight_is_told_that_its_link_was_closed() -> None:
    async with session_of(quick("alpha")) as session:
        told: list[BaseException] = []

        async def call() -> None:
            try:
                await session.call("hang")
            except LinkLost as error:
                told.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            while not any(one.name == "hang" for one in session.timeline.running.values()):
                await anyio.lowlevel.checkpoint()
            await session.restart()
        assert len(told) == 1


async def test_only_the_named_link_of_several_is_replaced() -> None:
    async with session_of(quick("alpha"), quick("beta")) as session:
        with pytest.raises(UsageError):
            await session.restart()
        await session.restart("beta")
        assert session.current == ["alpha", "beta#2"]
        assert session.timeline.links["alpha"].open
        await session.restart("beta")  # the name of the first means the latest
        assert session.current == ["alpha", "beta#3"]
        assert [link for link, one in session.timeline.links.items() if one.open] == ["alpha", "beta#3"]


async def test_two_targets_of_one_name_stay_apart() -> None:
    async with session_of(quick("alpha"), quick("alpha")) as session:
        assert session.current == ["alpha", "alpha#2"]
        await session.restart("alpha")
        assert session.current == ["alpha#2", "alpha#3"]
        assert session.latest("alpha") == "alpha#3"


async def test_who_restarts_while_it_is_restarted_ends_what_was_being_started() -> None:
    async with session_of(quick("alpha")) as session:
        superseded: list[Exception] = []

        async def restart() -> None:
            try:
                await session.restart("alpha")
            except Superseded as error:
                superseded.append(error)

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(restart)
        assert len(superseded) <= 2
        assert session.current == ["alpha#4"]
        assert [link for link, one in session.timeline.links.items() if one.open] == ["alpha#4"]
        assert (await session.call("say", text="hi")).text == "hi"


async def test_a_server_that_does_not_come_up_is_restarted_all_the_same(tmp_path: Path) -> None:
    script = tmp_path / "srv.py"
    script.write_text(SOURCE)
    async with session_of(Target("alpha", str(script), sys.executable, (str(script),))) as session:
        script.write_text("import time\nwhile True: time.sleep(60)\n")
        async with anyio.create_task_group() as tasks:

            async def hangs() -> None:
                with pytest.raises(Superseded):
                    await session.restart()

            tasks.start_soon(hangs)
            while "alpha#2" not in session.timeline.links:
                await anyio.lowlevel.checkpoint()
            script.write_text(SOURCE)
            await session.restart()
        assert session.current == ["alpha#3"]
        assert [link for link, one in session.timeline.links.items() if one.open] == ["alpha#3"]
        assert (await session.call("say", text="hi")).text == "hi"


async def test_what_cannot_be_started_any_more_says_so_and_can_be_tried_again(tmp_path: Path) -> None:
    script = tmp_path / "server"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} {QUICK}\n")
    script.chmod(0o755)
    async with session_of(Target("alpha", str(script), str(script))) as session:
        text = script.read_text()
        script.unlink()
        with pytest.raises(ConnectError):
            await session.restart()
        assert session.current == ["alpha#2"]
        notes = [event for event in map(session.writer.read, range(1, session.hub.seq + 1)) if isinstance(event, Note)]
        assert ("alpha#2", "not-connected") in [(note.link, note.what) for note in notes]
        script.write_text(text)
        script.chmod(0o755)
        await session.restart()
        assert session.current == ["alpha#3"]
        assert (await session.call("say", text="hi")).text == "hi"


async def test_a_session_that_ends_starts_nothing_anew() -> None:
    async with session_of(quick("alpha")) as session:
        pass
    with pytest.raises(ConnectError, match="the session is ending"):
        await session.restart()
    assert list(session.timeline.links) == ["alpha"]


async def test_a_session_that_a_server_has_forgotten_is_initialised_again() -> None:
    async with served({"initialize": says(INITIALIZED, *SESSION)}) as web:
        async with session_of(Target("web", web.url, url=web.url, transport="http"), era="legacy") as session:
            web.replies["x/y"] = [status("404 Not Found"), says({"ok": 1})]
            web.replies["ping"] = [status("404 Not Found")]
            with pytest.raises(ConnectError):
                await session.request("x/y")
            assert session.timeline.links["web"].reason == "lost"
            del web.replies["ping"]
            client = await session.reconnect()
            assert client.link == "web#2"
            assert await session.request("x/y") == {"ok": 1}
            first, second = web.asked("initialize")
            assert "mcp-session-id" not in first.headers and "mcp-session-id" not in second.headers


async def test_an_open_http_session_is_ended_before_it_is_begun_anew() -> None:
    async with served({"initialize": says(INITIALIZED, *SESSION)}) as web:
        async with session_of(Target("web", web.url, url=web.url, transport="http"), era="legacy") as session:
            await session.reconnect("web")
            keys = [key for key in web.keys if key in ("initialize", "DELETE")]
            assert keys == ["initialize", "DELETE", "initialize"]
            assert session.timeline.links["web"].reason == "closed"


async def test_the_level_of_logs_is_set_from_inside_and_kept_by_a_restart() -> None:
    async with session_of(quick("alpha")) as session:
        reply = await set_log_level(session.client(), "warning")
        assert reply is not None and reply.result == {}
        assert session.timeline.links["alpha"].log_level == "warning"
        client = await session.restart()
        assert client.options.log_level == "warning"
        assert session.timeline.links["alpha#2"].log_level == "warning"
        with pytest.raises(UsageError, match="no log level"):
            await set_log_level(client, "loud")


async def test_a_later_request_of_the_stateless_era_asks_for_the_new_level() -> None:
    async with modern() as (web, link):
        assert await set_log_level(link.client, "error") is None
        await link.client.request("x/y")
        (asked,) = web.asked("x/y")
        assert b'"io.modelcontextprotocol/logLevel":"error"' in asked.body


async def test_a_server_without_logging_has_no_level_to_set() -> None:
    async with watch("demo", era="legacy") as session:
        assert await set_log_level(session.client(), "error") is not None
    async with (
        served() as web,
        session_of(Target("web", web.url, url=web.url, transport="http"), era="legacy") as session,
    ):
        with pytest.raises(UsageError, match="declares no logging"):
            await set_log_level(session.client(), "error")


async def test_a_session_is_saved_under_a_name_and_completed_when_it_ends(tmp_path: Path) -> None:
    names = [tmp_path / "a.mcpw.jsonl", tmp_path / "b.mcpw.jsonl.zst"]
    async with session_of(quick("alpha")) as session:  # which keeps no recording of its own
        for name in names:
            session.save(name)
        with pytest.raises(RecordingError, match="exists already"):
            session.save(names[0])
        assert (await session.call("say", text="later")).text == "later"
    for name in names:
        with Recording.open(name) as recording:
            assert recording.complete
            assert "say" in [event.name for event in recording.events() if isinstance(event, Frame)]


async def test_a_copy_that_cannot_be_completed_is_told_when_the_session_ends(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="not what was saved there"):
        async with session_of(quick("alpha")) as session:
            session.save(tmp_path / "a.mcpw.jsonl").path.unlink()
