"""The pane Running over live servers of both eras, and over a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.questions.dialog import QuestionDialog
from mcpwatch.tui.running.pane import RunningList
from tests.tui.conftest import LARGE, Screens, opened, watching
from tests.tui.questions.asking import HOSTILE, has_dialog, raw_on_screen

pytestmark = pytest.mark.anyio

ERAS = ["legacy", "modern"]
HANGS = """
import json, sys

def say(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()

for line in sys.stdin:
    message = json.loads(line)
    method, id = message.get("method"), message.get("id")
    if method == "initialize":
        version = message["params"]["protocolVersion"]
        info = {"name": "hangs", "version": "1"}
        say({"id": id, "result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}})
    elif method == "tools/list":
        say({"id": id, "result": {"tools": [{"name": "hang", "inputSchema": {"type": "object"}}]}})
    elif method == "tools/call":
        for number, total, text in STEPS:
            params = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": number}
            params |= {} if total is None else {"total": total}
            params |= {} if text is None else {"message": text}
            say({"method": "notifications/progress", "params": params})
    elif id is not None and method is not None:
        say({"id": id, "error": {"code": -32601, "message": "no"}})
"""
"""A server whose only tool moves as far as `STEPS` say, and then never answers."""


def hanging(folder: Path, steps: list[tuple[Any, Any, Any]] | None = None) -> str:
    file = folder / "hangs.py"
    file.write_text(HANGS.replace("STEPS", repr(steps or [])), encoding="utf-8")
    return str(file)


def start(screens: Screens, tool: str, **arguments: Any) -> asyncio.Task[Any]:
    session = screens.source.session
    assert session is not None
    return asyncio.get_running_loop().create_task(session.client().call(tool, arguments))


async def at(screens: Screens, text: str) -> None:
    """Put the cursor on the line that shows this."""
    shown = screens.app.screen.query_one(RunningList)

    def there() -> bool:
        return any(text in "".join(part for part, _ in item.line) for item in shown.items)

    await screens.until(there, f"no line with {text}")
    await screens.press("home")
    for _ in range(len(shown.items)):
        if shown.chosen is not None and text in "".join(part for part, _ in shown.chosen.line):
            return
        await screens.press("down")
    raise AssertionError(f"the cursor never came to {text}")


async def test_a_bar_moves_with_its_tool_message_and_rate(tmp_path: Path) -> None:
    target = hanging(tmp_path, [(1, 4, "one"), (2, 4, "half of it")])
    async with watching(target, options=ClientOptions(era="legacy"), size=LARGE) as screens:
        await screens.press("2")
        await screens.shows("nothing is under way")
        calling = start(screens, "hang")
        await screens.shows("Progress", "hang #", "━", "50%", "2/4", "half of it")
        calling.cancel()


async def test_odd_progress_is_flagged(tmp_path: Path) -> None:
    target = hanging(tmp_path, [(5, 4, None), (2, 4, None)])
    async with watching(target, options=ClientOptions(era="legacy"), size=LARGE) as screens:
        await screens.press("2")
        calling = start(screens, "hang")
        await screens.shows("(backwards, past total)")
        calling.cancel()


async def test_a_request_that_waits_is_cancelled_by_a_key(tmp_path: Path) -> None:
    async with watching(hanging(tmp_path), options=ClientOptions(era="legacy"), size=LARGE) as screens:
        await screens.press("2")
        calling = start(screens, "hang")
        await screens.shows("waiting for tools/call hang")
        await at(screens, "hang")
        await screens.press("c")
        reply = await calling
        assert reply.error == {"code": -32800, "message": "cancelled: the person cancelled it"}
        await screens.shows("hang is cancelled", "Ended", "⊘", "cancelled: the person cancelled it")
        exchange = screens.source.timeline.exchanges[-1]
        assert exchange.cancellation is not None
        assert exchange.cancellation.dir == "c2s"


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_with_a_bar_is_cancelled_and_the_server_goes_on(era: str) -> None:
    async with watching("demo", options=ClientOptions(era=era), size=LARGE) as screens:
        await screens.press("2")
        calling = start(screens, "progress", seconds=600)  # so that it does not end by itself
        await screens.shows("progress #", "━")
        await at(screens, "progress #")
        await screens.press("c")
        reply = await calling
        assert reply.error is not None
        await screens.shows("⊘")
        again = await start(screens, "weather")
        assert again is not None


async def test_the_question_of_a_call_that_is_cancelled_here_goes(tmp_path: Path) -> None:
    async with watching("demo", options=ClientOptions(era="legacy"), size=LARGE) as screens:
        calling = start(screens, "ask_model")
        await has_dialog(screens)
        await screens.press("escape", "2")
        await screens.shows("the server waits for your answer to sampling", "during ask_model")
        await at(screens, "waiting for tools/call ask_model")
        await screens.press("c")
        await calling
        await screens.until(lambda: screens.app.desk.waiting == 0)


@pytest.mark.parametrize("era", ERAS)
async def test_a_question_that_waits_is_opened_from_here(era: str) -> None:
    async with watching("demo", options=ClientOptions(era=era), size=LARGE) as screens:
        calling = start(screens, "ask_person")
        await has_dialog(screens)
        await screens.press("escape", "2")
        await at(screens, "elicitation")
        await screens.press("c")
        await screens.shows("That is the server's")
        await screens.press("enter")
        await has_dialog(screens)
        await screens.press("ctrl+n", "d")
        assert "decline" in str((await calling).result)


async def test_there_is_nothing_to_cancel_in_what_has_ended() -> None:
    async with watching("demo", options=ClientOptions(era="legacy"), size=LARGE) as screens:
        await screens.press("2")
        await start(screens, "weather")
        await at(screens, "weather")
        await screens.press("c")
        await screens.shows("There is nothing to cancel")


async def test_a_file_shows_its_end_and_any_time_before(tmp_path: Path) -> None:
    file = tmp_path / "run.mcpw.jsonl"
    async with watching("demo", options=ClientOptions(era="legacy"), record=file) as screens:
        await start(screens, "progress")
    async with opened(file, size=LARGE) as screens:
        await screens.press("2")
        await screens.shows("Ended", "✓", "progress #")
        (call,) = [one for one in screens.source.timeline.exchanges if one.method == "tools/call"]
        screens.source.until = call.progress[1].t
        await screens.shows("Progress", "━")
        assert "Ended" not in screens.text
        await screens.press("c")
        await screens.press("enter")
        await screens.until(lambda: screens.app.pane.id == "traffic")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_nothing_of_hostile_progress_reaches_the_terminal_raw(tmp_path: Path, size: tuple[int, int]) -> None:
    target = hanging(tmp_path, [(1, 4, HOSTILE), (2, None, HOSTILE)])
    async with watching(target, options=ClientOptions(era="legacy"), size=size) as screens:
        await screens.press("2")
        calling = start(screens, HOSTILE)
        await screens.shows("Progress")
        assert not raw_on_screen(screens.app)
        await at(screens, "click")
        await screens.press("c")
        await calling
        await screens.shows("Ended")
        assert not raw_on_screen(screens.app)
        assert not isinstance(screens.app.screen, QuestionDialog)
