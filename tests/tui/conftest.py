"""What tests of the screens share: a source in a pilot, and waiting for the thing itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from mcpwatch.api import Settings
from mcpwatch.session.answers import Answerer, Answers
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import parse_target
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.live import Live
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.reading import Reading
from mcpwatch.tui.source import Source
from mcpwatch.tui.stage import ended

__all__ = ["Screens", "opened", "piloted", "screen_text", "wait_until", "watching"]

WITHIN = 60.0
GOLDEN = Path(__file__).parent.parent / "golden"
SMALL, LARGE = (80, 24), (120, 40)


@pytest.fixture(autouse=True)
def anyio_backend_here(anyio_backend: str) -> str:
    return anyio_backend


class Screens:
    """An app that runs in a pilot, its source, and a few words for what tests do."""

    def __init__(self, app: WatchApp, pilot: Pilot[None], source: Source) -> None:
        self.app, self.pilot, self.source = app, pilot, source

    @property
    def text(self) -> str:
        """What the screen shows, a line a row, without the blanks at the ends."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, and let the app deal with them."""
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until it holds; say what the screen shows where it never does. An app that fails is not waited for."""
        app = self.app
        await wait_until(lambda: app._exception or condition(), lambda: f"{what}\n{self.text}")  # pyright: ignore
        if app._exception is not None:  # pyright: ignore
            raise app._exception  # pyright: ignore

    async def shows(self, *texts: str) -> None:
        """Wait until the screen shows all of these."""
        await self.until(lambda: all(text in self.text for text in texts), f"never shown: {texts}")


def screen_text(app: App[Any]) -> str:
    """What the screen of an app shows, a line a row, without the blanks at the ends."""
    rows = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    return "\n".join(row.text.rstrip() for row in rows)


async def wait_until(condition: Callable[[], object], said: Callable[[], str] = str) -> None:
    """Wait until `condition` holds, looking again whenever the loop has nothing else to do. Fails after a minute."""
    end = monotonic() + WITHIN
    while not condition():
        assert monotonic() < end, f"it never came to be: {said()}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def piloted(app: WatchApp, size: tuple[int, int]) -> AsyncGenerator[Pilot[None]]:
    """An app that runs without a terminal, and is left as a person leaves it.

    The pilot alone would take the widgets away first, from below timers and threads that still look for them.
    """
    async with app.run_test(size=size, notifications=True) as pilot:
        yield pilot
        if app.is_running:
            app.exit()
            await wait_until(lambda: not app.is_running, lambda: "the app never ended")


@asynccontextmanager
async def opened(
    path: Path | str = GOLDEN / "v1-session.mcpw.jsonl", *, size: tuple[int, int] = SMALL
) -> AsyncGenerator[Screens]:
    """A recording on the screens, read to its end."""
    source = Reading(Path(path))
    app = WatchApp(source)
    try:
        async with piloted(app, size) as pilot:
            screens = Screens(app, pilot, source)
            await screens.until(lambda: source.reading is None, "the file was not read")
            await pilot.pause()
            yield screens
    finally:
        await source.close()


@asynccontextmanager
async def watching(
    *targets: str | Sequence[str],
    answerers: Sequence[Answerer] = (),
    options: ClientOptions | None = None,
    record: Path | None = None,
    size: tuple[int, int] = SMALL,
    connected: bool = True,
    desk: Desk | None = None,
) -> AsyncGenerator[Screens]:
    """Servers on the screens, connected and listed (`demo`, a path, a URL; a list of words is a command)."""
    parsed = [parse_target([one]) if isinstance(one, str) else parse_target((), one) for one in targets]
    desk = desk or Desk()
    settings = Settings(
        options=options or ClientOptions(), answers=Answers([*answerers, *desk.answerers()]), record=record
    )
    source = Live(parsed, settings)
    app = WatchApp(source, desk)
    try:
        async with piloted(app, size) as pilot:
            screens = Screens(app, pilot, source)
            if connected:
                await screens.until(lambda: source.connected, "the servers were not connected")
            yield screens
    finally:
        await ended(app)
