"""Recordings that a test tells event by event, with a fixed clock, for the screens to open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mcpwatch.recording import encode, footer_line, header_line
from tests.model.story import Story
from tests.tui.conftest import Screens

__all__ = ["HOSTILE", "begun", "said", "to_pane", "written"]

HOSTILE: Final = "\x1b]52;c;aGk=\x07\x1b[31m[/nope][@click=app.quit]x[/]\u202egnp\u200b 中文 \x9b2J [bold]"
"""Escapes, markup, a bidi override, nothing at all, wide characters: what a server's text may hold."""


def begun(link: str = "server", *, result: Any = None, story: Story | None = None, **opened: Any) -> Story:
    """A link that was opened and introduced itself."""
    story = story or Story()
    story.opened(link, **opened)
    story.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}, link=link, by="mcpwatch")
    said = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {"listChanged": True}, "logging": {}},
        "serverInfo": {"name": f"{link}-server", "version": "1.2"},
    }
    story.result({**said, **(result or {})}, link=link)
    return story


async def to_pane(screens: Screens, number: int) -> None:
    """Choose a pane, and wait until keys go to it."""
    await screens.press(str(number))
    await screens.until(
        lambda: screens.app.focused is not None and screens.app.pane in screens.app.focused.ancestors_with_self,
        "the pane has no focus",
    )


def said(screens: Screens) -> str:
    """What the app has told the person in passing: a pilot does not show it on the screen."""
    return "\n".join(one.message for one in screens.app._notifications)  # pyright: ignore[reportPrivateUsage]


def written(story: Story, folder: Path, *, name: str = "told.mcpw.jsonl", footer: bool = True) -> Path:
    """The story as a recording."""
    path = folder / name
    lines = [header_line(datetime(2026, 11, 21, 12, tzinfo=UTC)), *map(encode, story.events)]
    if footer:
        last = story.events[-1]
        lines.append(footer_line(seq=last.seq + 1, t=last.t, events=len(story.events), exit=0))
    path.write_bytes(b"".join(lines))
    return path
