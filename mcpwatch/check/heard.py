"""What the servers said while a script is played, as far as the script speaks of it.

Everything else is in the recording and in the timeline; this keeps only messages whose methods the script names, as
they were before redaction, so that expectations compare with what really came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self, TypeVar

import anyio

from mcpwatch.events import Event, Frame, Stderr
from mcpwatch.hub import Hub
from mcpwatch.model.shapes import items, mapping, params, text

__all__ = ["Heard", "Kept", "Message"]

FoundT = TypeVar("FoundT")
MOST_STDERR = 1 << 20
"""Bytes of standard error that are kept to be looked into."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or notification of a server."""

    link: str
    seq: int
    method: str
    params: Mapping[str, Any]


class Kept:
    """Of the events that it takes, the messages of `methods`, which may hold `*`, and the standard error."""

    def __init__(self, methods: Collection[str], *, stderr: bool = False) -> None:
        self.messages: list[Message] = []
        self.stderr = bytearray()
        self._exact = frozenset(method for method in methods if "*" not in method)
        self._patterns = tuple(method for method in methods if "*" in method)
        self._stderr = stderr

    def take(self, event: Event) -> None:
        """Take one event, in their order."""
        if isinstance(event, Frame):
            if event.dir != "s2c":
                return
            if event.type == "batch":
                for message in items(event.message):
                    self._keep(event, text(mapping(message).get("method")), message)
            elif event.type in ("request", "notification"):
                self._keep(event, event.method, event.message)
        elif self._stderr and isinstance(event, Stderr) and len(self.stderr) < MOST_STDERR:
            self.stderr += event.data

    def _keep(self, frame: Frame, method: str | None, message: Any) -> None:
        if method is None:
            return
        if method in self._exact or any(fnmatchcase(method, pattern) for pattern in self._patterns):
            self.messages.append(Message(frame.link, frame.seq, method, params(message)))


class Heard(Kept):
    """Listens to a hub while it is entered. `methods` may hold `*`; make it on the loop that waits."""

    def __init__(self, hub: Hub, methods: Collection[str], *, stderr: bool = False) -> None:
        super().__init__(methods, stderr=stderr)
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._waiting = 0
        self._scheduled = False
        self._unwake: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._hub.attach(self.take, clear=True)
        self._unwake = self._hub.on_wake(self._wake)
        return self

    def __exit__(self, *_: object) -> None:
        self._hub.detach(self.take)
        self._unwake()

    @property
    def seq(self) -> int:
        """The `seq` of the last event so far."""
        return self._hub.seq

    async def until(self, look: Callable[[], FoundT | None], within: float | None) -> FoundT | None:
        """Call `look` now and after whatever happens, until it finds something; None after `within` seconds."""
        self._waiting += 1
        try:
            with anyio.move_on_after(within):
                while (found := look()) is None:
                    self._changed.clear()
                    # What came between the look and the clearing woke nobody.
                    if (found := look()) is not None:
                        break
                    await self._changed.wait()
                return found
            return look()
        finally:
            self._waiting -= 1

    def _wake(self) -> None:
        if not self._waiting or self._scheduled:
            return
        self._scheduled = True
        try:
            self._loop.call_soon_threadsafe(self._woken)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more

    def _woken(self) -> None:
        self._scheduled = False
        self._changed.set()
