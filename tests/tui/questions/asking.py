"""Questions at a desk on the screens, without a server: put by hand, and what they were answered with."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rich.segment import Segment
from textual.events import Paste

from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.ask import Draft
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.questions.desk import Desk, Pending
from mcpwatch.tui.questions.dialog import QuestionDialog
from mcpwatch.tui.reading import Reading
from tests.tui.conftest import GOLDEN, SMALL, Screens, piloted

__all__ = ["HOSTILE", "Person", "asked", "at_desk", "has_dialog", "raw_on_screen"]

HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred [/nope] [@click=app.bell]click[/] [bold]b[/bold] \u202egnp.exe 漢字 \u200b\x9b\r\n"
)
"""What a server may write anywhere: escapes, markup, directions, wide and empty characters."""


KEYS = 12
"""Characters that are typed; more are pasted."""


async def has_dialog(screens: Screens) -> QuestionDialog:
    """Wait until a dialog is there, and takes keys."""

    def there() -> bool:
        screen = screens.app.screen
        return isinstance(screen, QuestionDialog) and screen.focused is not None

    await screens.until(there, "no dialog")
    await screens.pilot.pause()
    screen = screens.app.screen
    assert isinstance(screen, QuestionDialog)
    return screen


class Person(Screens):
    """Someone at the screens with a desk of their own. `answers` are what the servers heard, in order."""

    def __init__(self, screens: Screens, desk: Desk) -> None:
        super().__init__(screens.app, screens.pilot, screens.source)
        self.desk = desk
        self.answers: list[Answer] = []
        self.tasks: list[asyncio.Task[None]] = []

    def put(self, question: Question) -> asyncio.Task[None]:
        """A server asks. Cancelling the task takes the question back."""
        task = asyncio.get_running_loop().create_task(self._put(question))
        self.tasks.append(task)
        return task

    async def _put(self, question: Question) -> None:
        self.answers.append(await Answers(self.desk.answerers()).answer(question))

    async def is_asked(self, question: Question) -> Pending:
        """A server asks, and its dialog is there."""
        self.put(question)
        await has_dialog(self)
        return self.dialog.pending

    async def waits(self, count: int) -> None:
        """So many questions wait."""
        await self.until(lambda: self.desk.waiting == count, f"never {count} that wait")

    async def heard(self, count: int = 1) -> Answer:
        """The last of so many answers."""
        await self.until(lambda: len(self.answers) >= count, f"never {count} answers")
        return self.answers[count - 1]

    @property
    def dialog(self) -> QuestionDialog:
        """The dialog on the screen."""
        screen = self.app.screen
        assert isinstance(screen, QuestionDialog)
        return screen

    async def types(self, text: str) -> None:
        """Type a short text key by key, and paste a longer one."""
        if len(text) <= KEYS:
            await self.press(*({" ": "space", "\n": "enter"}.get(char, char) for char in text))
        else:
            self.app.post_message(Paste(text))
        await self.pilot.pause()


@asynccontextmanager
async def at_desk(
    *, draft: Draft | None = None, desk: Desk | None = None, size: tuple[int, int] = SMALL
) -> AsyncGenerator[Person]:
    """A person at the screens over a recording, whose desk takes questions all the same."""
    source = Reading(GOLDEN / "v1-session.mcpw.jsonl")
    desk = desk or Desk(draft=draft)
    app = WatchApp(source, desk)
    try:
        async with piloted(app, size) as pilot:
            person = Person(Screens(app, pilot, source), desk)
            await person.until(lambda: source.reading is None, "the file was not read")
            try:
                yield person
            finally:
                for task in person.tasks:
                    task.cancel()
                await asyncio.gather(*person.tasks, return_exceptions=True)
    finally:
        await source.close()


def asked(method: str, params: Mapping[str, Any] | None = None, *, during: str | None = None, seq: int = 7) -> Question:
    """A question of the server alpha."""
    return Question("alpha", method, dict(params or {}), seq, during=during)


def raw_on_screen(app: WatchApp) -> list[str]:
    """What the screen shows and should not: characters that do something, and what a server made clickable."""
    rows = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    found = [char for row in rows for char in row.text if not char.isprintable() or unseen(char)]
    return [*found, *(str(segment.style) for row in rows for segment in row if clickable(segment))]


def unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cc", "Zl", "Zp")


def clickable(segment: Segment) -> bool:
    return segment.style is not None and "bell" in str(segment.style.meta) + str(segment.style.link)
