"""The pane Call over recordings: what was offered and called, and whatever a server's text may hold on the way."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.tui.call.entry import JsonEntry
from mcpwatch.tui.call.form import FormWidget
from mcpwatch.tui.messages import Call
from tests.model.story import Story
from tests.tui.call.test_pane import go_back, go_to_calls, heard, pane
from tests.tui.conftest import LARGE, SMALL, Screens, opened
from tests.tui.told import HOSTILE, begun, written

pytestmark = pytest.mark.anyio
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["city"],
    "properties": {
        "city": {"type": "string", "description": "Where"},
        "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 3},
        "units": {"enum": ["metric", "imperial"], "default": "metric"},
        "alert": {"type": "object", "properties": {"above": {"type": "number"}}},
    },
}


def told() -> Story:
    """A server with one of each, and calls that ended in every way."""
    story = begun(result={"capabilities": {"tools": {}, "prompts": {}, "resources": {}}})
    story.request("tools/list", id=2, by="mcpwatch")
    forecast = {
        "name": "forecast",
        "title": "Forecast",
        "description": "The weather of the next days.",
        "inputSchema": SCHEMA,
        "annotations": {"readOnlyHint": True},
    }
    story.result({"tools": [forecast, {"name": "reset", "inputSchema": {"type": "object", "properties": {}}}]}, id=2)
    story.request("prompts/list", id=3, by="mcpwatch")
    story.result({"prompts": [{"name": "ask", "arguments": [{"name": "what", "required": True}]}]}, id=3)
    story.request("resources/list", id=4, by="mcpwatch")
    story.result({"resources": [{"uri": "file:///notes.md", "name": "notes", "mimeType": "text/markdown"}]}, id=4)
    story.request("resources/templates/list", id=5, by="mcpwatch")
    story.result({"resourceTemplates": [{"uriTemplate": "file:///{name}", "name": "any"}]}, id=5)
    story.request("tools/call", {"name": "forecast", "arguments": {"city": "Oslo"}}, id=6)
    content = [
        {"type": "text", "text": "# Oslo\n\n- **snow**, see [more](https://weather.example/oslo)"},
        {"type": "resource_link", "uri": "file:///oslo.md", "name": "oslo"},
        {"type": "image", "mimeType": "image/png", "data": PNG},
        {"type": "resource", "resource": {"uri": "file:///raw.json", "mimeType": "application/json", "text": "[1]"}},
    ]
    story.result({"content": content, "structuredContent": {"celsius": -3}}, id=6)
    story.request("tools/call", {"name": "forecast", "arguments": {"city": "Atlantis"}}, id=7)
    story.result({"content": [{"type": "text", "text": "There is no Atlantis."}], "isError": True}, id=7)
    story.request("prompts/get", {"name": "ask", "arguments": {"what": "why"}}, id=8)
    story.error("no such prompt", code=-32602, data={"near": ["asks"]}, id=8)
    story.request("resources/read", {"uri": "file:///notes.md"}, id=9)
    story.result({"contents": [{"uri": "file:///notes.md", "mimeType": "text/markdown", "text": "## Notes"}]}, id=9)
    story.request("tools/call", {"name": "reset", "arguments": {}}, id=10)
    story.closed(reason="exit", code=3)
    return story


@asynccontextmanager
async def recorded(story: Story, folder: Path, size: tuple[int, int] = LARGE) -> AsyncGenerator[Screens]:
    async with opened(written(story, folder), size=size) as screens:
        await screens.press("3")
        await screens.until(lambda: pane(screens).offers.chosen is not None)
        yield screens


async def go_to_call(screens: Screens, number: int) -> None:
    """Show what came of the call with this number, from 0."""
    await go_to_calls(screens)
    await screens.press("home", *["down"] * number)
    await screens.until(lambda: pane(screens).calls.list.cursor == number)


async def test_what_was_offered_is_listed_and_its_form_can_be_looked_at(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await screens.shows("tools 2", "forecast  Forecast", "prompts 1", "resources 1", "templates 1")
        await screens.press("enter")
        await screens.shows("only reads", "The weather of the next days.", "city *", "Where", "metric ▾")
        await screens.shows("This is a recording: everything can be looked at, and nothing can be sent.")


async def test_every_way_in_which_a_call_can_end_is_shown_plainly(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await go_to_call(screens, 0)
        await screens.shows("✓ call forecast #6", "Oslo", "• snow, see more (https://weather.example/oslo)")
        await screens.shows("↗ oslo  file:///oslo.md", "▣ image  image/png · 68 B", "celsius: -3", "file:///raw.json")
        await go_to_call(screens, 1)
        await screens.shows("✗ call forecast #7", "tool error", "(isError)", "There is no Atlantis.")
        await go_to_call(screens, 2)
        await screens.shows("✗ prompt ask #8", "error -32602: no such prompt", '0: "asks"')
        await go_to_call(screens, 3)
        await screens.shows("✓ read file:///notes.md", "Notes")
        await go_to_call(screens, 4)
        await screens.shows("⊘ call reset #10", "lost", "it ended without an answer: the link closed")


async def test_nothing_can_be_sent_from_a_recording_and_it_says_why(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await go_to_call(screens, 0)
        count = len(screens.source.index)
        words = heard(screens)
        for key in ("r", "E"):
            await screens.press(key)
        await screens.until(lambda: len(words) == 2)
        await screens.press("tab")
        outcome = pane(screens).calls.outcome
        await screens.until(lambda: outcome.has_focus and outcome.content.count > 3)
        while outcome.target is None:
            await screens.press("down")
        await screens.press("enter")
        await screens.until(lambda: len(words) == 3)
        await go_back(screens)
        await screens.press("enter")
        await screens.until(lambda: pane(screens).view.has_focus_within)
        await screens.press("O", "ctrl+j")
        await screens.until(lambda: len(words) == 4)
        assert len(screens.source.index) == count
        assert all("nothing can be sent" in one for one in words)


async def test_a_recorded_call_goes_into_its_form_and_onto_a_command_line(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await go_to_call(screens, 0)
        await screens.press("Y")
        await screens.until(lambda: "mcpwatch call forecast city=Oslo -- python" in screens.app.clipboard)
        await screens.press("y")
        await screens.until(lambda: '"celsius": -3' in screens.app.clipboard)
        await screens.press("e")
        await screens.until(lambda: (form := pane(screens).view.form) is not None and form.value == {"city": "Oslo"})


async def test_another_pane_opens_a_form_with_arguments(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await screens.press("1")
        screens.app.post_message(Call("forecast", "tool", {"city": "Lima", "days": 2}))
        await screens.until(lambda: (form := pane(screens).view.form) is not None and form.value["city"] == "Lima")
        assert screens.app.pane.id == "call"
        screens.app.post_message(Call("unheard-of", "tool", {"a": 1}))
        await screens.until(lambda: (form := pane(screens).view.form) is not None and form.value == {"a": 1})


async def test_what_was_typed_for_one_is_there_again_after_another(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await screens.press("enter")
        await screens.until(lambda: pane(screens).view.has_focus_within)
        await screens.press("O", "s")
        await screens.until(lambda: (form := pane(screens).view.form) is not None and form.value["city"] == "Os")
        await go_back(screens)
        await screens.press("down", "enter")
        await screens.shows("It takes no arguments.")
        await go_back(screens)
        await screens.press("up", "enter")
        await screens.until(lambda: (form := pane(screens).view.form) is not None and form.value.get("city") == "Os")


async def test_json_that_is_none_is_there_again_after_another(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path, SMALL) as screens:
        await screens.press("enter")
        await screens.until(lambda: pane(screens).view.has_focus_within)
        await screens.press("ctrl+t")
        await screens.until(lambda: isinstance(screens.app.focused, JsonEntry))
        await screens.press("ctrl+end", "backspace")
        await screens.shows("✗ not JSON")
        await go_back(screens)
        await screens.press("down", "enter")
        await screens.shows("It takes no arguments.")
        await go_back(screens)
        await screens.press("up", "enter")
        await screens.shows("✗ not JSON", '"units": "metric"')


async def test_a_call_with_megabytes_of_arguments_has_a_line_at_once(tmp_path: Path) -> None:
    story = begun()
    story.request("tools/call", {"name": "big", "arguments": {"text": "x" * 1_000_000}}, id=2)
    story.result({"content": []}, id=2)
    async with opened(written(story, tmp_path)) as screens:
        await screens.press("3", "h")
        await screens.shows("✓ call big #2", "(977 KiB)")


async def test_a_call_leads_to_its_frames(tmp_path: Path) -> None:
    async with recorded(told(), tmp_path) as screens:
        await go_to_call(screens, 1)
        await screens.press("t")
        await screens.until(lambda: screens.app.pane.id == "traffic")


async def test_several_links_each_have_their_own(tmp_path: Path) -> None:
    story = begun("alpha")
    begun("beta", story=story)
    for link in ("alpha", "beta"):
        story.request("tools/list", id=2, link=link, by="mcpwatch")
        story.result({"tools": [{"name": f"{link}-tool"}]}, id=2, link=link)
        story.request("tools/call", {"name": f"{link}-tool"}, id=3, link=link)
        story.result({"content": []}, id=3, link=link)
    async with recorded(story, tmp_path) as screens:
        await screens.shows("alpha  1/2  L", "alpha-tool")
        await screens.press("L")
        await screens.shows("Call on which link?", "beta")
        await screens.press("down", "enter")
        await screens.shows("beta  2/2  L", "beta-tool")
        await screens.press("h")
        await screens.shows("✓ call beta-tool")


def hostile() -> Story:
    """A server that is hostile wherever it has a say."""
    text = HOSTILE
    story = begun(result={"capabilities": {"tools": {}, "prompts": {}, "resources": {}}})
    schema = {
        "type": "object",
        "title": text,
        "properties": {
            text: {"type": "string", "title": text, "description": text, "default": text, "pattern": text},
            "pick": {"enum": [text], "enumNames": [text]},
            "either": {"oneOf": [{"title": text, "type": "string"}, {"type": "number"}], "description": text},
            "many": {"type": "array", "items": {"type": "string", "description": text}, "default": [text]},
        },
    }
    hints = {"title": text, text: text, "readOnlyHint": True}
    tool = {"name": text, "title": text, "description": f"{text}\n{text}", "inputSchema": schema, "annotations": hints}
    story.request("tools/list", id=2, by="mcpwatch")
    story.result({"tools": [tool]}, id=2)
    story.request("prompts/list", id=3, by="mcpwatch")
    argument = {"name": text, "description": text, "required": True}
    story.result({"prompts": [{"name": text, "description": text, "arguments": [argument]}]}, id=3)
    story.request("resources/list", id=4, by="mcpwatch")
    story.result({"resources": [{"uri": text, "name": text, "mimeType": text, "description": text}]}, id=4)
    story.request("resources/templates/list", id=5, by="mcpwatch")
    story.result({"resourceTemplates": [{"uriTemplate": f"{text}{{{text}}}", "name": text}]}, id=5)
    story.request("tools/call", {"name": text, "arguments": {text: text}}, id=6)
    content = [
        {
            "type": "text",
            "text": f"# {text}\n\n[{text}](javascript:{text}) ![{text}]({text}) `{text}` &#x202e;\n\n{text}",
        },
        {"type": "text", "text": text, "annotations": {text: text}},
        {"type": "resource_link", "uri": text, "name": text, "title": text, "mimeType": text, "description": text},
        {"type": "image", "mimeType": text, "data": text},
        {"type": "resource", "resource": {"uri": text, "mimeType": text, "text": text}},
        {"type": text, text: text},
        text,
    ]
    story.result({"content": content, "structuredContent": {text: [text, {text: text}]}, "_meta": {text: text}}, id=6)
    story.request("tools/call", {"name": text}, id=7)
    story.error(text, data={text: text}, id=7)
    story.request("prompts/get", {"name": text, "arguments": {text: text}}, id=8)
    message = {"role": text, "content": {"type": "text", "text": text}}
    story.result({"description": text, "messages": [message, text]}, id=8)
    story.request("resources/read", {"uri": text}, id=9)
    story.result({"contents": [{"uri": text, "mimeType": text, "blob": text}, {"uri": text, "text": text}]}, id=9)
    story.request("tools/call", {"name": text, "arguments": {}}, id=text)
    story.progress(text, 1, 2, text)
    return story


def assert_harmless(screens: Screens) -> None:
    """Nothing on the screen is anything but characters that are seen; nothing is a link or can be clicked."""
    for strip in screens.app.screen._compositor.render_strips():  # pyright: ignore[reportPrivateUsage]
        for segment in strip:
            assert segment.text.isprintable(), repr(segment.text)
            assert "\u200b" not in segment.text
            assert "\u202e" not in segment.text
            style = segment.style
            assert style is None or (style.link is None and "@click" not in style.meta)


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_a_hostile_servers_text_is_harmless_in_what_it_offers(tmp_path: Path, size: tuple[int, int]) -> None:
    async with recorded(hostile(), tmp_path, size) as screens:
        for at in range(8):
            assert_harmless(screens)
            await screens.press("enter")
            await screens.until(lambda: pane(screens).view.offer is not None)
            form = pane(screens).view.form
            if form is not None:
                form.insist()
            await screens.press("ctrl+t")
            assert_harmless(screens)
            await screens.press("tab", "enter", "ctrl+j")
            assert_harmless(screens)
            await go_back(screens)
            await screens.press("home", *["down"] * at)
        assert_harmless(screens)
        assert screens.app.is_running


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_a_hostile_servers_text_is_harmless_in_what_came_of_calls(tmp_path: Path, size: tuple[int, int]) -> None:
    async with recorded(hostile(), tmp_path, size) as screens:
        for number in range(5):
            await go_to_call(screens, number)
            await screens.until(lambda: pane(screens).calls.outcome.content.count > 1)
            for key in ("v", "v", "m", "y", "Y", "w", "e"):
                await screens.press(key)
                assert_harmless(screens)
                if key == "e":
                    await screens.until(lambda: pane(screens).view.has_focus_within)
        assert_harmless(screens)
        assert screens.app.is_running


async def test_a_call_with_anything_for_arguments_can_be_looked_at(tmp_path: Path) -> None:
    story = begun()
    for number, arguments in enumerate(([1, 2], "text", None, 7, {"a": {"b": [None]}}), 2):
        story.request("tools/call", {"name": "odd", "arguments": arguments}, id=number)
        story.result([arguments], id=number)
    story.request("tools/call", "nothing of the kind", id=20)
    story.result("nor this", id=20)
    async with opened(written(story, tmp_path), size=LARGE) as screens:
        await screens.press("3")
        for number in range(6):
            await go_to_call(screens, number)
            await screens.until(lambda: pane(screens).calls.outcome.content.count > 1)
            await screens.press("e")
            await screens.until(lambda: isinstance(pane(screens).view.form, FormWidget))
