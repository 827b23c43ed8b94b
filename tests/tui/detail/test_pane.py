"""The detail pane on the screen: every way to look at one event, by keys and by mouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.tui.detail.pane import VIEWS
from tests.tui.conftest import GOLDEN, LARGE
from tests.tui.traffic.screen import Traffic, traffic
from tests.tui.traffic.talk import HOSTILE, Talk, everyday

pytestmark = pytest.mark.anyio


async def look(shown: Traffic, seq: int, view: str) -> None:
    """Choose an event and a view, and wait for it."""
    pane = shown.pane
    pane.show_frame(seq)
    pane.detail.view = VIEWS.index(view)
    await shown.settle()
    row = pane.frames.row
    await shown.screens.until(lambda: pane.detail.shown == (row, VIEWS.index(view)), "the details never came")


async def test_keys_and_clicks_choose_how_an_event_is_looked_at(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        shown.pane.show_frame(7)
        await shown.details("▾ params: {3}", "n: 7", 'city: "Paris"')
        await shown.press("v")
        await shown.details('    "arguments": {', '      "n": 7,')
        await shown.press("v")
        await shown.details("00000000  7b 22 6a 73  6f 6e", '{"jsonrp')
        await shown.press("V", "V", "V")
        assert shown.pane.detail.view == VIEWS.index("Findings")
        await shown.screens.pilot.click("ViewTabs", offset=(8, 0))
        await shown.screens.until(lambda: shown.pane.detail.view == VIEWS.index("JSON"))
        await shown.press("j")
        await shown.details('"notifications/progress"')
        await shown.screens.shows("▸JSON")


async def test_nodes_of_the_tree_fold_by_key_and_by_mouse(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        shown.pane.show_frame(7)
        await shown.details("▾ params: {3}")
        await shown.press("enter")
        body = shown.pane.detail.body
        await shown.screens.until(lambda: body.has_focus)
        await shown.screens.press("down", "down", "down", "down", "enter")
        await shown.details("▸ params: {3}")
        await shown.screens.pilot.click("#detail-body", offset=(6, 4))
        await shown.details("▾ params: {3}")
        assert body.cursor == 4
        await shown.screens.press("escape")
        await shown.screens.until(lambda: shown.pane.frames.has_focus)


async def test_junk_and_stderr_are_shown_as_text(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await look(shown, 16, "Tree")
        await shown.details("not JSON: whatever", "hello world")
        await look(shown, 16, "Bytes")
        await shown.details("68 65 6c 6c  6f")
        await look(shown, 15, "Tree")
        await shown.details("a warning of the server")


async def test_a_message_of_many_megabytes_is_shown_by_its_beginning(tmp_path: Path) -> None:
    talk = Talk()
    talk.log({"first": 1, "big": "y" * (8 << 20)})
    talk.log("after it")
    async with traffic(talk, tmp_path, size=(180, 40)) as shown:
        await shown.screens.shows("log info", "8.0 MiB")
        for view in ("Tree", "JSON", "Bytes"):
            await look(shown, 2, view)
            await shown.details("… 7.0 MiB more")
        await look(shown, 2, "Tree")
        await shown.details("first: 1")
        await shown.filter("after")
        await shown.shows(3)


# ---- the schema


async def test_arguments_stand_beside_what_the_tool_says_of_them(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await look(shown, 7, "Schema")
        await shown.details(
            "Adds things.", "n: integer required  =  7", 'city: string  =  "Paris"', "it fits the schema"
        )
        await look(shown, 17, "Schema")
        await shown.details('n: integer required  =  "seven"', "city: string  not given", "✗")
        await look(shown, 14, "Schema")
        await shown.details("what it returns", "it does not say", "called with", '"city": "Paris"')
        await look(shown, 19, "Schema")
        await shown.details("Only a call of a tool")


async def test_what_a_tool_returns_is_held_against_its_schema(tmp_path: Path) -> None:
    talk = Talk()
    listed = talk.request("tools/list", {})
    output = {
        "type": "object",
        "properties": {"sum": {"type": "integer", "description": "of both"}},
        "required": ["sum"],
    }
    talk.answer(listed, {"tools": [{"name": "add", "inputSchema": {"type": "object"}, "outputSchema": output}]})
    good, bad = talk.call("add", {"x": 1}), talk.call("add")
    good = talk.answer(good, {"content": [], "structuredContent": {"sum": 3}})
    bad = talk.answer(bad, {"content": [], "structuredContent": {"sum": "3", "more": 1}})
    async with traffic(talk, tmp_path, size=LARGE) as shown:
        await look(shown, good, "Schema")
        await shown.details("sum: integer required  =  3", "of both", "✓ it fits")
        await look(shown, bad, "Schema")
        await shown.details('sum: integer required  =  "3"', "more  not in the schema  =  1", "✗")
        await look(shown, 4, "Schema")
        await shown.details("x  not in the schema  =  1")


async def test_a_tool_that_nobody_listed_is_said(tmp_path: Path) -> None:
    talk = Talk()
    talk.call("ghost", {"a": 1})
    async with traffic(talk, tmp_path, size=LARGE) as shown:
        await look(shown, 2, "Schema")
        await shown.details("ghost is in no list of tools")


# ---- HTTP


async def test_the_heads_of_its_http_exchange_and_the_event_that_carried_it() -> None:
    async with traffic(GOLDEN / "v1-every-kind.mcpw.jsonl", size=LARGE) as shown:
        index = shown.pane.source.index
        carried = next(entry.seq for entry in map(index.entry, range(len(index))) if entry.link == "web" and entry.dir)
        await look(shown, carried, "HTTP")
        await shown.details("→ POST", "← 200", "text/event-stream", "end")
        await look(shown, 33, "HTTP")
        await shown.details("✗ connection reset")
        await look(shown, 4, "HTTP")
        await shown.details("This did not come over HTTP.")


# ---- findings


async def test_the_findings_of_a_frame_say_why_and_what_to_do(tmp_path: Path) -> None:
    async with traffic(everyday(), tmp_path, size=LARGE) as shown:
        await look(shown, 16, "Findings")
        await shown.details("why:", "do:", "see:")
        await look(shown, 2, "Findings")
        await shown.details("No rule of the protocol is broken by this.", "findings elsewhere")


# ---- what a server says


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_shown_in_every_view_and_obeyed_in_none(tmp_path: Path, text: str) -> None:
    shown_text = text.encode("utf-8", "replace").decode()
    talk = Talk()
    listed = talk.request("tools/list", {})
    schema = {"type": "object", "properties": {shown_text: {"type": "string", "description": shown_text}}}
    tool = {"name": shown_text, "title": shown_text, "description": shown_text, "inputSchema": schema}
    talk.answer(listed, {"tools": [tool]})
    call = talk.call(shown_text, {shown_text: shown_text})
    talk.log({shown_text: shown_text})
    talk.text(call, shown_text, failed=True)
    talk.stderr(text)
    talk.junk(text.encode("utf-8", "surrogatepass"))
    async with traffic(talk, tmp_path, size=LARGE) as shown:
        for seq in (3, 4, 5, 6, 7, 8):
            for view in VIEWS:
                await look(shown, seq, view)
        await shown.filter(f'"{shown_text.splitlines()[0][:6]}"'.replace("\x1b", ""))
        assert shown.screens.app.is_running
        strips = shown.screens.app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
        for strip in strips:
            assert not any(char in strip.text for char in "\x1b\x07\u202e\u200b\x9b")
            for segment in strip:
                assert segment.style is None or (segment.style.link is None and "click" not in str(segment.style.meta))
