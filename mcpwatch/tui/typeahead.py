"""Keys that are typed faster than the screens can answer go to where they were meant for.

A key is first given to what has the focus, and becomes a command only when that has no use for it. So what was typed
behind a key that opens a line to type in has been given to the wrong place already when the line opens, as over a slow
connection everything is typed at once. Such keys are given out once more.
"""

from __future__ import annotations

from collections import deque
from typing import TypeVar

from textual import events
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input, TextArea

__all__ = ["TypeAhead"]

ResultT = TypeVar("ResultT")


class TypeAhead(App[ResultT]):
    """Knows of each key to whom it was given."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        self._given: deque[tuple[events.Key, Widget | None]] = deque(maxlen=1024)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._given.append((event, self.focused))
        await super().on_event(event)

    async def on_key(self, event: events.Key) -> None:
        """Nobody has used it yet."""
        while self._given:
            key, to = self._given.popleft()
            if key is event:
                break
        else:
            return
        focused = self.focused
        if focused is not to and isinstance(focused, Input | TextArea):
            event.prevent_default()
            await self.on_event(events.Key(event.key, event.character))
