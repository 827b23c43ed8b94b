"""The pane Traffic in a pilot."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcpwatch.tui.traffic.pane import TrafficPane
from tests.tui.conftest import SMALL, Screens, opened
from tests.tui.traffic.talk import Talk

__all__ = ["NAMES", "Traffic", "traffic"]

NAMES = {
    **{":": "colon", "/": "slash", " ": "space", "-": "minus", ">": "greater_than_sign", "<": "less_than_sign"},
    **{'"': "quotation_mark", ".": "full_stop", "*": "asterisk", "_": "underscore", "[": "left_square_bracket"},
    **{
        "]": "right_square_bracket",
        "{": "left_curly_bracket",
        "}": "right_curly_bracket",
        "+": "plus",
        "=": "equals_sign",
    },
}


class Traffic:
    """What tests do with it, in their words."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens
        self.pane = screens.app.query_one(TrafficPane)
        self.said: list[str] = []
        """What was told for a moment, as long as the test goes on."""
        notify = screens.app.notify

        def noted(message: str, **more: Any) -> None:
            self.said.append(message)
            notify(message, **more)

        screens.app.notify = noted

    @property
    def seqs(self) -> list[int]:
        """The numbers of the events on the lines."""
        shown = self.pane.frames.shown
        return [self.pane.source.index.entry(shown.node(line).row).seq for line in range(len(shown))]

    @property
    def seq(self) -> int | None:
        """The number of the event that the cursor is on."""
        row = self.pane.frames.row
        return None if row is None else self.pane.source.index.entry(row).seq

    @property
    def settled(self) -> bool:
        """Whether all that is wanted is on the lines."""
        pane = self.pane
        return not pane.feed.searching and pane.frames.shown is pane.feed.shown and pane.detail.row == pane.frames.row

    async def settle(self) -> None:
        await self.screens.until(lambda: self.settled, "the list never settled")

    async def press(self, *keys: str) -> None:
        await self.screens.press(*(NAMES.get(key, key) for key in keys))
        await self.settle()

    async def filter(self, text: str) -> None:
        """Type a filter, and Enter."""
        await self.press("/", *text, "enter")

    async def shows(self, *seqs: int) -> None:
        await self.screens.until(lambda: self.seqs == list(seqs), f"never on the lines: {seqs} but {self.seqs}")

    async def on(self, seq: int) -> None:
        await self.screens.until(lambda: self.seq == seq, f"the cursor never came to {seq}")

    async def details(self, *texts: str) -> None:
        """Wait until the detail pane has all of these."""
        await self.screens.until(lambda: all(text in self.detail for text in texts), f"no such details: {texts}")

    async def told(self, text: str) -> None:
        """Wait until it was said, since the last time that something was waited for."""
        await self.screens.until(lambda: any(text in one for one in self.said), f"never said: {text}, but {self.said}")
        self.said.clear()

    @property
    def detail(self) -> str:
        """What the detail pane says, all its lines."""
        body = self.pane.detail.body
        if self.pane.detail.shown != (self.pane.detail.row, self.pane.detail.view):
            return ""
        return "\n".join("".join(text for text, _ in body.line(number, 400)) for number in range(body.count))


@asynccontextmanager
async def traffic(
    talk: Talk | Path, folder: Path | None = None, *, size: tuple[int, int] = SMALL
) -> AsyncGenerator[Traffic]:
    """A recording in the pane, every row looked at."""
    async with opened(_saved(talk, folder), size=size) as screens:
        made = Traffic(screens)
        await made.settle()
        yield made


def _saved(talk: Talk | Path, folder: Path | None) -> Path:
    if isinstance(talk, Path):
        return talk
    assert folder is not None
    return talk.save(folder)
