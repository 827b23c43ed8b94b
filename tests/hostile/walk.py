"""Every screen of the TUI over a source that says everything: what it paints is looked at, cell by cell."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.command import CommandPalette

from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.call.pane import CallPane
from mcpwatch.tui.detail.pane import VIEWS
from mcpwatch.tui.traffic.pane import TrafficPane
from tests.hostile.attack import Verdict
from tests.hostile.judge import assert_inert
from tests.tui.conftest import Screens, opened, watching
from tests.tui.questions.asking import has_dialog

__all__ = ["Walk", "over_a_recording", "over_a_server"]

QUESTIONS = 6
"""That `speech` asks in one call."""


_BARS = frozenset({"grab", "scroll_up", "scroll_down", "release"})


def _acts(meta: Mapping[str, Any]) -> bool:
    """Whether a click here does something that no scrollbar does."""
    return any(key.startswith("@") and not (key.startswith("@mouse.") and did in _BARS) for key, did in meta.items())


class Walk:
    """Looks at what an app shows now; `seen` is all of it."""

    def __init__(self, screens: Screens, verdict: Verdict, *, pages: int) -> None:
        self.screens, self.verdict, self.pages = screens, verdict, pages
        self.seen: set[str] = set()

    async def look(self, what: str) -> None:
        """Judge the screen as it is: no character that acts, no link, no action, and the app still runs."""
        screens = self.screens
        await screens.pilot.pause()
        if screens.app._exception is not None:  # pyright: ignore[reportPrivateUsage]
            raise screens.app._exception  # pyright: ignore[reportPrivateUsage]
        self.verdict.runs += 1
        for strip in screens.app.screen._compositor.render_strips():  # pyright: ignore[reportPrivateUsage]
            text = strip.text
            if text in self.seen:
                continue
            self.seen.add(text)
            self.verdict.characters += len(text)
            self.verdict.judge(what, lambda text=text: assert_inert(text))
            for segment in strip:
                style = segment.style
                if style is not None and (style.link or _acts(style.meta)):
                    self.verdict.wrong.append(f"{what}: live: {segment.text!r} {style.link} {style.meta}")
        for one in screens.app._notifications:  # pyright: ignore[reportPrivateUsage]
            self.verdict.judge(f"{what}: told", lambda one=one: assert_inert(one.message + one.title))
            if one.markup:
                self.verdict.wrong.append(f"{what}: markup in {one.message!r}")
        self.verdict.judge(f"{what}: title", lambda: assert_inert(screens.app.title + screens.app.sub_title))

    async def press(self, *keys: str) -> None:
        """Keys, one after the other, with a look after each."""
        for key in keys:
            await self.screens.press(key)
            await self.look(f"{self.screens.app.pane.id} {key}")

    async def pane(self, number: int, *keys: str) -> None:
        """A pane, a few pages down, what its keys do, and its help."""
        await self.press(str(number), *["pagedown"] * self.pages, "home", *keys, "question_mark")
        await self.press("escape")


async def over_a_recording(
    path: Path, rows: Iterable[int] | None = None, *, size: tuple[int, int], pages: int = 1
) -> Verdict:
    """All that can be seen of a file: the lists so many `pages` down, the tree, and `rows` (all of them, where nothing
    is said) in detail, in every way to look at them."""
    verdict = Verdict()
    async with opened(path, size=size) as screens:
        walk = Walk(screens, verdict, pages=pages)
        await walk.look("first")
        await walk.pane(1, "t", "plus", *["pagedown"] * pages, "t", "H", "m", "down", "m", "d", "escape", "n", "p")
        await _details(walk, range(screens.source.rows) if rows is None else rows)
        await walk.pane(2, "enter")
        await _calls(walk)
        await walk.pane(4, "enter", "down", "enter", "x", "plus", "minus", "s", "g", "escape", "end")
        await walk.pane(5, *["right"] * 3, "end")
        await walk.pane(6, "t", "r", "greater_than_sign", "right_square_bracket")
        await _everywhere(walk)
    return verdict


async def _details(walk: Walk, rows: Iterable[int]) -> None:
    await walk.press("1")
    screens = walk.screens
    pane = screens.app.query_one(TrafficPane)
    for row in rows:
        pane.go_to(row)
        for view in range(len(VIEWS)):
            pane.detail.view = view
            await screens.until(
                lambda row=row, view=view: pane.detail.shown == (row, view), f"row {row}, {VIEWS[view]}"
            )
            await walk.look(f"row {row}, {VIEWS[view]}")
    pane.detail.view = 0


async def _calls(walk: Walk) -> None:
    """The form of every kind of offer, and the calls that were made with their results."""
    await walk.press("3", "down", "enter", "tab", "tab", "tab", "ctrl+t", "escape", "escape")
    pane = walk.screens.app.query_one(CallPane)
    await walk.press("question_mark", "escape")
    assert pane.display
    await walk.press("h", *["up", "v", "v", "m", "m"] * 3, "escape", "slash", "x", "escape", "escape")


async def _everywhere(walk: Walk) -> None:
    await walk.press("1", "slash", "x", "escape", "escape")
    await walk.press("ctrl+p")
    await walk.screens.until(lambda: isinstance(walk.screens.app.screen, CommandPalette))
    for key in ("w", "o", "r"):
        await walk.press(key)
    await walk.press("escape", "escape")


@asynccontextmanager
async def _connected(turn: int, size: tuple[int, int]) -> AsyncGenerator[Screens]:
    command = [sys.executable, "-m", "tests.hostile.server", str(turn)]
    async with watching(command, options=ClientOptions(era="legacy"), size=size) as screens:
        yield screens


async def over_a_server(turn: int, *, size: tuple[int, int], brief: bool = False) -> Verdict:
    """The screens that only a server has: forms of its tools, dialogs for all that it asks, the palette. `brief`
    looks once at each."""
    verdict = Verdict()
    async with _connected(turn, size) as screens:
        walk = Walk(screens, verdict, pages=1)
        await walk.look("connected")
        call: dict[str, Any] = {"how": "ask"}
        session = screens.source.session
        assert session is not None
        task = screens.app.run_worker(session.call("work", call), exit_on_error=False)
        for number in range(QUESTIONS):
            await _answered(walk, number, brief=brief)
        await screens.until(lambda: task.is_finished, "the call goes on")
        await walk.press("1", "end", "2", "3", "down", "enter", "tab", "ctrl+t", "escape", "escape", "4", "5", "6")
        await _everywhere(walk)
    return verdict


async def _answered(walk: Walk, number: int, *, brief: bool) -> None:
    """One question: looked at in every way, refused in the end."""
    screens = walk.screens
    dialog = await has_dialog(screens)
    pending = dialog.pending
    await walk.look(f"question {number}")
    if not brief:
        await walk.press("ctrl+down", "f5", "f5", "f3", "tab", "tab", "ctrl+n", "escape")
        await walk.press("A", "escape")
    pending.refuse()
    gone = f"question {number} is still there"
    await screens.until(lambda: pending not in screens.app.desk.pending and screens.app.screen is not dialog, gone)
