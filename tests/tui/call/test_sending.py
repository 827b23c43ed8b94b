"""What goes out as a call, why it cannot, and what is sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.call.pane import CallPane
from mcpwatch.tui.call.sending import Sender
from tests.tui.call.test_pane import calls, ended, fill, heard, open_offer, pane
from tests.tui.conftest import Screens, opened, watching
from tests.tui.told import begun, written

pytestmark = pytest.mark.anyio


def sender(screens: Screens) -> Sender:
    return screens.app.query_one(CallPane).sender


async def test_a_server_that_has_ended_is_not_sent_to_and_it_says_so() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await fill(screens, {"city": "Oslo"})
        session = screens.source.session
        assert session is not None
        session.clients["demo"].kill()
        await screens.shows("demo has ended: nothing can be sent until it is restarted (R).")
        told = heard(screens)
        await screens.press("ctrl+j")
        await screens.until(lambda: any("demo has ended" in one for one in told))
        assert calls(screens) == []


async def test_a_server_that_ends_during_a_call_leaves_it_lost_and_says_why() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "work")
        await fill(screens, {"label": "x", "n": 2, "seconds": 600})
        told = heard(screens)
        await screens.press("ctrl+j")
        await screens.until(lambda: calls(screens))
        session = screens.source.session
        assert session is not None
        session.clients["demo"].kill()
        call = await ended(screens, 1)
        assert call.state == "lost"
        await screens.until(lambda: told)


async def test_what_was_typed_is_sent_again_though_the_recording_has_it_redacted() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "chat")
        await fill(screens, {"room": "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"})
        await screens.press("ctrl+j")
        call = await ended(screens, 1)
        params, whole = sender(screens).again(call)
        assert whole
        assert params == {"name": "chat", "arguments": {"room": "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"}}


async def test_a_subscription_is_taken_and_said() -> None:
    for era in ("legacy", "modern"):
        async with watching("demo", options=ClientOptions(era=era)) as screens:
            await open_offer(screens, "resource", "demo://counter")
            told = heard(screens)
            await screens.press("tab", "enter")
            await screens.until(lambda told=told: any("Subscribed to demo://counter" in one for one in told))
            server = screens.source.timeline.links["demo"]
            await screens.until(lambda server=server: server.subscribed)


async def test_what_belongs_to_the_protocol_is_not_sent_again(tmp_path: Path) -> None:
    story = begun()
    meta: dict[str, Any] = {"progressToken": 3, "io.modelcontextprotocol/protocolVersion": "x", "mine": 1}
    story.request("tools/call", {"name": "work", "arguments": {"n": 1}, "_meta": meta}, id=3)
    story.request("tools/call", {"name": "work", "_meta": {"progressToken": 4}}, id=4)
    async with opened(written(story, tmp_path)) as screens:
        await screens.press("3")
        await screens.until(lambda: len(calls(screens)) == 2)
        first, second = calls(screens)
        assert sender(screens).again(first)[0] == {"name": "work", "arguments": {"n": 1}, "_meta": {"mine": 1}}
        assert sender(screens).again(second) == ({"name": "work"}, True)
        assert not sender(screens).cancel(first)
        assert pane(screens).sender.why_not("server")
