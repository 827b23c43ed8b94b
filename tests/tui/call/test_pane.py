"""The pane Call on servers that run: what is offered, forms, calls, results, and calling again."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widget import Widget

from mcpwatch.model import Exchange
from mcpwatch.tui.call.files import files_folder
from mcpwatch.tui.call.form import FormWidget
from mcpwatch.tui.call.pane import CallPane
from tests.tui.conftest import LARGE, Screens, opened, watching

pytestmark = pytest.mark.anyio
GOOD = Path(__file__).parents[2] / "servers" / "good"


EDITOR = """#!PYTHON
import sys, pathlib
file = pathlib.Path(sys.argv[1])
text = file.read_text()
file.write_text(text.replace("Oslo", "Lima") if "Oslo" in text else text[:-3])
"""


def pane(screens: Screens) -> CallPane:
    return screens.app.query_one(CallPane)


def heard(screens: Screens) -> list[str]:
    """What the app tells the person in passing from now on: on the screen it is gone after a few seconds."""
    told: list[str] = []
    notify = screens.app.notify

    def listen(message: str, **more: Any) -> None:
        told.append(message)
        notify(message, **more)

    screens.app.notify = listen  # pyright: ignore[reportAttributeAccessIssue]
    return told


def calls(screens: Screens) -> list[Exchange]:
    return pane(screens).calls.list.calls


async def type_text(screens: Screens, text: str) -> None:
    keys = {" ": "space", "_": "underscore", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon"}
    await screens.press(*(keys.get(char, char) for char in text))


async def open_offer(screens: Screens, kind: str, name: str) -> Widget:
    """Go to Call, find the entry by typing its name, and open it."""
    await screens.press("3")
    await screens.until(lambda: pane(screens).offers.chosen is not None, "nothing was offered")
    await go_back(screens)
    await screens.press("slash")
    await screens.until(lambda: pane(screens).query_one("#call-search").has_focus)
    await type_text(screens, name)
    await screens.press("enter")
    await screens.until(lambda: pane(screens).offers.has_focus)
    await screens.until(lambda: pane(screens).offers.go_to(kind, name), f"{name} is not offered")
    await screens.press("enter")
    await screens.until(
        lambda: (
            (offer := pane(screens).view.offer) is not None
            and offer.name == name
            and pane(screens).view.has_focus_within
        ),
        f"{name} was not opened",
    )
    return pane(screens).view


async def go_back(screens: Screens) -> None:
    """Escape, until the list of what is offered has the focus: lists that are open below a field take one too."""
    while not pane(screens).offers.has_focus:
        await screens.press("escape")


async def go_to_calls(screens: Screens) -> None:
    """Show the calls, with the focus in their list."""
    await go_back(screens)
    await screens.press("h")
    await screens.until(lambda: pane(screens).calls.list.has_focus)


async def fill(screens: Screens, value: Any) -> FormWidget:
    """Put a value into the form that is open."""
    form = pane(screens).view.form
    assert form is not None
    form.put(value)
    await screens.until(lambda: form.value == value)
    return form


async def ended(screens: Screens, count: int) -> Exchange:
    """Wait until so many calls have been made, and the last one has ended and is what keys are about; it."""
    await screens.until(lambda: len(calls(screens)) >= count and not calls(screens)[count - 1].running, "no end")
    await screens.until(lambda: pane(screens).calls.has_focus_within)
    return calls(screens)[count - 1]


async def test_lists_what_the_server_offers_and_finds_by_typing() -> None:
    async with watching("demo") as screens:
        await screens.press("3")
        await screens.shows("tools", "log_levels", "weather  Look up")
        await screens.press("slash")
        await type_text(screens, "city")
        await screens.shows("templates 1", "demo://cities/{city}")
        assert "log_levels" not in screens.text
        await screens.press("escape")
        await screens.shows("log_levels")


async def test_says_what_a_tool_is_and_what_it_says_of_itself() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await screens.shows(
            "weather  Look up the weather", "only reads · stays within itself", "Returns structured data"
        )
        await screens.shows("city *", "one of Lagos, Lima", "the cities it knows")


async def test_a_form_makes_a_call_and_its_result_is_shown() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await screens.press("right", "right", "ctrl+j")
        call = await ended(screens, 1)
        assert call.params["arguments"] == {"city": "Lima"}
        await screens.shows("call weather", "is done", "Lima: 19.5 °C, mist", "demo://cities/lima")
        await screens.shows("structured content", "✓ fits the output schema", "celsius: 19.5")


async def test_a_form_is_sent_from_the_list_too_after_another_pane_was_looked_at() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "touch")
        await go_back(screens)
        await screens.press("4", "3", "ctrl+j")
        await ended(screens, 1)


async def test_what_does_not_fit_is_told_first_and_sent_the_second_time() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await screens.press("ctrl+j")
        await screens.shows("✗ required")
        assert calls(screens) == []
        await screens.press("ctrl+j")
        call = await ended(screens, 1)
        assert call.state == "tool_error"
        await screens.shows("✗ the tool says that it failed", "(isError)", "weather needs city")


async def test_a_json_rpc_error_is_shown_with_its_code_and_data() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "fail")
        await fill(screens, {"how": "error"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.shows("✗ the server answered with an error", "error -32099: The shelf is empty", "shelf: 3")


async def test_a_link_in_a_result_is_read_through_the_server() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await fill(screens, {"city": "Oslo"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.shows("↗ Oslo")
        await screens.until(lambda: pane(screens).calls.list.has_focus)
        await screens.press("tab")
        outcome = pane(screens).calls.outcome
        await screens.until(lambda: outcome.has_focus and outcome.content.count > 4)
        while outcome.target is None:
            await screens.press("down")
        await screens.press("enter")
        call = await ended(screens, 2)
        assert (call.method, call.name) == ("resources/read", "demo://cities/oslo")
        await screens.shows("read demo://cities/oslo", "sky", "snow")


async def test_a_resource_is_read_and_its_markdown_is_shown() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "resource", "demo://readme")
        await screens.shows("Read me", "text/markdown")
        await screens.press("enter")
        await ended(screens, 1)
        await screens.shows("The demo server", "Every tool shows one pattern.")
        assert "# The demo server" not in screens.text
        await screens.press("m")
        await screens.shows("# The demo server")
        await screens.press("v")
        await screens.shows("contents", "mimeType")


async def test_a_template_is_filled_in_with_what_the_server_suggests_and_read() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "template", "demo://cities/{city}")
        await screens.shows("↗ demo://cities/")
        await screens.press("L", "i")
        await screens.shows("Lima", "Lisbon")
        await screens.press("down", "enter")
        await screens.shows("↗ demo://cities/Lima")
        await screens.press("ctrl+j")
        await screens.until(lambda: any(call.method == "resources/read" for call in calls(screens)))
        await ended(screens, 1)
        await screens.shows("celsius", "mist")


async def test_a_prompt_is_got_with_its_arguments() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "prompt", "compare")
        await screens.shows("one *", "A city", "tone", "How to say it")
        await fill(screens, {"one": "Lima", "other": "Oslo"})
        await screens.press("ctrl+j")
        call = await ended(screens, 1)
        assert call.params["arguments"] == {"one": "Lima", "other": "Oslo"}
        await screens.shows("user:", "Which has the better weather, Lima or Oslo?")


async def test_data_is_saved_for_the_user_alone_and_only_when_asked_for() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "resource", "demo://pixel")
        await screens.press("enter")
        await ended(screens, 1)
        await screens.shows("▣ data  image/gif · 35 B")
        assert not files_folder().exists() or not list(files_folder().iterdir())
        await screens.press("w")
        await screens.until(lambda: files_folder().exists() and list(files_folder().iterdir()))
        (file,) = files_folder().iterdir()
        assert file.suffix == ".gif"
        assert file.read_bytes().startswith(b"GIF89a")
        if sys.platform != "win32":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.unlink()


async def test_several_calls_run_at_once_each_with_its_progress_and_one_is_cancelled() -> None:
    async with watching("demo", size=LARGE) as screens:
        await open_offer(screens, "tool", "work")
        for label in ("ada", "bob"):
            await fill(screens, {"label": label, "n": 3, "seconds": 600})
            await screens.press("ctrl+j")
            await screens.until(lambda: pane(screens).calls.list.has_focus)
            await go_back(screens)
            await screens.press("enter")
            await screens.until(lambda: pane(screens).view.has_focus_within)
        await screens.until(lambda: [call.running for call in calls(screens)] == [True, True])
        await go_to_calls(screens)
        await screens.press("home", "c")
        call = await ended(screens, 1)
        assert call.state == "cancelled"
        await screens.shows("⊘ call work", "cancelled", "label=bob")
        await screens.press("end", "c")
        await ended(screens, 2)


async def test_progress_of_a_running_call_is_in_its_line() -> None:
    async with watching("demo", size=LARGE) as screens:
        await open_offer(screens, "tool", "work")
        await fill(screens, {"label": "ada", "n": 400, "seconds": 60})
        await screens.press("ctrl+j")
        await screens.shows("call work", "ada: ")
        await screens.until(lambda: "%" in screens.text)
        await screens.press("c")
        await ended(screens, 1)


async def test_a_call_is_sent_again_and_goes_back_into_its_form() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await fill(screens, {"city": "Oslo"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.press("r")
        call = await ended(screens, 2)
        assert call.params["arguments"] == {"city": "Oslo"}
        await screens.press("e")
        await screens.until(lambda: pane(screens).view.has_focus_within)
        form = pane(screens).view.form
        assert form is not None
        assert form.value == {"city": "Oslo"}


async def test_copies_a_result_and_a_command_line() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "weather")
        await fill(screens, {"city": "Oslo"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.press("y")
        await screens.until(lambda: '"sky": "snow"' in screens.app.clipboard)
        await screens.press("Y")
        await screens.until(lambda: "mcpwatch call weather city=Oslo" in screens.app.clipboard)


async def test_the_list_changes_as_the_server_says_so() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "grow")
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await go_back(screens)
        await screens.until(lambda: pane(screens).offers.go_to("tool", "grown"))
        await screens.shows("+ grown")


async def test_a_tool_that_is_gone_says_so_where_it_is_open() -> None:
    async with watching("demo") as screens:
        await open_offer(screens, "tool", "grow")
        await screens.shows("It takes no arguments.")
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await open_offer(screens, "tool", "grown")
        await go_to_calls(screens)
        await screens.press("r")
        await ended(screens, 2)
        await go_back(screens)
        await screens.shows("it is not offered any more")


async def test_several_links_are_chosen_from() -> None:
    async with watching("demo", [sys.executable, str(GOOD / "quick.py")]) as screens:
        await screens.press("3")
        await screens.shows("demo  1/2  L")
        await screens.press("L")
        await screens.shows("Call on which link?")
        await screens.press("down", "enter")
        await screens.until(lambda: pane(screens).link != "demo")
        await screens.shows("2/2  L")


async def test_a_recording_shows_what_was_offered_and_called_and_sends_nothing() -> None:
    async with opened() as screens:
        await screens.press("3")
        await screens.shows("This is a recording: everything can be looked at, and nothing can be sent.")
        await screens.press("h")
        await screens.until(lambda: calls(screens))
        told = heard(screens)
        await screens.press("r")
        await screens.until(lambda: any("This is a recording" in one for one in told))
        assert pane(screens).sender.client(pane(screens).link) is None


@pytest.mark.skipif(os.name == "nt", reason="a shell script as the editor")
async def test_arguments_are_edited_in_the_editor_and_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    editor = tmp_path / "editor"
    editor.write_text(EDITOR.replace("PYTHON", sys.executable))
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    async with watching("demo") as screens:
        # A pilot has no terminal to lend; that the screens step aside is seen under tmux.
        monkeypatch.setattr(screens.app, "suspend", nullcontext)
        await open_offer(screens, "tool", "weather")
        await fill(screens, {"city": "Oslo"})
        await screens.press("ctrl+j")
        await ended(screens, 1)
        await screens.press("E")
        call = await ended(screens, 2)
        assert call.params["arguments"] == {"city": "Lima"}
        told = heard(screens)
        await screens.press("E")
        await screens.until(lambda: any("E opens it again as you left it" in one for one in told))
        assert len(calls(screens)) == 2
